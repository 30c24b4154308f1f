package org.ferrohsm.provider.attributes;

import java.security.spec.AlgorithmParameterSpec;

/**
 * Attributes of both keys of a pair, for {@code KeyPairGenerator.initialize}. Curve ({@link KeyAttribute#EC_PARAMS}),
 * {@link KeyAttribute#MODULUS_BITS} and {@link KeyAttribute#PUBLIC_EXPONENT} belong to the public key. The maps are
 * copied when they come and when they are read. Immutable.
 *
 * <pre>{@code
 * KeyAttributesMap publicKey = new KeyAttributesMapBuilder().put(KeyAttribute.MODULUS_BITS, 3072).build();
 * KeyAttributesMap privateKey = new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "invoices").build();
 * KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
 * generator.initialize(new KeyPairAttributesMap(publicKey, privateKey));
 * KeyPair pair = generator.generateKeyPair();
 * }</pre>
 */
public final class KeyPairAttributesMap implements AlgorithmParameterSpec {
    private final KeyAttributesMap publicKey;
    private final KeyAttributesMap privateKey;

    /**
     * Attributes of both keys.
     *
     * @param publicKey those of the public key
     * @param privateKey those of the private key
     */
    public KeyPairAttributesMap(KeyAttributesMap publicKey, KeyAttributesMap privateKey) {
        this.publicKey = publicKey.copy();
        this.privateKey = privateKey.copy();
    }

    /** {@return attributes of the public key} */
    public KeyAttributesMap getPublic() {
        return publicKey.copy();
    }

    /** {@return attributes of the private key} */
    public KeyAttributesMap getPrivate() {
        return privateKey.copy();
    }

    /** The attributes in words. */
    @Override
    public String toString() {
        return "{public=" + publicKey + ", private=" + privateKey + '}';
    }
}
