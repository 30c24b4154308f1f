package org.ferrohsm.provider;

import java.security.interfaces.ECPublicKey;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;

/**
 * The public key of an EC pair in the HSM.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
 * FerroHsmEcPublicKey key = (FerroHsmEcPublicKey) pair.getPublic();
 * PublicKey copy = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(key.getEncoded()));
 * boolean same = key.equals(copy);    // true
 * }</pre>
 */
public final class FerroHsmEcPublicKey extends FerroHsmPublicKey implements ECPublicKey {
    private static final long serialVersionUID = 1L;

    FerroHsmEcPublicKey(HsmClient client, KeyInfo info, ECPublicKey key) {
        super(client, info, key);
    }

    @Override
    public ECPoint getW() {
        return ((ECPublicKey) key()).getW();
    }

    @Override
    public ECParameterSpec getParams() {
        return ((ECPublicKey) key()).getParams();
    }
}
