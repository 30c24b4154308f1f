package org.ferrohsm.provider;

import java.security.PrivateKey;
import java.security.interfaces.XECKey;
import java.security.spec.NamedParameterSpec;

/**
 * An X25519 private key in the HSM. It is an {@link XECKey}, so that others can tell its curve, and deliberately no
 * {@code XECPrivateKey}: other providers take those for their own and fail on the missing bytes.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("X25519", provider).generateKeyPair();
 * FerroHsmXecPrivateKey key = (FerroHsmXecPrivateKey) pair.getPrivate();
 * KeyPair other = KeyPairGenerator.getInstance("X25519").generateKeyPair();
 * KeyAgreement agreement = KeyAgreement.getInstance("X25519");
 * agreement.init(key);
 * agreement.doPhase(other.getPublic(), true);
 * byte[] shared = agreement.generateSecret();
 * }</pre>
 */
public final class FerroHsmXecPrivateKey extends FerroHsmKey implements PrivateKey, XECKey, ParameterizedKey {
    private static final long serialVersionUID = 1L;

    FerroHsmXecPrivateKey(HsmClient client, KeyInfo info) {
        super(client, info, KeyType.EC_MONTGOMERY.algorithm());
    }

    @Override
    public NamedParameterSpec getParams() {
        return NamedParameterSpec.X25519;
    }
}
