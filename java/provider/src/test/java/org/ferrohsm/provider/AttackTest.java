package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.KeyAttributesMapBuilder;
import org.ferrohsm.provider.spec.HkdfParameterSpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Known attacks on key servers, through the Java API. The number is that of the attack: 1 to 8 after Clulow (2003) and
 * Tookan (2010), 9 on padding, 10 on GCM, 11 and 12 on bad keys, 13 and 14 on flags and on who may, 15 on public keys.
 * {@code hsm-server/tests/server/attacks.rs} has the table, and the same attacks through raw frames.
 */
class AttackTest {
    private static final String[] WRAPPINGS = {"AES/KW/NoPadding", "AES/KWP/NoPadding", "AES/GCM/NoPadding"};

    private static FerroHsmProvider provider;
    private static HsmClient client;
    private static SecretKey aes;
    private static KeyPair rsa;

    @BeforeAll
    static void keys() throws Exception {
        provider = DevHsm.provider();
        client = provider.client();
        aes = KeyGenerator.getInstance("AES", provider).generateKey();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(2048);
        rsa = generator.generateKeyPair();
    }

    private static Cipher cipher(String name, int mode, Key key) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(name, provider);
        cipher.init(mode, key);
        return cipher;
    }

    private static SecretKey generate(int bits, Template template) throws GeneralSecurityException {
        return Keys.secretKey(client, client.generateKey(KeyType.AES, bits, template));
    }

    /** By the provider's own answer, and not by a fault. */
    private static Exception assertRefused(Executable attempt) {
        Exception refused = assertThrows(Exception.class, attempt);
        assertTrue(refused instanceof GeneralSecurityException || refused instanceof InvalidParameterException
            || refused instanceof ProviderException || refused instanceof IllegalStateException, refused.toString());
        return refused;
    }

    private static Template extractable() {
        return new Template().flag("extractable", true);
    }

    @ParameterizedTest
    @ValueSource(strings = {"AES/KW/NoPadding", "AES/KWP/NoPadding", "AES/GCM/NoPadding", "RSA/ECB/OAEPPadding",
        "RSA/ECB/OAEPWithSHA-256AndMGF1Padding", "RSA/ECB/PKCS1Padding"})
    void attack1AKeyThatIsNotExtractableIsWrappedByNothing(String wrapping) throws Exception {
        for (Key target : new Key[] {KeyGenerator.getInstance("AES", provider).generateKey(), rsa.getPrivate()}) {
            Cipher wrapper = cipher(wrapping, Cipher.WRAP_MODE, wrapping.startsWith("RSA") ? rsa.getPublic() : aes);
            assertThrows(InvalidKeyException.class, () -> wrapper.wrap(target));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"AES/KW/NoPadding", "AES/KWP/NoPadding", "AES/GCM/NoPadding"})
    void attack2And3AnUnwrappedKeyIsNeverTakenForOneOfTheHsms(String wrapping) throws Exception {
        Cipher wrapper = cipher(wrapping, Cipher.WRAP_MODE, aes);
        byte[] wrapped = wrapper.wrap(generate(256, extractable()));
        Cipher unwrapper = Cipher.getInstance(wrapping, provider);
        unwrapper.init(Cipher.UNWRAP_MODE, aes, wrapper.getParameters());
        KeyInfo back = ((FerroHsmSecretKey) unwrapper.unwrap(wrapped, "AES", Cipher.SECRET_KEY)).info();
        assertTrue(back.flag("sensitive"), "unwrapped keys are sensitive");
        assertFalse(back.flag("extractable"), "and stay");
        for (String claim : new String[] {"local", "always-sensitive", "never-extractable", "trusted"}) {
            assertFalse(back.flag(claim), claim);
        }
        assertFalse(back.flag("wrap"), "a key that somebody may know wraps nothing");
        assertRefused(() -> client.updateKey(back.handle(), new Template().flag("wrap", true), null, false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"AES/KWP/NoPadding", "AES/GCM/NoPadding"})
    void attack4APrivateKeyIsNotUnwrappedAsAnotherType(String wrapping) throws Exception {
        PrivateKey target = Keys.privateKey(client,
            client.generateKeyPair(KeyType.EC, 0, Curve.P256, extractable(), new Template()));
        Cipher wrapper = cipher(wrapping, Cipher.WRAP_MODE, aes);
        byte[] wrapped = wrapper.wrap(target);
        Cipher unwrapper = Cipher.getInstance(wrapping, provider);
        unwrapper.init(Cipher.UNWRAP_MODE, aes, wrapper.getParameters());
        assertThrows(GeneralSecurityException.class, () -> unwrapper.unwrap(wrapped, "RSA", Cipher.PRIVATE_KEY));
        assertThrows(GeneralSecurityException.class, () -> unwrapper.unwrap(wrapped, "AES", Cipher.SECRET_KEY));
        assertEquals("EC", unwrapper.unwrap(wrapped, "EC", Cipher.PRIVATE_KEY).getAlgorithm());
    }

    @Test
    void attack5NoKeyOfTheCallersTakesAKeyThatIsForTrustedOnes() throws Exception {
        SecretKey guarded = generate(128, extractable().flag("wrap-with-trusted", true));
        KeyPair attackers = KeyPairGenerator.getInstance("RSA", "SunRsaSign").generateKeyPair();
        for (PublicKey key : new PublicKey[] {attackers.getPublic(), rsa.getPublic()}) {
            Cipher wrapper = cipher("RSA/ECB/OAEPPadding", Cipher.WRAP_MODE, key);
            assertThrows(InvalidKeyException.class, () -> wrapper.wrap(guarded));
        }
        for (String wrapping : WRAPPINGS) {
            Cipher wrapper = cipher(wrapping, Cipher.WRAP_MODE, aes);
            assertThrows(InvalidKeyException.class, () -> wrapper.wrap(guarded), wrapping);
        }
        assertRefused(() -> generate(256, new Template().flag("trusted", true)));
        assertRefused(() -> client.updateKey(((FerroHsmKey) aes).getHandle(), new Template().flag("trusted", true),
            null, false));
    }

    /** A key that wraps and unwraps and does nothing else, whose unwrapped keys stay for trusted keys only. */
    private static FerroHsmSecretKey wrappingOnly(Object... more) throws Exception {
        KeyAttributesMapBuilder attributes = new KeyAttributesMapBuilder().put(KeyAttribute.SIZE, 256)
            .put(KeyAttribute.ENCRYPT, false).put(KeyAttribute.DECRYPT, false).put(KeyAttribute.SIGN, false)
            .put(KeyAttribute.VERIFY, false).put(KeyAttribute.UNWRAP_TEMPLATE,
                new KeyAttributesMapBuilder().put(KeyAttribute.WRAP_WITH_TRUSTED, true).build());
        for (int i = 0; i < more.length; i += 2) {
            attributes.put((KeyAttribute) more[i], more[i + 1]);
        }
        KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
        generator.init(attributes.build());
        return (FerroHsmSecretKey) generator.generateKey();
    }

    /** What a crypto officer does: whether the key is trusted then, and what was said. */
    private static Tool.Result trust(FerroHsmSecretKey key, boolean trusted) throws Exception {
        return Tool.run(Path.of("."), List.of(System.getProperty("ferrohsm.test.cli"), "--config",
            DevHsm.shared().config().resolveSibling("admin.toml").toString(), "key", "set-attribute", "--filter",
            String.format("key-reference=0x%016x", key.getHandle()), "--name", "trusted", "--value",
            Boolean.toString(trusted)));
    }

    private static KeyInfo unwrapBound(FerroHsmSecretKey key, byte[] wrapped, KeyType type, Template template)
        throws GeneralSecurityException {
        int mechanism = Tables.get().mechanism("aes-attribute-wrap").code();
        return client.unwrapKey(key.getHandle(), mechanism, new byte[0], wrapped, type, template);
    }

    @Test
    void attack5And3AKeyForTrustedOnesLeavesUnderThemOnlyAndComesBackAsItWas() throws Exception {
        SecretKey guarded = generate(256, extractable().flag("wrap-with-trusted", true).flag("decrypt", false));
        FerroHsmSecretKey trusted = wrappingOnly();
        Cipher wrapper = cipher("AESAttributeWrap", Cipher.WRAP_MODE, trusted);
        assertThrows(InvalidKeyException.class, () -> wrapper.wrap(guarded));
        trust(trusted, true).ok();
        for (String wrapping : WRAPPINGS) {
            Cipher bytesAlone = cipher(wrapping, Cipher.WRAP_MODE, trusted);
            assertThrows(InvalidKeyException.class, () -> bytesAlone.wrap(guarded), wrapping);
        }
        byte[] wrapped = wrapper.wrap(guarded);
        for (Template looser : new Template[] {new Template().flag("decrypt", true),
            new Template().flag("wrap-with-trusted", false), new Template().flag("sensitive", false),
            new Template().flag("allow-caller-iv", true), new Template().flag("trusted", true)}) {
            assertRefused(() -> unwrapBound(trusted, wrapped, KeyType.AES, looser));
        }
        assertRefused(() -> unwrapBound(trusted, wrapped, KeyType.GENERIC_SECRET, new Template()));
        KeyInfo back = unwrapBound(trusted, wrapped, KeyType.AES, new Template());
        assertTrue(back.flag("wrap-with-trusted") && back.denies("decrypt"));
        // The owner widens nothing, and the officer can take it back whatever the owner does.
        assertRefused(() -> client.updateKey(trusted.getHandle(), new Template().mechanisms("allowed-mechanisms",
            Tables.get().mechanism("aes-key-wrap").code()), null, false));
        client.updateKey(trusted.getHandle(), new Template().flag("modifiable", false), null, false);
        trust(trusted, false).ok();
        assertThrows(InvalidKeyException.class, () -> wrapper.wrap(guarded));
        // An IV of the caller's for two keys: who knows one of them would know the other.
        String refused = trust(wrappingOnly(KeyAttribute.ALLOW_CALLER_IV, true), true).refused();
        assertTrue(refused.contains("allow-caller-iv"), refused);
    }

    @Test
    void attack6NoKeyLeavesUnderAWeakerOne() throws Exception {
        SecretKey weak = generate(128, new Template());
        SecretKey strong = generate(256, extractable());
        for (String wrapping : WRAPPINGS) {
            Cipher wrapper = cipher(wrapping, Cipher.WRAP_MODE, weak);
            assertThrows(InvalidKeyException.class, () -> wrapper.wrap(strong), wrapping);
        }
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        generator.initialize(1024);
        Cipher wrapper = cipher("RSA/ECB/OAEPPadding", Cipher.WRAP_MODE, generator.generateKeyPair().getPublic());
        assertThrows(GeneralSecurityException.class, () -> wrapper.wrap(strong));
    }

    @Test
    void attack7NoKeyIsConjuredFromRandomBytes() throws Exception {
        SecureRandom random = new SecureRandom();
        for (String wrapping : WRAPPINGS) {
            Cipher unwrapper = Cipher.getInstance(wrapping, provider);
            for (int i = 0; i < 200; i++) {
                if (i % 100 == 0) {
                    // The HSM answers a hundred failures of a key at once, and more at ten a second.
                    unwrapper.init(Cipher.UNWRAP_MODE, KeyGenerator.getInstance("AES", provider).generateKey(),
                        wrapping.contains("GCM") ? new GCMParameterSpec(128, new byte[12]) : null);
                }
                byte[] made = new byte[24 + 8 * (i % 4)];
                random.nextBytes(made);
                assertThrows(InvalidKeyException.class, () -> unwrapper.unwrap(made, "AES", Cipher.SECRET_KEY));
            }
        }
        Cipher unwrapper = cipher("RSA/ECB/OAEPPadding", Cipher.UNWRAP_MODE, rsa.getPrivate());
        for (int i = 0; i < 50; i++) {
            byte[] made = new byte[256];
            random.nextBytes(made);
            assertThrows(InvalidKeyException.class, () -> unwrapper.unwrap(made, "AES", Cipher.SECRET_KEY));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"AES/ECB/NoPadding", "AES/ECB/PKCS5Padding", "AES/CBC/NoPadding", "AES/CBC/PKCS5Padding",
        "AES/CTR/NoPadding"})
    void attack8NoKeyIsWrappedWithoutItsIntegrity(String mode) throws Exception {
        Cipher cipher = Cipher.getInstance(mode, provider);
        assertThrows(UnsupportedOperationException.class, () -> cipher.init(Cipher.WRAP_MODE, aes));
        // CBC unwraps for old applications, with keys that name it in allowed-mechanisms: not with this one.
        Exception refused = assertThrows(Exception.class, () -> {
            cipher.init(Cipher.UNWRAP_MODE, aes, mode.contains("CBC") ? new IvParameterSpec(new byte[16]) : null);
            cipher.unwrap(new byte[32], "AES", Cipher.SECRET_KEY);
        });
        assertTrue(refused instanceof UnsupportedOperationException || refused instanceof InvalidKeyException,
            refused.toString());
    }

    /** The same derivation twice, as a key that derives and as one for MACs, would show what the first one derives. */
    @Test
    void attack8WhatIsDerivedDoesNotDerive() throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("GenericSecret", provider);
        KeyAttributesMap derives =
            new KeyAttributesMapBuilder().put(KeyAttribute.SIZE, 256).put(KeyAttribute.DERIVE, true).build();
        generator.init(derives);
        SecretKey base = generator.generateKey();
        SecretKeyFactory factory = SecretKeyFactory.getInstance("GenericSecret", provider);
        byte[] info = {1};
        KeyAttributesMap mac = new KeyAttributesMapBuilder().put(KeyAttribute.SIZE, 256).build();
        factory.generateSecret(HkdfParameterSpec.ofExtractThenExpand("HmacSHA256", base, null, info, mac));
        assertRefused(() -> factory.generateSecret(
            HkdfParameterSpec.ofExtractThenExpand("HmacSHA256", base, null, info, derives)));
        SecretKey extracted =
            factory.generateSecret(HkdfParameterSpec.ofExtract("HmacSHA256", base, null, new KeyAttributesMap()));
        assertThrows(InvalidKeyException.class, () -> {
            Mac hmac = Mac.getInstance("HmacSHA256", provider);
            hmac.init(extracted);
        });
        assertRefused(() -> factory.generateSecret(
            HkdfParameterSpec.ofExpand("HmacSHA256", extracted, info, derives)));
        factory.generateSecret(HkdfParameterSpec.ofExpand("HmacSHA256", extracted, info, mac));
    }

    /** Ciphertexts whose blocks are wrong in every way there is. */
    private static List<byte[]> wrongBlocks(RSAPublicKey key) throws Exception {
        byte[] good = new byte[256];
        Arrays.fill(good, (byte) 0x55);
        good[0] = 0;
        good[1] = 2;
        good[200] = 0;
        byte[] wrongType = good.clone();
        wrongType[1] = 1;
        byte[] wrongStart = good.clone();
        wrongStart[0] = 1;
        byte[] noSeparator = good.clone();
        noSeparator[200] = 0x55;
        byte[] shortPadding = good.clone();
        shortPadding[9] = 0;
        byte[] random = new byte[256];
        new SecureRandom().nextBytes(random);
        random[0] = 0x3F;
        Cipher raw = Cipher.getInstance("RSA/ECB/NoPadding", "SunJCE");
        raw.init(Cipher.ENCRYPT_MODE, key);
        return List.of(raw.doFinal(wrongType), raw.doFinal(wrongStart), raw.doFinal(noSeparator),
            raw.doFinal(shortPadding), raw.doFinal(random), new byte[256], new byte[255], new byte[0]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA/ECB/PKCS1Padding", "RSA/ECB/OAEPPadding", "RSA/ECB/OAEPWithSHA-256AndMGF1Padding"})
    void attack9AWrongRsaBlockIsOneErrorWhateverIsWrong(String padding) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        generator.initialize(2048);
        KeyPair software = generator.generateKeyPair();
        PrivateKey key = VectorKeys.rsa(provider, software.getPrivate().getEncoded());
        Set<String> answers = new HashSet<>();
        for (byte[] block : wrongBlocks((RSAPublicKey) software.getPublic())) {
            Exception refused = assertThrows(BadPaddingException.class,
                () -> cipher(padding, Cipher.DECRYPT_MODE, key).doFinal(block));
            answers.add(refused.getClass().getName() + ": " + refused.getMessage());
        }
        assertEquals(1, answers.size(), answers.toString());
    }

    @Test
    void attack9AWrongCbcPaddingIsOneError() throws Exception {
        IvParameterSpec iv = new IvParameterSpec(new byte[16]);
        byte[] zeros = new byte[32];
        Set<String> answers = new HashSet<>();
        for (int last : new int[] {0, 17, 0x80, 255, 3}) {
            zeros[31] = (byte) last;
            Cipher encryption = Cipher.getInstance("AES/CBC/NoPadding", provider);
            encryption.init(Cipher.ENCRYPT_MODE, aes, iv);
            byte[] encrypted = encryption.doFinal(zeros);
            Cipher decryption = Cipher.getInstance("AES/CBC/PKCS5Padding", provider);
            decryption.init(Cipher.DECRYPT_MODE, aes, iv);
            Exception refused = assertThrows(BadPaddingException.class, () -> decryption.doFinal(encrypted));
            answers.add(refused.getMessage());
        }
        assertEquals(1, answers.size(), answers.toString());
    }

    @Test
    void attack10NoIvServesTwice() throws Exception {
        Set<String> ivs = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            Cipher cipher = cipher("AES/GCM/NoPadding", Cipher.ENCRYPT_MODE, aes);
            boolean before = i % 2 == 0;
            byte[] issued = before ? cipher.getIV() : null;
            cipher.doFinal(new byte[1]);
            byte[] used = cipher.getIV();
            if (before) {
                assertArrayEquals(issued, used);
            }
            assertTrue(ivs.add(Arrays.toString(used)), "twice: " + Arrays.toString(used));
            assertThrows(IllegalStateException.class, () -> cipher.doFinal(new byte[1]));
        }
        Cipher own = Cipher.getInstance("AES/GCM/NoPadding", provider);
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> own.init(Cipher.ENCRYPT_MODE, aes, new GCMParameterSpec(128, new byte[12])));
        long handle = ((FerroHsmKey) aes).getHandle();
        byte[] callers =
            MechanismParameters.aead(new byte[12], MechanismParameters.IvSource.CALLER, new byte[0], 128);
        int gcm = Tables.get().mechanism("aes-gcm").code();
        assertThrows(GeneralSecurityException.class, () -> client.encrypt(handle, gcm, callers, new byte[1]));
        byte[] neverIssued =
            MechanismParameters.aead(new byte[12], MechanismParameters.IvSource.ISSUED, new byte[0], 128);
        assertRefused(() -> client.encrypt(handle, gcm, neverIssued, new byte[1]));
    }

    /** A public key object of the attacker's: it says P-256, and its encoding has a point that is not on it. */
    private record OffCurve(ECPublicKey real, byte[] encoded) implements ECPublicKey {
        private static final long serialVersionUID = 1L;

        @Override
        public ECPoint getW() {
            return real.getW();
        }

        @Override
        public java.security.spec.ECParameterSpec getParams() {
            return real.getParams();
        }

        @Override
        public String getAlgorithm() {
            return "EC";
        }

        @Override
        public String getFormat() {
            return "X.509";
        }

        @Override
        public byte[] getEncoded() {
            return encoded.clone();
        }
    }

    @Test
    void attack11PointsOffTheCurveGiveNoSecret() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        ECPublicKey real = (ECPublicKey) pair.getPublic();
        int prefix = real.getEncoded().length - 64;
        for (int byteToChange : new int[] {prefix, prefix + 31, prefix + 32, prefix + 63}) {
            byte[] encoded = real.getEncoded();
            encoded[byteToChange] ^= 1;
            assertNoSecret(pair.getPrivate(), new OffCurve(real, encoded));
        }
        byte[] zero = real.getEncoded();
        Arrays.fill(zero, prefix, zero.length, (byte) 0);
        assertNoSecret(pair.getPrivate(), new OffCurve(real, zero));
        KeyFactory factory = KeyFactory.getInstance("EC", provider);
        ECPoint off = new ECPoint(real.getW().getAffineX(), real.getW().getAffineY().add(BigInteger.ONE));
        PublicKey parsed;
        try {
            parsed = factory.generatePublic(new ECPublicKeySpec(off, real.getParams()));
        } catch (InvalidKeySpecException e) {
            return; // the JDK says so itself
        }
        assertNoSecret(pair.getPrivate(), parsed);
    }

    private static void assertNoSecret(PrivateKey key, PublicKey peer) throws Exception {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH", provider);
        agreement.init(key);
        assertRefused(() -> {
            agreement.doPhase(peer, true);
            agreement.generateSecret();
        });
    }

    @Test
    void attack12WeakRsaKeysAreNeitherMadeNorImported() throws Exception {
        KeyPairGenerator ours = KeyPairGenerator.getInstance("RSA", provider);
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> ours.initialize(new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F0)));
        assertThrows(InvalidParameterException.class, () -> ours.initialize(1024));
        KeyFactory factory = KeyFactory.getInstance("RSA", provider);
        KeyPairGenerator jdk = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        jdk.initialize(new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F0));
        Key smallExponent = jdk.generateKeyPair().getPrivate();
        assertThrows(InvalidKeyException.class, () -> factory.translateKey(smallExponent));
        jdk.initialize(1024);
        Key smallModulus = jdk.generateKeyPair().getPrivate();
        assertThrows(InvalidKeyException.class, () -> factory.translateKey(smallModulus));
        jdk.initialize(2048);
        RSAPrivateCrtKey good = (RSAPrivateCrtKey) jdk.generateKeyPair().getPrivate();
        assertThrows(InvalidKeySpecException.class, () -> factory.generatePrivate(new RSAPrivateCrtKeySpec(
            good.getModulus(), good.getPublicExponent(), good.getPrivateExponent(), good.getPrimeP(),
            good.getPrimeQ(), good.getPrimeExponentP().add(BigInteger.TWO), good.getPrimeExponentQ(),
            good.getCrtCoefficient())));
    }

    @Test
    void attack13NoFlagGoesBack() throws Exception {
        KeyInfo key = client.generateKey(KeyType.AES, 256, new Template());
        for (String[] change : new String[][] {{"extractable", "true"}, {"sensitive", "false"},
            {"always-sensitive", "true"}, {"never-extractable", "false"}, {"local", "false"}, {"private", "false"}}) {
            if (!Boolean.toString(key.flag(change[0])).equals(change[1])) {
                assertRefused(() -> client.updateKey(key.handle(),
                    new Template().flag(change[0], Boolean.parseBoolean(change[1])), null, false));
            }
        }
        KeyInfo narrowed = client.updateKey(key.handle(), new Template().flag("decrypt", false), null, false);
        assertFalse(narrowed.flag("decrypt"));
        assertRefused(() -> client.updateKey(key.handle(), new Template().flag("decrypt", true), null, false));
        assertFalse(client.getKey(key.handle()).flag("decrypt"));
    }

    @Test
    void attack14NothingGoesOnAfterDeletionOrLogout() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            FerroHsmProvider own = new FerroHsmProvider(hsm.config().toString());
            KeyPair deleted = KeyPairGenerator.getInstance("EC", own).generateKeyPair();
            Signature begun = Signature.getInstance("SHA256withECDSA", own);
            begun.initSign(deleted.getPrivate());
            begun.update((byte) 1);
            own.client().deleteKey(((FerroHsmKey) deleted.getPrivate()).getHandle());
            assertThrows(GeneralSecurityException.class, begun::sign);
            KeyPair session = KeyPairGenerator.getInstance("EC", own).generateKeyPair();
            begun.initSign(session.getPrivate());
            own.logout();
            assertRefused(begun::sign);
            own.login(null, null);
            begun.initSign(session.getPrivate());
            Exception gone = assertRefused(begun::sign);
            assertTrue(gone.getMessage().contains("no such key"), gone.getMessage());
        }
    }

    /** PKCS#8 of version 2 (RFC 5958), with a public key that need not belong to the private one. */
    private static byte[] withPublic(byte[] pkcs8, byte[] publicKeyInfo) {
        byte[] both = Arrays.copyOf(pkcs8, pkcs8.length + 35);
        both[1] += 35;
        both[4] = 1;
        System.arraycopy(new byte[] {(byte) 0x81, 33, 0}, 0, both, pkcs8.length, 3);
        System.arraycopy(publicKeyInfo, publicKeyInfo.length - 32, both, pkcs8.length + 3, 32);
        return both;
    }

    /** Two signatures of an Ed25519 key for two public halves give the key away (RUSTSEC-2022-0093). */
    @Test
    void attack15ThePublicHalfIsNeverTheCallers() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519", "SunEC");
        KeyPair own = generator.generateKeyPair();
        KeyPair other = generator.generateKeyPair();
        byte[] same = withPublic(own.getPrivate().getEncoded(), own.getPublic().getEncoded());
        byte[] foreign = withPublic(own.getPrivate().getEncoded(), other.getPublic().getEncoded());
        KeyInfo taken = client.importKey(KeyType.EC_EDWARDS, same, new Template(), new Template(), List.of(), false);
        assertArrayEquals(own.getPublic().getEncoded(), Keys.publicKey(taken).getEncoded());
        assertRefused(() ->
            client.importKey(KeyType.EC_EDWARDS, foreign, new Template(), new Template(), List.of(), false));
        // A KeyFactory may leave the public half out, and then has the right one.
        KeyFactory factory = KeyFactory.getInstance("Ed25519", provider);
        PrivateKey key;
        try {
            key = factory.generatePrivate(new PKCS8EncodedKeySpec(foreign));
        } catch (InvalidKeySpecException e) {
            return;
        }
        Signature signature = Signature.getInstance("Ed25519", provider);
        signature.initSign(key);
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        Signature jdk = Signature.getInstance("Ed25519", "SunEC");
        jdk.initVerify(own.getPublic());
        jdk.update((byte) 1);
        assertTrue(jdk.verify(signed));
    }
}
