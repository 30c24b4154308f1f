package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RsaCipherTest {
    private static final byte[] DATA = {1, 2, 3, 4};

    private static FerroHsmProvider provider;
    /** A pair whose allowed mechanisms have PKCS#1 decryption and raw RSA, which no key has by default. */
    private static KeyPair free;
    private static KeyPair plain;

    @BeforeAll
    static void generate() throws Exception {
        provider = new FerroHsmProvider(DevHsm.shared().configWith("raw-rsa", "^\\[?defaults", "[defaults.rsa]",
            "allowed-mechanisms = [\"rsa-pkcs\", \"sha256-rsa-pkcs\", \"rsa-pkcs-pss\", \"rsa-pkcs-encrypt\","
                + " \"rsa-oaep\", \"rsa-x-509\"]").toString());
        free = generate(provider);
        plain = generate(DevHsm.provider());
    }

    private static KeyPair generate(FerroHsmProvider with) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", with);
        generator.initialize(2048);
        return generator.generateKeyPair();
    }

    private static byte[] run(Cipher cipher, int mode, java.security.Key key, byte[] data) throws Exception {
        cipher.init(mode, key);
        return cipher.doFinal(data);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA/ECB/PKCS1Padding", "RSA", "RSA/ECB/OAEPPadding", "RSA/ECB/OAEPWithSHA-1AndMGF1Padding",
        "RSA/ECB/OAEPWithSHA-224AndMGF1Padding", "RSA/ECB/OAEPWithSHA-256AndMGF1Padding",
        "RSA/ECB/OAEPWithSHA-384AndMGF1Padding", "RSA/ECB/OAEPWithSHA-512AndMGF1Padding"})
    void decryptsWhatThePublicKeyEncrypts(String transformation) throws Exception {
        Cipher hsm = Cipher.getInstance(transformation, provider);
        byte[] byJdk = run(Cipher.getInstance(transformation, "SunJCE"), Cipher.ENCRYPT_MODE, free.getPublic(), DATA);
        assertArrayEquals(DATA, run(hsm, Cipher.DECRYPT_MODE, free.getPrivate(), byJdk));
        byte[] byUs = run(hsm, Cipher.ENCRYPT_MODE, free.getPublic(), DATA);
        assertArrayEquals(DATA, run(hsm, Cipher.DECRYPT_MODE, free.getPrivate(), byUs));
    }

    @Test
    void oaepTakesParameters() throws Exception {
        OAEPParameterSpec spec = new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA512,
            new PSource.PSpecified(new byte[] {9}));
        Cipher jdk = Cipher.getInstance("RSA/ECB/OAEPPadding", "SunJCE");
        jdk.init(Cipher.ENCRYPT_MODE, free.getPublic(), spec);
        Cipher hsm = Cipher.getInstance("RSA/ECB/OAEPPadding", provider);
        hsm.init(Cipher.DECRYPT_MODE, free.getPrivate(), spec);
        byte[] encrypted = jdk.doFinal(DATA);
        assertArrayEquals(DATA, hsm.doFinal(encrypted));
        hsm.init(Cipher.DECRYPT_MODE, free.getPrivate(), jdk.getParameters());
        assertArrayEquals(DATA, hsm.doFinal(encrypted));
        hsm.init(Cipher.DECRYPT_MODE, free.getPrivate());
        assertThrows(BadPaddingException.class, () -> hsm.doFinal(encrypted));
    }

    @Test
    void row8PrivateKeyEncryptsRaw() throws Exception {
        byte[] padded = run(Cipher.getInstance("RSA/ECB/PKCS1Padding", provider), Cipher.ENCRYPT_MODE,
            free.getPrivate(), DATA);
        assertArrayEquals(DATA, run(Cipher.getInstance("RSA/ECB/PKCS1Padding", "SunJCE"), Cipher.DECRYPT_MODE,
            free.getPublic(), padded));
        byte[] block = new byte[256];
        block[255] = 5;
        byte[] raw = run(Cipher.getInstance("RSA/ECB/NoPadding", provider), Cipher.ENCRYPT_MODE, free.getPrivate(),
            new byte[] {5});
        assertArrayEquals(block, run(Cipher.getInstance("RSA/ECB/NoPadding", "SunJCE"), Cipher.DECRYPT_MODE,
            free.getPublic(), raw));
        byte[] secret = run(Cipher.getInstance("RSA/ECB/NoPadding", "SunJCE"), Cipher.ENCRYPT_MODE, free.getPublic(),
            block);
        assertArrayEquals(block, run(Cipher.getInstance("RSA/ECB/NoPadding", provider), Cipher.DECRYPT_MODE,
            free.getPrivate(), secret));
    }

    @Test
    void row8TlsKeyExchangeFallsBackToDecryption() throws Exception {
        ForkedJvm.Result result = new ForkedJvm()
            .option("--add-exports", "java.base/sun.security.internal.spec=ALL-UNNAMED")
            .run(TlsSpecMain.class, DevHsm.shared().config().toString());
        assertEquals(0, result.code(), result.output());
        assertTrue(result.output().contains("ok"), result.output());
    }

    @Test
    void whatNoKeyHasByDefaultIsRefusedWithTheWayOut() throws Exception {
        byte[] encrypted = run(Cipher.getInstance("RSA/ECB/PKCS1Padding", "SunJCE"), Cipher.ENCRYPT_MODE,
            plain.getPublic(), DATA);
        Exception refused = assertThrows(Exception.class, () -> run(Cipher.getInstance("RSA/ECB/PKCS1Padding",
            provider), Cipher.DECRYPT_MODE, plain.getPrivate(), encrypted));
        assertTrue(refused.getMessage().contains("allowed-mechanisms"), refused.toString());
    }

    @Test
    void badPaddingIsOneExceptionWithOneText() throws Exception {
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding", provider);
        cipher.init(Cipher.DECRYPT_MODE, free.getPrivate());
        BadPaddingException damaged = assertThrows(BadPaddingException.class, () -> cipher.doFinal(new byte[256]));
        byte[] one = new byte[256];
        one[255] = 77;
        BadPaddingException other = assertThrows(BadPaddingException.class, () -> cipher.doFinal(one));
        assertEquals(damaged.getMessage(), other.getMessage());
        assertThrows(BadPaddingException.class, () -> cipher.doFinal(new byte[100]));
    }

    @Test
    void tooMuchDataIsRefused() throws Exception {
        Cipher cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding", provider);
        cipher.init(Cipher.ENCRYPT_MODE, free.getPrivate());
        assertThrows(IllegalBlockSizeException.class, () -> cipher.doFinal(new byte[246]));
        cipher.update(new byte[10_000]);
        assertThrows(IllegalBlockSizeException.class, () -> cipher.doFinal(new byte[10_000]));
    }

    @Test
    void rolesOfKeysAreKept() throws Exception {
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding", provider);
        assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.ENCRYPT_MODE, free.getPrivate()));
        assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.WRAP_MODE, free.getPrivate()));
    }

    @Test
    void signatureOfTheSameKeyIsUnharmed() throws Exception {
        Signature signature = Signature.getInstance("SHA256withRSA", provider);
        signature.initSign(free.getPrivate());
        signature.update(DATA);
        byte[] signed = signature.sign();
        signature.initVerify(free.getPublic());
        signature.update(DATA);
        assertTrue(signature.verify(signed));
    }
}
