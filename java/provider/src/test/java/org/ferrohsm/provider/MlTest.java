package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.bouncycastle.crypto.digests.SHAKEDigest;
import org.bouncycastle.jcajce.SecretKeyWithEncapsulation;
import org.bouncycastle.jcajce.spec.KEMExtractSpec;
import org.bouncycastle.jcajce.spec.KEMGenerateSpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ML-DSA and ML-KEM in the HSM, against Bouncy Castle and, where it has them, the JDK. */
class MlTest {
    private static final byte[] DATA = "to be signed".getBytes(StandardCharsets.UTF_8);
    private static final Provider BC = new BouncyCastleProvider();

    private final FerroHsmProvider provider = DevHsm.provider();

    private KeyPair generate(String algorithm) throws Exception {
        return KeyPairGenerator.getInstance(algorithm, provider).generateKeyPair();
    }

    /** Others that have the algorithm: Bouncy Castle, and from JDK 24 on the JDK. */
    private static List<Provider> others(KeyType type) {
        List<Provider> others = new ArrayList<>(List.of(BC));
        if (Jdk.has(type)) {
            others.add(java.security.Security.getProvider(type == KeyType.ML_DSA ? "SUN" : "SunJCE"));
        }
        return others;
    }

    private static PublicKey at(Provider other, String algorithm, PublicKey key) throws Exception {
        return KeyFactory.getInstance(algorithm, other).generatePublic(new X509EncodedKeySpec(key.getEncoded()));
    }

    private static byte[] sign(Provider by, String algorithm, PrivateKey key, byte[] data) throws Exception {
        Signature signature = Signature.getInstance(algorithm, by);
        signature.initSign(key);
        signature.update(data);
        return signature.sign();
    }

