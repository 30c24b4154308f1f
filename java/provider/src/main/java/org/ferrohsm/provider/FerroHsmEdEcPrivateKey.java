package org.ferrohsm.provider;

import java.security.PrivateKey;
import java.security.interfaces.EdECKey;
import java.security.spec.NamedParameterSpec;

/**
 * An Ed25519 private key in the HSM. It is an {@link EdECKey}, so that others can tell its curve, and deliberately no
 * {@code EdECPrivateKey}: other providers take those for their own and fail on the missing bytes.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("Ed25519", provider).generateKeyPair();
 * FerroHsmEdEcPrivateKey key = (FerroHsmEdEcPrivateKey) pair.getPrivate();
 * Signature signature = Signature.getInstance("Ed25519");
 * signature.initSign(key);
 * signature.update(data);
 * byte[] signed = signature.sign();
 * }</pre>
 */
public final class FerroHsmEdEcPrivateKey extends FerroHsmKey implements PrivateKey, EdECKey, ParameterizedKey {
    private static final long serialVersionUID = 1L;

    FerroHsmEdEcPrivateKey(HsmClient client, KeyInfo info) {
        super(client, info, KeyType.EC_EDWARDS.algorithm());
    }

    @Override
    public NamedParameterSpec getParams() {
        return NamedParameterSpec.ED25519;
    }
}
