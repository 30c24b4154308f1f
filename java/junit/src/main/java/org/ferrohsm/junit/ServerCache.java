package org.ferrohsm.junit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/**
 * Where the binary of the artifact is extracted to: {@code ferrohsm} in {@code XDG_CACHE_HOME} or {@code ~/.cache}, once for each
 * version, for this user only. Where that cannot be, a directory in the temporary one that goes with the JVM. Only a file whose
 * SHA-256 is that of the artifact is ever started.
 */
final class ServerCache {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
        PosixFilePermissions.asFileAttribute(OWNER_ONLY);

    /** Opens the binary in the artifact. */
    interface Source {
        InputStream open() throws IOException;
    }

    private ServerCache() {
    }

    /** {@code XDG_CACHE_HOME}, or what stands for it. */
    static Path home() {
        String named = System.getenv("XDG_CACHE_HOME");
        return named != null && named.startsWith("/") ? Path.of(named)
            : Path.of(System.getProperty("user.home"), ".cache");
    }

    /** The executable file with this SHA-256 (hexadecimal), if possible below {@code home}. */
    static Path take(Path home, String sha256, Source source) throws IOException {
        Path directory = directory(home);
        Path file = directory.resolve("hsm-server-" + sha256);
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && sha256.equals(sha256Of(file))) {
            return file;
        }
        Path made = Files.createTempFile(directory, "hsm-server-", ".new", PRIVATE);
        try {
            MessageDigest digest = sha256();
            try (InputStream binary = source.open();
                OutputStream output = new DigestOutputStream(Files.newOutputStream(made), digest)) {
                if (binary == null) {
                    throw new IOException("it has a checksum and no binary");
                }
                binary.transferTo(output);
            }
            if (!sha256.equals(HexFormat.of().formatHex(digest.digest()))) {
                throw new IOException("its binary does not have the SHA-256 that it states: the jar is damaged");
            }
            // As a whole: another JVM may be starting the file.
            Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
            return file;
        } finally {
            Files.deleteIfExists(made);
        }
    }

    private static Path directory(Path home) throws IOException {
        Path directory = home.resolve("ferrohsm");
        try {
            // The JVM calls the home of a user without one "?".
            if (home.isAbsolute() && isOurs(Files.createDirectories(directory, PRIVATE))) {
                return directory;
            }
        } catch (IOException e) {
            // No home, or a full or read-only one: the temporary directory does too.
        }
        Path temporary = Files.createTempDirectory("ferrohsm-server-", PRIVATE);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(temporary)));
        return temporary;
    }

    /** Whether nobody else can put another file there after it was verified. */
    private static boolean isOurs(Path directory) throws IOException {
        return Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS).equals(OWNER_ONLY)
            && Files.getAttribute(directory, "unix:uid").equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))
            && Files.isWritable(directory);
    }

    private static void delete(Path directory) {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            System.getLogger("org.ferrohsm.junit").log(System.Logger.Level.WARNING, directory + " is left behind", e);
        }
    }

    private static String sha256Of(Path file) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream input = Files.newInputStream(file)) {
            input.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
