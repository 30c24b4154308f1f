package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.InvalidAlgorithmParameterException;
import java.security.ProviderException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AesGcmTest {
    private static final String GCM = "AES/GCM/NoPadding";
    private static final byte[] AAD = {7, 8, 9};

    private static FerroHsmProvider provider;
    private static SecretKey key;
    /** The same key in the HSM and here. */
    private static SecretKey imported;
    private static SecretKey software;

    @BeforeAll
    static void generate() throws Exception {
        provider = DevHsm.provider();
        key = KeyGenerator.getInstance("AES", provider).generateKey();
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) 0x5A);
        software = new SecretKeySpec(bytes, "AES");
        imported = SecretKeyFactory.getInstance("AES", provider).generateSecret(new SecretKeySpec(bytes, "AES"));
    }

    private static Cipher cipher(int mode, SecretKey with, GCMParameterSpec spec) throws Exception {
        Cipher cipher = Cipher.getInstance(GCM, provider);
        cipher.init(mode, with, spec);
        return cipher;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 17, 1000, 65536, 900_000})
    void theJdkDecryptsWhatTheHsmEncrypts(int length) throws Exception {
        byte[] data = new byte[length];
        Arrays.fill(data, (byte) length);
        Cipher encryption = cipher(Cipher.ENCRYPT_MODE, imported, null);
        encryption.updateAAD(AAD);
        byte[] encrypted = encryption.doFinal(data);
        assertEquals(length + 16, encrypted.length);
        Cipher decryption = Cipher.getInstance(GCM, "SunJCE");
        decryption.init(Cipher.DECRYPT_MODE, software, new GCMParameterSpec(128, encryption.getIV()));
        decryption.updateAAD(AAD);
        assertArrayEquals(data, decryption.doFinal(encrypted));
    }

    @ParameterizedTest
    @ValueSource(ints = {96, 104, 112, 120, 128})
    void theHsmDecryptsWhatTheJdkEncrypts(int tagBits) throws Exception {
        byte[] data = new byte[100];
        Cipher encryption = Cipher.getInstance(GCM, "SunJCE");
        encryption.init(Cipher.ENCRYPT_MODE, software, new GCMParameterSpec(tagBits, new byte[12]));
        encryption.updateAAD(AAD);
        byte[] encrypted = encryption.doFinal(data);
        Cipher decryption = cipher(Cipher.DECRYPT_MODE, imported, new GCMParameterSpec(tagBits, new byte[12]));
        decryption.updateAAD(AAD);
        decryption.update(encrypted, 0, 50);
        assertArrayEquals(data, decryption.doFinal(encrypted, 50, encrypted.length - 50));
    }

    @Test
    void ivIsKnownRightAfterInitAndServesTheEncryption() throws Exception {
        Cipher encryption = cipher(Cipher.ENCRYPT_MODE, key, null);
        byte[] early = encryption.getIV();
        assertEquals(12, early.length);
        byte[] encrypted = encryption.doFinal(new byte[40]);
        assertArrayEquals(early, encryption.getIV());
        assertArrayEquals(new byte[40],
            cipher(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, early)).doFinal(encrypted));
    }

    @Test
    void parametersDecrypt() throws Exception {
        Cipher encryption = cipher(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(112, new byte[0]));
        byte[] encrypted = encryption.doFinal(new byte[40]);
        assertEquals(54, encrypted.length);
        Cipher decryption = Cipher.getInstance(GCM, provider);
        decryption.init(Cipher.DECRYPT_MODE, key, encryption.getParameters());
        assertArrayEquals(new byte[40], decryption.doFinal(encrypted));
    }

    @Test
    void everyEncryptionHasAnotherIv() throws Exception {
        Set<String> ivs = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            Cipher encryption = cipher(Cipher.ENCRYPT_MODE, key, null);
            if (i % 2 == 0) {
                encryption.getIV();
            }
            encryption.doFinal(new byte[1]);
            assertTrue(ivs.add(Arrays.toString(encryption.getIV())));
        }
    }

    @Test
    void anEncryptionNeedsAnInitOfItsOwn() throws Exception {
        Cipher encryption = cipher(Cipher.ENCRYPT_MODE, key, null);
        encryption.doFinal(new byte[1]);
        IllegalStateException over =
            assertThrows(IllegalStateException.class, () -> encryption.doFinal(new byte[1]));
        assertEquals("This encryption is over and its IV is used up: init again", over.getMessage());
        encryption.init(Cipher.ENCRYPT_MODE, key);
        encryption.doFinal(new byte[1]);
    }

    @Test
    void ivOfTheCallerIsRefusedWithTheWayOut() throws Exception {
        InvalidAlgorithmParameterException refused = assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, new byte[12])));
        assertTrue(refused.getMessage().contains("allow-caller-iv"), refused.getMessage());
    }

    @Test
    void aKeyThatAllowsItTakesTheCallersIv() throws Exception {
        FerroHsmProvider free = new FerroHsmProvider(DevHsm.shared().configWith("caller-iv", "^\\[?defaults",
            "[defaults.aes]", "allow-caller-iv = true").toString());
        SecretKey freeKey = KeyGenerator.getInstance("AES", free).generateKey();
        Cipher encryption = Cipher.getInstance(GCM, free);
        byte[] iv = new byte[12];
        iv[0] = 42;
        encryption.init(Cipher.ENCRYPT_MODE, freeKey, new GCMParameterSpec(128, iv));
        byte[] encrypted = encryption.doFinal(new byte[5]);
        assertArrayEquals(iv, encryption.getIV());
        Cipher decryption = Cipher.getInstance(GCM, free);
        decryption.init(Cipher.DECRYPT_MODE, freeKey, new GCMParameterSpec(128, iv));
        assertArrayEquals(new byte[5], decryption.doFinal(encrypted));
    }

    @Test
    void aBadTagIsSaidAndGivesNothing() throws Exception {
        Cipher encryption = cipher(Cipher.ENCRYPT_MODE, key, null);
        byte[] encrypted = encryption.doFinal(new byte[40]);
        encrypted[3] ^= 1;
        Cipher decryption = cipher(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, encryption.getIV()));
        assertEquals(0, decryption.update(encrypted) == null ? 0 : 1);
        assertThrows(AEADBadTagException.class, decryption::doFinal);
        encrypted[3] ^= 1;
        decryption.updateAAD(AAD);
        assertThrows(AEADBadTagException.class, () -> decryption.doFinal(encrypted));
        assertArrayEquals(new byte[40], decryption.doFinal(encrypted));
        assertThrows(AEADBadTagException.class, () -> decryption.doFinal(new byte[3]));
    }

    @Test
    void aShortBufferCostsNothing() throws Exception {
        Cipher encryption = cipher(Cipher.ENCRYPT_MODE, key, null);
        byte[] data = new byte[20];
        assertThrows(ShortBufferException.class, () -> encryption.doFinal(data, 0, 20, new byte[35], 0));
        byte[] output = new byte[36];
        assertEquals(36, encryption.doFinal(data, 0, 20, output, 0));
        assertFalse(Arrays.equals(new byte[36], output));
    }

    @Test
    void wrongParametersAreRefused() throws Exception {
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(64, new byte[0])));
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, new byte[0])));
        assertThrows(java.security.InvalidKeyException.class, () -> Cipher.getInstance(GCM, provider)
            .init(Cipher.DECRYPT_MODE, key));
    }

    @Test
    void aFailedEncryptionHasNoParameters() throws Exception {
        SecretKey gone = KeyGenerator.getInstance("AES", provider).generateKey();
        Cipher encryption = cipher(Cipher.ENCRYPT_MODE, gone, null);
        provider.client().deleteKey(((FerroHsmKey) gone).getHandle());
        assertThrows(ProviderException.class, () -> encryption.doFinal(new byte[1]));
        assertNull(encryption.getParameters());
        assertNull(encryption.getIV());
    }

    @Test
    void aKeyAndIvEncryptOnce() throws Exception {
        FerroHsmProvider free = new FerroHsmProvider(DevHsm.shared().configWith("caller-iv-once", "^\\[?defaults",
            "[defaults.aes]", "allow-caller-iv = true").toString());
        SecretKey freeKey = KeyGenerator.getInstance("AES", free).generateKey();
        GCMParameterSpec spec = new GCMParameterSpec(128, new byte[12]);
        Cipher cipher = Cipher.getInstance(GCM, free);
        cipher.init(Cipher.ENCRYPT_MODE, freeKey, spec);
        byte[] encrypted = cipher.doFinal(new byte[5]);
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher.init(Cipher.ENCRYPT_MODE, freeKey, spec));
        assertThrows(IllegalStateException.class, () -> cipher.doFinal(new byte[5]), "a failed init leaves nothing");
        cipher.init(Cipher.DECRYPT_MODE, freeKey, spec);
        assertArrayEquals(new byte[5], cipher.doFinal(encrypted));
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher.init(Cipher.ENCRYPT_MODE, freeKey, spec));
        byte[] another = new byte[12];
        another[0] = 1;
        cipher.init(Cipher.ENCRYPT_MODE, freeKey, new GCMParameterSpec(128, another));
        cipher.doFinal(new byte[5]);
    }
}
