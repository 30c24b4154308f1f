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
 * @param sizeBits of an RSA modulus, or the number of an ML-DSA parameter set; null if not given
 * @param curve null if not given
 */
record PairAttributes(Template privateKey, Template publicKey, Integer sizeBits, Curve curve) {
    /** No attributes: the defaults. */
    static final PairAttributes NONE = new PairAttributes(new Template(), new Template(), null, null);

    private static final Set<KeyAttribute> RSA =
        Set.of(KeyAttribute.MODULUS_BITS, KeyAttribute.PUBLIC_EXPONENT);
    private static final Set<KeyAttribute> MLDSA = Set.of(KeyAttribute.MLDSA_ALGORITHM);
    private static final Set<KeyAttribute> OTHER = Set.of(KeyAttribute.EC_PARAMS);

    static PairAttributes of(KeyPairAttributesMap given, KeyType type) throws InvalidAlgorithmParameterException {
        KeyAttributesMap forPublic = given.getPublic();
        KeyAttributesMap forPrivate = given.getPrivate();
        boolean isMldsa = type == KeyType.ML_DSA;
        try {
            Template publicKey = KeyAttributes.template(forPublic, type, ObjectClassType.PUBLIC_KEY,
                type == KeyType.RSA ? RSA : isMldsa ? MLDSA : OTHER);
            Template privateKey = KeyAttributes.template(forPrivate, type, ObjectClassType.PRIVATE_KEY,
                isMldsa ? MLDSA : Set.of());
            Object parameters = forPublic.get(KeyAttribute.EC_PARAMS);
            return new PairAttributes(privateKey, publicKey,
                isMldsa ? parameterSet(forPublic, forPrivate) : modulusBits(forPublic),
                parameters == null ? null : EcAttributes.curve(parameters));
        } catch (AttributeException e) {
            throw new InvalidAlgorithmParameterException(e.getMessage(), e);
        }
    }

    private static Integer modulusBits(KeyAttributesMap forPublic) {
        byte[] exponent = (byte[]) forPublic.get(KeyAttribute.PUBLIC_EXPONENT);
        if (exponent != null && !new BigInteger(1, exponent).equals(RSAKeyGenParameterSpec.F4)) {
            throw new AttributeException("The HSM makes RSA keys with the public exponent 65537 only, not "
                + new BigInteger(1, exponent));
        }
        return (Integer) forPublic.get(KeyAttribute.MODULUS_BITS);
    }

    private static Integer parameterSet(KeyAttributesMap forPublic, KeyAttributesMap forPrivate) {
        Object ofPublic = forPublic.get(KeyAttribute.MLDSA_ALGORITHM);
        Object ofPrivate = forPrivate.get(KeyAttribute.MLDSA_ALGORITHM);
        if (ofPublic != null && ofPrivate != null && ofPublic != ofPrivate) {
            throw new AttributeException("MLDSA_ALGORITHM is " + ofPublic + " for the public key and " + ofPrivate
                + " for the private key");
        }
        Object set = ofPublic != null ? ofPublic : ofPrivate;
        return set == null ? null : ((MldsaAlgorithm) set).number();
    }
}
