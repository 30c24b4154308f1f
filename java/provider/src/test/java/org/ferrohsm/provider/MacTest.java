package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.InvalidKeyException;
import java.security.ProviderException;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MacTest {
    private static FerroHsmProvider provider;
    private static SecretKey key;
    private static SecretKey software;

    @BeforeAll
    static void generate() throws Exception {
        provider = DevHsm.provider();
        byte[] bytes = new byte[40];
        new Random(2).nextBytes(bytes);
        software = new SecretKeySpec(bytes, "GenericSecret");
        key = SecretKeyFactory.getInstance("GenericSecret", provider)
            .generateSecret(new SecretKeySpec(bytes, "GenericSecret"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HmacSHA1", "HmacSHA224", "HmacSHA256", "HmacSHA384", "HmacSHA512", "HmacSHA512/224",
        "HmacSHA512/256", "HmacSHA3-224", "HmacSHA3-256", "HmacSHA3-384", "HmacSHA3-512"})
    void agreesWithTheJdk(String algorithm) throws Exception {
        Mac jdk = Mac.getInstance(algorithm, "SunJCE");
        jdk.init(software);
        Mac hsm = Mac.getInstance(algorithm, provider);
        hsm.init(key);
        assertEquals(jdk.getMacLength(), hsm.getMacLength());
        for (int length : new int[] {0, 1, 64, 100_000}) {
            byte[] data = new byte[length];
            hsm.update(data, 0, length / 2);
            hsm.update(data, length / 2, length - length / 2);
            assertArrayEquals(jdk.doFinal(data), hsm.doFinal(), algorithm + ' ' + length);
        }
        hsm.update((byte) 9);
        hsm.reset();
        assertArrayEquals(jdk.doFinal(new byte[1]), hsm.doFinal(new byte[1]));
    }

    /** RFC 4493, examples 1 and 2: the JDK has no CMAC to compare with. */
    @Test
    void cmacGivesThePublishedTags() throws Exception {
        HexFormat hex = HexFormat.of();
        SecretKey aes = SecretKeyFactory.getInstance("AES", provider)
            .generateSecret(new SecretKeySpec(hex.parseHex("2b7e151628aed2a6abf7158809cf4f3c"), "AES"));
        Mac cmac = Mac.getInstance("AESCMAC", provider);
        cmac.init(aes);
        assertEquals(16, cmac.getMacLength());
        assertEquals("bb1d6929e95937287fa37d129b756746", hex.formatHex(cmac.doFinal()));
        assertEquals("070a16b46b4d4144f79bdd9dd04a287c",
            hex.formatHex(cmac.doFinal(hex.parseHex("6bc1bee22e409f96e93d7e117393172a"))));
        assertThrows(InvalidKeyException.class, () -> cmac.init(key), "an HMAC key makes no CMAC");
    }

    @Test
    void theJdkFindsUsByTheKey() throws Exception {
        java.security.Security.addProvider(provider);
        try {
            SecretKey generated = KeyGenerator.getInstance("HmacSHA256", provider).generateKey();
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(generated);
            assertEquals(provider, mac.getProvider());
        } finally {
            java.security.Security.removeProvider(provider.getName());
        }
    }

    @Test
    void foreignAndWrongKeysAreRefused() throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256", provider);
        assertThrows(InvalidKeyException.class, () -> mac.init(software));
        assertThrows(InvalidKeyException.class, () -> mac.init(KeyGenerator.getInstance("AES", provider).generateKey()));
    }

    /** A deleted key fails when a chunk is sent: there must be no MAC of the data without that chunk. */
    @Test
    void afterAFailedUpdateThereIsNoMacOfTheRest() throws Exception {
        SecretKey gone = KeyGenerator.getInstance("HmacSHA256", provider).generateKey();
        Mac mac = Mac.getInstance("HmacSHA256", provider);
        mac.init(gone);
        mac.update(new byte[900_000]);
        provider.client().deleteKey(((FerroHsmKey) gone).getHandle());
        assertThrows(ProviderException.class, () -> mac.update(new byte[900_000]));
        assertThrows(IllegalStateException.class, () -> mac.update((byte) 1));
        assertThrows(IllegalStateException.class, mac::doFinal);
        mac.init(key);
        Mac jdk = Mac.getInstance("HmacSHA256", "SunJCE");
        jdk.init(software);
        assertArrayEquals(jdk.doFinal(new byte[3]), mac.doFinal(new byte[3]));
        assertThrows(InvalidKeyException.class, () -> mac.init(software));
        assertThrows(IllegalStateException.class, mac::doFinal);
    }
}
