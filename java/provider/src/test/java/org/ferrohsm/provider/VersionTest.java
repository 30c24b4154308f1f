package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class VersionTest {
    /** Gradle runs tests in the project's folder. */
    private static final Path CARGO_TOML = Path.of("../../Cargo.toml");

    @Test
    void isTheVersionOfTheCargoWorkspace() throws Exception {
        Matcher inCargo = Pattern.compile("\\[workspace\\.package]\\s+version = \"([^\"]+)\"")
            .matcher(Files.readString(CARGO_TOML));
        assertTrue(inCargo.find(), "no workspace version in " + CARGO_TOML.toAbsolutePath());
        assertEquals(inCargo.group(1), Version.CURRENT);
    }

    @Test
    void isInTheJarsManifest() throws Exception {
        try (JarFile jar = new JarFile(System.getProperty("ferrohsm.test.jar"))) {
            assertEquals(Version.CURRENT, jar.getManifest().getMainAttributes().getValue("Implementation-Version"));
        }
    }

    @Test
    void jarCarriesTheNativeLibrary() throws Exception {
        try (JarFile jar = new JarFile(System.getProperty("ferrohsm.test.jar"))) {
            String file = System.mapLibraryName("ferrohsm_jni");
            assertTrue(jar.stream().anyMatch(entry -> entry.getSize() > 0
                && entry.getName().matches("META-INF/native/[a-z]+-[a-z0-9_]+/\\Q" + file + "\\E")),
                () -> "no " + file + " under META-INF/native in " + jar.getName());
        }
    }
}
