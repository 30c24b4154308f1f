package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import org.junit.jupiter.api.Test;

/** Every line of DIFFERENCES.md names tests that exist. */
class DifferencesTest {
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
    private static final List<String> PACKAGES =
        List.of("org.ferrohsm.provider.", "org.ferrohsm.provider.vectors.", "org.ferrohsm.provider.interop.");

    private static boolean exists(String className, String method) {
        for (String packageName : PACKAGES) {
            try {
                return Arrays.stream(Class.forName(packageName + className).getDeclaredMethods())
                    .anyMatch(declared -> declared.getName().equals(method));
            } catch (ClassNotFoundException e) {
                continue; // in another package
            }
        }
        return false;
    }

    @Test
    void everyDifferenceIsShownByATest() throws Exception {
        List<String> wrong = new ArrayList<>();
        int rows = 0;
        for (String line : Files.readAllLines(Tool.root().resolve("DIFFERENCES.md"))) {
            if (!line.startsWith("|") || line.startsWith("| ---") || line.startsWith("| here")) {
                continue;
            }
            rows++;
            Matcher test = TEST.matcher(line);
            boolean named = false;
            while (test.find()) {
                named = true;
                if (!exists(test.group(1), test.group(2))) {
                    wrong.add(test.group());
                }
            }
            if (!named) {
                wrong.add(line);
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(rows > 30, "only " + rows + " rows");
    }

    @Test
    void defaultSizesOfNewKeys() throws Exception {
        FerroHsmProvider provider = DevHsm.provider();
        assertEquals(256, size(KeyGenerator.getInstance("AES", provider).generateKey()));
        assertEquals(160, size(KeyGenerator.getInstance("HmacSHA1", provider).generateKey()));
        assertEquals(512, size(KeyGenerator.getInstance("HmacSHA512", provider).generateKey()));
        assertEquals(3072, size(KeyPairGenerator.getInstance("RSA", provider).generateKeyPair().getPrivate()));
        assertEquals(256, size(KeyPairGenerator.getInstance("EC", provider).generateKeyPair().getPrivate()));
    }

    private static int size(Key key) {
        return ((FerroHsmKey) key).info().sizeBits();
    }

    @Test
    void aMacIsNotCloned() throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256", DevHsm.provider());
        mac.init(KeyGenerator.getInstance("HmacSHA256", DevHsm.provider()).generateKey());
        assertThrows(CloneNotSupportedException.class, mac::clone);
    }
}
