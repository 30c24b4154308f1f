package org.ferrohsm.provider.attributes;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.ferrohsm.provider.MldsaAlgorithm;

/** What an attribute's value may be. Immutable forms are kept as they are, arrays are copied. */
enum ValueKind {
    FLAG("true or false") {
        @Override
        Object take(Object given) {
            return given instanceof Boolean ? given : null;
        }
    },
    TEXT("text of 1 to 1024 bytes in UTF-8") {
        @Override
        Object take(Object given) {
            int bytes = given instanceof String text ? text.getBytes(StandardCharsets.UTF_8).length : 0;
            return bytes >= 1 && bytes <= 1024 ? given : null;
        }
    },
    OCTETS("a byte[] of at most 256 bytes") {
        @Override
        Object take(Object given) {
            return given instanceof byte[] bytes && bytes.length <= 256 ? bytes.clone() : null;
        }
    },
    BITS("a number of bits, an Integer from 1 to 65536") {
        @Override
        Object take(Object given) {
            return given instanceof Integer bits && bits >= 1 && bits <= 65536 ? given : null;
        }
    },
    NUMBER("a positive number, a byte[] as from BigInteger.toByteArray or a BigInteger") {
        @Override
        Object take(Object given) {
            byte[] bytes = given instanceof BigInteger number && number.signum() > 0 ? number.toByteArray()
                : given instanceof byte[] array ? array.clone() : null;
            return bytes != null && bytes.length >= 1 && bytes.length <= MATERIAL_BYTES ? bytes : null;
        }
    },
    MATERIAL("a byte[] of 1 to 8192 bytes") {
        @Override
        Object take(Object given) {
            return given instanceof byte[] bytes && bytes.length >= 1 && bytes.length <= MATERIAL_BYTES ? bytes.clone()
                : null;
        }
    },
    KEY_TYPE("a KeyType") {
        @Override
        Object take(Object given) {
            return given instanceof KeyType ? given : null;
        }
    },
    OBJECT_CLASS("an ObjectClassType") {
        @Override
        Object take(Object given) {
            return given instanceof ObjectClassType ? given : null;
        }
    },
    EC_PARAMS("a constant of EcParams, another DER object identifier as a byte[], or an ECParameterSpec") {
        @Override
        Object take(Object given) {
            return given instanceof ECParameterSpec ? given : OCTETS.take(given);
        }
    },
    EC_POINT("an ECPoint, or the encoded point as a byte[]") {
        @Override
        Object take(Object given) {
            return given instanceof ECPoint ? given : OCTETS.take(given);
        }
    },
    MLDSA_ALGORITHM("an MldsaAlgorithm") {
        @Override
        Object take(Object given) {
            return given instanceof MldsaAlgorithm ? given : null;
        }
    },
    TEMPLATE("a KeyAttributesMap") {
        @Override
        Object take(Object given) {
            return given instanceof KeyAttributesMap map ? map.copy() : null;
        }
    },
    MECHANISMS("names of mechanisms, such as \"aes-gcm\", as a String[] or a collection") {
        @Override
        Object take(Object given) {
            Collection<?> names = given instanceof String[] array ? Arrays.asList(array)
                : given instanceof Collection<?> collection ? collection : null;
            if (names == null || names.size() > 256) {
                return null;
            }
            List<String> taken = new ArrayList<>();
            for (Object name : names) {
                if (!(name instanceof String text)) {
                    return null;
                }
                taken.add(text);
            }
            return List.copyOf(taken);
        }
    };

    private static final int MATERIAL_BYTES = 8192;

    private final String description;

    ValueKind(String description) {
        this.description = description;
    }

    /** What it takes, in words. */
    String description() {
        return description;
    }

    /** The value in the form that is kept, or null for one that the attribute cannot have. */
    abstract Object take(Object given);
}
