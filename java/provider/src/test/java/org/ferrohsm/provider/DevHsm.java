package org.ferrohsm.provider;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A throwaway HSM: {@code hsm-server dev} on a directory and a port of its own. */
final class DevHsm implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("\"address\":\"127\\.0\\.0\\.1:(\\d+)\"");

    private static final class Shared {
        private static final DevHsm HSM = startUntilExit();

        private static DevHsm startUntilExit() {
            try {
                DevHsm hsm = start("non-fips");
                Runtime.getRuntime().addShutdownHook(new Thread(hsm::close));
                return hsm;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private final Path directory;
    private final List<String> options;
    private int port;
    private Process process;

    private DevHsm(Path directory, List<String> options) {
        this.directory = directory;
        this.options = options;
    }

    /** One HSM for all tests of this JVM that leave it running; its cluster is in NON_FIPS mode, to have every row. */
    static DevHsm shared() {
        return Shared.HSM;
    }

    /** A provider on the shared HSM. */
    static FerroHsmProvider provider() {
        return new FerroHsmProvider(shared().config().toString());
    }

    /** With options of {@code hsm-server dev} beside the mode. */
    static DevHsm start(String mode, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of("--mode", mode));
        all.addAll(List.of(options));
        DevHsm hsm = new DevHsm(Files.createTempDirectory("ferrohsm-test-"), all);
        hsm.start();
        return hsm;
    }

    /** Starts it again on the same directory and port. */
    void start() throws IOException {
        String binary = System.getProperty("ferrohsm.test.server");
        if (binary == null) {
            throw new IllegalStateException("-Dferrohsm.test.server must name the hsm-server to test against");
        }
        List<String> command = new ArrayList<>(List.of(binary, "dev", "--dir", directory.resolve("hsm").toString(),
            "--listen", "127.0.0.1:" + port));
        command.addAll(options);
        process = new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
        BufferedReader output =
            new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = output.readLine();
        Matcher ready = READY.matcher(line == null ? "" : line);
        if (!ready.find()) {
            process.destroyForcibly();
            throw new IOException("hsm-server is not ready, it said: " + line + '\n' + Files.readString(log()));
        }
        port = Integer.parseInt(ready.group(1));
    }

    private Path log() {
        return directory.resolve("hsm.log");
    }

    /** What matches in the server's log, over all its starts: the first group of each match. */
    List<String> logged(String pattern) throws IOException {
        return Pattern.compile(pattern).matcher(Files.readString(log())).results().map(match -> match.group(1)).toList();
    }

    Path directory() {
        return directory;
    }

    /** The configuration that {@code hsm-server dev} made. */
    Path config() {
        return directory.resolve("hsm").resolve("client.toml");
    }

    /** The configuration with other lines in place of those that start as the pattern, and with lines at its end. */
    Path configWith(String name, String remove, String... add) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(config())) {
            if (remove == null || !Pattern.compile(remove).matcher(line).find()) {
                lines.add(line);
            }
        }
        lines.addAll(List.of(add));
        Path file = config().resolveSibling(name + ".toml");
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(file, lines);
        return file;
    }

    /** A text value of the configuration. */
    String configValue(String key) throws IOException {
        Matcher value = Pattern.compile("(?m)^" + key + "\\s*=\\s*\"([^\"]*)\"").matcher(Files.readString(config()));
        if (!value.find()) {
            throw new IllegalStateException("no " + key + " in " + config());
        }
        return value.group(1);
    }

    /** Where it listens, {@code host:port}. */
    String address() {
        return "127.0.0.1:" + port;
    }

    /** The server's process id. */
    long pid() {
        return process.pid();
    }

    /** Ends the server by SIGTERM and waits for it. */
    void stop() {
        process.destroy();
        await();
    }

    /** Ends the server by SIGKILL and waits for it. */
    void kill() {
        process.destroyForcibly();
        await();
    }

    private void await() {
        try {
            if (!process.waitFor(Patience.SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("hsm-server did not end within " + Patience.SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops the process from running, without ending it. */
    void pause() throws IOException, InterruptedException {
        signal("-STOP");
    }

    void resume() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", name, Long.toString(process.pid())).inheritIO().start().waitFor();
        if (code != 0) {
            throw new IOException("kill " + name + " ended with " + code);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            try {
                signal("-CONT");
            } catch (IOException | InterruptedException e) {
                // It may just have ended.
            }
            process.destroy();
            await();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
