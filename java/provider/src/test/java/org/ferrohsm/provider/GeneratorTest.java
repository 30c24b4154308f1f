package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.math.BigInteger;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.security.auth.Destroyable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** KeyPairGenerator, KeyGenerator and what the keys are. */
class GeneratorTest {
    private static FerroHsmProvider provider;

    @BeforeAll
    static void start() {
        provider = DevHsm.provider();
    }

    private static KeyPair ec(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    @ParameterizedTest
    @ValueSource(ints = {2048, 3072, 4096})
    void rsaHasTheSizeThatWasAskedFor(int bits) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(bits);
        KeyPair pair = generator.generateKeyPair();
        assertEquals(bits, ((RSAPublicKey) pair.getPublic()).getModulus().bitLength());
        assertEquals(BigInteger.valueOf(65537), ((RSAPublicKey) pair.getPublic()).getPublicExponent());
    }

    @ParameterizedTest
    @CsvSource({"secp256r1,256", "P-384,384", "1.3.132.0.35,521", "secp224r1,224", "secp256k1,256",
        "NIST P-256,256"})
    void ecHasTheCurveThatWasAskedFor(String name, int bits) throws Exception {
        ECPublicKey key = (ECPublicKey) ec(name).getPublic();
        assertEquals(bits, key.getParams().getCurve().getField().getFieldSize());
        assertEquals(Curve.ofName(name), Curve.of(key.getParams()));
    }

