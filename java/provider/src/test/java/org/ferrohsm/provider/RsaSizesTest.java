package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.RSAKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** RSA keys of every size, made in the HSM or imported, meet the JDK in every use; in both modes. */
class RsaSizesTest {
    private static final byte[] DATA = {1, 2, 3, 4};

    @Test
    void everySizeIsThereInFipsMode() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            everySize(new FerroHsmProvider(hsm.config().toString()));
        }
    }

    @Test
    void everySizeIsThereInNonFipsMode() throws Exception {
        everySize(DevHsm.provider());
    }

    private static void everySize(Provider provider) throws Exception {
        for (int bits = 2048; bits <= 4096; bits += 256) {
            KeyPair made = pair(provider, bits);
            assertEquals(bits, ((RSAPublicKey) made.getPublic()).getModulus().bitLength());
            assertEquals(bits, ((RSAKey) made.getPrivate()).getModulus().bitLength());
            use(provider, made.getPrivate(), made.getPublic(), bits);
            KeyPair software = pair(Security.getProvider("SunRsaSign"), bits);
            PrivateKey imported = KeyFactory.getInstance("RSA", provider)
                .generatePrivate(new PKCS8EncodedKeySpec(software.getPrivate().getEncoded()));
            use(provider, imported, software.getPublic(), bits);
        }
    }

    private static KeyPair pair(Provider provider, int bits) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    private static void use(Provider provider, PrivateKey key, PublicKey publicKey, int bits) throws Exception {
        PublicKey software = Keys.jdkPublicKey(publicKey);
        sign("SHA256withRSA", null, provider, key, software, bits);
        sign("RSASSA-PSS", new PSSParameterSpec("SHA-512", "MGF1", MGF1ParameterSpec.SHA512, 64, 1), provider, key,
            software, bits);
        String oaep = "RSA/ECB/OAEPWithSHA-256AndMGF1Padding";
        assertArrayEquals(DATA, run(provider, oaep, Cipher.DECRYPT_MODE, key,
            run(Security.getProvider("SunJCE"), oaep, Cipher.ENCRYPT_MODE, software, DATA)));
        Cipher jdk = Cipher.getInstance(oaep, "SunJCE");
        jdk.init(Cipher.WRAP_MODE, software);
        Cipher ours = Cipher.getInstance(oaep, provider);
        ours.init(Cipher.UNWRAP_MODE, key);
        SecretKey aes = new SecretKeySpec(new byte[32], "AES");
        Key unwrapped = ours.unwrap(jdk.wrap(aes), "AES", Cipher.SECRET_KEY);
        String ecb = "AES/ECB/PKCS5Padding";
        assertArrayEquals(run(Security.getProvider("SunJCE"), ecb, Cipher.ENCRYPT_MODE, aes, DATA),
            run(provider, ecb, Cipher.ENCRYPT_MODE, unwrapped, DATA));
        VectorKeys.destroy((SecretKey) unwrapped);
        VectorKeys.destroy(key);
    }

    private static void sign(String name, PSSParameterSpec spec, Provider provider, PrivateKey key, PublicKey publicKey,
        int bits) throws Exception {
        Signature ours = Signature.getInstance(name, provider);
        Signature jdk = Signature.getInstance(name, "SunRsaSign");
        if (spec != null) {
            ours.setParameter(spec);
            jdk.setParameter(spec);
        }
        ours.initSign(key);
        ours.update(DATA);
        byte[] signed = ours.sign();
        assertEquals(bits / 8, signed.length);
        jdk.initVerify(publicKey);
        jdk.update(DATA);
        assertTrue(jdk.verify(signed), name + ' ' + bits);
    }

    private static byte[] run(Provider provider, String name, int mode, Key key, byte[] data) throws Exception {
        Cipher cipher = Cipher.getInstance(name, provider);
        cipher.init(mode, key);
        return cipher.doFinal(data);
    }
}
