package org.ferrohsm.provider;

import static org.ferrohsm.provider.KeyAttributesTest.map;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys come into the HSM and, where they may, out of it again under a wrapping key that both sides have. */
class MovingKeysTest {
    private static final byte[] SHARED = new byte[32];

    private final FerroHsmProvider provider = DevHsm.provider();

    private SecretKey wrapping() throws Exception {
        return SecretKeyFactory.getInstance("AES", provider).generateSecret(map(KeyAttribute.VALUE, SHARED));
    }

    private static Cipher jdk(int mode) throws Exception {
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", "SunJCE");
        cipher.init(mode, new SecretKeySpec(SHARED, "AES"));
        return cipher;
    }

    private static KeyPair software(String algorithm) throws Exception {
        KeyPairGenerator generator =
            KeyPairGenerator.getInstance(algorithm, algorithm.equals("RSA") ? "SunRsaSign" : "SunEC");
        generator.initialize(algorithm.equals("RSA") ? 2048 : 256);
        return generator.generateKeyPair();
    }

    private static KeyAttributesMap numbers(PrivateKey key) throws Exception {
        if (key instanceof RSAPrivateCrtKey rsa) {
            return map(KeyAttribute.MODULUS, rsa.getModulus(), KeyAttribute.PUBLIC_EXPONENT, rsa.getPublicExponent(),
                KeyAttribute.PRIVATE_EXPONENT, rsa.getPrivateExponent(), KeyAttribute.PRIME_P, rsa.getPrimeP(),
                KeyAttribute.PRIME_Q, rsa.getPrimeQ(), KeyAttribute.PRIME_EXPONENT_P, rsa.getPrimeExponentP(),
                KeyAttribute.PRIME_EXPONENT_Q, rsa.getPrimeExponentQ(), KeyAttribute.CRT_COEFFICIENT,
                rsa.getCrtCoefficient());
        }
        ECPrivateKey ec = (ECPrivateKey) key;
        return map(KeyAttribute.EC_PARAMS, ec.getParams(), KeyAttribute.VALUE, ec.getS().toByteArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void anExtractablePrivateKeyGoesInAndOut(String algorithm) throws Exception {
        KeyPair pair = software(algorithm);
        KeyFactory factory = KeyFactory.getInstance(algorithm, provider);
        KeyAttributesMap attributes = numbers(pair.getPrivate());
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", provider);
        cipher.init(Cipher.WRAP_MODE, wrapping());

        PrivateKey kept = factory.generatePrivate(attributes);
        assertThrows(InvalidKeyException.class, () -> cipher.wrap(kept));
        assertThrows(InvalidKeyException.class,
            () -> cipher.wrap(factory.generatePrivate(new PKCS8EncodedKeySpec(pair.getPrivate().getEncoded()))));

        attributes.put(KeyAttribute.EXTRACTABLE, true);
        byte[] wrapped = cipher.wrap(factory.generatePrivate(attributes));
        PrivateKey out = (PrivateKey) jdk(Cipher.UNWRAP_MODE).unwrap(wrapped, algorithm, Cipher.PRIVATE_KEY);
        if (pair.getPrivate() instanceof RSAPrivateCrtKey rsa) {
            assertEquals(rsa.getPrivateExponent(), ((RSAPrivateCrtKey) out).getPrivateExponent());
            assertEquals(rsa.getModulus(), ((RSAPrivateCrtKey) out).getModulus());
        } else {
            assertEquals(((ECPrivateKey) pair.getPrivate()).getS(), ((ECPrivateKey) out).getS());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void aPrivateKeyThatWasWrappedElsewhereIsUnwrapped(String algorithm) throws Exception {
        KeyPair pair = software(algorithm);
        byte[] wrapped = jdk(Cipher.WRAP_MODE).wrap(pair.getPrivate());
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", provider);
        cipher.init(Cipher.UNWRAP_MODE, wrapping(), map(KeyAttribute.LABEL, "moved"));
        PrivateKey key = (PrivateKey) cipher.unwrap(wrapped, algorithm, Cipher.PRIVATE_KEY);
        assertEquals("moved", ((FerroHsmKey) key).getAttributes().get(KeyAttribute.LABEL));
        assertEquals(false, ((FerroHsmKey) key).getAttributes().get(KeyAttribute.LOCAL));
        Signature signature =
            Signature.getInstance(algorithm.equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA", provider);
        signature.initSign(key);
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        signature.initVerify(pair.getPublic());
        signature.update((byte) 1);
        assertTrue(signature.verify(signed));
    }

    @Test
    void aSecretThatWasWrappedElsewhereIsUnwrapped() throws Exception {
        byte[] secret = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        byte[] wrapped = jdk(Cipher.WRAP_MODE).wrap(new SecretKeySpec(secret, "AES"));
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", provider);
        cipher.init(Cipher.UNWRAP_MODE, wrapping());
        SecretKey key = (SecretKey) cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
        Cipher ours = Cipher.getInstance("AES/ECB/NoPadding", provider);
        ours.init(Cipher.ENCRYPT_MODE, key);
        Cipher theirs = Cipher.getInstance("AES/ECB/NoPadding", "SunJCE");
        theirs.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(secret, "AES"));
        assertArrayEquals(theirs.doFinal(new byte[16]), ours.doFinal(new byte[16]));
    }

    @Test
    void translatingImportsASessionKey() throws Exception {
        KeyPair pair = software("EC");
        FerroHsmKey key =
            (FerroHsmKey) KeyFactory.getInstance("EC", provider).translateKey(pair.getPrivate());
        assertEquals(false, key.getAttributes().get(KeyAttribute.TOKEN));
        assertEquals(false, key.getAttributes().get(KeyAttribute.LOCAL));
        FerroHsmKey secret = (FerroHsmKey) SecretKeyFactory.getInstance("AES", provider)
            .translateKey(new SecretKeySpec(new byte[16], "AES"));
        assertEquals(false, secret.getAttributes().get(KeyAttribute.TOKEN));
        assertEquals(false, secret.getAttributes().get(KeyAttribute.EXTRACTABLE));
    }
}
