package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import org.ferrohsm.provider.attributes.EcParams;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.KeyPairAttributesMapBuilder;
import org.ferrohsm.provider.attributes.ObjectClassType;
import org.ferrohsm.provider.attributes.UnwrapParameterSpec;
import org.ferrohsm.provider.exception.AttributeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attributes given where keys come into being, read and changed on keys that exist. */
class KeyAttributesTest {
    private final FerroHsmProvider provider = DevHsm.provider();

    static KeyAttributesMap map(Object... namesAndValues) throws Exception {
        KeyAttributesMap map = new KeyAttributesMap();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((KeyAttribute) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }

    private static KeyAttributesMap attributes(Object key) throws Exception {
        return ((FerroHsmKey) key).getAttributes();
    }

    private SecretKey aes(Object... namesAndValues) throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
        generator.init(map(namesAndValues));
        return generator.generateKey();
    }

    /** The table in the native library has all names; every one that a key may have can be said in Java. */
    @Test
    void everyAttributeOfTheTableHasAName() {
        Set<String> named = new TreeSet<>();
        for (KeyAttribute attribute : KeyAttribute.values()) {
            if (attribute.attributeName() != null) {
                named.add(attribute.attributeName());
            }
        }
        assertEquals(new TreeSet<>(Tables.get().attributeIds().keySet()), named);
    }

    @Test
    void everyKeyTypeHasAName() {
        for (KeyType type : KeyType.values()) {
            if (type != KeyType.CERTIFICATE) {
                assertNotNull(KeyAttributes.publicType(type));
            }
        }
    }

