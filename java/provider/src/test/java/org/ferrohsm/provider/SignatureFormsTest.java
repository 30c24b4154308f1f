package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures whose name fixes a form: PSS with its parameters, ECDSA as r and s of fixed length. */
class SignatureFormsTest {
    private static final byte[] DATA = {1, 2, 3};

    private static FerroHsmProvider provider;
    private static KeyPair rsa;

    @BeforeAll
    static void generate() throws Exception {
        provider = DevHsm.provider();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(2048);
        rsa = generator.generateKeyPair();
    }

    private static PSSParameterSpec pss(String hash, int salt) {
        return new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), salt, 1);
    }

    private static byte[] sign(Signature signature, KeyPair pair) throws Exception {
        signature.initSign(pair.getPrivate());
        signature.update(DATA);
        return signature.sign();
    }

    private static boolean verify(Signature signature, KeyPair pair, byte[] signed) throws Exception {
        signature.initVerify(pair.getPublic());
        signature.update(DATA);
        return signature.verify(signed);
    }

    private static boolean verifyPss(PSSParameterSpec spec, byte[] signed) throws Exception {
        Signature jdk = Signature.getInstance("RSASSA-PSS", "SunRsaSign");
        jdk.setParameter(spec);
        return verify(jdk, rsa, signed);
    }

    @ParameterizedTest
    @CsvSource({"224,28", "256,32", "384,48", "512,64"})
    void pssWithAHashInItsNameHasParametersToBeginWith(int bits, int salt) throws Exception {
        String hash = "SHA-" + bits;
        for (String name : new String[] {"SHA" + bits + "withRSA/PSS", "SHA" + bits + "withRSAandMGF1"}) {
            Signature ours = Signature.getInstance(name, provider);
            PSSParameterSpec known = ours.getParameters().getParameterSpec(PSSParameterSpec.class);
            assertEquals(hash, known.getDigestAlgorithm());
            assertEquals(salt, known.getSaltLength());
            byte[] signed = sign(ours, rsa);
            assertTrue(verifyPss(pss(hash, salt), signed), name);
            assertFalse(verifyPss(pss(hash, salt - 1), signed), name);
            assertTrue(verify(Signature.getInstance(name, provider), rsa, signed), name);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pssWithAHashInItsNameTakesOtherSaltsAndNoOtherHash(boolean beforeTheKey) throws Exception {
        Signature ours = Signature.getInstance("SHA256withRSA/PSS", provider);
        if (beforeTheKey) {
            ours.setParameter(pss("SHA-256", 11));
        }
        ours.initSign(rsa.getPrivate());
        if (!beforeTheKey) {
            ours.setParameter(pss("SHA-256", 11));
        }
        ours.update(DATA);
        assertTrue(verifyPss(pss("SHA-256", 11), ours.sign()));
        assertThrows(InvalidAlgorithmParameterException.class, () -> ours.setParameter(pss("SHA-384", 11)));
    }

    @Test
    void pssWithSha1IsOnlyVerified() throws Exception {
        KeyPair software = KeyPairGenerator.getInstance("RSA", "SunRsaSign").generateKeyPair();
        Signature jdk = Signature.getInstance("RSASSA-PSS", "SunRsaSign");
        jdk.setParameter(pss("SHA-1", 20));
        byte[] signed = sign(jdk, software);
        Signature ours = Signature.getInstance("SHA1withRSA/PSS", provider);
        assertTrue(verify(ours, software, signed));
        assertThrows(InvalidKeyException.class, () -> ours.initSign(rsa.getPrivate()));
        Signature free = Signature.getInstance("RSASSA-PSS", provider);
        free.initSign(rsa.getPrivate());
        InvalidAlgorithmParameterException refused =
            assertThrows(InvalidAlgorithmParameterException.class, () -> free.setParameter(pss("SHA-1", 20)));
        assertTrue(refused.getMessage().contains("SHA-1 makes no new signatures"), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"secp224r1,56", "secp256r1,64", "secp256k1,64", "secp384r1,96", "secp521r1,132"})
    void p1363SignaturesHaveOneLength(String curve, int length) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new ECGenParameterSpec(curve));
        KeyPair pair = generator.generateKeyPair();
        Signature ours = Signature.getInstance("SHA256withECDSAinP1363Format", provider);
        for (int i = 0; i < 40; i++) { // r and s are short now and then
            byte[] signed = sign(ours, pair);
            assertEquals(length, signed.length);
            assertTrue(verify(ours, pair, signed));
            assertTrue(verify(Signature.getInstance("SHA256withECDSA", provider), pair, EcdsaSignature.toDer(signed)));
            signed[length - 1] ^= 1;
            assertFalse(verify(ours, pair, signed));
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(DATA);
        Signature raw = Signature.getInstance("NONEwithECDSAinP1363Format", provider);
        raw.initSign(pair.getPrivate());
        raw.update(digest);
        assertTrue(verify(Signature.getInstance("SHA256withPLAIN-ECDSA", provider), pair, raw.sign()));
    }

    @Test
    void p1363SignaturesOfAWrongLengthAreRefused() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        Signature ours = Signature.getInstance("SHA256withECDSAinP1363Format", provider);
        byte[] signed = sign(ours, pair);
        assertThrows(SignatureException.class, () -> verify(ours, pair, Arrays.copyOf(signed, 66)));
        assertThrows(SignatureException.class, () -> verify(ours, pair, new byte[0]));
        assertTrue(verify(ours, pair, signed));
    }

    @Test
    void numbersOfAllLengthsSurviveTheWayThroughDer() throws Exception {
        for (int bytes : new int[] {28, 32, 48, 66}) {
            for (int zeros = 0; zeros < bytes; zeros++) {
                for (int first : new int[] {1, 0x7F, 0x80, 0xFF}) {
                    byte[] plain = new byte[2 * bytes];
                    plain[zeros] = (byte) first;
                    plain[plain.length - 1] = (byte) first;
                    assertArrayEquals(plain, EcdsaSignature.fromDer(EcdsaSignature.toDer(plain), bytes));
                }
            }
        }
        assertThrows(SignatureException.class, () -> EcdsaSignature.fromDer(new byte[] {0x30, 3, 2, 1}, 32));
    }
}
