package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wraps that are put together from others, and those that carry attributes. */
class WrapFormsTest {
    /** A provider whose keys are extractable, so that they can be wrapped. */
    private static FerroHsmProvider provider;
    private static byte[] wrappingBytes;
    private static SecretKey wrapping;
    private static SecretKey target;

    @BeforeAll
    static void generate() throws Exception {
        provider = new FerroHsmProvider(
            DevHsm.shared().configWith("wrap-forms", null, "defaults = \"cloudhsm\"").toString());
        wrappingBytes = new byte[32];
        wrappingBytes[0] = 2;
        wrapping = SecretKeyFactory.getInstance("AES", provider)
            .generateSecret(new SecretKeySpec(wrappingBytes, "AES"));
        target = KeyGenerator.getInstance("AES", provider).generateKey();
    }

    private static byte[] encrypt(SecretKey key, Object by) throws Exception {
        Cipher cipher = by instanceof String name ? Cipher.getInstance("AES/ECB/NoPadding", name)
            : Cipher.getInstance("AES/ECB/NoPadding", provider);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        return cipher.doFinal(new byte[16]);
    }

    /** SoftHSM 2.6 fills a private key up with zeros to whole blocks before it wraps it. Nothing else may follow a key. */
    @ParameterizedTest
    @CsvSource({"0000000000, true", "00, true", "0000000001, false", "0000000000000000, false"})
    void aPrivateKeyMayBeFilledUpToABlock(String filler, boolean taken) throws Exception {
        KeyPairGenerator software = KeyPairGenerator.getInstance("EC", "SunEC");
        software.initialize(256);
        KeyPair pair = software.generateKeyPair();
        byte[] key = pair.getPrivate().getEncoded();
        byte[] more = HexFormat.of().parseHex(filler);
        byte[] filled = Arrays.copyOf(key, key.length + more.length);
        System.arraycopy(more, 0, filled, key.length, more.length);
        Cipher token = Cipher.getInstance("AES/KWP/NoPadding", "SunJCE");
        token.init(Cipher.WRAP_MODE, new SecretKeySpec(wrappingBytes, "AES"));
        byte[] wrapped = token.wrap(new SecretKeySpec(filled, "Filled"));
        Cipher unwrapper = Cipher.getInstance("AES/KWP/NoPadding", provider);
        unwrapper.init(Cipher.UNWRAP_MODE, wrapping);
        if (!taken) {
            assertThrows(InvalidKeyException.class, () -> unwrapper.unwrap(wrapped, "EC", Cipher.PRIVATE_KEY));
            return;
        }
        Signature signature = Signature.getInstance("SHA256withECDSA", provider);
        signature.initSign((PrivateKey) unwrapper.unwrap(wrapped, "EC", Cipher.PRIVATE_KEY));
        byte[] signed = signature.sign();
        Signature verifier = Signature.getInstance("SHA256withECDSA", "SunEC");
        verifier.initVerify(pair.getPublic());
        assertTrue(verifier.verify(signed));
    }

