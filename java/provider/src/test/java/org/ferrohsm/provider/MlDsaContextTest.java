package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import org.bouncycastle.jcajce.spec.ContextParameterSpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.ferrohsm.provider.spec.MlDsaParameterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contexts of ML-DSA signatures, against Bouncy Castle: the JDK has none. */
class MlDsaContextTest {
    private static final byte[] DATA = "to be signed".getBytes(StandardCharsets.UTF_8);
    private static final byte[] CONTEXT = "an application".getBytes(StandardCharsets.UTF_8);
    private static final Provider BC = new BouncyCastleProvider();

    private final FerroHsmProvider provider = DevHsm.provider();

    private static byte[] sign(Provider by, String name, PrivateKey key, AlgorithmParameterSpec spec, byte[] data)
        throws Exception {
        Signature signature = Signature.getInstance(name, by);
        signature.initSign(key);
        signature.setParameter(spec);
        signature.update(data);
        return signature.sign();
    }

    private static boolean verify(Provider by, String name, PublicKey key, AlgorithmParameterSpec spec, byte[] data,
        byte[] signed) throws Exception {
        Signature signature = Signature.getInstance(name, by);
        signature.initVerify(key);
        signature.setParameter(spec);
        signature.update(data);
        return signature.verify(signed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"})
    void meetBouncyCastle(String set) throws Exception {
        KeyPair ours = KeyPairGenerator.getInstance(set, provider).generateKeyPair();
        PublicKey atBc = KeyFactory.getInstance(set, BC)
            .generatePublic(new X509EncodedKeySpec(ours.getPublic().getEncoded()));
        KeyPair theirs = KeyPairGenerator.getInstance(set, BC).generateKeyPair();
        for (byte[] context : new byte[][] {{}, {0}, CONTEXT, new byte[255]}) {
            MlDsaParameterSpec spec = new MlDsaParameterSpec(context);
            ContextParameterSpec atTheirs = new ContextParameterSpec(context);
            for (String name : new String[] {"ML-DSA", set}) {
                byte[] signed = sign(provider, name, ours.getPrivate(), spec, DATA);
                assertTrue(verify(BC, set, atBc, atTheirs, DATA, signed));
                assertTrue(verify(provider, name, ours.getPublic(), spec, DATA, signed));
                assertFalse(verify(provider, name, ours.getPublic(), new MlDsaParameterSpec(DATA), DATA, signed));
                byte[] theirSignature = sign(BC, set, theirs.getPrivate(), atTheirs, DATA);
                assertTrue(verify(provider, name, theirs.getPublic(), spec, DATA, theirSignature));
                assertFalse(verify(provider, name, theirs.getPublic(), spec, CONTEXT, theirSignature));
            }
        }
    }

    /** A message over one call's limit is streamed, with its context. */
    @Test
    void longMessagesHaveContextsToo() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("ML-DSA-44", provider).generateKeyPair();
        byte[] message = new byte[Tables.get().maxDataBytes() + 1];
        MlDsaParameterSpec spec = new MlDsaParameterSpec(CONTEXT);
        byte[] signed = sign(provider, "ML-DSA", pair.getPrivate(), spec, message);
        PublicKey atBc = KeyFactory.getInstance("ML-DSA-44", BC)
            .generatePublic(new X509EncodedKeySpec(pair.getPublic().getEncoded()));
        assertTrue(verify(BC, "ML-DSA-44", atBc, new ContextParameterSpec(CONTEXT), message, signed));
        assertTrue(verify(provider, "ML-DSA", pair.getPublic(), spec, message, signed));
    }

    @Test
    void theyAreSetBeforeOrAfterTheKeyAndStay() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("ML-DSA-65", provider).generateKeyPair();
        MlDsaParameterSpec spec = new MlDsaParameterSpec(CONTEXT);
        Signature signature = Signature.getInstance("ML-DSA", provider);
        signature.setParameter(spec);
        signature.initSign(pair.getPrivate());
        signature.update(DATA);
        assertThrows(InvalidParameterException.class, () -> signature.setParameter(new MlDsaParameterSpec(DATA)));
        byte[] signed = signature.sign();
        assertTrue(verify(provider, "ML-DSA", pair.getPublic(), spec, DATA, signed));
        signature.initVerify(pair.getPublic());
        signature.update(DATA);
        assertTrue(signature.verify(signed));
        // Without a context again, which the JDK verifies from 24 on.
        signature.setParameter(new MlDsaParameterSpec(new byte[0]));
        signature.update(DATA);
        assertFalse(signature.verify(signed));
        signature.setParameter(null);
        signature.update(DATA);
        assertFalse(signature.verify(signed));
    }

    @Test
    void othersAreRefused() throws Exception {
        assertThrows(IllegalArgumentException.class, () -> new MlDsaParameterSpec(new byte[256]));
        MlDsaParameterSpec spec = new MlDsaParameterSpec(CONTEXT);
        spec.getContext()[0] ^= 1;
        assertArrayEquals(CONTEXT, spec.getContext());
        Signature mu = Signature.getInstance("ML-DSA-EXTERNAL-MU", provider);
        InvalidAlgorithmParameterException refused =
            assertThrows(InvalidAlgorithmParameterException.class, () -> mu.setParameter(spec));
        assertTrue(refused.getMessage().contains("in mu already"), refused.getMessage());
        Signature signature = Signature.getInstance("ML-DSA", provider);
        InvalidAlgorithmParameterException other = assertThrows(InvalidAlgorithmParameterException.class,
            () -> signature.setParameter(new ContextParameterSpec(CONTEXT)));
        assertEquals("ML-DSA takes an MlDsaParameterSpec, not a " + ContextParameterSpec.class.getName(),
            other.getMessage());
    }
}