    private static boolean verify(Provider by, String algorithm, PublicKey key, byte[] data, byte[] signed)
        throws Exception {
        Signature signature = Signature.getInstance(algorithm, by);
        signature.initVerify(key);
        signature.update(data);
        return signature.verify(signed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"})
    void mlDsaInteroperates(String set) throws Exception {
        KeyPair ours = generate(set);
        assertEquals("ML-DSA", ours.getPrivate().getAlgorithm());
        assertEquals(set, assertInstanceOf(FerroHsmMlDsaPrivateKey.class, ours.getPrivate()).getParams().getName());
        assertNull(ours.getPrivate().getEncoded());
        for (Provider other : others(KeyType.ML_DSA)) {
            for (String name : new String[] {"ML-DSA", set}) {
                byte[] signed = sign(provider, name, ours.getPrivate(), DATA);
                assertTrue(verify(other, set, at(other, set, ours.getPublic()), DATA, signed), name + other);
                KeyPair theirs = KeyPairGenerator.getInstance(set, other).generateKeyPair();
                byte[] theirSignature = sign(other, set, theirs.getPrivate(), DATA);
                assertTrue(verify(provider, name, theirs.getPublic(), DATA, theirSignature), name + other);
                assertFalse(verify(provider, name, theirs.getPublic(), new byte[1], theirSignature), name + other);
                PrivateKey imported = KeyFactory.getInstance(set, provider)
                    .generatePrivate(new PKCS8EncodedKeySpec(theirs.getPrivate().getEncoded()));
                byte[] again = sign(provider, name, imported, DATA);
                assertTrue(verify(other, set, theirs.getPublic(), DATA, again), name + other);
            }
        }
    }

    /** FIPS 204, algorithm 7: mu = H(H(pk) || 0 || |ctx| || ctx || M). */
    private static byte[] mu(PublicKey key, byte[] message) {
        byte[] info = key.getEncoded();
        byte[] raw = Arrays.copyOfRange(info, 22, info.length);
        byte[] tr = shake(raw);
        byte[] whole = Arrays.copyOf(tr, 64 + 2 + message.length);
        System.arraycopy(message, 0, whole, 66, message.length);
        return shake(whole);
    }

    private static byte[] shake(byte[] data) {
        SHAKEDigest shake = new SHAKEDigest(256);
        shake.update(data, 0, data.length);
        byte[] output = new byte[64];
        shake.doFinal(output, 0, 64);
        return output;
    }

    @Test
    void externalMuIsTheSignatureOfTheMessage() throws Exception {
        KeyPair pair = generate("ML-DSA");
        assertTrue(pair.getPrivate().toString().contains("ML-DSA"), pair.getPrivate().toString());
        byte[] mu = mu(pair.getPublic(), DATA);
        byte[] signed = sign(provider, "ML-DSA-EXTERNAL-MU", pair.getPrivate(), mu);
        assertTrue(verify(BC, "ML-DSA-65", at(BC, "ML-DSA-65", pair.getPublic()), DATA, signed));
        assertTrue(verify(provider, "ML-DSA-EXTERNAL-MU", pair.getPublic(), mu,
            sign(provider, "ML-DSA", pair.getPrivate(), DATA)));
        mu[0] ^= 1;
        assertFalse(verify(provider, "ML-DSA-EXTERNAL-MU", pair.getPublic(), mu, signed));
        assertThrows(SignatureException.class,
            () -> sign(provider, "ML-DSA-EXTERNAL-MU", pair.getPrivate(), new byte[63]));
        assertThrows(SignatureException.class,
            () -> sign(provider, "ML-DSA-EXTERNAL-MU", pair.getPrivate(), new byte[65]));
    }

    @Test
    void parameterSetsAreKeptApart() throws Exception {
        KeyPair pair = generate("ML-DSA-44");
        assertThrows(InvalidKeyException.class, () -> sign(provider, "ML-DSA-65", pair.getPrivate(), DATA));
        assertThrows(InvalidKeyException.class, () -> verify(provider, "ML-DSA-65", pair.getPublic(), DATA, DATA));
        assertThrows(InvalidKeyException.class, () -> sign(provider, "ML-DSA", generate("ML-KEM").getPrivate(), DATA));
        KeyFactory factory = KeyFactory.getInstance("ML-DSA-65", provider);
        assertThrows(InvalidKeySpecException.class,
            () -> factory.generatePublic(new X509EncodedKeySpec(pair.getPublic().getEncoded())));
        assertThrows(InvalidKeySpecException.class, () -> KeyFactory.getInstance("ML-DSA", provider)
            .generatePublic(new X509EncodedKeySpec(generate("ML-KEM").getPublic().getEncoded())));
        KeyPairGenerator generator = KeyPairGenerator.getInstance("ML-DSA-44", provider);
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> generator.initialize(new NamedParameterSpec("ML-DSA-87")));
        assertThrows(InvalidParameterException.class, () -> generator.initialize(44));
        KeyPairGenerator any = KeyPairGenerator.getInstance("ML-DSA", provider);
        any.initialize(new NamedParameterSpec("ML-DSA-87"));
        assertEquals("ML-DSA-87", ((FerroHsmMlDsaPrivateKey) any.generateKeyPair().getPrivate()).getParams().getName());
        assertThrows(InvalidKeySpecException.class, () -> factory.generatePrivate(new PKCS8EncodedKeySpec(new byte[9])));
    }

    @Test
    void publicKeysHaveTheirEncoding() throws Exception {
        for (String algorithm : new String[] {"ML-DSA", "ML-KEM"}) {
            KeyPair pair = generate(algorithm);
            KeyFactory factory = KeyFactory.getInstance(algorithm, provider);
            X509EncodedKeySpec spec = factory.getKeySpec(pair.getPublic(), X509EncodedKeySpec.class);
            assertEquals(pair.getPublic(), factory.generatePublic(spec));
            assertEquals(pair.getPublic(), factory.translateKey(pair.getPublic()));
            assertEquals(algorithm, pair.getPublic().getAlgorithm());
        }
    }

    private static SecretKeyWithEncapsulation bcEncapsulate(PublicKey key) throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("ML-KEM", BC);
        generator.init(new KEMGenerateSpec.Builder(at(BC, "ML-KEM", key), "AES", 256).withNoKdf().build());
        return (SecretKeyWithEncapsulation) generator.generateKey();
    }

