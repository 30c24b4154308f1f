package org.ferrohsm.provider;

/**
 * Parameter sets of ML-DSA (FIPS 204) for {@code KeyAttribute.MLDSA_ALGORITHM}, under the names that CloudHSM's
 * {@code jce.jni.MldsaAlgorithm} has.
 *
 * <pre>{@code
 * KeyAttributesMap publicKey = new KeyAttributesMap();
 * publicKey.put(KeyAttribute.MLDSA_ALGORITHM, MldsaAlgorithm.MlDsa87);
 * KeyPairGenerator generator = KeyPairGenerator.getInstance("ML-DSA", provider);
 * generator.initialize(new KeyPairAttributesMapBuilder().withPublic(publicKey).build());
 * KeyPair pair = generator.generateKeyPair();
 * }</pre>
 */
public enum MldsaAlgorithm {
    /** ML-DSA-44. */
    MlDsa44(44),
    /** ML-DSA-65. */
    MlDsa65(65),
    /** ML-DSA-87. */
    MlDsa87(87);

    private final int number;

    MldsaAlgorithm(int number) {
        this.number = number;
    }

    /** The number in its name, by which the protocol knows the set. */
    int number() {
        return number;
    }

    static MldsaAlgorithm ofNumber(int number) {
        for (MldsaAlgorithm set : values()) {
            if (set.number == number) {
                return set;
            }
        }
        return null;
    }
}
