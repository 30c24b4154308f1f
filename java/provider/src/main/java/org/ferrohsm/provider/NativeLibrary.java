package org.ferrohsm.provider;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.ProviderException;
import java.util.Locale;
import java.util.Set;

/**
 * Loads the native library once per class loader.
 *
 * <p>It is copied out of the jar into a directory of its own with a random name (mode 0700, below {@value #DIRECTORY} or
 * else the JVM's temporary directory), loaded and deleted again: a JVM refuses to load one file in two class loaders.
 * Where no jar has the library for this platform it falls back to {@link System#loadLibrary}.
 */
final class NativeLibrary {
    /** System property: the directory to extract into, for hosts whose temporary directory is mounted noexec. */
    static final String DIRECTORY = "ferrohsm.native.dir";

    private static final String NAME = "ferrohsm_jni";
    private static ProviderException failure;
    private static boolean loaded;

    private NativeLibrary() {
    }

    /** Loads the library unless it is loaded; a failure is remembered and thrown again. */
    static synchronized void load() {
        if (failure != null) {
            throw new ProviderException(failure.getMessage(), failure);
        }
        if (!loaded) {
            try {
                loadOnce();
                HsmNative.bind(Version.CURRENT);
                loaded = true;
            } catch (ProviderException e) {
                failure = e;
                throw e;
            }
        }
    }

    private static void loadOnce() {
        String resource = resourceName();
        try (InputStream library = NativeLibrary.class.getClassLoader().getResourceAsStream(resource)) {
            if (library != null) {
                loadExtracted(library);
                return;
            }
        } catch (IOException e) {
            throw new ProviderException("The FerroHSM native library could not be extracted below " + parent() + ": "
                + e.getMessage() + ". Name a directory that can be written to with -D" + DIRECTORY, e);
        }
        try {
            System.loadLibrary(NAME);
        } catch (UnsatisfiedLinkError e) {
            throw new ProviderException("There is no native library for this platform on the class path (" + resource
                + "), and no " + System.mapLibraryName(NAME) + " in java.library.path. ferrohsm-provider.jar has the one for"
                + " linux-x86_64; the jars with those for other platforms are ferrohsm-provider's with a classifier", e);
        }
    }

    private static String resourceName() {
        return "META-INF/native/" + platform(System.getProperty("os.name"), System.getProperty("os.arch")) + "/"
            + System.mapLibraryName(NAME);
    }

    /** The platform in the words of Maven's os-maven-plugin: a folder in the jar, and a jar's classifier. */
    static String platform(String osName, String osArch) {
        String os = osName.startsWith("Mac") ? "osx"
            : osName.startsWith("Windows") ? "windows"
            : osName.toLowerCase(Locale.ROOT);
        String machine = switch (osArch) {
            case "amd64" -> "x86_64";
            case "aarch64" -> "aarch_64";
            default -> osArch;
        };
        return os + "-" + machine;
    }

    private static Path parent() {
        String named = System.getProperty(DIRECTORY);
        // System.load takes absolute paths only.
        return Path.of(named != null ? named : System.getProperty("java.io.tmpdir")).toAbsolutePath();
    }

    private static void loadExtracted(InputStream library) throws IOException {
        Set<PosixFilePermission> ownerOnly = PosixFilePermissions.fromString("rwx------");
        Path directory = Files.createTempDirectory(parent(), "ferrohsm-",
            PosixFilePermissions.asFileAttribute(ownerOnly));
        Path file = directory.resolve(System.mapLibraryName(NAME));
        try {
            Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            throw new ProviderException("The FerroHSM native library could not be loaded from " + directory + ": "
                + e.getMessage() + ". If that file system is mounted noexec, name a directory on another one with -D"
                + DIRECTORY, e);
        } finally {
            // The mapping outlives the name.
            Files.deleteIfExists(file);
            Files.deleteIfExists(directory);
        }
    }
}
