package org.ferrohsm.provider;

import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;

/**
 * An ML-DSA or ML-KEM public key, for JVMs that have no such keys themselves (before JDK 24). It holds nothing but its
 * X.509 encoding (RFC 9881, RFC 9935); what is done with it, the HSM does. Immutable.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("ML-DSA-44", provider).generateKeyPair();
 * PublicKey key = KeyFactory.getInstance("ML-DSA", provider)
 *     .generatePublic(new X509EncodedKeySpec(pair.getPublic().getEncoded()));
 * Signature signature = Signature.getInstance("ML-DSA", provider);
 * signature.initVerify(key);
 * }</pre>
 */
public final class MlPublicKey implements PublicKey, ParameterizedKey {
    private static final long serialVersionUID = 1L;

    /** The SubjectPublicKeyInfo. */
    private final byte[] encoded;
    /** Name of the parameter set. */
    private final String parameterSet;
    /** JCA name of the algorithm. */
    private final String algorithm;

    private MlPublicKey(byte[] encoded, ParameterSet set) {
        this.encoded = encoded;
        parameterSet = set.standardName();
        algorithm = set.keyType().algorithm();
    }

    /**
     * The key of a SubjectPublicKeyInfo (DER).
     *
     * @throws InvalidKeySpecException if it is none of this type
     */
    static MlPublicKey of(byte[] encoded, KeyType keyType) throws InvalidKeySpecException {
        ParameterSet set = ParameterSet.ofPublicKeyInfo(encoded);
        if (set == null || set.keyType() != keyType) {
            throw new InvalidKeySpecException("This is no X.509 public key for " + keyType.algorithm());
        }
        return new MlPublicKey(encoded.clone(), set);
    }

    /** {@code ML-DSA} or {@code ML-KEM}. */
    @Override
    public String getAlgorithm() {
        return algorithm;
    }

    @Override
    public String getFormat() {
        return "X.509";
    }

    @Override
    public byte[] getEncoded() {
        return encoded.clone();
    }

    /** The parameter set, as keys of JDK 24 and later say it. */
    @Override
    public NamedParameterSpec getParams() {
        return new NamedParameterSpec(parameterSet);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PublicKey key && algorithm.equals(key.getAlgorithm())
            && Arrays.equals(encoded, key.getEncoded());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encoded);
    }

    @Override
    public String toString() {
        return parameterSet + " public key";
    }
}