    @Test
    void secretKeysAreGeneratedWithAttributes() throws Exception {
        SecretKey key = aes(KeyAttribute.SIZE, 128, KeyAttribute.LABEL, "generated", KeyAttribute.TOKEN, false,
            KeyAttribute.EXTRACTABLE, true, KeyAttribute.WRAP, false, KeyAttribute.ALLOW_CALLER_IV, true,
            KeyAttribute.ALLOWED_MECHANISMS, List.of("aes-gcm", "aes-cbc"), KeyAttribute.KEY_TYPE,
            org.ferrohsm.provider.attributes.KeyType.AES, KeyAttribute.OBJECT_CLASS, ObjectClassType.SECRET_KEY,
            KeyAttribute.ID, new byte[] {1, 2});
        KeyAttributesMap is = attributes(key);
        assertEquals(128, is.get(KeyAttribute.SIZE));
        assertEquals("generated", is.get(KeyAttribute.LABEL));
        assertArrayEquals(new byte[] {1, 2}, (byte[]) is.get(KeyAttribute.ID));
        for (Map.Entry<KeyAttribute, Boolean> flag : Map.of(KeyAttribute.TOKEN, false, KeyAttribute.EXTRACTABLE, true,
            KeyAttribute.WRAP, false, KeyAttribute.UNWRAP, true, KeyAttribute.ALLOW_CALLER_IV, true, KeyAttribute.LOCAL,
            true, KeyAttribute.NEVER_EXTRACTABLE, false, KeyAttribute.SENSITIVE, true).entrySet()) {
            assertEquals(flag.getValue(), is.get(flag.getKey()), flag.getKey().name());
        }
        assertEquals(Set.of("aes-gcm", "aes-cbc"), Set.copyOf((List<?>) is.get(KeyAttribute.ALLOWED_MECHANISMS)));
        Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding", provider);
        gcm.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, new byte[12]));
        assertArrayEquals(new byte[12], gcm.getIV());
        Cipher wrapper = Cipher.getInstance("AES/KW/NoPadding", provider);
        assertThrows(InvalidKeyException.class, () -> wrapper.init(Cipher.WRAP_MODE, key));
    }

    @Test
    void initializingAgainForgetsTheAttributes() throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
        generator.init(map(KeyAttribute.EXTRACTABLE, true, KeyAttribute.SIZE, 192));
        assertEquals(192, attributes(generator.generateKey()).get(KeyAttribute.SIZE));
        generator.init(256);
        KeyAttributesMap is = attributes(generator.generateKey());
        assertEquals(false, is.get(KeyAttribute.EXTRACTABLE));
        assertEquals(256, is.get(KeyAttribute.SIZE));
        KeyPairGenerator pairs = KeyPairGenerator.getInstance("EC", provider);
        pairs.initialize(new KeyPairAttributesMapBuilder().withPrivate(map(KeyAttribute.EXTRACTABLE, true)).build());
        assertEquals(true, attributes(pairs.generateKeyPair().getPrivate()).get(KeyAttribute.EXTRACTABLE));
        pairs.initialize(256);
        assertEquals(false, attributes(pairs.generateKeyPair().getPrivate()).get(KeyAttribute.EXTRACTABLE));
    }

    @Test
    void theConfigurationsDefaultsFillInWhatIsNotNamed() throws Exception {
        FerroHsmProvider cloudhsm = new FerroHsmProvider(
            DevHsm.shared().configWith("cloudhsm-attributes", null, "defaults = \"cloudhsm\"").toString());
        KeyGenerator generator = KeyGenerator.getInstance("AES", cloudhsm);
        generator.init(map(KeyAttribute.LABEL, "x"));
        assertEquals(true, attributes(generator.generateKey()).get(KeyAttribute.EXTRACTABLE));
        generator.init(map(KeyAttribute.EXTRACTABLE, false));
        assertEquals(false, attributes(generator.generateKey()).get(KeyAttribute.EXTRACTABLE));
    }

    @Test
    void pairsAreGeneratedWithAttributesOfBothHalves() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(new KeyPairAttributesMapBuilder()
            .withPublic(map(KeyAttribute.LABEL, "pair:Public", KeyAttribute.MODULUS_BITS, 2048,
                KeyAttribute.PUBLIC_EXPONENT, new BigInteger("65537").toByteArray(), KeyAttribute.WRAP, false))
            .withPrivate(map(KeyAttribute.LABEL, "pair:Private", KeyAttribute.DECRYPT, false))
            .build());
        KeyPair pair = generator.generateKeyPair();
        assertEquals(2048, ((RSAPublicKey) pair.getPublic()).getModulus().bitLength());
        KeyAttributesMap is = attributes(pair.getPrivate());
        assertEquals("pair:Private", is.get(KeyAttribute.LABEL));
        assertEquals(false, is.get(KeyAttribute.DECRYPT));
        assertEquals(true, is.get(KeyAttribute.SIGN));
        assertEquals(2048, is.get(KeyAttribute.MODULUS_BITS));
        assertEquals(((RSAPublicKey) pair.getPublic()).getModulus(),
            new BigInteger(1, (byte[]) is.get(KeyAttribute.MODULUS)));
        assertEquals("pair:Public", ((FerroHsmKey) pair.getPrivate()).info().publicAttributes()
            .get(Tables.get().attributeId("label")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp224r1", "secp256r1", "secp384r1", "secp521r1", "secp256k1"})
    void curvesAreNamedByTheirIdentifiers(String name) throws Exception {
        byte[] identifier = EcAttributes.encoded(Curve.ofName(name));
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new KeyPairAttributesMapBuilder()
            .withPublic(map(KeyAttribute.EC_PARAMS, identifier)).build());
        KeyPair pair = generator.generateKeyPair();
        assertEquals(Curve.ofName(name), Curve.of(((ECPublicKey) pair.getPublic()).getParams()));
        assertArrayEquals(identifier, (byte[]) attributes(pair.getPrivate()).get(KeyAttribute.EC_PARAMS));
        // The identifier is the one that the JDK puts into a SubjectPublicKeyInfo.
        String encoded = java.util.HexFormat.of().formatHex(pair.getPublic().getEncoded());
        assertTrue(encoded.contains(java.util.HexFormat.of().formatHex(identifier)), encoded);
    }

    @Test
    void contradictionsAreRefusedBeforeAnythingHappens() throws Exception {
        KeyGenerator aes = KeyGenerator.getInstance("AES", provider);
        for (KeyAttributesMap wrong : List.of(map(KeyAttribute.LOCAL, true), map(KeyAttribute.VALUE, new byte[16]),
            map(KeyAttribute.KEY_TYPE, org.ferrohsm.provider.attributes.KeyType.RSA), map(KeyAttribute.SIZE, 100),
            map(KeyAttribute.OBJECT_CLASS, ObjectClassType.PRIVATE_KEY), map(KeyAttribute.MODULUS_BITS, 2048),
            map(KeyAttribute.ALLOWED_MECHANISMS, List.of("no such thing")))) {
            InvalidAlgorithmParameterException refused =
                assertThrows(InvalidAlgorithmParameterException.class, () -> aes.init(wrong), wrong.toString());
            assertFalse(refused.getMessage().isEmpty());
        }
        KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA", provider);
        for (KeyAttributesMap wrong : List.of(map(KeyAttribute.MODULUS_BITS, 1024),
            map(KeyAttribute.PUBLIC_EXPONENT, BigInteger.valueOf(3)), map(KeyAttribute.EC_PARAMS,
                EcParams.EC_CURVE_PRIME256))) {
            assertThrows(InvalidAlgorithmParameterException.class,
                () -> rsa.initialize(new KeyPairAttributesMapBuilder().withPublic(wrong).build()), wrong.toString());
        }
        assertThrows(InvalidAlgorithmParameterException.class, () -> rsa.initialize(
            new KeyPairAttributesMapBuilder().withPrivate(map(KeyAttribute.MODULUS_BITS, 2048)).build()));
        KeyPairGenerator ec = KeyPairGenerator.getInstance("EC", provider);
        assertThrows(InvalidAlgorithmParameterException.class, () -> ec.initialize(
            new KeyPairAttributesMapBuilder().withPublic(map(KeyAttribute.EC_PARAMS, new byte[] {6, 1, 1})).build()));
    }

    /** What only the HSM can judge comes back from it, when the key is made. */
    @Test
    void theHsmRefusesWhatAKeyCannotHave() throws Exception {
        KeyGenerator hmac = KeyGenerator.getInstance("HmacSHA256", provider);
        hmac.init(map(KeyAttribute.ENCRYPT, true));
        InvalidParameterException refused = assertThrows(InvalidParameterException.class, hmac::generateKey);
        assertTrue(refused.getMessage().contains("encrypt"), refused.getMessage());
        KeyPairGenerator ec = KeyPairGenerator.getInstance("EC", provider);
        ec.initialize(new KeyPairAttributesMapBuilder().withPublic(map(KeyAttribute.TOKEN, true)).build());
        assertThrows(InvalidParameterException.class, ec::generateKeyPair);
    }

    @Test
    void secretKeysAreImportedWithAttributes() throws Exception {
        SecretKeyFactory factory = SecretKeyFactory.getInstance("AES", provider);
        SecretKey key = factory.generateSecret(map(KeyAttribute.VALUE, new byte[16], KeyAttribute.LABEL, "imported",
            KeyAttribute.DECRYPT, false));
        KeyAttributesMap is = attributes(key);
        assertEquals("imported", is.get(KeyAttribute.LABEL));
        assertEquals(128, is.get(KeyAttribute.SIZE));
        assertEquals(false, is.get(KeyAttribute.DECRYPT));
        assertEquals(false, is.get(KeyAttribute.LOCAL));
        assertEquals(false, is.get(KeyAttribute.NEVER_EXTRACTABLE));
        assertNull(is.get(KeyAttribute.VALUE));
        assertThrows(InvalidKeySpecException.class, () -> factory.generateSecret(map(KeyAttribute.LABEL, "no value")));
        assertThrows(InvalidKeySpecException.class,
            () -> factory.generateSecret(map(KeyAttribute.VALUE, new byte[16], KeyAttribute.SIZE, 256)));
        assertThrows(InvalidKeySpecException.class,
            () -> factory.generateSecret(map(KeyAttribute.VALUE, new byte[16], KeyAttribute.LOCAL, true)));
    }

    @Test
    void rsaKeysAreImportedByTheirNumbers() throws Exception {
        KeyPairGenerator jdk = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        jdk.initialize(2048);
        KeyPair software = jdk.generateKeyPair();
        RSAPrivateCrtKey crt = (RSAPrivateCrtKey) software.getPrivate();
        KeyAttributesMap numbers = map(KeyAttribute.MODULUS, crt.getModulus().toByteArray(),
            KeyAttribute.PRIVATE_EXPONENT, crt.getPrivateExponent().toByteArray(), KeyAttribute.PUBLIC_EXPONENT,
            crt.getPublicExponent().toByteArray(), KeyAttribute.PRIME_P, crt.getPrimeP().toByteArray(),
            KeyAttribute.PRIME_Q, crt.getPrimeQ().toByteArray(), KeyAttribute.PRIME_EXPONENT_P,
            crt.getPrimeExponentP().toByteArray(), KeyAttribute.PRIME_EXPONENT_Q, crt.getPrimeExponentQ().toByteArray(),
            KeyAttribute.CRT_COEFFICIENT, crt.getCrtCoefficient().toByteArray(), KeyAttribute.LABEL, "rsa");
        KeyFactory factory = KeyFactory.getInstance("RSA", provider);
        PrivateKey key = factory.generatePrivate(numbers);
        assertEquals("rsa", attributes(key).get(KeyAttribute.LABEL));
        assertSigns("SHA256withRSA", key, software.getPublic());
        assertSigns("SHA256withRSA", factory.generatePrivate(new RSAPrivateCrtKeySpec(crt.getModulus(),
            crt.getPublicExponent(), crt.getPrivateExponent(), crt.getPrimeP(), crt.getPrimeQ(),
            crt.getPrimeExponentP(), crt.getPrimeExponentQ(), crt.getCrtCoefficient())), software.getPublic());
        PublicKey publicKey = factory.generatePublic(map(KeyAttribute.MODULUS, crt.getModulus(),
            KeyAttribute.PUBLIC_EXPONENT, crt.getPublicExponent(), KeyAttribute.LABEL, "x", KeyAttribute.TOKEN, false));
        assertEquals(software.getPublic(), publicKey);
        assertEquals(crt.getModulus(), factory.getKeySpec(publicKey, RSAPublicKeySpec.class).getModulus());
        assertThrows(InvalidKeySpecException.class, () -> factory.generatePublic(map(KeyAttribute.MODULUS,
            crt.getModulus(), KeyAttribute.PUBLIC_EXPONENT, crt.getPublicExponent(), KeyAttribute.TOKEN, true)));
        numbers.remove(KeyAttribute.PRIME_Q);
        InvalidKeySpecException incomplete =
            assertThrows(InvalidKeySpecException.class, () -> factory.generatePrivate(numbers));
        assertTrue(incomplete.getMessage().contains("PRIME_Q"), incomplete.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
    void ecKeysAreImportedByTheirNumbers(String curve) throws Exception {
        KeyPairGenerator jdk = KeyPairGenerator.getInstance("EC", "SunEC");
        jdk.initialize(new ECGenParameterSpec(curve));
        KeyPair software = jdk.generateKeyPair();
        ECPrivateKey theirs = (ECPrivateKey) software.getPrivate();
        ECPublicKey publicKey = (ECPublicKey) software.getPublic();
        KeyFactory factory = KeyFactory.getInstance("EC", provider);
        byte[] identifier = EcAttributes.encoded(Curve.ofName(curve));
        assertSigns("SHA256withECDSA", factory.generatePrivate(map(KeyAttribute.EC_PARAMS, identifier,
            KeyAttribute.VALUE, theirs.getS().toByteArray(), KeyAttribute.SIGN, true)), publicKey);
        assertSigns("SHA256withECDSA", factory.generatePrivate(map(KeyAttribute.EC_PARAMS, theirs.getParams(),
            KeyAttribute.VALUE, theirs.getS().toByteArray())), publicKey);
        assertSigns("SHA256withECDSA",
            factory.generatePrivate(new ECPrivateKeySpec(theirs.getS(), theirs.getParams())), publicKey);
        assertEquals(publicKey, factory.generatePublic(map(KeyAttribute.EC_PARAMS, publicKey.getParams(),
            KeyAttribute.EC_POINT, publicKey.getW())));
        byte[] point = EcAttributes.encoded(publicKey.getW(), Curve.ofName(curve));
        assertEquals(publicKey,
            factory.generatePublic(map(KeyAttribute.EC_PARAMS, identifier, KeyAttribute.EC_POINT, point)));
        byte[] octetString = new byte[point.length + (point.length < 128 ? 2 : 3)];
        octetString[0] = 4;
        octetString[1] = (byte) (point.length < 128 ? point.length : 0x81);
        octetString[octetString.length - point.length - 1] = (byte) point.length;
        System.arraycopy(point, 0, octetString, octetString.length - point.length, point.length);
        assertEquals(publicKey,
            factory.generatePublic(map(KeyAttribute.EC_PARAMS, identifier, KeyAttribute.EC_POINT, octetString)));
        assertThrows(InvalidKeySpecException.class, () -> factory.generatePublic(map(KeyAttribute.EC_PARAMS, identifier,
            KeyAttribute.EC_POINT, new byte[10])));
        assertThrows(InvalidKeySpecException.class,
            () -> factory.generatePrivate(map(KeyAttribute.VALUE, theirs.getS().toByteArray())));
    }

    @Test
    void otherPrivateKeysAreImportedByTheirEncodings() throws Exception {
        KeyPair software = KeyPairGenerator.getInstance("Ed25519", "SunEC").generateKeyPair();
        KeyFactory factory = KeyFactory.getInstance("Ed25519", provider);
        PrivateKey key = factory.generatePrivate(map(KeyAttribute.VALUE, software.getPrivate().getEncoded(),
            KeyAttribute.LABEL, "edwards", KeyAttribute.KEY_TYPE, org.ferrohsm.provider.attributes.KeyType.EC_EDWARDS));
        assertEquals("edwards", attributes(key).get(KeyAttribute.LABEL));
        Signature signature = Signature.getInstance("Ed25519", provider);
        signature.initSign(key);
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        Signature jdk = Signature.getInstance("Ed25519", "SunEC");
        jdk.initVerify(factory.generatePublic(map(KeyAttribute.EC_POINT, software.getPublic().getEncoded(),
            KeyAttribute.LABEL, "edwards", KeyAttribute.TOKEN, false)));
        jdk.update((byte) 1);
        assertTrue(jdk.verify(signed));
        assertThrows(InvalidKeySpecException.class,
            () -> factory.generatePublic(map(KeyAttribute.EC_POINT, ((ECPublicKey) KeyPairGenerator
                .getInstance("EC", "SunEC").generateKeyPair().getPublic()).getW())));
        KeyPairGenerator generator = KeyPairGenerator.getInstance("ML-DSA", provider);
        generator.initialize(new KeyPairAttributesMapBuilder()
            .withPrivate(map(KeyAttribute.MLDSA_ALGORITHM, MldsaAlgorithm.MlDsa44)).build());
        assertEquals(MldsaAlgorithm.MlDsa44,
            attributes(generator.generateKeyPair().getPrivate()).get(KeyAttribute.MLDSA_ALGORITHM));
        assertThrows(InvalidAlgorithmParameterException.class, () -> generator.initialize(
            new KeyPairAttributesMapBuilder().withPrivate(map(KeyAttribute.MLDSA_ALGORITHM, MldsaAlgorithm.MlDsa44))
                .withPublic(map(KeyAttribute.MLDSA_ALGORITHM, MldsaAlgorithm.MlDsa65)).build()));
    }

    private void assertSigns(String algorithm, PrivateKey key, PublicKey publicKey) throws Exception {
        assertInstanceOf(FerroHsmKey.class, key);
        Signature signature = Signature.getInstance(algorithm, provider);
        signature.initSign(key);
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        Signature jdk = Signature.getInstance(algorithm, publicKey instanceof RSAPublicKey ? "SunRsaSign" : "SunEC");
        jdk.initVerify(publicKey);
        jdk.update((byte) 1);
        assertTrue(jdk.verify(signed));
    }

    @Test
    void unwrappedKeysHaveTheAttributesThatAreGiven() throws Exception {
        SecretKey wrapping = aes();
        SecretKey target = aes(KeyAttribute.EXTRACTABLE, true, KeyAttribute.SIZE, 128);
        KeyAttributesMap wanted = map(KeyAttribute.LABEL, "unwrapped", KeyAttribute.DECRYPT, false,
            KeyAttribute.EXTRACTABLE, true);
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", provider);
        cipher.init(Cipher.WRAP_MODE, wrapping);
        byte[] wrapped = cipher.wrap(target);
        cipher.init(Cipher.UNWRAP_MODE, wrapping, wanted);
        KeyAttributesMap is = attributes(cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY));
        assertEquals("unwrapped", is.get(KeyAttribute.LABEL));
        assertEquals(false, is.get(KeyAttribute.DECRYPT));
        assertEquals(true, is.get(KeyAttribute.EXTRACTABLE));
        cipher.init(Cipher.UNWRAP_MODE, wrapping);
        assertNull(attributes(cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY)).get(KeyAttribute.LABEL));
        // The rules for what nothing vouches for stay.
        cipher.init(Cipher.UNWRAP_MODE, wrapping, map(KeyAttribute.WRAP, true));
        assertThrows(AttributeException.class, () -> cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY));

        Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding", provider);
        gcm.init(Cipher.WRAP_MODE, wrapping);
        byte[] wrappedByGcm = gcm.wrap(target);
        gcm.init(Cipher.UNWRAP_MODE, wrapping,
            new UnwrapParameterSpec(new GCMParameterSpec(128, gcm.getIV()), wanted));
        assertEquals("unwrapped",
            attributes(gcm.unwrap(wrappedByGcm, "AES", Cipher.SECRET_KEY)).get(KeyAttribute.LABEL));
        assertThrows(InvalidAlgorithmParameterException.class, () -> gcm.init(Cipher.DECRYPT_MODE, wrapping, wanted));

        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        Cipher rsa = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding", provider);
        rsa.init(Cipher.WRAP_MODE, pair.getPublic());
        byte[] wrappedByRsa = rsa.wrap(target);
        rsa.init(Cipher.UNWRAP_MODE, pair.getPrivate(), wanted);
        assertEquals("unwrapped",
            attributes(rsa.unwrap(wrappedByRsa, "AES", Cipher.SECRET_KEY)).get(KeyAttribute.LABEL));
    }

    /** A wrapping key says what its keys become; the maps in its map are read back as they were given. */
    @Test
    void templatesGoInAndOut() throws Exception {
        KeyAttributesMap unwrapped = map(KeyAttribute.DECRYPT, false, KeyAttribute.EXTRACTABLE, false);
        SecretKey wrapping = aes(KeyAttribute.UNWRAP_TEMPLATE, unwrapped, KeyAttribute.ALLOWED_MECHANISMS,
            List.of("aes-key-wrap-pad"));
        assertEquals(unwrapped, attributes(wrapping).get(KeyAttribute.UNWRAP_TEMPLATE));
        Cipher cipher = Cipher.getInstance("AES/KWP/NoPadding", provider);
        cipher.init(Cipher.WRAP_MODE, wrapping);
        byte[] wrapped = cipher.wrap(aes(KeyAttribute.EXTRACTABLE, true));
        cipher.init(Cipher.UNWRAP_MODE, wrapping);
        KeyAttributesMap is = attributes(cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY));
        assertEquals(false, is.get(KeyAttribute.DECRYPT));
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> aes(KeyAttribute.WRAP_TEMPLATE, map(KeyAttribute.VALUE, new byte[16])));
    }

    @Test
    void checkValuesTellWhetherKeysAreTheSame() throws Exception {
        byte[] bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        SecretKey key =
            SecretKeyFactory.getInstance("AES", provider).generateSecret(map(KeyAttribute.VALUE, bytes));
        Cipher jdk = Cipher.getInstance("AES/ECB/NoPadding", "SunJCE");
        jdk.init(Cipher.ENCRYPT_MODE, new javax.crypto.spec.SecretKeySpec(bytes, "AES"));
        assertArrayEquals(java.util.Arrays.copyOf(jdk.doFinal(new byte[16]), 3),
            (byte[]) attributes(key).get(KeyAttribute.CHECK_VALUE));
    }

    @Test
    void attributesOnlyGetStricter() throws Exception {
        FerroHsmKey key = (FerroHsmKey) aes(KeyAttribute.LABEL, "before", KeyAttribute.EXTRACTABLE, true);
        key.setAttributes(map(KeyAttribute.LABEL, "after", KeyAttribute.EXTRACTABLE, false, KeyAttribute.ENCRYPT, false));
        KeyAttributesMap is = key.getAttributes();
        assertEquals("after", is.get(KeyAttribute.LABEL));
        assertEquals(false, is.get(KeyAttribute.EXTRACTABLE));
        assertTrue(key.toString().contains("after"), key.toString());
        Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding", provider);
        assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.ENCRYPT_MODE, key));
        for (KeyAttribute looser : List.of(KeyAttribute.EXTRACTABLE, KeyAttribute.ENCRYPT)) {
            AttributeException refused = assertThrows(AttributeException.class,
                () -> key.setAttributes(map(KeyAttribute.LABEL, "never", looser, true)));
            assertTrue(refused.getMessage().contains("can only change from true to false"), refused.getMessage());
        }
        assertEquals("after", key.getAttributes().get(KeyAttribute.LABEL));
        assertThrows(AttributeException.class, () -> key.setAttributes(map(KeyAttribute.LOCAL, true)));
        assertThrows(AttributeException.class, () -> key.setAttributes(map(KeyAttribute.SIZE, 128)));
        key.destroy();
        assertThrows(InvalidKeyException.class, key::getAttributes);
        assertThrows(InvalidKeyException.class, () -> key.setAttributes(map(KeyAttribute.LABEL, "gone")));
    }
}
