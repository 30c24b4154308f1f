package org.ferrohsm.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** samples/junit, compiled and run with what its two dependencies stand for. */
class SampleTest {
    private static final Path SAMPLE = Path.of(System.getProperty("ferrohsm.test.sample"));

    @TempDir
    Path directory;

    @Test
    void itsTestsPass() throws Exception {
        List<String> compile = new ArrayList<>(List.of("-d", directory.toString()));
        try (Stream<Path> files = Files.walk(SAMPLE)) {
            files.filter(file -> file.toString().endsWith(".java")).map(Path::toString).forEach(compile::add);
        }
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, compile.toArray(String[]::new)));
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp", directory + File.pathSeparator + System.getProperty("java.class.path"),
            "org.junit.platform.console.ConsoleLauncher", "execute", "--disable-banner", "--scan-class-path=" + directory)
            .redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            assertTrue(process.waitFor(120, TimeUnit.SECONDS), "the sample's tests do not end");
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readString(output);
        assertEquals(0, process.exitValue(), said);
        assertTrue(said.contains("2 tests successful"), said);
    }

    @Test
    void twoDependenciesDo() throws Exception {
        String pom = Files.readString(SAMPLE.resolve("pom.xml"));
        List<String> ours = pom.lines().map(String::trim).filter(line -> line.startsWith("<artifactId>ferrohsm")).toList();
        assertEquals(List.of("<artifactId>ferrohsm-junit</artifactId>",
            "<artifactId>ferrohsm-server-linux-x86_64</artifactId>"), ours);
        String version = "<ferrohsm.version>" + System.getProperty("ferrohsm.test.version") + "</ferrohsm.version>";
        assertTrue(pom.contains(version), "pom.xml should have " + version);
    }
}
