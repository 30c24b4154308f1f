package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands in docs/java.md, all of them and in their order, in one shell. */
class JavaDocTest {
    private static final Pattern COMMANDS = Pattern.compile("(?ms)^```sh\\n(.*?)^```$");

    @TempDir
    Path directory;

    @Test
    void theCommandsWork() throws Exception {
        StringBuilder script = new StringBuilder("set -euxo pipefail\n");
        Matcher block = COMMANDS.matcher(Files.readString(Tool.root().resolve("docs/java.md")));
        while (block.find()) {
            script.append(block.group(1));
        }
        assertTrue(script.toString().contains("keytool -genkeypair"), "no commands in the document");
        Files.writeString(directory.resolve("commands"), script);
        Files.copy(Path.of(Tool.jar()), directory.resolve("ferrohsm-provider.jar"));
        try (DevHsm hsm = DevHsm.start("fips")) {
            Path output = directory.resolve("output");
            ProcessBuilder shell = new ProcessBuilder("bash", "commands").directory(directory.toFile())
                .redirectErrorStream(true).redirectOutput(output.toFile())
                .redirectInput(Path.of("/dev/null").toFile());
            shell.environment().put("PATH",
                Path.of(System.getProperty("java.home"), "bin") + ":" + System.getenv("PATH"));
            shell.environment().put("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"); // start faster
            shell.environment().put("FERROHSM_CONFIG", hsm.config().toString());
            Process process = shell.start();
            try {
                assertTrue(process.waitFor(300, TimeUnit.SECONDS), "the commands did not end");
            } finally {
                process.destroyForcibly();
            }
            String said = Files.readString(output);
            assertTrue(process.exitValue() == 0, said);
            assertTrue(said.contains("jar verified.") && said.contains("site, PrivateKeyEntry")
                && !said.contains("WARNING: A restricted method"), said);
        }
    }
}
