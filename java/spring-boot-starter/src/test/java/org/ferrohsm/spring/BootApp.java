package org.ferrohsm.spring;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The test application in a JVM of its own, on one Boot and one server, started as often as asked. */
final class BootApp implements AutoCloseable {
    /** How long the tests wait for anything: more than a busy machine ever needs. */
    static final int PATIENCE_SECONDS = 120;

    private final Process process;
    private final Writer input;
    private final StringBuffer log = new StringBuffer();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

    /** {@code boot} is {@code boot3-tomcat} and so on. */
    BootApp(String boot) throws IOException {
        this(boot, "");
    }

    /** With more on the class path. */
    BootApp(String boot, String more, String... jvmOptions) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("-cp", System.getProperty("ferrohsm.test.jar") + ':' + classpath(boot) + ':' + more,
            "org.ferrohsm.spring.app.Launcher"));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove("FERROHSM_CONFIG");
        process = builder.start();
        input = process.outputWriter(StandardCharsets.UTF_8);
        Thread reader = new Thread(this::read, "output of " + boot);
        reader.setDaemon(true);
        reader.start();
    }

    static String classpath(String name) {
        String classpath = System.getProperty("ferrohsm.test." + name);
        if (classpath == null) {
            throw new IllegalStateException("-Dferrohsm.test." + name + " must be a class path");
        }
        return classpath;
    }

    private void read() {
        try (BufferedReader output = new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                log.append(line).append('\n');
                if (line.startsWith("@@")) {
                    answers.add(line.substring(2));
                }
            }
            answers.add("failed: the JVM ended");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything that it printed so far. */
    String log() {
        return log.toString();
    }

    /** Starts the application with these properties; a run before is ended. Its port. */
    int start(String... properties) throws InterruptedException {
        String answer = run(properties);
        if (!answer.startsWith("port ")) {
            throw new AssertionError(answer + "\n" + log);
        }
        return Integer.parseInt(answer.substring("port ".length()));
    }

    /** Starts it, and it must fail: the message of the first cause. */
    String refused(String... properties) throws InterruptedException {
        String answer = run(properties);
        if (!answer.startsWith("failed ")) {
            throw new AssertionError("it started: " + answer + "\n" + log);
        }
        return answer.substring("failed ".length());
    }

    private String run(String... properties) throws InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--server.address=127.0.0.1",
            "--spring.main.banner-mode=off"));
        for (String property : properties) {
            arguments.add("--" + property);
        }
        try {
            input.write(String.join("\t", arguments) + '\n');
            input.flush();
        } catch (IOException e) {
            throw new AssertionError("the JVM ended:\n" + log, e);
        }
        String answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (answer == null) {
            throw new AssertionError("it neither started nor failed within " + PATIENCE_SECONDS + " s:\n" + log);
        }
        return answer;
    }

    @Override
    public void close() throws IOException {
        input.close();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("it did not end:\n" + log);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
