package org.ferrohsm.junit;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The {@code hsm-server} to start: the one that {@value #PROPERTY} names, else the one in the artifact on the class path, else the
 * first in {@code PATH}.
 *
 * @param path an executable file
 * @param source where it comes from, for messages
 */
record ServerBinary(Path path, String source) {
    /** System property: path of the binary. */
    static final String PROPERTY = "ferrohsm.server";
    /** Folder in the artifact; below it one for each platform. */
    private static final String RESOURCES = "META-INF/ferrohsm/";
    private static final String NAME = "hsm-server";

    /** The one of the artifact, once it was extracted and verified. */
    private static ServerBinary extracted;

    /**
     * @throws IllegalStateException if there is none, with what to add
     */
    static ServerBinary find() {
        String named = System.getProperty(PROPERTY);
        if (named != null) {
            if (!isProgram(Path.of(named))) {
                throw new IllegalStateException("-D" + PROPERTY + " names " + named + ", which is no executable file");
            }
            return new ServerBinary(Path.of(named).toAbsolutePath(), "-D" + PROPERTY);
        }
        ServerBinary found = fromArtifact();
        return found != null ? found : fromPath(System.getenv("PATH"));
    }

    private static synchronized ServerBinary fromArtifact() {
        if (extracted == null) {
            String folder = RESOURCES + platform() + '/';
            // Not Class.getResourceAsStream, which in a named module looks nowhere else.
            ClassLoader loader = ServerBinary.class.getClassLoader();
            try (InputStream checksum = loader.getResourceAsStream(folder + NAME + ".sha256")) {
                if (checksum == null) {
                    return null;
                }
                String sha256 = new String(checksum.readAllBytes(), StandardCharsets.US_ASCII).trim();
                Path file = ServerCache.take(ServerCache.home(), sha256, () -> loader.getResourceAsStream(folder + NAME));
                extracted = new ServerBinary(file, artifact());
            } catch (IOException e) {
                throw new UncheckedIOException(artifact() + " cannot be used: " + e.getMessage(), e);
            }
        }
        return extracted;
    }

    /** The first in the folders of a {@code PATH}. */
    static ServerBinary fromPath(String folders) {
        for (String folder : (folders == null ? "" : folders).split(File.pathSeparator)) {
            Path file = Path.of(folder).resolve(NAME);
            if (!folder.isEmpty() && isProgram(file)) {
                return new ServerBinary(file, "PATH");
            }
        }
        throw new IllegalStateException("There is no " + NAME + " to start. Add the dependency org.ferrohsm:"
            + "ferrohsm-server-linux-x86_64 in the version of ferrohsm-junit (scope test)"
            + (platform().equals("linux-x86_64") ? "" : ", which is for Linux on x86-64 while this is " + platform())
            + ", or put " + NAME + " into a folder of PATH, or name it with -D" + PROPERTY + "=/path/to/" + NAME);
    }

    private static boolean isProgram(Path file) {
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }

    private static String artifact() {
        return "ferrohsm-server-" + platform();
    }

    private static String platform() {
        String arch = System.getProperty("os.arch");
        return System.getProperty("os.name").toLowerCase(Locale.ROOT) + '-' + (arch.equals("amd64") ? "x86_64" : arch);
    }

    @Override
    public String toString() {
        return path + " (from " + source + ")";
    }
}
