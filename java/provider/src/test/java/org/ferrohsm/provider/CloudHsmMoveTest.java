package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program written for CloudHSM compiles after the sed in docs/cloudhsm.md, and runs against a FerroHSM. */
class CloudHsmMoveTest {
    private static final Pattern COMMAND = Pattern.compile("(?ms)^```sh\\n(find .*?)^```$");

    @TempDir
    Path directory;

    @Test
    void oneSedMovesAProgram() throws Exception {
        Path sources = Files.createDirectories(directory.resolve("src/example"));
        for (String name : List.of("Main", "Keys", "Login", "PostQuantum", "Derive", "Second")) {
            try (var source = getClass().getResourceAsStream("/cloudhsm/example/" + name + ".java")) {
                Files.copy(source, sources.resolve(name + ".java"));
            }
        }
        Matcher command = COMMAND.matcher(Files.readString(document()));
        assertTrue(command.find(), "the command in docs/cloudhsm.md");
        Tool.run(directory, "bash", "-euc", command.group(1)).ok();
        List<Path> moved;
        try (Stream<Path> files = Files.list(sources)) {
            moved = files.toList();
        }
        for (Path file : moved) {
            String text = Files.readString(file);
            assertFalse(text.contains("amazonaws") || text.contains("CloudHsm") || text.contains("\"CloudHSM\""),
                file.toString());
        }
        Path classes = Files.createDirectories(directory.resolve("classes"));
        compile(moved, classes);
        run(classes);
    }

    private static void compile(List<Path> sources, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            Iterable<? extends JavaFileObject> units = files.getJavaFileObjectsFromPaths(sources);
            boolean compiled = compiler.getTask(messages, files, null,
                List.of("-cp", Tool.jar(), "-d", classes.toString(), "-Xlint:all", "-Werror", "-proc:none"), null, units)
                .call();
            assertTrue(compiled, messages.toString());
        }
    }

    private static void run(Path classes) throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            Path config = hsm.configWith("moved", "^(user|password)");
            String[] address = ProviderConfigTest.address(hsm).split(":");
            List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-cp",
                classes + ":" + Tool.jar(), "-Dferrohsm.config=" + config, "example.Main", hsm.configValue("user"),
                hsm.configValue("password"), ProviderConfigTest.file(hsm, "root"), address[0], address[1],
                ProviderConfigTest.file(hsm, "client-certificate"), ProviderConfigTest.file(hsm, "client-key"),
                hsm.configValue("cluster-id")));
            String said = Tool.run(classes, command).ok();
            assertTrue(said.contains("ok destroyed") && said.contains("ok MlDsa87") && said.contains("ok cmac kdf")
                && said.contains("ok second signs"), said);
            assertEquals("done", said.lines().reduce((first, last) -> last).orElse(""), said);
        }
    }

    /** Gradle runs tests in the project's folder or at the root of the repository. */
    private static Path document() throws IOException {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path document = folder.resolve("docs/cloudhsm.md");
            if (Files.exists(document)) {
                return document;
            }
        }
        throw new IOException("docs/cloudhsm.md is not above " + Path.of("").toAbsolutePath());
    }
}
