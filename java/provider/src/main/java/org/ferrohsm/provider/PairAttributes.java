package org.ferrohsm.provider;

import java.math.BigInteger;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Set;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.KeyPairAttributesMap;
import org.ferrohsm.provider.attributes.ObjectClassType;
import org.ferrohsm.provider.exception.AttributeException;

/**
 * What a generator takes from a {@link KeyPairAttributesMap}.
 *
 * @param modulusBits null if not given
 * @param curve null if not given
 */
record PairAttributes(Template privateKey, Template publicKey, Integer modulusBits, Curve curve) {
    /** No attributes: the defaults. */
    static final PairAttributes NONE = new PairAttributes(new Template(), new Template(), null, null);

    private static final Set<KeyAttribute> RSA =
        Set.of(KeyAttribute.MODULUS_BITS, KeyAttribute.PUBLIC_EXPONENT);
    private static final Set<KeyAttribute> EC = Set.of(KeyAttribute.EC_PARAMS);

    static PairAttributes of(KeyPairAttributesMap given, KeyType type) throws InvalidAlgorithmParameterException {
        KeyAttributesMap forPublic = given.getPublic();
        try {
            Template publicKey = KeyAttributes.template(forPublic, type, ObjectClassType.PUBLIC_KEY,
                type == KeyType.RSA ? RSA : EC);
            Template privateKey = KeyAttributes.template(given.getPrivate(), type, ObjectClassType.PRIVATE_KEY, Set.of());
            byte[] exponent = (byte[]) forPublic.get(KeyAttribute.PUBLIC_EXPONENT);
            if (exponent != null && !new BigInteger(1, exponent).equals(RSAKeyGenParameterSpec.F4)) {
                throw new AttributeException("The HSM makes RSA keys with the public exponent 65537 only, not "
                    + new BigInteger(1, exponent));
            }
            Object parameters = forPublic.get(KeyAttribute.EC_PARAMS);
            return new PairAttributes(privateKey, publicKey, (Integer) forPublic.get(KeyAttribute.MODULUS_BITS),
                parameters == null ? null : EcAttributes.curve(parameters));
        } catch (AttributeException e) {
            throw new InvalidAlgorithmParameterException(e.getMessage(), e);
        }
    }
}
