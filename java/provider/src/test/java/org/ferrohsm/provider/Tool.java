package org.ferrohsm.provider;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs: the tools of the JDK that runs the tests, and those of the system. */
final class Tool {
    /** What it printed (both streams), and how it ended. */
    record Result(int code, String output) {
        /** Its output; fails if it failed. */
        String ok() {
            if (code != 0) {
                throw new AssertionError("exit code " + code + ": " + output);
            }
            return output;
        }

        /** Its output; fails if it did not fail. */
        String refused() {
            if (code == 0) {
                throw new AssertionError("no failure: " + output);
            }
            return output;
        }
    }

    private Tool() {
    }

    /** Root of the repository: Gradle runs tests there or in the project's folder. */
    static Path root() throws IOException {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("DIFFERENCES.md"))) {
                return folder;
            }
        }
        throw new IOException("DIFFERENCES.md is not above " + Path.of("").toAbsolutePath());
    }

    /** The jar under test. */
    static String jar() {
        String jar = System.getProperty("ferrohsm.test.jar");
        if (jar == null) {
            throw new IllegalStateException("-Dferrohsm.test.jar must name the provider jar to test");
        }
        return jar;
    }

    /** keytool on our KeyStore, with {@code storePassword} and system properties ({@code name=value}). */
    static Result keytool(DevHsm hsm, String storePassword, List<String> properties, String... arguments)
        throws IOException, InterruptedException {
        List<String> command = onJdk("keytool", hsm, properties);
        command.addAll(1, List.of(arguments));
        command.addAll(List.of("-providerName", "FerroHSM", "-storetype", "FERROHSM", "-keystore", "NONE", "-storepass",
            storePassword));
        return run(Path.of("."), command);
    }

    /** A tool of this JDK with the provider added and the configuration of an HSM. */
    static List<String> onJdk(String tool, DevHsm hsm, List<String> properties) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", tool).toString());
        // A tool runs for a second: what starts fastest is fastest.
        command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-J-cp", "-J" + jar(),
            "-J--enable-native-access=ALL-UNNAMED", "-J-Dferrohsm.config=" + hsm.config(), "-J-Duser.language=en"));
        for (String property : properties) {
            command.add("-J-D" + property);
        }
        command.addAll(List.of("-addprovider", "FerroHSM"));
        return command;
    }

    static Result run(Path directory, String... command) throws IOException, InterruptedException {
        return run(directory, List.of(command));
    }

    /** Runs a command with an empty standard input; one that takes longer than two minutes is ended and an error. */
    static Result run(Path directory, List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("ferrohsm-tool-", ".txt");
        try {
            Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(output.toFile()).start();
            if (!process.waitFor(Patience.SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IOException(command + " did not end within " + Patience.SECONDS + " s:\n" + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output));
        } finally {
            Files.deleteIfExists(output);
        }
    }
}
