package org.ferrohsm.junit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is left of an HSM when the JVM that started it ends in one way or another: no process and no file. That JVM has no
 * JUnit, as that of another test framework.
 */
class CrashTest {
    private interface End {
        void of(Process jvm) throws Exception;
    }

    @TempDir
    Path temporary;
    @TempDir
    Path elsewhere;

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void nothingIsLeft(String how, End end) throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(":"))
            .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("junit-")).collect(Collectors.joining(":"));
        Path errors = elsewhere.resolve("errors");
        Process jvm = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m",
            "-Djava.io.tmpdir=" + temporary, "-cp", classPath, CrashMain.class.getName(), how)
            .redirectError(errors.toFile()).start();
        try (BufferedReader output = new BufferedReader(new InputStreamReader(jvm.getInputStream()))) {
            String line = output.readLine();
            assertTrue(line != null, () -> read(errors));
            String[] said = line.split(" ");
            ProcessHandle hsm = ProcessHandle.of(Long.parseLong(said[0])).orElse(null);
            end.of(jvm);
            assertTrue(jvm.waitFor(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS), "the JVM did not end");
            if (hsm != null) {
                hsm.onExit().get(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
            assertFalse(Files.exists(Path.of(said[1])));
            try (var left = Files.list(temporary)) {
                assertTrue(left.findAny().isEmpty());
            }
            assertFalse(read(errors).contains("Exception"), () -> read(errors));
        } finally {
            jvm.destroyForcibly();
        }
    }

    @Test
    void afterKill9() throws Exception {
        nothingIsLeft("waits", Process::destroyForcibly);
    }

    @Test
    void afterKill9WhileTheHsmIsPaused() throws Exception {
        nothingIsLeft("paused", Process::destroyForcibly);
    }

    @Test
    void afterSigterm() throws Exception {
        nothingIsLeft("waits", Process::destroy);
    }

    /** As Ctrl-C in a terminal, which all get; also what holds a pause. */
    @ParameterizedTest
    @ValueSource(strings = {"waits", "paused"})
    void afterSignalsToAll(String how) throws Exception {
        nothingIsLeft(how, jvm -> {
            jvm.descendants().forEach(ProcessHandle::destroy);
            jvm.destroy();
        });
    }

    @Test
    void afterCloseInAShutdownHook() throws Exception {
        nothingIsLeft("closes", Process::destroy);
    }

    @Test
    void afterMainReturns() throws Exception {
        nothingIsLeft("returns", jvm -> { });
    }
}
