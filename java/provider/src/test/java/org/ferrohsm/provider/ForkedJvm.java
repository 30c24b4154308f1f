package org.ferrohsm.provider;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a main class of the tests in a JVM of its own, the same JDK and class path. */
final class ForkedJvm {
    private final List<String> options = new ArrayList<>();
    private final Map<String, String> environment = new java.util.HashMap<>();
    private int limitSeconds = Patience.SECONDS;

    /** What it printed (both streams), and how it ended. */
    record Result(int code, String output) {
    }

    ForkedJvm option(String... values) {
        options.addAll(List.of(values));
        return this;
    }

    ForkedJvm environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** It may run that long, instead of {@link Patience#SECONDS}. */
    ForkedJvm within(int seconds) {
        limitSeconds = seconds;
        return this;
    }

    /** Starts it, with pipes on all three streams. The caller ends it. */
    Process start(Class<?> main, String... arguments) throws IOException {
        return builder(main, arguments).start();
    }

    private ProcessBuilder builder(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx256m");
        command.addAll(options);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        return builder;
    }

    Result run(Class<?> main, String... arguments) throws IOException, InterruptedException {
        Path output = Files.createTempFile("ferrohsm-jvm-", ".txt");
        try {
            Process process = builder(main, arguments).redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
            if (!process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IOException("The JVM did not end within " + limitSeconds + " s:\n" + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(output);
        }
    }
}
