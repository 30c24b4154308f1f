package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/spring-boot.md has an application configured with. */
class DocumentTest {
    /** The blocks of that language, without their fences. */
    private static List<String> blocks(Path document, String language) throws Exception {
        Matcher block = Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```$").matcher(Files.readString(document));
        List<String> found = new ArrayList<>();
        while (block.find()) {
            found.add(block.group(1));
        }
        assertTrue(!found.isEmpty(), document + " has no block of " + language);
        return found;
    }

    @Test
    void everyBlockOfPropertiesStarts() throws Exception {
        TestHsm hsm = TestHsm.shared();
        hsm.key("web", "EC", "web");
        Https caller = Https.as(hsm, "a caller");
        try (BootApp app = new BootApp("boot4-tomcat")) {
            for (String block : blocks(MetadataTest.root().resolve("docs/spring-boot.md"), "properties")) {
                int port = app.start(block.replace("/etc/ferrohsm/client.toml", hsm.config().toString())
                    .replace("/etc/ferrohsm/trust.p12", hsm.trust().toString()).split("\n"));
                if (block.contains("server.ssl")) {
                    assertEquals("hello", caller.get(port, "/").body(), block);
                } else {
                    assertEquals(200, Https.plain(port, "/"), block);
                }
            }
        }
    }
}
