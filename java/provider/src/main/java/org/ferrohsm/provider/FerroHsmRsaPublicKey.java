package org.ferrohsm.provider;

import java.math.BigInteger;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.AlgorithmParameterSpec;

/** The public key of an RSA pair in the HSM. */
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
