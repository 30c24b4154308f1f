package org.ferrohsm.provider;

import java.math.BigInteger;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.AlgorithmParameterSpec;

/**
 * The public key of an RSA pair in the HSM.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("RSA", provider).generateKeyPair();
 * FerroHsmRsaPublicKey key = (FerroHsmRsaPublicKey) pair.getPublic();
 * Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding");
 * cipher.init(Cipher.ENCRYPT_MODE, key);      // in the JDK: nothing about it is secret
 * byte[] encrypted = cipher.doFinal(data);
 * }</pre>
 */
public final class FerroHsmRsaPublicKey extends FerroHsmPublicKey implements RSAPublicKey {
    private static final long serialVersionUID = 1L;

    FerroHsmRsaPublicKey(HsmClient client, KeyInfo info, RSAPublicKey key) {
        super(client, info, key);
    }

    @Override
    public BigInteger getModulus() {
        return ((RSAPublicKey) key()).getModulus();
    }

    @Override
    public BigInteger getPublicExponent() {
        return ((RSAPublicKey) key()).getPublicExponent();
    }

    @Override
    public AlgorithmParameterSpec getParams() {
        return ((RSAPublicKey) key()).getParams();
    }
}
