package org.ferrohsm.provider;

import static org.ferrohsm.provider.KeyAttributesTest.map;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.security.auth.Destroyable;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.ObjectClassType;
import org.ferrohsm.provider.exception.AttributeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Public keys of pairs in the HSM: the JDK takes them as its own, and the HSM knows their attributes. */
class PublicKeyTest {
    private final FerroHsmProvider provider = DevHsm.provider();

    private KeyPair pair(String algorithm) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, provider);
        generator.initialize(algorithm.equals("RSA") ? 2048 : 256);
        return generator.generateKeyPair();
    }

    private static PublicKey jdk(PublicKey key) throws Exception {
        return KeyFactory.getInstance(key.getAlgorithm(), key.getAlgorithm().equals("RSA") ? "SunRsaSign" : "SunEC")
            .generatePublic(new X509EncodedKeySpec(key.getEncoded()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void itIsThePublicKeyThatEveryProviderKnows(String algorithm) throws Exception {
        KeyPair pair = pair(algorithm);
        PublicKey jdk = jdk(pair.getPublic());
        assertEquals(jdk, pair.getPublic());
        assertEquals(pair.getPublic(), jdk);
        assertEquals(jdk.hashCode(), pair.getPublic().hashCode());
        assertNotEquals(pair.getPublic(), pair(algorithm).getPublic());
        assertNotEquals(pair.getPublic(), pair.getPrivate());
        assertEquals("X.509", pair.getPublic().getFormat());
        assertArrayEquals(jdk.getEncoded(), pair.getPublic().getEncoded());

        String name = algorithm.equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        Signature ours = Signature.getInstance(name, provider);
        ours.initSign(pair.getPrivate());
        ours.update((byte) 1);
        byte[] signed = ours.sign();
        for (Signature verifier : new Signature[] {ours, Signature.getInstance(name),
            Signature.getInstance(name, algorithm.equals("RSA") ? "SunRsaSign" : "SunEC")}) {
            verifier.initVerify(pair.getPublic());
            verifier.update((byte) 1);
            assertTrue(verifier.verify(signed), verifier.getProvider().toString());
        }
        assertEquals(jdk, KeyFactory.getInstance(algorithm, provider).translateKey(pair.getPublic()));
        assertArrayEquals(jdk.getEncoded(), KeyFactory.getInstance(algorithm, provider)
            .getKeySpec(pair.getPublic(), X509EncodedKeySpec.class).getEncoded());
    }

    @Test
    void rsaEncryptsWithIt() throws Exception {
        KeyPair pair = pair("RSA");
        assertEquals(2048, ((RSAPublicKey) pair.getPublic()).getModulus().bitLength());
        for (Cipher cipher : new Cipher[] {Cipher.getInstance("RSA/ECB/OAEPPadding", provider),
            Cipher.getInstance("RSA/ECB/OAEPPadding", "SunJCE")}) {
            cipher.init(Cipher.ENCRYPT_MODE, pair.getPublic());
            byte[] encrypted = cipher.doFinal(new byte[] {1, 2, 3});
            Cipher decrypt = Cipher.getInstance("RSA/ECB/OAEPPadding", provider);
            decrypt.init(Cipher.DECRYPT_MODE, pair.getPrivate());
            assertArrayEquals(new byte[] {1, 2, 3}, decrypt.doFinal(encrypted));
        }
    }

    @Test
    void theJdkAgreesOnASecretWithIt() throws Exception {
        KeyPair hsm = pair("EC");
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
        generator.initialize(((ECPublicKey) hsm.getPublic()).getParams());
        KeyPair software = generator.generateKeyPair();
        KeyAgreement theirs = KeyAgreement.getInstance("ECDH", "SunEC");
        theirs.init(software.getPrivate());
        theirs.doPhase(hsm.getPublic(), true);
        KeyAgreement ours = KeyAgreement.getInstance("ECDH", provider);
        ours.init(hsm.getPrivate());
        ours.doPhase(software.getPublic(), true);
        assertArrayEquals(theirs.generateSecret(), ours.generateSecret());
    }

    @Test
    void attributesAreReadAndChanged() throws Exception {
        KeyPair pair = pair("RSA");
        FerroHsmPublicKey key = (FerroHsmPublicKey) pair.getPublic();
        assertEquals(((FerroHsmKey) pair.getPrivate()).getHandle() + 1, key.getHandle());
        assertEquals(true, key.getAttributes().get(KeyAttribute.WRAP));
        assertEquals(ObjectClassType.PUBLIC_KEY, key.getAttributes().get(KeyAttribute.OBJECT_CLASS));
        key.setAttributes(map(KeyAttribute.LABEL, "a label", KeyAttribute.WRAP, false));
        assertEquals("a label", key.getAttributes().get(KeyAttribute.LABEL));
        assertEquals(false, key.getAttributes().get(KeyAttribute.WRAP));
        assertThrows(AttributeException.class, () -> key.setAttributes(map(KeyAttribute.WRAP, true)));
        assertEquals(null, ((FerroHsmKey) pair.getPrivate()).getAttributes().get(KeyAttribute.LABEL));
    }

    @Test
    void itIsDeletedWithItsPrivateKey() throws Exception {
        KeyPair pair = pair("EC");
        FerroHsmPublicKey key = (FerroHsmPublicKey) pair.getPublic();
        ((Destroyable) key).destroy();
        assertTrue(key.isDestroyed());
        assertFalse(pair.getPrivate().isDestroyed());
        assertEquals(true, key.getAttributes().get(KeyAttribute.VERIFY));
        pair.getPrivate().destroy();
        assertThrows(InvalidKeyException.class, key::getAttributes);
        assertThrows(InvalidKeyException.class, () -> key.setAttributes(map(KeyAttribute.LABEL, "gone")));
    }

    @Test
    void itIsSerializedAsTheJdksOwn() throws Exception {
        PublicKey key = pair("EC").getPublic();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(key);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            Object back = in.readObject();
            assertEquals(key, back);
            assertFalse(back instanceof FerroHsmPublicKey);
        }
    }
}