    /** CKM_RSA_AES_KEY_WRAP, put together from the JDK's own ciphers. */
    @ParameterizedTest
    @ValueSource(strings = {"OAEPPadding", "OAEPWithSHA-1ANDMGF1Padding", "OAEPWithSHA-224ANDMGF1Padding",
        "OAEPWithSHA-256ANDMGF1Padding", "OAEPWithSHA-384ANDMGF1Padding", "OAEPWithSHA-512ANDMGF1Padding"})
    void rsaAesWrapMeetsTheJdk(String padding) throws Exception {
        KeyPairGenerator software = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        software.initialize(2048);
        KeyPair pair = software.generateKeyPair();
        Cipher wrapper = Cipher.getInstance("RSAAESWrap/ECB/" + padding, provider);
        wrapper.init(Cipher.WRAP_MODE, pair.getPublic());
        byte[] wrapped = wrapper.wrap(target);
        Cipher oaep = Cipher.getInstance("RSA/ECB/" + padding, "SunJCE");
        oaep.init(Cipher.DECRYPT_MODE, pair.getPrivate());
        byte[] ephemeral = oaep.doFinal(wrapped, 0, 256);
        assertEquals(32, ephemeral.length);
        Cipher kwp = Cipher.getInstance("AES/KWP/NoPadding", "SunJCE");
        kwp.init(Cipher.UNWRAP_MODE, new SecretKeySpec(ephemeral, "AES"));
        SecretKey outside = (SecretKey) kwp.unwrap(Arrays.copyOfRange(wrapped, 256, wrapped.length), "AES",
            Cipher.SECRET_KEY);
        assertArrayEquals(encrypt(target, provider), encrypt(outside, "SunJCE"));
        // And in: the JDK wraps a private key for a key of the HSM's.
        KeyPair ours = KeyPairGenerator.getInstance("RSA", provider).generateKeyPair();
        oaep.init(Cipher.ENCRYPT_MODE, ours.getPublic());
        kwp.init(Cipher.WRAP_MODE, new SecretKeySpec(ephemeral, "AES"));
        byte[] first = oaep.doFinal(ephemeral);
        byte[] second = kwp.wrap(pair.getPrivate());
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        Cipher unwrapper = Cipher.getInstance("RSAAESWrap/ECB/" + padding, provider);
        unwrapper.init(Cipher.UNWRAP_MODE, ours.getPrivate());
        PrivateKey inside = (PrivateKey) unwrapper.unwrap(both, "RSA", Cipher.PRIVATE_KEY);
        assertFalse(inside instanceof RSAPrivateKey);
        assertEquals(((RSAPublicKey) pair.getPublic()).getModulus(), ((FerroHsmRsaPrivateKey) inside).getModulus());
        both[300] ^= 1;
        assertThrows(InvalidKeyException.class, () -> unwrapper.unwrap(both, "RSA", Cipher.PRIVATE_KEY));
        assertThrows(UnsupportedOperationException.class,
            () -> unwrapper.init(Cipher.ENCRYPT_MODE, ours.getPublic()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"AES/KW/PKCS5Padding", "AESWrap/ECB/PKCS5Padding"})
    void keyWrapWithPaddingMeetsTheJdk(String transformation) throws Exception {
        // Eleven bytes: no multiple of eight.
        byte[] odd = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
        SecretKey hmac = SecretKeyFactory.getInstance("GenericSecret", provider)
            .generateSecret(new SecretKeySpec(odd, "GenericSecret"));
        Cipher wrapper = Cipher.getInstance(transformation, provider);
        wrapper.init(Cipher.WRAP_MODE, wrapping);
        byte[] wrapped = wrapper.wrap(target);
        Cipher jdk = Cipher.getInstance("AES/KW/PKCS5Padding", "SunJCE");
        jdk.init(Cipher.UNWRAP_MODE, new SecretKeySpec(wrappingBytes, "AES"));
        SecretKey outside = (SecretKey) jdk.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
        assertArrayEquals(encrypt(target, provider), encrypt(outside, "SunJCE"));
        assertArrayEquals(odd, jdk.unwrap(wrapper.wrap(hmac), "HmacSHA256", Cipher.SECRET_KEY).getEncoded());
        jdk.init(Cipher.WRAP_MODE, new SecretKeySpec(wrappingBytes, "AES"));
        byte[] fromJdk = jdk.wrap(new SecretKeySpec(new byte[24], "AES"));
        Cipher unwrapper = Cipher.getInstance(transformation, provider);
        unwrapper.init(Cipher.UNWRAP_MODE, wrapping);
        SecretKey inside = (SecretKey) unwrapper.unwrap(fromJdk, "AES", Cipher.SECRET_KEY);
        assertArrayEquals(encrypt(new SecretKeySpec(new byte[24], "AES"), "SunJCE"), encrypt(inside, provider));
    }

    @Test
    void aKeyComesBackWithItsAttributes() throws Exception {
        HsmClient client = provider.client();
        // Nobody outside has ever had it, so the HSM believes what it unwraps.
        SecretKey keeper = new FerroHsmSecretKey(client,
            client.generateKey(KeyType.AES, 256, new Template().flag("extractable", false)), "AES");
        KeyInfo info = client.generateKey(KeyType.AES, 256, new Template().flag("extractable", true)
            .flag("decrypt", false).text("label", "bound " + System.nanoTime()));
        FerroHsmSecretKey key = new FerroHsmSecretKey(client, info, "AES");
        Cipher cipher = Cipher.getInstance("AESAttributeWrap", provider);
        cipher.init(Cipher.WRAP_MODE, keeper);
        byte[] wrapped = cipher.wrap(key);
        cipher.init(Cipher.UNWRAP_MODE, keeper);
        FerroHsmSecretKey back = (FerroHsmSecretKey) cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
        assertArrayEquals(encrypt(key, provider), encrypt(back, provider));
        assertEquals(info.label(), back.info().label());
        assertTrue(back.info().denies("decrypt"));
        assertTrue(back.info().flag("local"));
        // Not as anything else, and not with any bit changed.
        assertThrows(InvalidKeyException.class, () -> cipher.unwrap(wrapped, "HmacSHA256", Cipher.SECRET_KEY));
        wrapped[40] ^= 1;
        assertThrows(InvalidKeyException.class, () -> cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY));
    }

    @Test
    void cbcUnwrapsWhereTheKeyAllowsIt() throws Exception {
        try (DevHsm hsm = DevHsm.start("non-fips")) {
            FerroHsmProvider legacy = new FerroHsmProvider(hsm.config().toString());
            HsmClient client = legacy.client();
            int code = Tables.get().mechanism("aes-cbc-unwrap").code();
            SecretKeySpec known = new SecretKeySpec(wrappingBytes, "AES");
            IvParameterSpec iv = new IvParameterSpec(new byte[16]);
            Cipher jdk = Cipher.getInstance("AES/CBC/NoPadding", "SunJCE");
            jdk.init(Cipher.WRAP_MODE, known, iv);
            byte[] wrapped = jdk.wrap(new SecretKeySpec(new byte[32], "AES"));
            KeyInfo allowed = client.importKey(KeyType.AES, wrappingBytes,
                new Template().mechanisms("allowed-mechanisms", code), new Template(), List.of(), false);
            Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", legacy);
            cipher.init(Cipher.UNWRAP_MODE, new FerroHsmSecretKey(client, allowed, "AES"), iv);
            FerroHsmSecretKey back = (FerroHsmSecretKey) cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
            assertFalse(back.info().flag("always-sensitive"));
            SecretKey usual = SecretKeyFactory.getInstance("AES", legacy).generateSecret(known);
            cipher.init(Cipher.UNWRAP_MODE, usual, iv);
            assertThrows(InvalidKeyException.class, () -> cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY));
            assertThrows(UnsupportedOperationException.class, () -> cipher.init(Cipher.WRAP_MODE, usual, iv));
        }
    }
}
