package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.InvalidParameterException;
import java.security.ProviderException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.DESedeKeySpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Triple DES: off without the HSM's switch, with it as in the JDK. */
class DesedeTest {
    private static DevHsm hsm;
    private static FerroHsmProvider provider;

    @BeforeAll
    static void start() throws Exception {
        hsm = DevHsm.start("non-fips", "--legacy-des3");
        provider = new FerroHsmProvider(hsm.config().toString());
    }

    @AfterAll
    static void stop() {
        hsm.close();
    }

    private static byte[] run(Cipher cipher, int mode, SecretKey key, AlgorithmParameterSpec spec, byte[] data)
        throws Exception {
        cipher.init(mode, key, spec);
        return cipher.doFinal(data);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DESede/CBC/NoPadding", "DESede/CBC/PKCS5Padding", "DESede/ECB/NoPadding",
        "DESede/ECB/PKCS5Padding", "DESede"})
    void agreesWithTheJdk(String transformation) throws Exception {
        byte[] bytes = new byte[24];
        new Random(3).nextBytes(bytes);
        SecretKey software = new SecretKeySpec(bytes, "DESede");
        SecretKeyFactory factory = SecretKeyFactory.getInstance("DESede", provider);
        for (SecretKey key : new SecretKey[] {factory.generateSecret(new SecretKeySpec(bytes, "DESede")),
            factory.generateSecret(new DESedeKeySpec(bytes))}) {
            AlgorithmParameterSpec spec = transformation.contains("CBC") ? new IvParameterSpec(new byte[8]) : null;
            Cipher ours = Cipher.getInstance(transformation, provider);
            Cipher jdk = Cipher.getInstance(transformation, "SunJCE");
            assertEquals(jdk.getBlockSize(), ours.getBlockSize());
            for (int length : new int[] {0, 8, 64, 600_000}) {
                byte[] data = new byte[length];
                new Random(length).nextBytes(data);
                byte[] encrypted = run(jdk, Cipher.ENCRYPT_MODE, software, spec, data);
                assertArrayEquals(encrypted, run(ours, Cipher.ENCRYPT_MODE, key, spec, data));
                assertArrayEquals(data, run(ours, Cipher.DECRYPT_MODE, key, spec, encrypted));
            }
        }
    }

    @Test
    void keysAreGeneratedWithTheirSize() throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("DESede", provider);
        FerroHsmSecretKey key = (FerroHsmSecretKey) generator.generateKey();
        assertEquals("DESede", key.getAlgorithm());
        assertEquals(192, key.info().sizeBits());
        generator.init(168);
        Cipher cipher = Cipher.getInstance("DESede/CBC/PKCS5Padding", provider);
        cipher.init(Cipher.ENCRYPT_MODE, generator.generateKey());
        assertEquals(8, cipher.getIV().length);
        // Two keys are no more offered: NIST ended them before the three.
        generator.init(112);
        assertThrows(InvalidParameterException.class, generator::generateKey);
    }

    @Test
    void isOffWithoutTheSwitch() throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("DESede", DevHsm.provider());
        Exception off = assertThrows(Exception.class, generator::generateKey);
        assertTrue(off.getMessage().contains("--legacy-des3"), off.toString());
        assertTrue(off instanceof ProviderException || off instanceof RuntimeException, off.toString());
    }
}
