package org.ferrohsm.junit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The client configurations of one HSM: those of {@code hsm-server dev} with the port that clients are to use, under names that no
 * other HSM of this JVM has, because a provider is named after its file. Thread-safe.
 */
final class ClientConfigs {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Path directory;
    private final int port;
    private final int number = COUNT.incrementAndGet();
    private final Map<String, Path> files = new HashMap<>();

    ClientConfigs(Path directory, int port) {
        this.directory = directory;
        this.port = port;
    }

    int port() {
        return port;
    }

    /** The file for a user that the HSM has. */
    synchronized Path of(String user) throws IOException {
        Path known = files.get(user);
        if (known != null) {
            return known;
        }
        boolean isDefault = user.equals(FerroHsmServer.DEFAULT_USER);
        Path source = isDefault ? directory.resolve("client.toml") : directory.resolve("users").resolve(user + ".toml");
        // Beside the others, where their relative paths hold too, and not among them: a user may be called like a file here.
        Path folder = isDefault ? directory : Files.createDirectories(directory.resolve("clients"));
        String text = Files.readString(source)
            .replaceFirst("(?m)^addresses = .*$", "addresses = [\"127.0.0.1:" + port + "\"]");
        Path file = folder.resolve(user + "-" + number + ".toml");
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(file, text.getBytes(StandardCharsets.UTF_8));
        files.put(user, file);
        return file;
    }
}
