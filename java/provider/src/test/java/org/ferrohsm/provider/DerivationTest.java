package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.KeyAttributesMapBuilder;
import org.ferrohsm.provider.exception.AttributeException;
import org.ferrohsm.provider.spec.EcdhWithX963KdfParamSpec;
import org.ferrohsm.provider.spec.HkdfParameterSpec;
import org.ferrohsm.provider.spec.HmacKdfParameterSpec;
import org.ferrohsm.provider.spec.Pbkdf2ParameterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Derived keys, against the same construction put together from the JDK's MACs and digests. */
class DerivationTest {
    private static final byte[] INFO = "info".getBytes(StandardCharsets.UTF_8);
    private static final byte[] SALT = "salt".getBytes(StandardCharsets.UTF_8);

    private final FerroHsmProvider provider = DevHsm.provider();

    private static KeyAttributesMap size(int bits) throws Exception {
        return new KeyAttributesMapBuilder().put(KeyAttribute.SIZE, bits).build();
    }

    /** A base key whose bytes the test knows too. */
    private SecretKey base(String algorithm, byte[] bytes) throws Exception {
        KeyAttributesMap attributes = new KeyAttributesMapBuilder().put(KeyAttribute.VALUE, bytes)
            .put(KeyAttribute.DERIVE, true).build();
        return SecretKeyFactory.getInstance(algorithm, provider).generateSecret(attributes);
    }

