package org.ferrohsm.provider;

import java.math.BigInteger;
import java.security.PrivateKey;
import java.security.interfaces.RSAKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.AlgorithmParameterSpec;

/**
 * An RSA private key in the HSM. It is an {@link RSAKey}, so that TLS can tell its size, and deliberately no
 * {@code RSAPrivateKey}: other providers take those for their own and fail on the missing exponent.
 *
 * <pre>{@code
 * KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
 * generator.initialize(3072);
 * FerroHsmRsaPrivateKey key = (FerroHsmRsaPrivateKey) generator.generateKeyPair().getPrivate();
 * int bits = key.getModulus().bitLength();    // 3072
 * byte[] none = key.getEncoded();             // null
 * }</pre>
 */
public final class FerroHsmRsaPrivateKey extends FerroHsmKey implements PrivateKey, RSAKey {
    private static final long serialVersionUID = 1L;

    private final transient RSAPublicKey publicKey;

    FerroHsmRsaPrivateKey(HsmClient client, KeyInfo info, RSAPublicKey publicKey) {
        super(client, info, "RSA");
        this.publicKey = publicKey;
    }

    @Override
    public BigInteger getModulus() {
        return publicKey.getModulus();
    }

    /** Null: the key is for any RSA scheme. JDK 22 and later has two defaults for this and takes neither by itself. */
    @Override
    public AlgorithmParameterSpec getParams() {
        return null;
    }

    RSAPublicKey publicKey() {
        return publicKey;
    }
}
