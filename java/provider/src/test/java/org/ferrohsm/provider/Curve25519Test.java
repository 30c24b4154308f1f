package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.interfaces.EdECKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.XECKey;
import java.security.interfaces.XECPrivateKey;
import java.security.spec.EdDSAParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import javax.crypto.KeyAgreement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ed25519 and X25519: in the HSM, against the JDK's own. */
class Curve25519Test {
    private static final byte[] DATA = "to be signed".getBytes(StandardCharsets.UTF_8);

    private final FerroHsmProvider provider = DevHsm.provider();

    private KeyPair generate(String algorithm) throws Exception {
        return KeyPairGenerator.getInstance(algorithm, provider).generateKeyPair();
    }

    private static byte[] sign(Signature signature, PrivateKey key, EdDSAParameterSpec spec) throws Exception {
        signature.initSign(key);
        if (spec != null) {
            signature.setParameter(spec);
        }
        signature.update(DATA);
        return signature.sign();
    }

    private static boolean verify(Signature signature, PublicKey key, EdDSAParameterSpec spec, byte[] signed)
        throws Exception {
        signature.initVerify(key);
        if (spec != null) {
            signature.setParameter(spec);
        }
        signature.update(DATA);
        return signature.verify(signed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Ed25519", "EdDSA", "1.3.101.112"})
    void signaturesAreThoseOfTheJdk(String name) throws Exception {
        KeyPair software = KeyPairGenerator.getInstance("Ed25519", "SunEC").generateKeyPair();
        PrivateKey ours = KeyFactory.getInstance(name, provider)
            .generatePrivate(new PKCS8EncodedKeySpec(software.getPrivate().getEncoded()));
        // Ed25519 is deterministic: both sides make the same bytes.
        for (EdDSAParameterSpec spec : new EdDSAParameterSpec[] {null, new EdDSAParameterSpec(false),
            new EdDSAParameterSpec(true), new EdDSAParameterSpec(false, "context".getBytes(StandardCharsets.UTF_8)),
            new EdDSAParameterSpec(true, "context".getBytes(StandardCharsets.UTF_8)),
            new EdDSAParameterSpec(true, new byte[255])}) {
            byte[] theirs = sign(Signature.getInstance("Ed25519", "SunEC"), software.getPrivate(), spec);
            assertArrayEquals(theirs, sign(Signature.getInstance(name, provider), ours, spec));
            assertTrue(verify(Signature.getInstance(name, provider), software.getPublic(), spec, theirs));
            theirs[40] ^= 1;
            assertFalse(verify(Signature.getInstance(name, provider), software.getPublic(), spec, theirs));
        }
    }

    @Test
    void generatedKeysSignInEveryForm() throws Exception {
        KeyPair pair = generate("Ed25519");
        assertEquals("EdDSA", pair.getPrivate().getAlgorithm());
        assertEquals("Ed25519", assertInstanceOf(EdECKey.class, pair.getPrivate()).getParams().getName());
        assertFalse(pair.getPrivate() instanceof EdECPrivateKey);
        assertNull(pair.getPrivate().getEncoded());
        assertTrue(pair.getPrivate().toString().contains("Ed25519"), pair.getPrivate().toString());
        byte[] prehashed = sign(Signature.getInstance("Ed25519ph", provider), pair.getPrivate(), null);
        assertTrue(verify(Signature.getInstance("Ed25519", "SunEC"), pair.getPublic(), new EdDSAParameterSpec(true),
            prehashed));
        assertTrue(verify(Signature.getInstance("Ed25519ph", provider), pair.getPublic(), null, prehashed));
        assertFalse(verify(Signature.getInstance("Ed25519", provider), pair.getPublic(), null, prehashed));
        // Found by the key, with no provider named.
        Security.addProvider(provider);
        try {
            byte[] signed = sign(Signature.getInstance("EdDSA"), pair.getPrivate(), null);
            assertTrue(verify(Signature.getInstance("EdDSA"), pair.getPublic(), null, signed));
        } finally {
            Security.removeProvider(provider.getName());
        }
    }

    @Test
    void parametersComeBeforeOrAfterTheKeyAndNotAmidTheMessage() throws Exception {
        KeyPair pair = generate("EdDSA");
        EdDSAParameterSpec spec = new EdDSAParameterSpec(true, new byte[] {1});
        Signature before = Signature.getInstance("Ed25519", provider);
        before.setParameter(spec);
        before.initSign(pair.getPrivate());
        before.update(DATA);
        assertThrows(InvalidParameterException.class, () -> before.setParameter(new EdDSAParameterSpec(false)));
        assertTrue(verify(Signature.getInstance("Ed25519", "SunEC"), pair.getPublic(), spec, before.sign()));
        Signature signature = Signature.getInstance("Ed25519", provider);
        assertThrows(InvalidAlgorithmParameterException.class, () -> signature.setParameter(NamedParameterSpec.ED25519));
        Signature prehash = Signature.getInstance("Ed25519ph", provider);
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> prehash.setParameter(new EdDSAParameterSpec(false)));
    }

    @Test
    void generatorsTakeTheirOwnCurveOnly() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EdDSA", provider);
        generator.initialize(255);
        generator.initialize(NamedParameterSpec.ED25519);
        assertThrows(InvalidAlgorithmParameterException.class, () -> generator.initialize(NamedParameterSpec.ED448));
        assertThrows(InvalidAlgorithmParameterException.class, () -> generator.initialize(NamedParameterSpec.X25519));
        assertThrows(InvalidParameterException.class, () -> generator.initialize(448));
        KeyPairGenerator ec = KeyPairGenerator.getInstance("EC", provider);
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> ec.initialize(new java.security.spec.ECGenParameterSpec("Ed25519")));
    }

    @Test
    void keysOfOtherCurvesAreRefusedAtInit() throws Exception {
        Signature signature = Signature.getInstance("Ed25519", provider);
        assertThrows(InvalidKeyException.class, () -> signature.initSign(generate("EC").getPrivate()));
        assertThrows(InvalidKeyException.class, () -> signature.initSign(generate("X25519").getPrivate()));
        KeyPair software = KeyPairGenerator.getInstance("Ed25519", "SunEC").generateKeyPair();
        assertThrows(InvalidKeyException.class, () -> signature.initSign(software.getPrivate()));
        KeyPair other = KeyPairGenerator.getInstance("Ed448", "SunEC").generateKeyPair();
        assertThrows(InvalidKeyException.class, () -> signature.initVerify(other.getPublic()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"X25519", "XDH", "1.3.101.110"})
    void agreesWithTheJdk(String name) throws Exception {
        KeyPair ours = generate(name);
        assertEquals("XDH", ours.getPrivate().getAlgorithm());
        assertInstanceOf(XECKey.class, ours.getPrivate());
        assertFalse(ours.getPrivate() instanceof XECPrivateKey);
        KeyPair software = KeyPairGenerator.getInstance("X25519", "SunEC").generateKeyPair();
        KeyAgreement here = KeyAgreement.getInstance(name, provider);
        here.init(ours.getPrivate());
        here.doPhase(software.getPublic(), true);
        KeyAgreement there = KeyAgreement.getInstance("XDH", "SunEC");
        there.init(software.getPrivate());
        there.doPhase(ours.getPublic(), true);
        byte[] secret = here.generateSecret();
        assertArrayEquals(there.generateSecret(), secret);
        assertEquals(32, secret.length);
        // An imported key agrees as the same key in the JDK does.
        Key imported = KeyFactory.getInstance(name, provider).translateKey(software.getPrivate());
        here.init(imported);
        here.doPhase(ours.getPublic(), true);
        assertArrayEquals(secret, here.generateSecret());
        assertThrows(InvalidKeyException.class,
            () -> here.doPhase(KeyPairGenerator.getInstance("X448", "SunEC").generateKeyPair().getPublic(), true));
        assertThrows(InvalidKeyException.class, () -> here.doPhase(generate("EC").getPublic(), true));
    }

    /**
     * RFC 7748, 6.1: points of low order lead to a secret of zeros, which nobody should use. All of them, and how else they
     * can be written: plus p, or with the high bit set.
     */
    @ParameterizedTest
    @ValueSource(strings = {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7"})
    void anAgreementOnZerosIsRefused(String point) throws Exception {
        byte[] info = HexFormat.of().parseHex("302a300506032b656e032100" + point);
        PublicKey low = KeyFactory.getInstance("XDH", "SunEC").generatePublic(new X509EncodedKeySpec(info));
        KeyAgreement jdk = KeyAgreement.getInstance("X25519", "SunEC");
        jdk.init(KeyPairGenerator.getInstance("X25519", "SunEC").generateKeyPair().getPrivate());
        assertThrows(InvalidKeyException.class, () -> jdk.doPhase(low, true));
        KeyAgreement agreement = KeyAgreement.getInstance("X25519", provider);
        agreement.init(generate("X25519").getPrivate());
        PublicKey other = generate("X25519").getPublic();
        agreement.doPhase(other, true);
        InvalidKeyException refused =
            assertThrows(InvalidKeyException.class, () -> agreement.doPhase(low, true));
        assertTrue(refused.getMessage().contains("zeros"), refused.getMessage());
        assertThrows(IllegalStateException.class, agreement::generateSecret, "what was agreed before is gone");
        agreement.doPhase(other, true);
        assertEquals(32, agreement.generateSecret().length);
    }

    @Test
    void theKeyStoreKeepsThem() throws Exception {
        KeyStore store = KeyStore.getInstance("FERROHSM", provider);
        store.load(null, null);
        KeyPair pair = generate("Ed25519");
        Security.addProvider(provider);
        try {
            Certificate certificate = TestCertificates.selfSigned("ed", pair.getPublic(), pair.getPrivate());
            store.setKeyEntry("ed25519", pair.getPrivate(), null, new Certificate[] {certificate});
            Key again = store.getKey("ed25519", null);
            assertEquals(pair.getPrivate(), again);
            assertInstanceOf(FerroHsmEdEcPrivateKey.class, again);
            assertTrue(store.entryInstanceOf("ed25519", KeyStore.PrivateKeyEntry.class));
            assertInstanceOf(KeyStore.PrivateKeyEntry.class, store.getEntry("ed25519", null));
            certificate.verify(pair.getPublic());
        } finally {
            store.deleteEntry("ed25519");
            Security.removeProvider(provider.getName());
        }
    }

    @Test
    void publicKeysAreTheJdks() throws Exception {
        KeyPair pair = generate("Ed25519");
        KeyFactory factory = KeyFactory.getInstance("Ed25519", provider);
        assertEquals(pair.getPublic(), factory.generatePublic(new X509EncodedKeySpec(pair.getPublic().getEncoded())));
        assertSame(pair.getPrivate(), factory.translateKey(pair.getPrivate()));
        assertTrue(pair.getPublic().getClass().getName().startsWith("sun.security.ec"));
    }
}
