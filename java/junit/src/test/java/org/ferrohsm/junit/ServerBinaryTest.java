package org.ferrohsm.junit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the binary comes from. */
class ServerBinaryTest {
    private static final byte[] PROGRAM = {1, 2, 3};

    @TempDir
    Path directory;

    private static String sha256() throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(PROGRAM));
    }

    private Path take() throws Exception {
        return ServerCache.take(directory, sha256(), () -> new ByteArrayInputStream(PROGRAM));
    }

    @Test
    void theArtifactOnTheClassPathIsTaken() {
        assertTrue(ServerBinary.find().source().startsWith("ferrohsm-server-"), ServerBinary.find().toString());
    }

    @Test
    void aNamedBinaryComesFirst() {
        String named = System.getProperty("ferrohsm.test.server");
        System.setProperty(ServerBinary.PROPERTY, named);
        try {
            assertEquals(Path.of(named), ServerBinary.find().path());
            try (FerroHsmServer hsm = FerroHsmServer.start()) {
                hsm.provider().checkHealth();
            }
            System.setProperty(ServerBinary.PROPERTY, directory.toString());
            String message = assertThrows(IllegalStateException.class, ServerBinary::find).getMessage();
            assertTrue(message.contains(directory + ", which is no executable file"), message);
        } finally {
            System.clearProperty(ServerBinary.PROPERTY);
        }
    }

    /** As on Alpine, where the binary's loader is missing. */
    @Test
    void aBinaryThatCannotBeExecuted() throws Exception {
        Path program = Files.writeString(directory.resolve("hsm-server"), "#!/no/such/loader\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        System.setProperty(ServerBinary.PROPERTY, program.toString());
        try {
            String message = assertThrows(IllegalStateException.class, FerroHsmServer::start).getMessage();
            assertTrue(message.contains(program + " (from -D" + ServerBinary.PROPERTY) && message.contains("glibc"), message);
        } finally {
            System.clearProperty(ServerBinary.PROPERTY);
        }
    }

    @Test
    void pathIsSearchedInItsOrder() throws Exception {
        Path first = Files.createDirectories(directory.resolve("first"));
        Path second = Files.createDirectories(directory.resolve("second"));
        String folders = ":" + first + ":" + second;
        String message = assertThrows(IllegalStateException.class, () -> ServerBinary.fromPath(folders)).getMessage();
        assertTrue(message.contains("org.ferrohsm:ferrohsm-server-linux-x86_64"), message);
        Files.write(first.resolve("hsm-server"), PROGRAM); // which cannot be executed
        Path program = Files.write(second.resolve("hsm-server"), PROGRAM);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertEquals(program, ServerBinary.fromPath(folders).path());
    }

    @Test
    void whatIsExtractedIsPrivateAndStays() throws Exception {
        Path file = take();
        assertArrayEquals(PROGRAM, Files.readAllBytes(file));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
        Object made = Files.getAttribute(file, "unix:ino");
        assertEquals(file, take());
        assertEquals(made, Files.getAttribute(file, "unix:ino"));
        try (var files = Files.list(file.getParent())) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void aFileThatIsNotTheArtifactsIsReplaced() throws Exception {
        Path file = take();
        Files.write(file, new byte[] {6, 6, 6});
        assertArrayEquals(PROGRAM, Files.readAllBytes(take()));
        Files.delete(file);
        Path elsewhere = Files.write(directory.resolve("elsewhere"), PROGRAM);
        Files.createSymbolicLink(file, elsewhere);
        take();
        assertFalse(Files.isSymbolicLink(file));
    }

    @Test
    void aDirectoryThatOthersCanWriteToIsNotUsed() throws Exception {
        Path cache = Files.createDirectory(directory.resolve("ferrohsm"));
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwx---"));
        Path file = take();
        assertNotEquals(cache, file.getParent());
        assertArrayEquals(PROGRAM, Files.readAllBytes(file));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
    }

    @Test
    void withoutAHomeTheTemporaryDirectoryDoes() throws Exception {
        Path file = Files.write(directory.resolve("file"), PROGRAM);
        assertArrayEquals(PROGRAM, Files.readAllBytes(
            ServerCache.take(file, sha256(), () -> new ByteArrayInputStream(PROGRAM))));
    }

    /** A user without an entry in /etc/passwd, as in some containers. */
    @Test
    void aHomeThatIsNoneIsNotMade() throws Exception {
        Path home = Path.of("?", ".cache");
        Path file = ServerCache.take(home, sha256(), () -> new ByteArrayInputStream(PROGRAM));
        assertTrue(file.isAbsolute(), file.toString());
        assertFalse(Files.exists(home));
    }

    @Test
    void aDamagedArtifactIsRefused() throws Exception {
        String message = assertThrows(IOException.class,
            () -> ServerCache.take(directory, sha256(), () -> new ByteArrayInputStream(new byte[] {1, 2}))).getMessage();
        assertTrue(message.contains("the jar is damaged"), message);
        assertThrows(IOException.class, () -> ServerCache.take(directory, sha256(), () -> null));
        try (var files = Files.list(directory.resolve("ferrohsm"))) {
            assertEquals(0, files.count());
        }
    }
}