    private static byte[] sequence(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7 + 1);
        }
        return bytes;
    }

    private void assertIs(byte[] expected, SecretKey derived) throws Exception {
        assertNull(derived.getEncoded());
        if (derived.getAlgorithm().equals("AES")) {
            Cipher ours = Cipher.getInstance("AES/CBC/NoPadding", provider);
            ours.init(Cipher.ENCRYPT_MODE, derived, new IvParameterSpec(new byte[16]));
            Cipher jdk = Cipher.getInstance("AES/CBC/NoPadding", "SunJCE");
            jdk.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(expected, "AES"), new IvParameterSpec(new byte[16]));
            assertArrayEquals(jdk.doFinal(new byte[32]), ours.doFinal(new byte[32]));
            return;
        }
        Mac ours = Mac.getInstance("HmacSHA256", provider);
        ours.init(derived);
        assertArrayEquals(hmac("HmacSHA256", expected, INFO), ours.doFinal(INFO));
    }

    private static byte[] hmac(String name, byte[] key, byte[]... parts) throws Exception {
        Mac mac = Mac.getInstance(name, "SunJCE");
        mac.init(new SecretKeySpec(key, name));
        for (byte[] part : parts) {
            mac.update(part);
        }
        return mac.doFinal();
    }

    private KeyPair pair() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    @ParameterizedTest
    @CsvSource({"ECDHwithX963SHA1KDF,SHA-1", "ECDHwithX963SHA224KDF,SHA-224", "ECDHwithX963SHA256KDF,SHA-256",
        "ECDHwithX963SHA384KDF,SHA-384", "ECDHwithX963SHA512KDF,SHA-512"})
    void x963IsEcdhAndAHash(String name, String hash) throws Exception {
        KeyPair ours = pair();
        KeyPairGenerator software = KeyPairGenerator.getInstance("EC", "SunEC");
        software.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair theirs = software.generateKeyPair();
        KeyAgreement ecdh = KeyAgreement.getInstance("ECDH", "SunEC");
        ecdh.init(theirs.getPrivate());
        ecdh.doPhase(ours.getPublic(), true);
        byte[] shared = ecdh.generateSecret();
        byte[] expected = new byte[0];
        for (int counter = 1; expected.length < 40; counter++) {
            MessageDigest digest = MessageDigest.getInstance(hash, "SUN");
            digest.update(shared);
            digest.update(ByteBuffer.allocate(4).putInt(counter).array());
            byte[] block = digest.digest(INFO);
            int start = expected.length;
            expected = Arrays.copyOf(expected, start + block.length);
            System.arraycopy(block, 0, expected, start, block.length);
        }
        KeyAgreement agreement = KeyAgreement.getInstance(name, provider);
        agreement.init(ours.getPrivate(), new EcdhWithX963KdfParamSpec(INFO, size(256)));
        agreement.doPhase(theirs.getPublic(), true);
        assertThrows(UnsupportedOperationException.class, agreement::generateSecret);
        assertIs(Arrays.copyOf(expected, 32), agreement.generateSecret("AES"));
        agreement.init(ours.getPrivate(), new EcdhWithX963KdfParamSpec(INFO, size(320)));
        agreement.doPhase(theirs.getPublic(), true);
        assertIs(Arrays.copyOf(expected, 40), agreement.generateSecret("GenericSecret"));
    }

    @Test
    void x963TakesAttributesAndRefusesTheRest() throws Exception {
        KeyPair ours = pair();
        KeyAgreement agreement = KeyAgreement.getInstance("ECDHwithX963SHA256KDF", provider);
        KeyAttributesMap attributes = new KeyAttributesMapBuilder().put(KeyAttribute.SIZE, 128)
            .put(KeyAttribute.LABEL, "agreed").put(KeyAttribute.DECRYPT, false).build();
        agreement.init(ours.getPrivate(), attributes);
        agreement.doPhase(pair().getPublic(), true);
        KeyInfo info = ((FerroHsmSecretKey) agreement.generateSecret("AES")).info();
        assertEquals(128, info.sizeBits());
        assertEquals("agreed", info.label());
        assertTrue(info.denies("decrypt") && info.denies("extractable"));
        assertThrows(IllegalStateException.class, () -> agreement.generateSecret("AES"));
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> agreement.init(ours.getPrivate(), new ECGenParameterSpec("secp256r1")));
        PrivateKey software = KeyPairGenerator.getInstance("EC", "SunEC").generateKeyPair().getPrivate();
        assertThrows(InvalidKeyException.class, () -> agreement.init(software));
        // What does not leave the HSM derives nothing that does.
        KeyAttributesMap open = new KeyAttributesMapBuilder().put(KeyAttribute.EXTRACTABLE, true).build();
        agreement.init(ours.getPrivate(), open);
        agreement.doPhase(pair().getPublic(), true);
        assertThrows(AttributeException.class, () -> agreement.generateSecret("AES"));
    }

    /** One block of CMAC is what the MAC service computes; CMAC keys derive nothing and the other way round. */
    @Test
    void cmacKdfIsCmacOverCounterAndInput() throws Exception {
        byte[] bytes = sequence(32);
        SecretKey derives = base("AES", bytes);
        SecretKey macs = SecretKeyFactory.getInstance("AES", provider).generateSecret(new SecretKeySpec(bytes, "AES"));
        byte[] expected = new byte[32];
        for (int counter = 1; counter <= 2; counter++) {
            Mac mac = Mac.getInstance("AESCMAC", provider);
            mac.init(macs);
            mac.update(SALT);
            mac.update(new byte[] {0, (byte) counter});
            System.arraycopy(mac.doFinal(INFO), 0, expected, 16 * counter - 16, 16);
        }
        AesCmacKdfFixedInputData data = new AesCmacKdfFixedInputData(16, SALT, INFO);
        SecretKeyFactory aes = SecretKeyFactory.getInstance("AES", provider);
        assertIs(expected, aes.generateSecret(new AesCmacKdfParameterSpec(size(256), data, derives)));
        SecretKeyFactory generic = SecretKeyFactory.getInstance("GenericSecret", provider);
        assertIs(expected, generic.generateSecret(new AesCmacKdfParameterSpec(size(256), data, derives)));
        Mac mac = Mac.getInstance("AESCMAC", provider);
        assertThrows(InvalidKeyException.class, () -> mac.init(derives));
        assertThrows(InvalidKeySpecException.class,
            () -> aes.generateSecret(new AesCmacKdfParameterSpec(size(256), data, macs)));
        assertThrows(InvalidKeySpecException.class,
            () -> aes.generateSecret(new AesCmacKdfParameterSpec(new KeyAttributesMap(), data, derives)));
        assertThrows(InvalidKeySpecException.class, () -> aes.generateSecret(
            new AesCmacKdfParameterSpec(size(256), data, new SecretKeySpec(bytes, "AES"))));
        assertThrows(IllegalArgumentException.class, () -> new AesCmacKdfFixedInputData(12, null, null));
    }

    @ParameterizedTest
    @CsvSource({"HmacSHA1", "HmacSHA224", "HmacSHA256", "HmacSHA384", "HmacSHA512"})
    void hmacKdfIsHmacOverCounterAndInput(String name) throws Exception {
        byte[] bytes = sequence(32);
        byte[] block = hmac(name, bytes, new byte[] {0, 0, 0, 1}, INFO);
        HmacKdfParameterSpec spec = new HmacKdfParameterSpec(size(128), name,
            new AesCmacKdfFixedInputData(32, null, INFO), base("GenericSecret", bytes));
        SecretKey derived = SecretKeyFactory.getInstance("AES", provider).generateSecret(spec);
        assertIs(Arrays.copyOf(block, 16), derived);
    }

    @ParameterizedTest
    @CsvSource({"HmacSHA256", "HmacSHA384", "HmacSHA512"})
    void hkdfIsWhatRfc5869Says(String name) throws Exception {
        byte[] bytes = sequence(40);
        byte[] prk = hmac(name, SALT, bytes);
        byte[] okm = Arrays.copyOf(hmac(name, prk, INFO, new byte[] {1}), 32);
        SecretKey base = base("GenericSecret", bytes);
        SecretKeyFactory aes = SecretKeyFactory.getInstance("AES", provider);
        assertIs(okm, aes.generateSecret(
            HkdfParameterSpec.ofExtractThenExpand(name, base, SALT, INFO, size(256))));
        SecretKey extracted = SecretKeyFactory.getInstance("GenericSecret", provider)
            .generateSecret(HkdfParameterSpec.ofExtract(name, base, SALT, new KeyAttributesMap()));
        assertEquals(prk.length * 8, ((FerroHsmSecretKey) extracted).info().sizeBits());
        assertFalse(((FerroHsmSecretKey) extracted).info().flag("sign"));
        assertIs(okm, aes.generateSecret(HkdfParameterSpec.ofExpand(name, extracted, INFO, size(256))));
        assertThrows(InvalidKeySpecException.class,
            () -> aes.generateSecret(HkdfParameterSpec.ofExpand("HmacMD5", extracted, INFO, size(256))));
    }

    @ParameterizedTest
    @CsvSource({"PBKDF2WithHmacSHA1", "PBKDF2WithHmacSHA224", "PBKDF2WithHmacSHA256", "PBKDF2WithHmacSHA384",
        "PBKDF2WithHmacSHA512"})
    void pbkdf2MeetsTheJdk(String name) throws Exception {
        PBEKeySpec spec = new PBEKeySpec("pässword".toCharArray(), SALT, 1000, 256);
        byte[] expected = SecretKeyFactory.getInstance(name, "SunJCE").generateSecret(spec).getEncoded();
        SecretKeyFactory factory = SecretKeyFactory.getInstance(name, provider);
        assertIs(expected, factory.generateSecret(spec));
        KeyAttributesMap aes = new KeyAttributesMapBuilder().put(KeyAttribute.SIZE, 256)
            .put(KeyAttribute.KEY_TYPE, org.ferrohsm.provider.attributes.KeyType.AES).build();
        Pbkdf2ParameterSpec own = new Pbkdf2ParameterSpec("pässword".toCharArray(), SALT, 1000, aes);
        assertIs(expected, factory.generateSecret(own));
        own.clearPassword();
        assertThrows(InvalidKeySpecException.class,
            () -> factory.generateSecret(new PBEKeySpec("password".toCharArray())));
        assertThrows(InvalidKeySpecException.class,
            () -> factory.generateSecret(new PBEKeySpec("password".toCharArray(), SALT, 100_000_000, 256)));
    }
}
