package org.ferrohsm.provider;

import javax.crypto.SecretKey;

/** An AES key or a generic secret (HMAC key) in the HSM. */
public final class FerroHsmSecretKey extends FerroHsmKey implements SecretKey {
    private static final long serialVersionUID = 1L;

    FerroHsmSecretKey(HsmClient client, KeyInfo info, String algorithm) {
        super(client, info, algorithm);
    }
}
