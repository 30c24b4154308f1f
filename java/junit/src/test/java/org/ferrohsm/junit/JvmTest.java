package org.ferrohsm.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.ferrohsm.junit.cases.ModuleMain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JVMs that are not started like this one. */
class JvmTest {
    @TempDir
    Path directory;

    private String run(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m"));
        command.addAll(List.of(options));
        command.add(ModuleMain.class.getName());
        Path output = directory.resolve("output");
        Process process =
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            assertTrue(process.waitFor(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS), "the JVM does not end");
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(output).lines().filter(line -> !line.isEmpty() && !line.startsWith("WARNING:"))
            .collect(Collectors.joining("\n"));
    }

    /** A test suite with a module-info, which requires it: only what it requires is on the module path. */
    @Test
    void inAModule() throws Exception {
        String provider = System.getProperty("ferrohsm.test.jar");
        String junit = System.getProperty("ferrohsm.test.junit");
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(":"))
            .filter(entry -> entry.contains("cases") || entry.contains("ferrohsm-server-") || entry.contains("java/server/"))
            .collect(Collectors.joining(":"));
        assertEquals("org.ferrohsm.junit", run("--module-path", provider + ':' + junit, "--add-modules",
            "org.ferrohsm.junit,org.ferrohsm.provider", "-cp", classPath));
    }

    @Test
    void thatPrefersIpv6() throws Exception {
        assertEquals("null", run("-Djava.net.preferIPv6Addresses=true", "-cp", System.getProperty("java.class.path")));
    }
}
