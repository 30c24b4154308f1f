package org.ferrohsm.junit;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code hsm-server dev --throwaway} on a directory of its own. The process ends, and the directory goes, when its standard input
 * closes, which the kernel does if this JVM dies. Thread-safe.
 */
final class ServerProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("\"address\":\"127\\.0\\.0\\.1:(\\d+)\"");
    /** For a machine that does much else; it is ready within a second otherwise. */
    static final long PATIENCE_SECONDS = 120;
    private static final File NOWHERE = new File("/dev/null");

    private final ServerBinary binary;
    private final Path directory;
    private final List<String> options = new ArrayList<>();
    private final ServerLog log = new ServerLog();
    private int port;
    private Process process;
    private boolean closed;
    /** While the HSM is paused: a shell that lets it run on when its standard input closes. */
    private Process pause;

    private ServerProcess(ServerBinary binary, Path directory, ClusterMode mode, List<String> users) {
        this.binary = binary;
        this.directory = directory;
        options.addAll(List.of("--mode", mode.option()));
        users.forEach(user -> options.addAll(List.of("--user", user)));
    }

    static ServerProcess start(ClusterMode mode, List<String> users) throws IOException {
        ServerBinary binary = ServerBinary.find();
        Path directory = Files.createTempDirectory("ferrohsm-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ServerProcess started = new ServerProcess(binary, directory, mode, users);
        try {
            started.start();
        } catch (IOException | RuntimeException e) {
            started.close();
            throw e;
        }
        return started;
    }

    private void start() throws IOException {
        if (closed) {
            throw new IllegalStateException("This HSM is closed: start another one");
        }
        List<String> command = new ArrayList<>(List.of(binary.path().toString(), "dev", "--throwaway", "--dir",
            directory.toString(), "--listen", "127.0.0.1:" + port));
        command.addAll(options);
        try {
            process = log.start(new ProcessBuilder(command));
        } catch (IOException e) {
            throw new IllegalStateException(binary + " cannot be executed: " + e.getMessage() + ". It wants Linux with glibc"
                + " (Alpine has none), in a folder that is not mounted noexec (XDG_CACHE_HOME names another)", e);
        }
        BufferedReader output =
            new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        CompletableFuture<String> line = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try {
                line.complete(output.readLine());
            } catch (IOException e) {
                line.completeExceptionally(e);
            }
        }, "ferrohsm-server-ready");
        reader.setDaemon(true);
        reader.start();
        String said;
        try {
            said = line.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            said = "nothing for " + PATIENCE_SECONDS + " s";
        } catch (ExecutionException e) {
            said = e.getCause().toString();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        Matcher ready = READY.matcher(said == null ? "" : said);
        if (!ready.find()) {
            process.destroyForcibly();
            throw new IllegalStateException(binary + " is not ready"
                + (said == null ? "" : ", it said: " + said) + '\n' + log.text());
        }
        port = Integer.parseInt(ready.group(1));
    }

    Path directory() {
        return directory;
    }

    synchronized int port() {
        return port;
    }

    synchronized long pid() {
        return process.pid();
    }

    String log() throws IOException {
        return log.text();
    }

    synchronized void kill() {
        process.destroyForcibly();
        await(process);
        endPause();
    }

    synchronized void pause() {
        if (!process.isAlive()) {
            throw new IllegalStateException("An HSM that does not run cannot be paused: restart() it first");
        }
        if (pause != null) {
            return;
        }
        try {
            // Held by a process of its own, as this JVM may die while the HSM is stopped and cannot see it. Deaf to Ctrl-C,
            // which all processes of a terminal get: it ends when this JVM does.
            pause = new ProcessBuilder("/bin/sh", "-c",
                "trap '' HUP INT TERM; kill -STOP $0 || exit; echo stopped; read -r end; kill -CONT $0",
                Long.toString(process.pid())).redirectError(NOWHERE).start();
            if (pause.getInputStream().read() < 0) {
                endPause();
                throw new IllegalStateException("The HSM, process " + process.pid() + ", cannot be stopped");
            }
            awaitStopped();
        } catch (IOException e) {
            throw new IllegalStateException("The HSM cannot be paused: " + e.getMessage(), e);
        }
    }

    /** The signal is on its way when {@code kill} ends. */
    private void awaitStopped() throws IOException {
        Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
        while (process.isAlive()) {
            String text = Files.readString(stat);
            if (text.charAt(text.lastIndexOf(')') + 2) == 'T') {
                return;
            }
            Thread.onSpinWait();
        }
    }

    synchronized void resume() {
        endPause();
    }

    private void endPause() {
        if (pause != null) {
            closeInput(pause);
            await(pause);
            pause = null;
        }
    }

    synchronized void restart() {
        endPause();
        // Not Process.destroy, which closes standard input too.
        process.toHandle().destroy();
        await(process);
        try {
            start();
        } catch (IOException e) {
            throw new IllegalStateException("The HSM cannot be started again: " + e.getMessage(), e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        try {
            endPause();
        } finally {
            try {
                if (process != null) {
                    closeInput(process);
                    await(process);
                }
            } finally {
                clean();
            }
        }
    }

    private void clean() {
        try {
            log.close();
            // It has done so itself, unless it was killed.
            if (Files.exists(directory)) {
                try (Stream<Path> files = Files.walk(directory)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.deleteIfExists(file);
                    }
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(directory + " cannot be deleted: " + e.getMessage(), e);
        }
    }

    private static void closeInput(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // Nothing was written, so nothing is lost: it is closed all the same.
        }
    }

    /** Waits in an interrupted thread too, as nobody would clean up otherwise. */
    private static void await(Process process) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                if (!process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("The HSM did not end within " + PATIENCE_SECONDS + " s: it was killed");
                }
                ended = true;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static IllegalStateException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("Interrupted while waiting for the HSM", cause);
    }
}
