package org.ferrohsm.provider;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.EnumSet;
import java.util.Set;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.exception.AttributeException;

/** Keys outside the HSM that are given by their numbers, as attributes, in the form that the JDK's factories take. */
final class KeyMaterial {
    private static final Set<KeyAttribute> PUBLIC = EnumSet.of(KeyAttribute.MODULUS, KeyAttribute.MODULUS_BITS,
        KeyAttribute.PUBLIC_EXPONENT, KeyAttribute.EC_PARAMS, KeyAttribute.EC_POINT);
    private static final Set<KeyAttribute> RSA_PRIVATE = EnumSet.of(KeyAttribute.MODULUS, KeyAttribute.PUBLIC_EXPONENT,
        KeyAttribute.PRIVATE_EXPONENT, KeyAttribute.PRIME_P, KeyAttribute.PRIME_Q, KeyAttribute.PRIME_EXPONENT_P,
        KeyAttribute.PRIME_EXPONENT_Q, KeyAttribute.CRT_COEFFICIENT);
    private static final Set<KeyAttribute> EC_PRIVATE = EnumSet.of(KeyAttribute.EC_PARAMS, KeyAttribute.VALUE);
    /** What a public key outside the HSM may be said to have: nothing holds it to the rest. */
    private static final Set<KeyAttribute> PUBLIC_ALLOWED = EnumSet.of(KeyAttribute.LABEL, KeyAttribute.ID,
        KeyAttribute.KEY_TYPE, KeyAttribute.OBJECT_CLASS);

    private KeyMaterial() {
    }

    static KeySpec privateKey(KeyAttributesMap given, KeyType type) throws GeneralSecurityException {
        if (type == KeyType.RSA) {
            return new RSAPrivateCrtKeySpec(number(given, KeyAttribute.MODULUS),
                number(given, KeyAttribute.PUBLIC_EXPONENT), number(given, KeyAttribute.PRIVATE_EXPONENT),
                number(given, KeyAttribute.PRIME_P), number(given, KeyAttribute.PRIME_Q),
                number(given, KeyAttribute.PRIME_EXPONENT_P), number(given, KeyAttribute.PRIME_EXPONENT_Q),
                number(given, KeyAttribute.CRT_COEFFICIENT));
        }
        if (type != KeyType.EC) {
            return new PKCS8EncodedKeySpec((byte[]) required(given, KeyAttribute.VALUE));
        }
        Curve curve = EcAttributes.curve(required(given, KeyAttribute.EC_PARAMS));
        return new ECPrivateKeySpec(number(given, KeyAttribute.VALUE), EcAttributes.spec(curve));
    }

    static KeySpec publicKey(KeyAttributesMap given, KeyType type) throws GeneralSecurityException {
        for (KeyAttribute attribute : given.keySet()) {
            boolean isDefault = KeyAttribute.TOKEN == attribute ? given.get(attribute).equals(false)
                : attribute.attributeName() != null && given.get(attribute).equals(true);
            if (!PUBLIC.contains(attribute) && !PUBLIC_ALLOWED.contains(attribute) && !isDefault) {
                throw new InvalidKeySpecException("A public key that is made here is the JDK's and is not stored in the"
                    + " HSM, which stores public keys with their private keys: leave out " + attribute + '='
                    + (attribute.isSecret() ? "(secret)" : given.get(attribute)));
            }
        }
        if (type == KeyType.RSA) {
            return new RSAPublicKeySpec(number(given, KeyAttribute.MODULUS),
                number(given, KeyAttribute.PUBLIC_EXPONENT));
        }
        if (type == KeyType.ML_DSA || type == KeyType.ML_KEM) {
            throw new AttributeException(type.algorithm() + " public keys are made of an X509EncodedKeySpec");
        }
        if (type != KeyType.EC) {
            if (!(required(given, KeyAttribute.EC_POINT) instanceof byte[] encoded)) {
                throw new AttributeException("EC_POINT of an " + type + " key is its X.509 encoding");
            }
            return new X509EncodedKeySpec(encoded);
        }
        Curve curve = EcAttributes.curve(required(given, KeyAttribute.EC_PARAMS));
        return new ECPublicKeySpec(EcAttributes.point(required(given, KeyAttribute.EC_POINT), curve),
            EcAttributes.spec(curve));
    }

    /** The attributes that {@link #privateKey} reads. */
    static Set<KeyAttribute> describesPrivateKey(KeyType type) {
        return type == KeyType.RSA ? RSA_PRIVATE : EC_PRIVATE;
    }

    private static Object required(KeyAttributesMap given, KeyAttribute attribute) {
        Object value = given.get(attribute);
        if (value == null) {
            throw new AttributeException("The key is incomplete: " + attribute + " is missing");
        }
        return value;
    }

    private static BigInteger number(KeyAttributesMap given, KeyAttribute attribute) {
        return new BigInteger(1, (byte[]) required(given, attribute));
    }
}
