package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.ObjectClassType;
import org.ferrohsm.provider.exception.AddAttributeException;
import org.ferrohsm.provider.exception.AttributeException;

/**
 * Between the attributes that a program gives and those that the HSM stores. Uses and changes are for the HSM to judge;
 * here is only what it cannot see: attributes that describe the key itself.
 */
final class KeyAttributes {
    private static final Set<KeyAttribute> SET_BY_HSM = Set.of(KeyAttribute.LOCAL, KeyAttribute.ALWAYS_SENSITIVE,
        KeyAttribute.NEVER_EXTRACTABLE, KeyAttribute.WRAPPING_ONLY, KeyAttribute.CHECK_VALUE);

    private KeyAttributes() {
    }

    /**
     * The stored attributes among those given.
     *
     * @param described attributes of the key itself that the caller has read already
     * @throws AttributeException for one that contradicts the key, or that has no place here
     */
    static Template template(KeyAttributesMap given, KeyType type, ObjectClassType part, Set<KeyAttribute> described) {
        Template template = new Template();
        for (KeyAttribute attribute : KeyAttribute.values()) {
            if (!given.containsKey(attribute) || described.contains(attribute)) {
                continue;
            }
            Object value = given.get(attribute);
            if (attribute == KeyAttribute.KEY_TYPE) {
                requireSame(attribute, value, publicType(type));
            } else if (attribute == KeyAttribute.OBJECT_CLASS) {
                requireSame(attribute, value, part);
            } else if (attribute.attributeName() == null) {
                throw new AttributeException(attribute + " has no place here: it comes with the key or belongs to the"
                    + " other half of the pair. Leave it out");
            } else if (SET_BY_HSM.contains(attribute)) {
                throw new AttributeException(attribute + " is set by the HSM: leave it out");
            } else if (part != ObjectClassType.PUBLIC_KEY || attribute != KeyAttribute.EXTRACTABLE
                || Boolean.FALSE.equals(value)) {
                // A public key that is extractable is nothing special, and no attribute of it.
                template.value(attribute.attributeName(), stored(value));
            }
        }
        return template;
    }

    /** What the HSM says about a key, or about the public key of a pair, with what describes the key itself. */
    static KeyAttributesMap of(KeyInfo info, ObjectClassType part) {
        KeyAttributesMap map = new KeyAttributesMap();
        boolean isPublic = part == ObjectClassType.PUBLIC_KEY;
        Map<Integer, Object> stored = isPublic ? info.publicAttributes() : info.attributes();
        try {
            for (KeyAttribute attribute : KeyAttribute.values()) {
                Object value = attribute.attributeName() == null ? null
                    : stored.get(Tables.get().attributeId(attribute.attributeName()));
                if (value != null) {
                    map.put(attribute, shown(value));
                }
            }
            map.put(KeyAttribute.OBJECT_CLASS, part);
            map.put(KeyAttribute.KEY_TYPE, publicType(info.keyType()));
            if (part == ObjectClassType.SECRET_KEY) {
                map.put(KeyAttribute.SIZE, info.sizeBits());
                return map;
            }
            if (info.keyType() == KeyType.ML_DSA) {
                map.put(KeyAttribute.MLDSA_ALGORITHM, MldsaAlgorithm.ofNumber(info.sizeBits()));
                return map;
            }
            PublicKey key = Keys.publicKey(info);
            if (key instanceof RSAPublicKey rsa) {
                map.put(KeyAttribute.MODULUS_BITS, info.sizeBits());
                map.put(KeyAttribute.MODULUS, rsa.getModulus());
                map.put(KeyAttribute.PUBLIC_EXPONENT, rsa.getPublicExponent());
            } else if (key instanceof ECPublicKey ec) {
                map.put(KeyAttribute.EC_PARAMS, EcAttributes.encoded(info.curve()));
                if (isPublic) {
                    map.put(KeyAttribute.EC_POINT, EcAttributes.encoded(ec.getW(), info.curve()));
                }
            }
            return map;
        } catch (AddAttributeException | GeneralSecurityException e) {
            throw new ProviderException("What the HSM says about key 0x" + Long.toHexString(info.handle())
                + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** A stored value as programs have it. */
    private static Object shown(Object value) throws AddAttributeException {
        if (!(value instanceof Map<?, ?> template)) {
            return value instanceof int[] mechanisms ? names(mechanisms) : value;
        }
        KeyAttributesMap map = new KeyAttributesMap();
        for (KeyAttribute attribute : KeyAttribute.values()) {
            Object held = attribute.attributeName() == null ? null
                : template.get(Tables.get().attributeId(attribute.attributeName()));
            if (held != null) {
                map.put(attribute, shown(held));
            }
        }
        return map;
    }

    private static List<String> names(int[] mechanisms) {
        List<String> names = new ArrayList<>();
        for (int code : mechanisms) {
            // One that only a newer release knows is named by its code.
            names.add(Tables.get().mechanisms().stream().filter(mechanism -> mechanism.code() == code)
                .map(Tables.Mechanism::name).findFirst().orElse("0x" + Integer.toHexString(code)));
        }
        return names;
    }

    private static void requireSame(KeyAttribute attribute, Object given, Object actual) {
        if (given != actual) {
            throw new AttributeException(attribute + " is " + given + ", and this key is " + actual);
        }
    }

    private static Object stored(Object value) {
        if (value instanceof KeyAttributesMap template) {
            Map<Integer, Object> nested = new LinkedHashMap<>();
            for (KeyAttribute attribute : KeyAttribute.values()) {
                if (template.containsKey(attribute)) {
                    if (attribute.attributeName() == null) {
                        throw new AttributeException(attribute + " cannot be in a template: leave it out");
                    }
                    nested.put(Tables.get().attributeId(attribute.attributeName()), stored(template.get(attribute)));
                }
            }
            return nested;
        }
        if (!(value instanceof List<?> names)) {
            return value;
        }
        try {
            return names.stream().mapToInt(name -> Tables.get().mechanism((String) name).code()).toArray();
        } catch (IllegalArgumentException e) {
            throw new AttributeException(e.getMessage() + ": see the first column of docs/CAPABILITIES.md");
        }
    }

    /** The type as programs name it. */
    static org.ferrohsm.provider.attributes.KeyType publicType(KeyType type) {
        return org.ferrohsm.provider.attributes.KeyType.valueOf(switch (type) {
            case DES3 -> "DESEDE";
            case ML_DSA -> "MLDSA";
            default -> type.name();
        });
    }

    static ObjectClassType partOf(KeyType type) {
        return type.isPair() ? ObjectClassType.PRIVATE_KEY : ObjectClassType.SECRET_KEY;
    }
}
