package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureTest {
    private static final byte[] DATA = "to be signed".getBytes(StandardCharsets.UTF_8);

    private static FerroHsmProvider provider;
    private static KeyPair rsa;

    @BeforeAll
    static void generate() throws Exception {
        provider = DevHsm.provider();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(2048);
        rsa = generator.generateKeyPair();
    }

    static KeyPair ec(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static byte[] sign(String algorithm, PrivateKey key, byte[] data) throws Exception {
        Signature signature = Signature.getInstance(algorithm, provider);
        signature.initSign(key);
        signature.update(data);
        return signature.sign();
    }

    private static boolean verify(Signature signature, PublicKey key, byte[] data, byte[] signed) throws Exception {
        signature.initVerify(key);
        signature.update(data);
        return signature.verify(signed);
    }

    @ParameterizedTest
    @CsvSource({"secp256r1,SHA256", "secp256r1,SHA224", "secp256r1,SHA384", "secp256r1,SHA512", "secp384r1,SHA384",
        "secp384r1,SHA256", "secp521r1,SHA512", "secp521r1,SHA256", "secp256r1,SHA3-224", "secp256r1,SHA3-256",
        "secp384r1,SHA3-384", "secp521r1,SHA3-512"})
    void ecdsaIsVerifiedByTheJdk(String curve, String hash) throws Exception {
        KeyPair pair = ec(curve);
        String algorithm = hash + "withECDSA";
        byte[] signed = sign(algorithm, pair.getPrivate(), DATA);
        assertTrue(verify(Signature.getInstance(algorithm, "SunEC"), pair.getPublic(), DATA, signed));
        assertTrue(verify(Signature.getInstance(algorithm, provider), pair.getPublic(), DATA, signed));
        assertFalse(verify(Signature.getInstance(algorithm, provider), pair.getPublic(), new byte[1], signed));
    }

    @ParameterizedTest
    @CsvSource({"secp224r1,SHA224", "secp224r1,SHA256", "secp256k1,SHA256", "secp256k1,SHA512"})
    void curvesThatTheJdkLacksAreVerifiedByTheHsm(String curve, String hash) throws Exception {
        KeyPair pair = ec(curve);
        String algorithm = hash + "withECDSA";
        byte[] signed = sign(algorithm, pair.getPrivate(), DATA);
        assertTrue(verify(Signature.getInstance(algorithm, provider), pair.getPublic(), DATA, signed));
        assertFalse(verify(Signature.getInstance(algorithm, provider), pair.getPublic(), new byte[1], signed));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SHA224withRSA", "SHA256withRSA", "SHA384withRSA", "SHA512withRSA", "SHA512/224withRSA",
        "SHA512/256withRSA", "SHA3-224withRSA", "SHA3-256withRSA", "SHA3-384withRSA", "SHA3-512withRSA"})
    void rsaIsVerifiedByTheJdk(String algorithm) throws Exception {
        byte[] signed = sign(algorithm, rsa.getPrivate(), DATA);
        assertTrue(verify(Signature.getInstance(algorithm, "SunRsaSign"), rsa.getPublic(), DATA, signed));
        assertTrue(verify(Signature.getInstance(algorithm, provider), rsa.getPublic(), DATA, signed));
        signed[5] ^= 1;
        assertFalse(verify(Signature.getInstance(algorithm, provider), rsa.getPublic(), DATA, signed));
    }

    @Test
    void rawRsaSignsWhatItIsGiven() throws Exception {
        byte[] signed = sign("NONEwithRSA", rsa.getPrivate(), DATA);
        assertTrue(verify(Signature.getInstance("NONEwithRSA"), rsa.getPublic(), DATA, signed));
        assertTrue(verify(Signature.getInstance("NONEwithRSA", provider), rsa.getPublic(), DATA, signed));
    }

    @Test
    void rawEcdsaSignsADigest() throws Exception {
        KeyPair pair = ec("secp256r1");
        byte[] digest = java.security.MessageDigest.getInstance("SHA-256").digest(DATA);
        byte[] signed = sign("NONEwithECDSA", pair.getPrivate(), digest);
        assertTrue(verify(Signature.getInstance("SHA256withECDSA", "SunEC"), pair.getPublic(), DATA, signed));
        assertTrue(verify(Signature.getInstance("NONEwithECDSA", provider), pair.getPublic(), digest, signed));
    }

    @Test
    void rawDataThatIsTooLongIsRefused() throws Exception {
        SignatureException tooLong = assertThrows(SignatureException.class,
            () -> sign("NONEwithRSA", rsa.getPrivate(), new byte[246]));
        assertEquals("NONEwithRSA signs at most 245 bytes with this key: sign a digest, or use a signature with a hash",
            tooLong.getMessage());
        assertThrows(SignatureException.class, () -> sign("NONEwithECDSA", ec("secp256r1").getPrivate(), new byte[65]));
    }

    /** Named as the JDK's method that makes an engine before its key is known. */
    private static Signature chooseFirstProvider() throws Exception {
        return Signature.getInstance("SHA256withRSA", provider);
    }

    @Test
    void aMethodOfTheCallersDoesNotOpenTheWayToTheJdk() throws Exception {
        Signature signature = chooseFirstProvider();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        generator.initialize(2048);
        assertThrows(InvalidKeyException.class, () -> signature.initSign(generator.generateKeyPair().getPrivate()));
    }

    @Test
    void afterTooMuchRawDataTheRestIsNotSigned() throws Exception {
        Signature signature = Signature.getInstance("NONEwithRSA", provider);
        signature.initSign(rsa.getPrivate());
        signature.update(new byte[200]);
        assertThrows(SignatureException.class, () -> signature.update(new byte[200]));
        assertThrows(SignatureException.class, () -> signature.update(DATA));
        assertThrows(SignatureException.class, signature::sign);
        signature.initSign(rsa.getPrivate());
        signature.update(DATA);
        assertTrue(verify(Signature.getInstance("NONEwithRSA"), rsa.getPublic(), DATA, signature.sign()));
    }

    @Test
    void sha1OnlyVerifies() throws Exception {
        Signature signature = Signature.getInstance("SHA1withRSA", provider);
        InvalidKeyException refused =
            assertThrows(InvalidKeyException.class, () -> signature.initSign(rsa.getPrivate()));
        assertTrue(refused.getMessage().contains("SHA-1 makes no new signatures"), refused.getMessage());
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        KeyPair software = generator.generateKeyPair();
        Signature signer = Signature.getInstance("SHA1withRSA", "SunRsaSign");
        signer.initSign(software.getPrivate());
        signer.update(DATA);
        assertTrue(verify(signature, software.getPublic(), DATA, signer.sign()));
    }

    private static List<PSSParameterSpec> pssParameters() {
        return List.of(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1),
            new PSSParameterSpec("SHA-384", "MGF1", MGF1ParameterSpec.SHA384, 48, 1),
            new PSSParameterSpec("SHA-512", "MGF1", MGF1ParameterSpec.SHA512, 64, 1),
            new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA512, 0, 1),
            new PSSParameterSpec("SHA3-256", "MGF1", new MGF1ParameterSpec("SHA3-256"), 32, 1),
            new PSSParameterSpec("SHA3-512", "MGF1", new MGF1ParameterSpec("SHA3-384"), 64, 1),
            new PSSParameterSpec("SHA-512/256", "MGF1", MGF1ParameterSpec.SHA512_256, 32, 1));
    }

    @Test
    void row3PssTakesParametersBeforeOrAfterTheKey() throws Exception {
        for (PSSParameterSpec spec : pssParameters()) {
            for (boolean before : new boolean[] {true, false}) {
                Signature signer = Signature.getInstance("RSASSA-PSS", provider);
                if (before) {
                    signer.setParameter(spec);
                }
                signer.initSign(rsa.getPrivate());
                if (!before) {
                    signer.setParameter(spec);
                }
                signer.update(DATA);
                byte[] signed = signer.sign();
                for (Signature verifier : List.of(Signature.getInstance("RSASSA-PSS", "SunRsaSign"),
                    Signature.getInstance("RSASSA-PSS", provider))) {
                    verifier.setParameter(spec);
                    assertTrue(verify(verifier, rsa.getPublic(), DATA, signed), spec + " before=" + before);
                }
            }
        }
    }

    @Test
    void row3PssWorksOffline() throws Exception {
        Signature signature = Signature.getInstance("RSASSA-PSS", new FerroHsmProvider("/nowhere/client.toml"));
        assertNull(signature.getParameters());
        PSSParameterSpec spec = pssParameters().get(0);
        signature.setParameter(spec);
        PSSParameterSpec read = signature.getParameters().getParameterSpec(PSSParameterSpec.class);
        assertEquals(spec.getSaltLength(), read.getSaltLength());
        assertEquals(spec.getDigestAlgorithm(), read.getDigestAlgorithm());
    }

    @Test
    void pssRefusesWhatTheHsmLacks() throws Exception {
        PSSParameterSpec md5 = new PSSParameterSpec("MD5", "MGF1", new MGF1ParameterSpec("MD5"), 16, 1);
        Signature after = Signature.getInstance("RSASSA-PSS", provider);
        after.initSign(rsa.getPrivate());
        assertThrows(InvalidAlgorithmParameterException.class, () -> after.setParameter(md5));
        Signature before = Signature.getInstance("RSASSA-PSS", provider);
        before.setParameter(md5);
        assertThrows(InvalidKeyException.class, () -> before.initSign(rsa.getPrivate()));
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> before.setParameter(new ECGenParameterSpec("secp256r1")));
        Signature none = Signature.getInstance("RSASSA-PSS", provider);
        none.initSign(rsa.getPrivate());
        SignatureException missing = assertThrows(SignatureException.class, () -> none.update(DATA));
        assertEquals("RSASSA-PSS needs parameters: call setParameter with a PSSParameterSpec", missing.getMessage());
    }

    @Test
    void aSaltThatDoesNotFitIsRefusedByTheHsm() throws Exception {
        Signature signer = Signature.getInstance("RSASSA-PSS", provider);
        signer.initSign(rsa.getPrivate());
        signer.setParameter(new PSSParameterSpec("SHA-512", "MGF1", MGF1ParameterSpec.SHA512, 300, 1));
        signer.update(DATA);
        assertThrows(SignatureException.class, signer::sign);
    }

    @Test
    void oneObjectSignsAgain() throws Exception {
        KeyPair pair = ec("secp256r1");
        Signature signer = Signature.getInstance("SHA256withECDSA", provider);
        signer.initSign(pair.getPrivate());
        for (int i = 0; i < 3; i++) {
            byte[] data = {(byte) i};
            signer.update(data);
            assertTrue(verify(Signature.getInstance("SHA256withECDSA"), pair.getPublic(), data, signer.sign()));
        }
    }

    @Test
    void row12DataOfAnySizeIsHashedHere() throws Exception {
        byte[] large = new byte[32 * 1024 * 1024]; // thirty times what one call to the HSM can carry
        byte[] signed = sign("SHA256withRSA", rsa.getPrivate(), large);
        assertTrue(verify(Signature.getInstance("SHA256withRSA", "SunRsaSign"), rsa.getPublic(), large, signed));
    }

    @Test
    void keysOfAnotherTypeAreRefused() throws Exception {
        KeyPair pair = ec("secp256r1");
        assertThrows(InvalidKeyException.class,
            () -> Signature.getInstance("SHA256withRSA", provider).initSign(pair.getPrivate()));
        assertThrows(InvalidKeyException.class,
            () -> Signature.getInstance("SHA256withECDSA", provider).initSign(rsa.getPrivate()));
        assertThrows(InvalidKeyException.class,
            () -> Signature.getInstance("SHA256withECDSA", provider).initVerify(rsa.getPublic()));
        assertThrows(InvalidKeyException.class,
            () -> Signature.getInstance("SHA256withECDSA", provider).initSign(null));
    }

    @Test
    void signingWithoutAKeyIsRefused() throws Exception {
        assertThrows(SignatureException.class, () -> Signature.getInstance("SHA256withECDSA", provider).sign());
    }

    @Test
    void garbageIsNoSignature() throws Exception {
        Signature verifier = Signature.getInstance("SHA256withECDSA", provider);
        KeyPair pair = ec("secp256r1");
        assertThrows(SignatureException.class, () -> verify(verifier, pair.getPublic(), DATA, new byte[] {1, 2, 3}));
        KeyPair koblitz = ec("secp256k1");
        assertFalse(verify(verifier, koblitz.getPublic(), DATA, sign("SHA256withECDSA", ec("secp256k1").getPrivate(), DATA)));
    }
}
