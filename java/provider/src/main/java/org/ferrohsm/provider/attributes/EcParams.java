package org.ferrohsm.provider.attributes;

/**
 * Curves as {@link KeyAttribute#EC_PARAMS} takes them: their object identifiers in DER (RFC 5480, section 2.1.1.1). The
 * arrays are shared; a program that changes one changes it for all.
 *
 * <pre>{@code
 * KeyAttributesMap publicKey = new KeyAttributesMapBuilder()
 *     .put(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME384).build();
 * KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
 * generator.initialize(new KeyPairAttributesMapBuilder().withPublic(publicKey).build());
 * KeyPair pair = generator.generateKeyPair();
 * }</pre>
 */
public final class EcParams {
    /** P-224. */
    public static final byte[] EC_CURVE_SECP224 = {6, 5, 0x2B, (byte) 0x81, 4, 0, 33};
    /** P-256. */
    public static final byte[] EC_CURVE_PRIME256 =
        {6, 8, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 3, 1, 7};
    /** P-384. */
    public static final byte[] EC_CURVE_PRIME384 = {6, 5, 0x2B, (byte) 0x81, 4, 0, 34};
    /** P-521. */
    public static final byte[] EC_CURVE_SECP521 = {6, 5, 0x2B, (byte) 0x81, 4, 0, 35};
    /** secp256k1. */
    public static final byte[] EC_CURVE_SECP256 = {6, 5, 0x2B, (byte) 0x81, 4, 0, 10};

    private EcParams() {
    }
}
