package org.ferrohsm.provider;

/** Types of keys, with their codes in the protocol. */
enum KeyType {
    RSA(1), EC(2), AES(3), GENERIC_SECRET(4), CERTIFICATE(15);

    private final int code;

    KeyType(int code) {
        this.code = code;
    }

    int code() {
        return code;
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
}
