package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/spring-boot.md has an application configured with, and the commands of the sample's README. */
class DocumentTest {
    private static final String SAMPLE = "samples/spring-boot-https";

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

    @Test
    void theSampleDoesWhatItsReadmeSays(@TempDir Path directory) throws Exception {
        Path root = MetadataTest.root();
        Path readme = root.resolve(SAMPLE + "/README.md");
        Path commands = directory.resolve("commands");
        Files.writeString(commands, String.join("", blocks(readme, "sh")) + "kill $!\nwait || true\n");
        Path output = directory.resolve("output");
        try (TestHsm hsm = new TestHsm()) {
            ProcessBuilder shell = new ProcessBuilder("bash", "-eu", "-o", "pipefail", commands.toString())
                .directory(directory.toFile()).redirectErrorStream(true).redirectOutput(output.toFile())
                .redirectInput(Path.of("/dev/null").toFile());
            shell.environment().put("FERROHSM_CONFIG", hsm.config().toString());
            shell.environment().put("CLASSPATH", System.getProperty("ferrohsm.test.jar") + ':'
                + root.resolve(SAMPLE + "/build/lib") + "/*");
            shell.environment().put("PATH", Path.of(System.getProperty("java.home"), "bin") + ":" + System.getenv("PATH"));
            Process process = shell.start();
            boolean ended = process.waitFor(120, TimeUnit.SECONDS);
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
            assertTrue(ended && process.exitValue() == 0, Files.readString(output));
        }
        assertEquals(blocks(readme, "text").get(0), Files.readString(output));
    }
}
