package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.ProviderException;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CBC, CTR and ECB, in both directions against the JDK. */
class AesTest {
    private static FerroHsmProvider provider;
    private static SecretKey key;
    private static SecretKey software;

    @BeforeAll
    static void generate() throws Exception {
        provider = DevHsm.provider();
        byte[] bytes = new byte[24];
        new Random(1).nextBytes(bytes);
        software = new SecretKeySpec(bytes, "AES");
        key = SecretKeyFactory.getInstance("AES", provider).generateSecret(new SecretKeySpec(bytes, "AES"));
    }

    private static byte[] run(Cipher cipher, byte[] data, int step) throws Exception {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        for (int at = 0; at < data.length; at += step) {
            byte[] part = cipher.update(data, at, Math.min(step, data.length - at));
            if (part != null) {
                output.writeBytes(part);
            }
        }
        output.writeBytes(cipher.doFinal());
        return output.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"AES/CBC/NoPadding", "AES/CBC/PKCS5Padding", "AES/CTR/NoPadding", "AES/ECB/NoPadding",
        "AES/ECB/PKCS5Padding"})
    void agreesWithTheJdk(String transformation) throws Exception {
        boolean wholeBlocks = transformation.endsWith("B/NoPadding") || transformation.endsWith("C/NoPadding");
        for (int length : new int[] {0, 16, 17, 4096, 262_144, 262_145, 1_000_000}) {
            int size = wholeBlocks ? length / 16 * 16 : length;
            byte[] data = new byte[size];
            new Random(size).nextBytes(data);
            byte[] iv = new byte[16];
            Arrays.fill(iv, (byte) 0xFF); // so that the counter carries
            IvParameterSpec spec = transformation.contains("ECB") ? null : new IvParameterSpec(iv);
            Cipher jdk = Cipher.getInstance(transformation, "SunJCE");
            jdk.init(Cipher.ENCRYPT_MODE, software, spec);
            byte[] expected = jdk.doFinal(data);
            Cipher hsm = Cipher.getInstance(transformation, provider);
            hsm.init(Cipher.ENCRYPT_MODE, key, spec);
            assertArrayEquals(expected, run(hsm, data, 100_000), transformation + ' ' + size);
            assertArrayEquals(expected, hsm.doFinal(data), "the same object again");
            hsm.init(Cipher.DECRYPT_MODE, key, spec);
            assertArrayEquals(data, run(hsm, expected, 99_999), transformation + ' ' + size);
        }
    }

    @Test
    void anIvIsMadeWhereNoneIsGiven() throws Exception {
        Cipher encryption = Cipher.getInstance("AES/CBC/PKCS5Padding", provider);
        encryption.init(Cipher.ENCRYPT_MODE, key);
        byte[] encrypted = encryption.doFinal(new byte[5]);
        assertEquals(16, encryption.getIV().length);
        Cipher decryption = Cipher.getInstance("AES/CBC/PKCS5Padding", "SunJCE");
        decryption.init(Cipher.DECRYPT_MODE, software, encryption.getParameters());
        assertArrayEquals(new byte[5], decryption.doFinal(encrypted));
    }

    @Test
    void badPaddingIsSaid() throws Exception {
        Cipher decryption = Cipher.getInstance("AES/CBC/PKCS5Padding", provider);
        decryption.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(new byte[16]));
        assertThrows(BadPaddingException.class, () -> decryption.doFinal(new byte[32]));
        assertThrows(IllegalBlockSizeException.class, () -> decryption.doFinal(new byte[33]));
    }

    @Test
    void lengthsThatDoNotFitAreRefused() throws Exception {
        Cipher encryption = Cipher.getInstance("AES/CBC/NoPadding", provider);
        encryption.init(Cipher.ENCRYPT_MODE, key);
        assertThrows(IllegalBlockSizeException.class, () -> encryption.doFinal(new byte[15]));
    }

    @Test
    void wrongParametersAreRefused() throws Exception {
        Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", provider);
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[12])));
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> Cipher.getInstance("AES/ECB/NoPadding", provider)
                .init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[16])));
        assertThrows(UnsupportedOperationException.class, () -> cipher.init(Cipher.WRAP_MODE, key));
    }

    @Test
    void modesThatTheHsmLacksAreNotFound() {
        assertThrows(NoSuchAlgorithmException.class, () -> Cipher.getInstance("AES/CFB/NoPadding", provider));
        assertThrows(NoSuchAlgorithmException.class, () -> Cipher.getInstance("AES/CBC/ISO10126Padding", provider));
    }

    @Test
    void counterCarriesOverAllBytes() {
        byte[] counter = new byte[16];
        Arrays.fill(counter, (byte) 0xFF);
        assertArrayEquals(new byte[16], AesCipher.counterAfter(counter, 1));
        byte[] expected = new byte[16];
        expected[13] = 1;
        assertArrayEquals(expected, AesCipher.counterAfter(new byte[16], 65536));
    }

    /** A deleted key fails when a chunk is sent, not at init: the object must not go on without that chunk. */
    @Test
    void afterAFailedUpdateNothingButInitGoesOn() throws Exception {
        SecretKey gone = KeyGenerator.getInstance("AES", provider).generateKey();
        for (String transformation : new String[] {"AES/CTR/NoPadding", "AES/CBC/PKCS5Padding"}) {
            Cipher cipher = Cipher.getInstance(transformation, provider);
            cipher.init(Cipher.ENCRYPT_MODE, gone);
            if (transformation.contains("CTR")) {
                provider.client().deleteKey(((FerroHsmKey) gone).getHandle());
            }
            assertThrows(ProviderException.class, () -> cipher.update(new byte[300_000]));
            assertThrows(IllegalStateException.class, () -> cipher.update(new byte[1]));
            IllegalStateException over = assertThrows(IllegalStateException.class, cipher::doFinal);
            assertEquals("The last init or update of this " + transformation + " cipher failed: init again",
                over.getMessage());
            cipher.init(Cipher.ENCRYPT_MODE, key);
            assertEquals(16, cipher.doFinal(new byte[transformation.contains("CTR") ? 16 : 15]).length);
        }
    }

    @Test
    void afterAFailedInitNothingButInitGoesOn() throws Exception {
        Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", provider);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[3])));
        assertThrows(IllegalStateException.class, () -> cipher.doFinal(new byte[16]));
        assertThrows(IllegalStateException.class, () -> cipher.update(new byte[16], 0, 16, new byte[32], 0));
    }
}
