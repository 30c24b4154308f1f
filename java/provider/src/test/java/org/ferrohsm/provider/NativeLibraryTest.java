package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
    @TempDir
    Path folder;

    @Test
    void row10TwoClassLoadersEachLoadAndNothingStaysBehind() throws Exception {
        ForkedJvm.Result result = new ForkedJvm().option("-Dferrohsm.native.dir=" + folder)
            .run(NativeLibraryMain.class);
        assertEquals(0, result.code(), result.output());
        assertEquals(2, result.output().split("loaded FerroHSM", -1).length - 1, result.output());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void row10ARelativeDirectoryIsFine() throws Exception {
        Path relative = Path.of("").toAbsolutePath().relativize(folder.toAbsolutePath());
        ForkedJvm.Result result = new ForkedJvm().option("-Dferrohsm.native.dir=" + relative)
            .run(NativeLibraryMain.class);
        assertEquals(0, result.code(), result.output());
    }

    @Test
    void row10ADirectoryThatCannotBeUsedIsNamedWithTheWayOut() throws Exception {
        ForkedJvm.Result result = new ForkedJvm().option("-Dferrohsm.native.dir=/nowhere/at/all")
            .run(NativeLibraryMain.class);
        assertNotEquals(0, result.code());
        assertTrue(result.output().contains("/nowhere/at/all") && result.output().contains("-Dferrohsm.native.dir"),
            result.output());
    }

    @Test
    void row10AJarAndALibraryOfDifferentVersionsAreRefused() {
        NativeLibrary.load();
        Exception refused = assertThrows(Exception.class, () -> HsmNative.bind("0.0.1"));
        assertTrue(refused.getMessage().startsWith("The FerroHSM jar is version 0.0.1, its native library "
            + Version.CURRENT), refused.getMessage());
    }

    @Test
    void platformsAreNamedAsTheClassifiersAre() {
        assertEquals("linux-x86_64", NativeLibrary.platform("Linux", "amd64"));
        assertEquals("linux-aarch_64", NativeLibrary.platform("Linux", "aarch64"));
        assertEquals("osx-aarch_64", NativeLibrary.platform("Mac OS X", "aarch64"));
        assertEquals("osx-x86_64", NativeLibrary.platform("Mac OS X", "x86_64"));
        assertEquals("windows-x86_64", NativeLibrary.platform("Windows Server 2022", "amd64"));
    }

    @Test
    void row10APlatformWithoutALibraryIsToldTheWayOut() throws Exception {
        ForkedJvm.Result result = new ForkedJvm().option("-Dos.arch=sparc").run(NativeLibraryMain.class);
        assertNotEquals(0, result.code());
        assertTrue(result.output().contains("META-INF/native/linux-sparc/") && result.output().contains("classifier"),
            result.output());
    }

    @Test
    void row9WorksAsAModule() throws Exception {
        Path source = folder.resolve("Main.java");
        Files.writeString(source, "public class Main { public static void main(String[] a) {"
            + " for (java.security.Provider p : java.util.ServiceLoader.load(java.security.Provider.class))"
            + " if (p.getName().equals(\"FerroHSM\")) System.out.println(p.getClass().getModule() + \" \" + p); } }");
        String jar = System.getProperty("ferrohsm.test.jar");
        Process java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-p", jar, "--add-modules", "org.ferrohsm.provider", source.toString()).redirectErrorStream(true).start();
        String output = new String(java.getInputStream().readAllBytes());
        assertEquals(0, java.waitFor(), output);
        assertTrue(output.contains("module org.ferrohsm.provider FerroHSM version"), output);
    }

    @Test
    void numbersOfClientsThatAreClosedOrMadeUpAreRefused() {
        NativeLibrary.load();
        for (long number : new long[] {Long.MIN_VALUE, -1, 0, 1L << 40}) {
            assertThrows(IllegalStateException.class, () -> HsmNative.random(number, 1, null));
        }
    }

    @Test
    void argumentsOfAnUnknownLayoutAreRefused() throws Exception {
        HsmClient client = DevHsm.provider().client();
        client.random(1);
        NativeLibrary.load();
        long made = HsmNative.open(DevHsm.shared().config().toString(), -1);
        try {
            assertThrows(java.security.ProviderException.class,
                () -> HsmNative.generateKey(made, KeyType.AES.code(), 256, new byte[] {1, 2, 3}, null));
            assertThrows(java.security.ProviderException.class,
                () -> HsmNative.sign(made, 2, 1, new byte[] {9}, new byte[1], null));
        } finally {
            HsmNative.close(made);
        }
        assertThrows(IllegalStateException.class, () -> HsmNative.random(made, 1, null));
    }
}