    @Test
    void ecTakesSizesAndParameters() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(384);
        ECPublicKey key = (ECPublicKey) generator.generateKeyPair().getPublic();
        assertEquals(Curve.P384, Curve.of(key.getParams()));
        generator.initialize(((ECKey) ec("secp521r1").getPrivate()).getParams());
        assertEquals(Curve.P521, Curve.of(((ECPublicKey) generator.generateKeyPair().getPublic()).getParams()));
    }

    @Test
    void sizesOutOfRangeAreRefused() throws Exception {
        KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA", provider);
        for (int bits : new int[] {0, -1, 512, 1024, 1792, 2047, 2176, 2432, 4352, 8192, Integer.MAX_VALUE}) {
            InvalidParameterException refused =
                assertThrows(InvalidParameterException.class, () -> rsa.initialize(bits));
            assertEquals("RSA keys in the HSM have 2048 to 4096 bits, in steps of 256, not " + bits,
                refused.getMessage());
        }
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> rsa.initialize(new RSAKeyGenParameterSpec(2048, BigInteger.valueOf(3))));
        KeyPairGenerator ec = KeyPairGenerator.getInstance("EC", provider);
        assertThrows(InvalidParameterException.class, () -> ec.initialize(255));
        InvalidAlgorithmParameterException unknown = assertThrows(InvalidAlgorithmParameterException.class,
            () -> ec.initialize(new ECGenParameterSpec("brainpoolP256r1")));
        assertTrue(unknown.getMessage().contains("brainpoolP256r1"), unknown.getMessage());
        KeyGenerator aes = KeyGenerator.getInstance("AES", provider);
        assertThrows(InvalidParameterException.class, () -> aes.init(64));
        KeyGenerator secret = KeyGenerator.getInstance("GenericSecret", provider);
        assertThrows(InvalidParameterException.class, () -> secret.init(12));
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> aes.init(new ECGenParameterSpec("secp256r1")));
    }

    @ParameterizedTest
    @CsvSource({"AES,256", "HmacSHA1,160", "HmacSHA224,224", "HmacSHA256,256", "HmacSHA384,384", "HmacSHA512,512",
        "HmacSHA512/224,224", "HmacSHA512/256,256", "HmacSHA3-224,224", "HmacSHA3-512,512",
        "GenericSecret,256"})
    void secretKeysHaveTheDefaultSizeOfTheirKind(String algorithm, int bits) throws Exception {
        SecretKey key = KeyGenerator.getInstance(algorithm, provider).generateKey();
        assertEquals(algorithm, key.getAlgorithm());
        assertEquals(bits, ((FerroHsmSecretKey) key).info().sizeBits());
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 192, 256})
    void aesHasTheSizeThatWasAskedFor(int bits) throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
        generator.init(bits);
        assertEquals(bits, ((FerroHsmSecretKey) generator.generateKey()).info().sizeBits());
    }

    @Test
    void row1KeysAreOpaqueAndTellTheirSize() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(2048);
        KeyPair rsa = generator.generateKeyPair();
        assertInstanceOf(RSAKey.class, rsa.getPrivate());
        assertFalse(rsa.getPrivate() instanceof RSAPrivateKey);
        assertEquals(((RSAPublicKey) rsa.getPublic()).getModulus(), ((RSAKey) rsa.getPrivate()).getModulus());
        KeyPair ec = ec("secp256r1");
        assertInstanceOf(ECKey.class, ec.getPrivate());
        assertFalse(ec.getPrivate() instanceof ECPrivateKey);
        assertEquals("RSA", rsa.getPrivate().getAlgorithm());
        assertEquals("EC", ec.getPrivate().getAlgorithm());
        SecretKey aes = KeyGenerator.getInstance("AES", provider).generateKey();
        for (Key key : new Key[] {rsa.getPrivate(), ec.getPrivate(), aes}) {
            assertNull(key.getEncoded());
            assertNull(key.getFormat());
        }
    }

    @Test
    void row14KeysAreNotSerializable() throws Exception {
        for (Key key : new Key[] {ec("secp256r1").getPrivate(),
            KeyGenerator.getInstance("AES", provider).generateKey()}) {
            try (ObjectOutputStream out = new ObjectOutputStream(new ByteArrayOutputStream())) {
                assertThrows(NotSerializableException.class, () -> out.writeObject(key));
            }
        }
    }

    @Test
    void row13KeysSayWhatTheyAre() throws Exception {
        FerroHsmKey key = (FerroHsmKey) ec("secp256r1").getPrivate();
        String text = key.toString();
        assertTrue(text.contains("0x" + Long.toHexString(key.getHandle())), text);
        assertTrue(text.contains("secp256r1") && text.contains("session"), text);
    }

    @Test
    void generatedKeysAreSessionKeysThatCannotBeExtracted() throws Exception {
        KeyInfo info = ((FerroHsmKey) ec("secp256r1").getPrivate()).info();
        assertFalse(info.isToken());
        assertFalse(info.flag("extractable"));
        assertTrue(info.flag("sensitive"));
        assertTrue(info.flag("local"));
        assertTrue(info.flag("never-extractable"));
        assertEquals(0, info.handle() % 2);
    }

    @Test
    void configuredDefaultsApply() throws Exception {
        FerroHsmProvider cloudhsm = new FerroHsmProvider(
            DevHsm.shared().configWith("cloudhsm", null, "defaults = \"cloudhsm\"").toString());
        FerroHsmKey key = (FerroHsmKey) KeyGenerator.getInstance("AES", cloudhsm).generateKey();
        assertTrue(key.info().flag("extractable"));
    }

    @Test
    void equalKeysAreTheSameKey() throws Exception {
        FerroHsmKey key = (FerroHsmKey) ec("secp256r1").getPrivate();
        Key again = Keys.key(key.client(), key.client().getKey(key.getHandle()));
        assertEquals(key, again);
        assertEquals(key.hashCode(), again.hashCode());
        assertNotEquals(key, ec("secp256r1").getPrivate());
    }

    @Test
    void destroyDeletesASessionKey() throws Exception {
        KeyPair pair = ec("secp256r1");
        FerroHsmKey key = (FerroHsmKey) pair.getPrivate();
        FerroHsmKey copy = (FerroHsmKey) Keys.key(key.client(), key.client().getKey(key.getHandle()));
        ((Destroyable) key).destroy();
        assertTrue(key.isDestroyed());
        Signature signature = Signature.getInstance("SHA256withECDSA", provider);
        assertThrows(InvalidKeyException.class, () -> signature.initSign(pair.getPrivate()));
        assertThrows(InvalidKeyException.class, () -> key.client().getKey(key.getHandle()));
        signature.initSign((java.security.PrivateKey) copy);
        signature.update((byte) 1);
        java.security.SignatureException gone =
            assertThrows(java.security.SignatureException.class, signature::sign);
        assertInstanceOf(InvalidKeyException.class, gone.getCause());
    }
}
