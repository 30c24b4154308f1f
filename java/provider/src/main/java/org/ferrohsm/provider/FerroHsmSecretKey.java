package org.ferrohsm.provider;

import javax.crypto.SecretKey;

/**
 * An AES key or a generic secret (HMAC key) in the HSM.
 *
 * <pre>{@code
 * KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
 * generator.init(256);
 * FerroHsmSecretKey key = (FerroHsmSecretKey) generator.generateKey();
 * Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
 * cipher.init(Cipher.ENCRYPT_MODE, key);
 * byte[] encrypted = cipher.doFinal(data);
 * }</pre>
 */
public final class FerroHsmSecretKey extends FerroHsmKey implements SecretKey {
    private static final long serialVersionUID = 1L;

    FerroHsmSecretKey(HsmClient client, KeyInfo info, String algorithm) {
        super(client, info, algorithm);
    }
}
