package org.ferrohsm.provider.vectors;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.Provider;
import java.util.Arrays;
import java.util.List;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import org.ferrohsm.provider.VectorKeys;

/** AES-GCM and AES-CBC, in both directions. */
final class AesVectors {
    private static final int BLOCK_BYTES = 16;

    private final Provider provider;
    private final Tally tally;

    AesVectors(Provider provider, Tally tally) {
        this.provider = provider;
        this.tally = tally;
    }

    void gcm(VectorFile file) throws GeneralSecurityException {
        for (VectorFile.Group group : file.groups()) {
            List<String> names =
                List.of("AES/GCM/NoPadding", "AES_" + group.number("keySize") + "/GCM/NoPadding");
            for (VectorFile.Vector vector : group.vectors()) {
                SecretKey key = VectorKeys.secret(provider, "AES", vector.bytes("key"));
                for (String name : names) {
                    gcm(name, key, group.number("tagSize"), file, vector);
                }
                VectorKeys.destroy(key);
            }
        }
    }

    private void gcm(String name, SecretKey key, int tagBits, VectorFile file, VectorFile.Vector vector)
        throws GeneralSecurityException {
        byte[] ivBytes = vector.bytes("iv");
        GCMParameterSpec spec = new GCMParameterSpec(tagBits, ivBytes);
        byte[] encrypted = concat(vector.bytes("ct"), vector.bytes("tag"));
        boolean accepted;
        try {
            Cipher decryption = Cipher.getInstance(name, provider);
            decryption.init(Cipher.DECRYPT_MODE, key, spec);
            decryption.updateAAD(vector.bytes("aad"));
            accepted = Arrays.equals(vector.bytes("msg"), decryption.doFinal(encrypted));
        } catch (BadPaddingException e) {
            accepted = false;
        } catch (InvalidAlgorithmParameterException | java.security.ProviderException e) {
            if (ivBytes.length >= 12 && ivBytes.length <= 128) {
                throw e;
            }
            tally.exclude("Cipher", name, "IV of less than 12 or more than 128 bytes");
            return;
        }
        if (accepted) {
            Cipher encryption = Cipher.getInstance(name, provider);
            encryption.init(Cipher.ENCRYPT_MODE, key, spec);
            encryption.updateAAD(vector.bytes("aad"));
            if (!Arrays.equals(encrypted, encryption.doFinal(vector.bytes("msg")))) {
                tally.wrong(name + ", " + file.name() + " vector " + vector.id() + ": another ciphertext");
            }
        }
        tally.judge("Cipher", name, file, vector, accepted);
    }

    void cbc(VectorFile file) throws GeneralSecurityException {
        for (VectorFile.Group group : file.groups()) {
            for (VectorFile.Vector vector : group.vectors()) {
                SecretKey key = VectorKeys.secret(provider, "AES", vector.bytes("key"));
                IvParameterSpec iv = new IvParameterSpec(vector.bytes("iv"));
                byte[] message = vector.bytes("msg");
                byte[] encrypted = vector.bytes("ct");
                String padded = "AES/CBC/PKCS5Padding";
                boolean accepted;
                try {
                    accepted = Arrays.equals(message, run(padded, Cipher.DECRYPT_MODE, key, iv, encrypted));
                } catch (BadPaddingException | IllegalBlockSizeException e) {
                    accepted = false;
                }
                if (accepted && !Arrays.equals(encrypted, run(padded, Cipher.ENCRYPT_MODE, key, iv, message))) {
                    tally.wrong(padded + ", " + file.name() + " vector " + vector.id() + ": another ciphertext");
                }
                tally.judge("Cipher", padded, file, vector, accepted);
                if (vector.isValid()) {
                    byte[] block = pad(message);
                    for (String name : List.of("AES/CBC/NoPadding",
                        "AES_" + group.number("keySize") + "/CBC/NoPadding")) {
                        tally.published("Cipher", name, file.name() + " vector " + vector.id() + ", padded here",
                            Arrays.equals(encrypted, run(name, Cipher.ENCRYPT_MODE, key, iv, block))
                                && Arrays.equals(block, run(name, Cipher.DECRYPT_MODE, key, iv, encrypted)));
                    }
                }
                VectorKeys.destroy(key);
            }
        }
    }

    private byte[] run(String name, int mode, SecretKey key, IvParameterSpec iv, byte[] data)
        throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(name, provider);
        cipher.init(mode, key, iv);
        return cipher.doFinal(data);
    }

    /** PKCS#7 (RFC 5652, 6.3). */
    private static byte[] pad(byte[] message) {
        int more = BLOCK_BYTES - message.length % BLOCK_BYTES;
        byte[] padded = Arrays.copyOf(message, message.length + more);
        Arrays.fill(padded, message.length, padded.length, (byte) more);
        return padded;
    }

    static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
