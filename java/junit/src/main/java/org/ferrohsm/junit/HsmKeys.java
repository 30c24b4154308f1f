package org.ferrohsm.junit;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.KeyPairAttributesMapBuilder;
import org.ferrohsm.provider.exception.AddAttributeException;

/** Makes the keys that {@link HsmKey} describes. */
final class HsmKeys {
    private HsmKeys() {
    }

    static KeyPair keyPair(Provider provider, HsmKey wanted) throws GeneralSecurityException {
        KeyPairGenerator generator =
            KeyPairGenerator.getInstance(wanted.algorithm().isEmpty() ? "EC" : wanted.algorithm(), provider);
        if (wanted.size() != 0) {
            generator.initialize(wanted.size());
        }
        if (wanted.attributes().length + wanted.publicAttributes().length != 0) {
            generator.initialize(new KeyPairAttributesMapBuilder().withPublic(attributes(wanted.publicAttributes()))
                .withPrivate(attributes(wanted.attributes())).build());
        }
        return generator.generateKeyPair();
    }

    static SecretKey secretKey(Provider provider, HsmKey wanted) throws GeneralSecurityException {
        if (wanted.publicAttributes().length != 0) {
            throw new IllegalArgumentException("a secret key has no publicAttributes: use attributes");
        }
        KeyGenerator generator =
            KeyGenerator.getInstance(wanted.algorithm().isEmpty() ? "AES" : wanted.algorithm(), provider);
        if (wanted.size() != 0) {
            generator.init(wanted.size());
        }
        if (wanted.attributes().length != 0) {
            generator.init(attributes(wanted.attributes()));
        }
        return generator.generateKey();
    }

    private static KeyAttributesMap attributes(String[] texts) {
        KeyAttributesMap map = new KeyAttributesMap();
        for (String text : texts) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("\"" + text + "\" is no attribute: write name=value");
            }
            KeyAttribute attribute = attribute(text.substring(0, equals));
            try {
                map.put(attribute, value(attribute, text.substring(equals + 1)));
            } catch (AddAttributeException e) {
                throw new IllegalArgumentException('"' + text + "\": " + e.getMessage(), e);
            }
        }
        return map;
    }

    private static KeyAttribute attribute(String name) {
        Optional<KeyAttribute> named = named().filter(each -> each.attributeName().equals(name)).findFirst();
        return named.orElseThrow(() -> new IllegalArgumentException("there is no attribute \"" + name + "\": "
            + named().map(KeyAttribute::attributeName).sorted().collect(Collectors.joining(", "))));
    }

    /** Those that can be written as text. */
    private static Stream<KeyAttribute> named() {
        return Arrays.stream(KeyAttribute.values()).filter(each -> each.attributeName() != null
            && each != KeyAttribute.WRAP_TEMPLATE && each != KeyAttribute.UNWRAP_TEMPLATE);
    }

    private static Object value(KeyAttribute attribute, String text) {
        return switch (attribute) {
            case LABEL -> text;
            case ID, CHECK_VALUE -> bytes(attribute, text);
            case ALLOWED_MECHANISMS -> List.of(text.split(","));
            default -> flag(attribute, text);
        };
    }

    private static byte[] bytes(KeyAttribute attribute, String text) {
        try {
            return HexFormat.of().parseHex(text.startsWith("0x") ? text.substring(2) : text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(attribute.attributeName() + " takes bytes in hexadecimal, as 0x01ff, not \""
                + text + '"', e);
        }
    }

    private static Boolean flag(KeyAttribute attribute, String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(attribute.attributeName() + " is true or false, not \"" + text + '"');
        }
        return Boolean.valueOf(text);
    }
}
