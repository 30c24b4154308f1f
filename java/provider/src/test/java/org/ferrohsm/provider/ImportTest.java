package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** KeyFactory and SecretKeyFactory: public keys in, secret and private ones only by explicit import. */
class ImportTest {
    private final FerroHsmProvider provider = DevHsm.provider();

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void row7PrivateKeysAreImportedByTheNamedFactory(String type) throws Exception {
        KeyPairGenerator generator =
            KeyPairGenerator.getInstance(type, type.equals("RSA") ? "SunRsaSign" : "SunEC");
        generator.initialize(type.equals("RSA") ? 2048 : 256);
        KeyPair software = generator.generateKeyPair();
        KeyFactory factory = KeyFactory.getInstance(type, provider);
        PrivateKey ours =
            factory.generatePrivate(new PKCS8EncodedKeySpec(software.getPrivate().getEncoded()));
        assertInstanceOf(FerroHsmKey.class, ours);
        assertFalse(((FerroHsmKey) ours).info().flag("local"));
        assertFalse(((FerroHsmKey) ours).info().flag("never-extractable"));
        String algorithm = "SHA256with" + (type.equals("EC") ? "ECDSA" : type);
        Signature signature = Signature.getInstance(algorithm, provider);
        signature.initSign(ours);
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        signature.initVerify(software.getPublic());
        signature.update((byte) 1);
        assertTrue(signature.verify(signed));
        assertSame(ours, factory.translateKey(ours));
        assertInstanceOf(FerroHsmKey.class, factory.translateKey(software.getPrivate()));
        assertThrows(InvalidKeySpecException.class, () -> factory.getKeySpec(ours, PKCS8EncodedKeySpec.class));
    }

    @Test
    void publicKeysAreTheJdks() throws Exception {
        KeyPair software = KeyPairGenerator.getInstance("EC", "SunEC").generateKeyPair();
        KeyFactory factory = KeyFactory.getInstance("EC", provider);
        PublicKey key = factory.generatePublic(new X509EncodedKeySpec(software.getPublic().getEncoded()));
        assertEquals(software.getPublic(), key);
        X509EncodedKeySpec spec = factory.getKeySpec(key, X509EncodedKeySpec.class);
        assertEquals(key, factory.generatePublic(spec));
    }

    @Test
    void garbageIsNoKey() throws Exception {
        KeyFactory factory = KeyFactory.getInstance("RSA", provider);
        assertThrows(InvalidKeySpecException.class,
            () -> factory.generatePrivate(new PKCS8EncodedKeySpec(new byte[] {1, 2, 3})));
        assertThrows(InvalidKeySpecException.class,
            () -> factory.generatePublic(new X509EncodedKeySpec(new byte[] {1, 2, 3})));
    }

    @Test
    void row7SecretKeysAreImportedByTheNamedFactory() throws Exception {
        SecretKeyFactory factory = SecretKeyFactory.getInstance("AES", provider);
        SecretKey key = factory.generateSecret(new SecretKeySpec(new byte[16], "AES"));
        assertInstanceOf(FerroHsmSecretKey.class, key);
        assertSame(key, factory.translateKey(key));
        assertThrows(InvalidKeySpecException.class, () -> factory.getKeySpec(key, SecretKeySpec.class));
        InvalidKeySpecException size = assertThrows(InvalidKeySpecException.class,
            () -> factory.generateSecret(new SecretKeySpec(new byte[15], "AES")));
        assertTrue(size.getMessage() != null && !size.getMessage().isEmpty());
        Key hmac = SecretKeyFactory.getInstance("GenericSecret", provider)
            .translateKey(new SecretKeySpec(new byte[20], "HmacSHA1"));
        assertEquals("HmacSHA1", hmac.getAlgorithm());
    }
}
