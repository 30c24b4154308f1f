package org.ferrohsm.provider;

import java.util.HexFormat;
import java.util.StringJoiner;

/** Named parameter sets of key types that have such. The first of a type is its default, as in the JDK. */
enum ParameterSet {
    ED25519(KeyType.EC_EDWARDS, "Ed25519", Curve.ED25519, 255, "06032b6570", 32),
    X25519(KeyType.EC_MONTGOMERY, "X25519", Curve.X25519, 255, "06032b656e", 32),
    ML_DSA_65(KeyType.ML_DSA, "ML-DSA-65", null, 65, "0609608648016503040312", 1952),
    ML_DSA_44(KeyType.ML_DSA, "ML-DSA-44", null, 44, "0609608648016503040311", 1312),
    ML_DSA_87(KeyType.ML_DSA, "ML-DSA-87", null, 87, "0609608648016503040313", 2592),
    ML_KEM_768(KeyType.ML_KEM, "ML-KEM-768", null, 768, "0609608648016503040402", 1184),
    ML_KEM_512(KeyType.ML_KEM, "ML-KEM-512", null, 512, "0609608648016503040401", 800),
    ML_KEM_1024(KeyType.ML_KEM, "ML-KEM-1024", null, 1024, "0609608648016503040403", 1568);

    private final KeyType keyType;
    private final String standardName;
    private final Curve curve;
    private final int sizeBits;
    /** Object identifier, DER in hex. */
    private final String identifier;
    private final int publicBytes;

    ParameterSet(KeyType keyType, String standardName, Curve curve, int sizeBits, String identifier, int publicBytes) {
        this.keyType = keyType;
        this.standardName = standardName;
        this.curve = curve;
        this.sizeBits = sizeBits;
        this.identifier = identifier;
        this.publicBytes = publicBytes;
    }

    KeyType keyType() {
        return keyType;
    }

    String standardName() {
        return standardName;
    }

    /** Null unless it is a curve. */
    Curve curve() {
        return curve;
    }

    /** The protocol's number of the set; of a curve its size. */
    int sizeBits() {
        return sizeBits;
    }

    /** The set of a key that has one; null for others. */
    static ParameterSet of(KeyInfo info) {
        return ofNumber(info.sizeBits(), info.keyType());
    }

    /** The set with this number; null if there is none. */
    static ParameterSet ofNumber(int number, KeyType keyType) {
        for (ParameterSet set : values()) {
            if (set.keyType == keyType && set.sizeBits == number) {
                return set;
            }
        }
        return null;
    }

    /** The set with this name, or the default of the type for the type's own name; null if there is none. */
    static ParameterSet ofName(String name, KeyType keyType) {
        for (ParameterSet set : values()) {
            if (set.keyType == keyType
                && (set.standardName.equalsIgnoreCase(name) || keyType.algorithm().equalsIgnoreCase(name))) {
                return set;
            }
        }
        return null;
    }

    /** The set of a SubjectPublicKeyInfo (DER), which has a fixed form for each; null if it is none of these. */
    static ParameterSet ofPublicKeyInfo(byte[] encoded) {
        for (ParameterSet set : values()) {
            String algorithm = element("30", set.identifier.length() / 2) + set.identifier;
            String bits = element("03", set.publicBytes + 1) + "00";
            String body = algorithm + bits;
            String start = element("30", body.length() / 2 + set.publicBytes) + body;
            int startBytes = start.length() / 2;
            if (encoded.length == startBytes + set.publicBytes
                && HexFormat.of().formatHex(encoded, 0, startBytes).equals(start)) {
                return set;
            }
        }
        return null;
    }

    /** Tag and length, in hex. */
    private static String element(String tag, int length) {
        return tag + (length < 0x80 ? String.format("%02x", length) : length < 0x100 ? String.format("81%02x", length)
            : String.format("82%04x", length));
    }

    /** Whether a name says which set, rather than only the type. */
    static boolean isExact(String name) {
        for (ParameterSet set : values()) {
            if (set.standardName.equalsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }

    /** All sets of a type, for messages. */
    static String names(KeyType keyType) {
        StringJoiner names = new StringJoiner(", ");
        for (ParameterSet set : values()) {
            if (set.keyType == keyType) {
                names.add(set.standardName);
            }
        }
        return names.toString();
    }
}