    private static SecretKey bcDecapsulate(PrivateKey key, byte[] ciphertext) throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("ML-KEM", BC);
        generator.init(new KEMExtractSpec.Builder(key, ciphertext, "AES", 256).withNoKdf().build());
        return generator.generateKey();
    }

    private static byte[] tag(SecretKey key, Provider by) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256", by);
        mac.init(key);
        return mac.doFinal(DATA);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"})
    void mlKemInteroperatesOnEveryJdk(String set) throws Exception {
        KeyPair ours = generate(set);
        FerroHsmMlKemPrivateKey privateKey = assertInstanceOf(FerroHsmMlKemPrivateKey.class, ours.getPrivate());
        assertEquals(set, privateKey.getParams().getName());
        SecretKeyWithEncapsulation theirs = bcEncapsulate(ours.getPublic());
        assertArrayEquals(theirs.getEncoded(),
            MlKem.decapsulate(privateKey, theirs.getEncapsulation(), "AES").getEncoded());
        // What stays in the HSM is the same secret.
        SecretKey inside = MlKem.decapsulateInHsm(privateKey, theirs.getEncapsulation(), "HmacSHA256");
        assertNull(inside.getEncoded());
        SecretKey outside = new javax.crypto.spec.SecretKeySpec(theirs.getEncoded(), "HmacSHA256");
        assertArrayEquals(tag(outside, BC), tag(inside, provider));

        KeyPair software = KeyPairGenerator.getInstance(set, BC).generateKeyPair();
        MlKem kem = new MlKem(provider);
        MlKem.Encapsulated made = kem.encapsulate(software.getPublic(), "AES");
        assertArrayEquals(bcDecapsulate(software.getPrivate(), made.ciphertext()).getEncoded(),
            made.key().getEncoded());
        MlKem.Encapsulated kept = kem.encapsulateInHsm(software.getPublic(), "HmacSHA256");
        assertInstanceOf(FerroHsmSecretKey.class, kept.key());
        byte[] secret = bcDecapsulate(software.getPrivate(), kept.ciphertext()).getEncoded();
        assertArrayEquals(tag(new javax.crypto.spec.SecretKeySpec(secret, "HmacSHA256"), BC),
            tag(kept.key(), provider));
        FerroHsmMlKemPrivateKey imported = (FerroHsmMlKemPrivateKey) KeyFactory.getInstance("ML-KEM", provider)
            .generatePrivate(new PKCS8EncodedKeySpec(software.getPrivate().getEncoded()));
        assertArrayEquals(made.key().getEncoded(), MlKem.decapsulate(imported, made.ciphertext(), "AES").getEncoded());
    }

    @Test
    void wrongCiphertextsAndKeysOfOthers() throws Exception {
        KeyPair pair = generate("ML-KEM-512");
        FerroHsmMlKemPrivateKey key = (FerroHsmMlKemPrivateKey) pair.getPrivate();
        MlKem.Encapsulated made = new MlKem(provider).encapsulate(pair.getPublic(), "AES");
        made.ciphertext()[7] ^= 1;
        // FIPS 203: implicit rejection.
        assertNotEquals(made.key(), MlKem.decapsulate(key, made.ciphertext(), "AES"));
        assertThrows(GeneralSecurityException.class, () -> MlKem.decapsulate(key, new byte[767], "AES"));
        assertThrows(InvalidKeyException.class,
            () -> new MlKem(provider).encapsulate(generate("ML-DSA").getPublic(), "AES"));
        assertThrows(InvalidKeyException.class, () -> new MlKem(provider).encapsulate(null, "AES"));
    }

    @Test
    void theKeyStoreFindsThem() throws Exception {
        HsmClient client = provider.client();
        for (KeyType type : new KeyType[] {KeyType.ML_DSA, KeyType.ML_KEM}) {
            String label = "ml " + type;
            int set = type == KeyType.ML_DSA ? 44 : 512;
            KeyInfo info = client.generateKeyPair(type, set, null,
                new Template().text("label", label).flag("token", true), new Template());
            KeyStore store = KeyStore.getInstance("FERROHSM", provider);
            store.load(null, null);
            assertInstanceOf(type.keyClass(), store.getKey(label, null));
            assertTrue(store.entryInstanceOf(label, KeyStore.PrivateKeyEntry.class));
            store.deleteEntry(label);
            assertThrows(GeneralSecurityException.class, () -> client.getKey(info.handle()));
        }
    }
}
