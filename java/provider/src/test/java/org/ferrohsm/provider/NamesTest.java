package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.InvalidKeyException;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a service of ours is called by the JDK and by Bouncy Castle finds it. */
class NamesTest {
    /** Names of theirs that mean something else, or that we leave out on purpose. */
    private static final Map<String, String> LEFT_OUT = Map.ofEntries(
        Map.entry("BC KeyFactory EC 1.3.132.1.", "keys that are for one scheme only (ECDH, ECMQV)"),
        Map.entry("BC KeyFactory EC 1.3.133.16.840.63.0.", "keys that are for one scheme only (ECDH)"),
        Map.entry("BC KeyPairGenerator EC 1.3.132.1.", "keys that are for one scheme only (ECDH, ECMQV)"),
        Map.entry("BC KeyPairGenerator EC 1.3.133.16.840.63.0.", "keys that are for one scheme only (ECDH)"),
        Map.entry("BC KeyFactory RSA 1.2.840.113549.1.1.10", "keys that are for PSS only"),
        Map.entry("BC KeyFactory RSA 1.2.840.113549.1.1.7", "keys that are for OAEP only"),
        Map.entry("BC KeyPairGenerator RSA 1.2.840.113549.1.1.10", "keys that are for PSS only"),
        Map.entry("BC KeyPairGenerator RSA 1.2.840.113549.1.1.7", "keys that are for OAEP only"),
        Map.entry("BC KeyFactory EDDSA 1.3.101.113", "Ed448"),
        Map.entry("BC KeyPairGenerator EDDSA 1.3.101.113", "Ed448"),
        Map.entry("BC KeyFactory XDH 1.3.101.111", "X448"),
        Map.entry("BC KeyPairGenerator XDH 1.3.101.111", "X448"),
        Map.entry("BC KeyGenerator HMACSHA256 2.16.840.1.101.3.4.2.1", "the identifier of SHA-256 itself"),
        Map.entry("BC Mac HMACSHA256 2.16.840.1.101.3.4.2.1", "the identifier of SHA-256 itself"),
        Map.entry("BC Cipher AES 2.16.840.1.101.3.4.", "identifiers of nothing: an arc is missing"),
        Map.entry("BC Cipher RSA RSA//", "other paddings than that of RSA alone"),
        Map.entry("BC SecretKeyFactory HMACSHA", "object identifiers of importing"));

    private static List<String> others() {
        List<String> names = new ArrayList<>();
        for (Provider provider : List.of(Security.getProvider("SUN"), Security.getProvider("SunRsaSign"),
            Security.getProvider("SunEC"), Security.getProvider("SunJCE"), new BouncyCastleProvider())) {
            for (Provider.Service service : provider.getServices()) {
                names.add(provider.getName() + ' ' + service.getType() + ' ' + service.getAlgorithm());
            }
            for (Map.Entry<Object, Object> entry : provider.entrySet()) {
                String key = (String) entry.getKey();
                if (key.startsWith("Alg.Alias.")) {
                    String[] alias = key.substring("Alg.Alias.".length()).split("\\.", 2);
                    names.add(provider.getName() + ' ' + alias[0] + ' ' + entry.getValue() + ' ' + alias[1]);
                }
            }
        }
        return names;
    }

    private static boolean isLeftOut(String name) {
        return LEFT_OUT.keySet().stream().anyMatch(start -> name.replace("OID.", "").startsWith(start));
    }

    @Test
    void everyNameOfTheirsFindsTheSameServiceOfOurs() {
        FerroHsmProvider ours = DevHsm.provider();
        Map<String, String> missing = new TreeMap<>();
        int found = 0;
        for (String name : others()) {
            String[] parts = name.split(" ");
            Provider.Service service = ours.getService(parts[1], parts[2]);
            if (service == null || parts.length != 4 || isLeftOut(name) || parts[1].equals("SecureRandom")) {
                continue;
            }
            found++;
            if (ours.getService(parts[1], parts[3]) != service) {
                missing.put(parts[1] + ' ' + service.getAlgorithm() + ' ' + parts[3], parts[0]);
            }
        }
        assertEquals(Map.of(), missing);
        assertTrue(found > 200, "only " + found + " names");
    }

    /** Also as whole services: a form for each size of key is easily forgotten. */
    @Test
    void everyKeyWrapOfTheJdkIsThere() throws Exception {
        int found = 0;
        for (String name : others()) {
            if (name.matches("SunJCE Cipher AES(_\\d+)?/KWP?/.*")) {
                String[] parts = name.split(" ");
                Cipher.getInstance(parts[parts.length - 1], DevHsm.provider());
                found++;
            }
        }
        assertTrue(found >= 32, "only " + found + " names");
    }

    @Test
    void everyNameThatIsLeftOutStillExists() {
        List<String> others = others().stream().map(name -> name.replace("OID.", "")).toList();
        for (String start : LEFT_OUT.keySet()) {
            assertTrue(others.stream().anyMatch(name -> name.startsWith(start)), start);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA/ECB/OAEPWithSHA-256ANDMGF1Padding", "rsa/ecb/oaepwithsha256andmgf1padding",
        "RSA/NONE/OAEPWithSHA512AndMGF1Padding", "AESWrap/ECB/NoPadding", "AESWrap/ECB/ZeroPadding", "AESWrap_128",
        "AESWrapPad_256", "AES_192/GCM/NoPadding", "2.16.840.1.101.3.4.1.42", "OID.2.16.840.1.101.3.4.1.6"})
    void ciphers(String transformation) throws Exception {
        assertNotNull(Cipher.getInstance(transformation, DevHsm.provider()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"AES_128/ECB/NoPadding", "AES_128/CBC/NoPadding", "AES_128/GCM/NoPadding"})
    void aSizeInTheNameBindsTheKey(String transformation) throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance("AES", DevHsm.provider());
        generator.init(256);
        SecretKey large = generator.generateKey();
        generator.init(128);
        SecretKey small = generator.generateKey();
        Cipher cipher = Cipher.getInstance(transformation, DevHsm.provider());
        InvalidKeyException refused =
            assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.ENCRYPT_MODE, large));
        assertTrue(refused.getMessage().contains("takes keys of 128 bits"), refused.getMessage());
        cipher.init(Cipher.ENCRYPT_MODE, small);
        assertTrue(cipher.doFinal(new byte[16]).length >= 16);
    }

    @Test
    void sizesInNamesBindWrappingKeysToo() throws Exception {
        SecretKey large = KeyGenerator.getInstance("AES", DevHsm.provider()).generateKey();
        for (String name : Set.of("AES_128/KW/NoPadding", "AESWrapPad_192", "AES_192/KW/PKCS5Padding")) {
            Cipher cipher = Cipher.getInstance(name, DevHsm.provider());
            assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.WRAP_MODE, large), name);
        }
        Cipher.getInstance("AESWrap_256", DevHsm.provider()).init(Cipher.WRAP_MODE, large);
        Cipher.getInstance("AES_256/KW/PKCS5Padding", DevHsm.provider()).init(Cipher.WRAP_MODE, large);
    }
}
