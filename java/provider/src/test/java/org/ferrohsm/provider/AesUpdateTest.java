package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.CipherInputStream;
import javax.crypto.CipherOutputStream;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code update} of CBC, CTR and ECB gives the same bytes at the same time as the JDK's cipher. */
class AesUpdateTest {
    private static FerroHsmProvider provider;
    private static SecretKey key;
    private static SecretKey software;

    @BeforeAll
    static void generate() throws Exception {
        provider = DevHsm.provider();
        byte[] bytes = new byte[16];
        new Random(3).nextBytes(bytes);
        software = new SecretKeySpec(bytes, "AES");
        key = SecretKeyFactory.getInstance("AES", provider).generateSecret(new SecretKeySpec(bytes, "AES"));
    }

    private static Cipher[] both(String transformation, int mode) throws Exception {
        byte[] iv = new byte[16];
        Arrays.fill(iv, 8, 16, (byte) 0xFF); // so that the counter carries
        IvParameterSpec spec = transformation.contains("ECB") ? null : new IvParameterSpec(iv);
        Cipher jdk = Cipher.getInstance(transformation, "SunJCE");
        jdk.init(mode, software, spec);
        Cipher hsm = Cipher.getInstance(transformation, provider);
        hsm.init(mode, key, spec);
        return new Cipher[] {jdk, hsm};
    }

    /** Ciphertext of the JDK's, or the data itself to encrypt. */
    private static byte[] input(String transformation, int mode, int length, Random random) throws Exception {
        byte[] data = new byte[transformation.endsWith("NoPadding") ? length / 16 * 16 : length];
        random.nextBytes(data);
        return mode == Cipher.ENCRYPT_MODE ? data : both(transformation, Cipher.ENCRYPT_MODE)[0].doFinal(data);
    }

    @ParameterizedTest
    @ValueSource(strings = {"AES/CBC/NoPadding", "AES/CBC/PKCS5Padding", "AES/CTR/NoPadding", "AES/ECB/NoPadding",
        "AES/ECB/PKCS5Padding"})
    void everyCallGivesWhatTheJdksDoes(String transformation) throws Exception {
        Random random = new Random(5);
        int calls = 0;
        for (int mode : new int[] {Cipher.ENCRYPT_MODE, Cipher.DECRYPT_MODE}) {
            for (int largest : new int[] {3, 20, 100, 5_000, 600_000}) {
                byte[] input = input(transformation, mode, largest * 8, random);
                Cipher[] both = both(transformation, mode);
                for (int at = 0, size; at < input.length; at += size) {
                    size = Math.min(random.nextInt(largest + 1), input.length - at);
                    String call = transformation + " mode " + mode + ": " + size + " bytes at " + at;
                    assertEquals(both[0].getOutputSize(size), both[1].getOutputSize(size), call);
                    if (calls++ % 2 == 0) {
                        byte[] expected = both[0].update(input, at, size);
                        assertArrayEquals(expected, both[1].update(input, at, size), call);
                    } else {
                        byte[] expected = new byte[size + 32];
                        byte[] inPlace = new byte[size + 32];
                        System.arraycopy(input, at, inPlace, 0, size);
                        int length = both[0].update(input, at, size, expected, 0);
                        assertEquals(length, both[1].update(inPlace, 0, size, inPlace, 0), call);
                        assertArrayEquals(Arrays.copyOf(expected, length), Arrays.copyOf(inPlace, length), call);
                    }
                }
                assertArrayEquals(both[0].doFinal(), both[1].doFinal(), transformation);
                assertArrayEquals(both[0].doFinal(input), both[1].doFinal(input), "the same object again");
            }
        }
        assertTrue(calls > 80, calls + " calls");
    }

    /** A stream protocol in CTR mode: the other side waits for each byte. */
    @Test
    void counterModeGivesEveryByteAtOnce() throws Exception {
        Cipher[] both = both("AES/CTR/NoPadding", Cipher.ENCRYPT_MODE);
        for (int i = 0; i < 100; i++) {
            byte[] one = {(byte) i};
            assertArrayEquals(both[0].update(one), both[1].update(one));
        }
        assertArrayEquals(both[0].doFinal(new byte[7]), both[1].doFinal(new byte[7]));
    }

    @Test
    void aFlushedOutputStreamHasPassedWholeBlocksOn() throws Exception {
        Cipher[] both = both("AES/CBC/PKCS5Padding", Cipher.ENCRYPT_MODE);
        ByteArrayOutputStream[] sinks = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
        CipherOutputStream[] streams =
            {new CipherOutputStream(sinks[0], both[0]), new CipherOutputStream(sinks[1], both[1])};
        Random random = new Random(9);
        for (int i = 0; i < 50; i++) {
            byte[] part = new byte[random.nextInt(40)];
            random.nextBytes(part);
            for (CipherOutputStream stream : streams) {
                stream.write(part);
                stream.flush();
            }
            assertArrayEquals(sinks[0].toByteArray(), sinks[1].toByteArray(), "after " + i);
        }
        for (CipherOutputStream stream : streams) {
            stream.close();
        }
        assertArrayEquals(sinks[0].toByteArray(), sinks[1].toByteArray());
        Cipher decryption = both("AES/CBC/PKCS5Padding", Cipher.DECRYPT_MODE)[1];
        try (CipherInputStream stream =
            new CipherInputStream(new ByteArrayInputStream(sinks[1].toByteArray()), decryption)) {
            assertArrayEquals(both("AES/CBC/PKCS5Padding", Cipher.DECRYPT_MODE)[0].doFinal(sinks[0].toByteArray()),
                stream.readAllBytes());
        }
    }

    @Test
    void buffersOfAnyKind() throws Exception {
        Random random = new Random(11);
        byte[] data = new byte[300_005];
        random.nextBytes(data);
        byte[] expected = both("AES/CBC/PKCS5Padding", Cipher.ENCRYPT_MODE)[0].doFinal(data);
        for (boolean direct : new boolean[] {false, true}) {
            Cipher cipher = both("AES/CBC/PKCS5Padding", Cipher.ENCRYPT_MODE)[1];
            ByteBuffer input = direct ? ByteBuffer.allocateDirect(data.length) : ByteBuffer.allocate(data.length);
            input.put(data).flip().limit(100_000);
            ByteBuffer output = direct ? ByteBuffer.allocateDirect(expected.length)
                : ByteBuffer.allocate(expected.length);
            assertEquals(100_000, cipher.update(input, output));
            assertEquals(0, input.remaining());
            input.limit(data.length);
            ByteBuffer small = ByteBuffer.allocate(100);
            assertThrows(ShortBufferException.class, () -> cipher.doFinal(input, small));
            assertEquals(data.length - 100_000, input.remaining());
            assertEquals(expected.length - 100_000, cipher.doFinal(input, output));
            byte[] encrypted = new byte[expected.length];
            output.flip().get(encrypted);
            assertArrayEquals(expected, encrypted);
        }
    }

    @Test
    void aShortBufferCostsNothing() throws Exception {
        Cipher[] both = both("AES/CBC/NoPadding", Cipher.ENCRYPT_MODE);
        byte[] data = new byte[40];
        for (Cipher cipher : both) {
            assertThrows(ShortBufferException.class, () -> cipher.update(data, 0, 40, new byte[31], 0));
        }
        byte[] output = new byte[32];
        assertEquals(32, both[1].update(data, 0, 40, output, 0));
        assertArrayEquals(both[0].update(data), output);
        assertArrayEquals(both[0].doFinal(new byte[8]), both[1].doFinal(new byte[8]));
    }
}
