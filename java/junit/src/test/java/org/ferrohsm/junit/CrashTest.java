package org.ferrohsm.junit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of an HSM when the JVM that started it ends in one way or another: no process and no file. */
class CrashTest {
    private interface End {
        void of(Process jvm) throws Exception;
    }

    @TempDir
    Path temporary;

    private void nothingIsLeft(String how, End end) throws Exception {
        Process jvm = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m",
            "-Djava.io.tmpdir=" + temporary, "-cp", System.getProperty("java.class.path"), CrashMain.class.getName(), how)
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader output = new BufferedReader(new InputStreamReader(jvm.getInputStream()))) {
            String[] said = output.readLine().split(" ");
            ProcessHandle hsm = ProcessHandle.of(Long.parseLong(said[0])).orElse(null);
            end.of(jvm);
            assertTrue(jvm.waitFor(60, TimeUnit.SECONDS), "the JVM did not end");
            if (hsm != null) {
                hsm.onExit().get(60, TimeUnit.SECONDS);
            }
            assertFalse(Files.exists(Path.of(said[1])));
            try (var left = Files.list(temporary)) {
                assertTrue(left.findAny().isEmpty());
            }
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

    /** As Ctrl-C in a terminal, which both get. */
    @Test
    void afterSignalsToBoth() throws Exception {
        nothingIsLeft("waits", jvm -> {
            jvm.descendants().forEach(ProcessHandle::destroy);
            jvm.destroy();
        });
    }

    @Test
    void afterMainReturns() throws Exception {
        nothingIsLeft("returns", jvm -> { });
    }
}
