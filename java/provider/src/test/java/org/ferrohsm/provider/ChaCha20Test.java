package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class ChaCha20Test {
    private static final String NAME = "ChaCha20-Poly1305";

    private final FerroHsmProvider provider = DevHsm.provider();

    /** The same key in the HSM and in the JVM. */
    private SecretKey[] both() throws GeneralSecurityException {
        byte[] bytes = new byte[32];
        new java.util.Random(5).nextBytes(bytes);
        SecretKeySpec software = new SecretKeySpec(bytes, "ChaCha20");
        return new SecretKey[] {SecretKeyFactory.getInstance("ChaCha20", provider).generateSecret(software), software};
    }

    @Test
    void agreesWithTheJdk() throws Exception {
        SecretKey[] keys = both();
        byte[] aad = {1, 2, 3};
        for (int length : new int[] {0, 1, 64, 100_000}) {
            byte[] data = new byte[length];
            Arrays.fill(data, (byte) 7);
            Cipher ours = Cipher.getInstance(NAME, provider);
            ours.init(Cipher.ENCRYPT_MODE, keys[0]);
            ours.updateAAD(aad);
            // Asked for before the end on every other round: then the HSM issues it ahead.
            byte[] early = length % 2 == 0 ? ours.getIV() : null;
            ours.update(data, 0, length / 2);
            byte[] sealed = ours.doFinal(data, length / 2, length - length / 2);
            byte[] nonce = ours.getIV();
            if (early != null) {
                assertArrayEquals(early, nonce);
            }
            Cipher jdk = Cipher.getInstance(NAME, "SunJCE");
            jdk.init(Cipher.DECRYPT_MODE, keys[1], new IvParameterSpec(nonce));
            jdk.updateAAD(aad);
            assertArrayEquals(data, jdk.doFinal(sealed));
            ours.init(Cipher.DECRYPT_MODE, keys[0], new IvParameterSpec(nonce));
            ours.updateAAD(aad);
            assertArrayEquals(data, ours.doFinal(sealed));
            sealed[0] ^= 1;
            ours.init(Cipher.DECRYPT_MODE, keys[0], new IvParameterSpec(nonce));
            ours.updateAAD(aad);
            assertThrows(AEADBadTagException.class, () -> ours.doFinal(sealed));
        }
    }

    /** RFC 8439, 2.8.2: decryption of the example. */
    @Test
    void decryptsTheExampleOfTheRfc() throws Exception {
        HexFormat hex = HexFormat.of();
        SecretKey key = SecretKeyFactory.getInstance("ChaCha20", provider).generateSecret(new SecretKeySpec(
            hex.parseHex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"), "ChaCha20"));
        Cipher cipher = Cipher.getInstance(NAME, provider);
        cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(hex.parseHex("070000004041424344454647")));
        cipher.updateAAD(hex.parseHex("50515253c0c1c2c3c4c5c6c7"));
        byte[] text = cipher.doFinal(hex.parseHex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
            + "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58"
            + "fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"));
        assertEquals("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen"
            + " would be it.", new String(text, java.nio.charset.StandardCharsets.US_ASCII));
    }

    @Test
    void theHsmMakesTheNonce() throws Exception {
        SecretKey key = KeyGenerator.getInstance("ChaCha20", provider).generateKey();
        Cipher cipher = Cipher.getInstance(NAME, provider);
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[12])));
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(new byte[8])));
        assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.DECRYPT_MODE, key));
        cipher.init(Cipher.ENCRYPT_MODE, key);
        cipher.doFinal(new byte[3]);
        byte[] first = cipher.getIV();
        assertThrows(IllegalStateException.class, () -> cipher.doFinal(new byte[3]));
        cipher.init(Cipher.ENCRYPT_MODE, key);
        cipher.doFinal(new byte[3]);
        assertFalse(Arrays.equals(first, cipher.getIV()));
        SecretKey aes = KeyGenerator.getInstance("AES", provider).generateKey();
        assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.ENCRYPT_MODE, aes));
        // A key that takes the caller's nonce takes each one once in a row.
        KeyInfo info = provider.client().generateKey(KeyType.CHACHA20, 256,
            new Template().flag("allow-caller-iv", true));
        FerroHsmSecretKey open = Keys.secretKey(provider.client(), info);
        cipher.init(Cipher.ENCRYPT_MODE, open, new IvParameterSpec(new byte[12]));
        cipher.doFinal(new byte[3]);
        assertArrayEquals(new byte[12], cipher.getIV());
        assertThrows(InvalidAlgorithmParameterException.class,
            () -> cipher.init(Cipher.ENCRYPT_MODE, open, new IvParameterSpec(new byte[12])));
    }
}
