package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyWrapTest {
    /** A provider whose keys are extractable, so that they can be wrapped. */
    private static FerroHsmProvider provider;
    private static byte[] wrappingBytes;
    private static SecretKey wrapping;
    private static SecretKey target;

    @BeforeAll
    static void generate() throws Exception {
        provider = new FerroHsmProvider(
            DevHsm.shared().configWith("wrapping", null, "defaults = \"cloudhsm\"").toString());
        wrappingBytes = new byte[32];
        wrappingBytes[0] = 1;
        wrapping = SecretKeyFactory.getInstance("AES", provider)
            .generateSecret(new SecretKeySpec(wrappingBytes, "AES"));
        target = KeyGenerator.getInstance("AES", provider).generateKey();
    }

    private static byte[] encrypt(SecretKey key) throws Exception {
        Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding", provider);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        return cipher.doFinal(new byte[16]);
    }

    @Test
    void keysOfTwoClustersDoNotMeet() throws Exception {
        try (DevHsm other = DevHsm.start("fips")) {
            SecretKey foreign = KeyGenerator.getInstance("AES", new FerroHsmProvider(other.config().toString()))
                .generateKey();
            Cipher wrapper = Cipher.getInstance("AES/KW/NoPadding", provider);
            wrapper.init(Cipher.WRAP_MODE, wrapping);
            InvalidKeyException refused = assertThrows(InvalidKeyException.class, () -> wrapper.wrap(foreign));
            assertTrue(refused.getMessage().contains("different clusters"), refused.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"AES/KW/NoPadding", "AES/KWP/NoPadding", "AES/GCM/NoPadding"})
    void aWrappedKeyComesBackAsTheSame(String transformation) throws Exception {
        Cipher wrapper = Cipher.getInstance(transformation, provider);
        wrapper.init(Cipher.WRAP_MODE, wrapping);
        byte[] wrapped = wrapper.wrap(target);
        Cipher unwrapper = Cipher.getInstance(transformation, provider);
        if (transformation.contains("GCM")) {
            unwrapper.init(Cipher.UNWRAP_MODE, wrapping, wrapper.getParameters());
        } else {
            unwrapper.init(Cipher.UNWRAP_MODE, wrapping);
        }
        SecretKey back = (SecretKey) unwrapper.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
        assertInstanceOf(FerroHsmSecretKey.class, back);
        assertArrayEquals(encrypt(target), encrypt(back));
        assertFalse(((FerroHsmKey) back).info().flag("local"));
        wrapped[wrapped.length - 1] ^= 1;
        if (transformation.contains("GCM")) {
            unwrapper.init(Cipher.UNWRAP_MODE, wrapping, wrapper.getParameters());
        }
        assertThrows(InvalidKeyException.class, () -> unwrapper.unwrap(wrapped, "AES", Cipher.SECRET_KEY));
    }

    @Test
    void theJdkUnwrapsWhatWasWrappedHere() throws Exception {
        Cipher wrapper = Cipher.getInstance("AES/KW/NoPadding", provider);
        wrapper.init(Cipher.WRAP_MODE, wrapping);
        Cipher jdk = Cipher.getInstance("AES/KW/NoPadding", "SunJCE");
        jdk.init(Cipher.UNWRAP_MODE, new SecretKeySpec(wrappingBytes, "AES"));
        SecretKey outside = (SecretKey) jdk.unwrap(wrapper.wrap(target), "AES", Cipher.SECRET_KEY);
        Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding", "SunJCE");
        cipher.init(Cipher.ENCRYPT_MODE, outside);
        assertArrayEquals(encrypt(target), cipher.doFinal(new byte[16]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA/ECB/OAEPPadding", "RSA/ECB/OAEPWithSHA-256AndMGF1Padding"})
    void rsaWrapsWithAPublicKeyAndUnwrapsIntoTheHsm(String transformation) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        Cipher cipher = Cipher.getInstance(transformation, provider);
        cipher.init(Cipher.WRAP_MODE, pair.getPublic());
        byte[] wrapped = cipher.wrap(target);
        cipher.init(Cipher.UNWRAP_MODE, pair.getPrivate());
        SecretKey back = (SecretKey) cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
        assertArrayEquals(encrypt(target), encrypt(back));
    }

    @Test
    void privateKeysAndHmacKeysAreWrappedToo() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", provider);
        cipher.init(Cipher.WRAP_MODE, wrapping);
        byte[] wrapped = cipher.wrap(pair.getPrivate());
        SecretKey hmac = KeyGenerator.getInstance("HmacSHA256", provider).generateKey();
        byte[] wrappedHmac = cipher.wrap(hmac);
        cipher.init(Cipher.UNWRAP_MODE, wrapping);
        PrivateKey back = (PrivateKey) cipher.unwrap(wrapped, "EC", Cipher.PRIVATE_KEY);
        Signature signature = Signature.getInstance("SHA256withECDSA", provider);
        signature.initSign(back);
        signature.update((byte) 3);
        byte[] signed = signature.sign();
        signature.initVerify(pair.getPublic());
        signature.update((byte) 3);
        assertTrue(signature.verify(signed));
        SecretKey hmacBack = (SecretKey) cipher.unwrap(wrappedHmac, "HmacSHA256", Cipher.SECRET_KEY);
        assertEquals("HmacSHA256", hmacBack.getAlgorithm());
        Mac mac = Mac.getInstance("HmacSHA256", provider);
        mac.init(hmac);
        byte[] expected = mac.doFinal(new byte[3]);
        mac.init(hmacBack);
        assertArrayEquals(expected, mac.doFinal(new byte[3]));
    }

    @Test
    void softwareKeysAreNotWrapped() throws Exception {
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", provider);
        cipher.init(Cipher.WRAP_MODE, wrapping);
        InvalidKeyException refused = assertThrows(InvalidKeyException.class,
            () -> cipher.wrap(new SecretKeySpec(new byte[16], "AES")));
        assertTrue(refused.getMessage().startsWith("Only keys in the HSM are wrapped here"), refused.getMessage());
    }

    @Test
    void keysThatAreNotExtractableStay() throws Exception {
        FerroHsmProvider plain = DevHsm.provider();
        SecretKey inner = KeyGenerator.getInstance("AES", plain).generateKey();
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", plain);
        cipher.init(Cipher.WRAP_MODE, KeyGenerator.getInstance("AES", plain).generateKey());
        InvalidKeyException refused = assertThrows(InvalidKeyException.class, () -> cipher.wrap(inner));
        assertTrue(refused.getMessage().contains("extractable"), refused.getMessage());
    }

    @Test
    void wrappingCiphersTakeNoData() throws Exception {
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", provider);
        assertThrows(UnsupportedOperationException.class, () -> cipher.init(Cipher.ENCRYPT_MODE, wrapping));
    }
}
