package org.ferrohsm.provider;

import javax.crypto.Cipher;

/** Cipher's operation modes. */
final class CipherModes {
    static final int AES_BLOCK_BYTES = 16;
    static final int DES_BLOCK_BYTES = 8;

    private CipherModes() {
    }

    /** Name of the key use that a mode needs. */
    static String use(int mode) {
        return switch (mode) {
            case Cipher.ENCRYPT_MODE -> "encrypt";
            case Cipher.DECRYPT_MODE -> "decrypt";
            case Cipher.WRAP_MODE -> "wrap";
            case Cipher.UNWRAP_MODE -> "unwrap";
            default -> throw new IllegalArgumentException("Cipher has no mode " + mode);
        };
    }

    /** Whether the mode makes ciphertext. */
    static boolean isForward(int mode) {
        return mode == Cipher.ENCRYPT_MODE || mode == Cipher.WRAP_MODE;
    }
}
