package org.ferrohsm.provider;

import java.util.List;

/** Types of keys, with their codes in the protocol and the names that private or secret keys of the type have in the JCA. */
enum KeyType {
    RSA(1, FerroHsmRsaPrivateKey.class, "RSA"),
    EC(2, FerroHsmEcPrivateKey.class, "EC"),
    AES(3, FerroHsmSecretKey.class, "AES"),
    GENERIC_SECRET(4, FerroHsmSecretKey.class, "GenericSecret"),
    EC_EDWARDS(5, FerroHsmEdEcPrivateKey.class, "EdDSA", "Ed25519"),
    EC_MONTGOMERY(6, FerroHsmXecPrivateKey.class, "XDH", "X25519"),
    ML_DSA(7, FerroHsmMlDsaPrivateKey.class, "ML-DSA", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"),
    ML_KEM(8, FerroHsmMlKemPrivateKey.class, "ML-KEM", "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"),
    DES3(9, FerroHsmSecretKey.class, "DESede", "TripleDES"),
    CHACHA20(10, FerroHsmSecretKey.class, "ChaCha20", "ChaCha20-Poly1305"),
    CERTIFICATE(15, null);

    private final int code;
    private final Class<? extends FerroHsmKey> keyClass;
    private final List<String> names;

    KeyType(int code, Class<? extends FerroHsmKey> keyClass, String... names) {
        this.code = code;
        this.keyClass = keyClass;
        this.names = List.of(names);
    }

    int code() {
        return code;
    }

    /** Class of private or secret keys of this type. */
    Class<? extends FerroHsmKey> keyClass() {
        return keyClass;
    }

    /** What {@code getAlgorithm()} of a key of this type says. */
    String algorithm() {
        return names.get(0);
    }

    boolean isPair() {
        return this != CERTIFICATE && keyClass != FerroHsmSecretKey.class;
    }

    /** The type with this code; null for 0 and for what this release does not know. */
    static KeyType ofCode(int code) {
        for (KeyType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return null;
    }

    /** The type of private keys for a JCA algorithm, in any case; null if the HSM has none. */
    static KeyType ofPrivateKey(String algorithm) {
        for (KeyType type : values()) {
            if (type.isPair() && type.names.stream().anyMatch(algorithm::equalsIgnoreCase)) {
                return type;
            }
        }
        return null;
    }

    /** The type of secret keys for a JCA algorithm, in any case: a generic secret for what has no type of its own. */
    static KeyType ofSecretKey(String algorithm) {
        for (KeyType type : values()) {
            if (type.keyClass == FerroHsmSecretKey.class && type.names.stream().anyMatch(algorithm::equalsIgnoreCase)) {
                return type;
            }
        }
        return GENERIC_SECRET;
    }

    /** Names of the private keys that the HSM has, for messages. */
    static String privateKeys() {
        StringBuilder list = new StringBuilder();
        for (KeyType type : values()) {
            if (type.isPair()) {
                list.append(list.length() == 0 ? "" : ", ").append(type.algorithm());
            }
        }
        return list.toString();
    }
}
