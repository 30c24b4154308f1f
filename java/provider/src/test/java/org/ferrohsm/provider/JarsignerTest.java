package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real jarsigner of the JDK that runs the tests, with keys that keytool made. */
class JarsignerTest {
    private static DevHsm hsm;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() throws Exception {
        hsm = DevHsm.start("fips");
    }

    @AfterAll
    static void stop() {
        hsm.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void signsAJar(String algorithm) throws Exception {
        Tool.keytool(hsm, "unused", List.of(), "-genkeypair", "-alias", "sign " + algorithm, "-keyalg", algorithm,
            "-dname", "CN=signer " + algorithm, "-keypass", "unused").ok();
        Path jar = jar();
        jarsigner(jar.toString(), "sign " + algorithm).ok();

        String verified = Tool.run(directory, jdkTool("jarsigner"), "-verify", "-verbose", jar.toString()).ok();
        assertTrue(verified.contains("jar verified."), verified);
        try (JarFile file = new JarFile(jar.toFile(), true)) {
            JarEntry entry = file.getJarEntry("hello.txt");
            try (InputStream in = file.getInputStream(entry)) {
                in.readAllBytes();
            }
            CodeSigner[] signers = entry.getCodeSigners();
            assertEquals(1, signers.length);
            assertTrue(signers[0].getSignerCertPath().getCertificates().get(0).toString()
                .contains("CN=signer " + algorithm));
        }
    }

    @Test
    void anAliasThatDoesNotExist() throws Exception {
        String refused = jarsigner(jar().toString(), "nobody").refused();
        assertTrue(refused.contains("nobody"), refused);
    }

    private Tool.Result jarsigner(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(Tool.onJdk("jarsigner", hsm, List.of()));
        command.addAll(List.of("-keystore", "NONE", "-storetype", "FERROHSM", "-providerName", "FerroHSM", "-storepass",
            "unused"));
        command.addAll(List.of(arguments));
        return Tool.run(directory, command);
    }

    private static String jdkTool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    private Path jar() throws Exception {
        Path jar = directory.resolve("hello.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry("hello.txt"));
            out.write("hello".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            out.closeEntry();
        }
        return jar;
    }
}
