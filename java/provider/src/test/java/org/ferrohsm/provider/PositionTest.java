package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The provider's place in the list: last is the supported one, first must break nothing. */
class PositionTest {
    @TempDir
    static Path folder;

    private static void tool(String... command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(command));
        if (line.get(0).equals("keytool")) {
            line.set(0, Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        }
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
    }

    @BeforeAll
    static void makeStores() throws Exception {
        for (String type : new String[] {"RSA", "EC"}) {
            tool("keytool", "-genkeypair", "-alias", "software", "-keyalg", type,
                type.equals("EC") ? "-groupname" : "-keysize", type.equals("EC") ? "secp256r1" : "2048", "-dname", "CN=localhost", "-keystore",
                folder.resolve(type.toLowerCase() + ".p12").toString(), "-storetype", "PKCS12", "-storepass",
                "changeit");
        }
        tool("openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=localhost", "-keyout",
            folder.resolve("rsa.key").toString(), "-out", folder.resolve("rsa.pem").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "secp256r1"})
    void registeredFirstWithTheHsmDownNothingElseBreaks(String groups) throws Exception {
        // A port that nobody listens on.
        Path down = DevHsm.shared().configWith("down", "^addresses", "addresses = [\"127.0.0.1:1\"]",
            "timeout-ms = 2000");
        for (String config : new String[] {down.toString(), "/nowhere/client.toml"}) {
            ForkedJvm jvm = new ForkedJvm().option("-Dferrohsm.config=" + config);
            if (!groups.isEmpty()) {
                jvm.option("-Djdk.tls.namedGroups=" + groups);
            }
            assertAllDone(jvm.run(PositionFirstMain.class, folder.toString()));
        }
    }

    private static void assertAllDone(ForkedJvm.Result result, String... more) {
        assertEquals(0, result.code(), result.output());
        assertFalse(result.output().contains("FAILED"), result.output());
        List<String> names = new ArrayList<>(List.of("random", "pem", "generators", "keys chosen late",
            "derivations", "pkcs12 rsa",
            "TLSv1.3 rsa", "TLSv1.2 rsa", "pkcs12 ec", "TLSv1.3 ec", "TLSv1.2 ec"));
        names.addAll(List.of(more));
        for (String expected : names) {
            assertTrue(result.output().contains("ok " + expected + '\n'), expected + '\n' + result.output());
        }
        assertEquals(1, result.output().split("install it last", -1).length - 1, result.output());
    }

    /** With an HSM of its own: its KeyStore has the one key that this test makes. */
    @Test
    void registeredFirstWithTheHsmUpOwnKeysWorkBesideSoftwareKeys() throws Exception {
        try (DevHsm hsm = DevHsm.start("fips")) {
            ForkedJvm jvm = new ForkedJvm().option("-Dferrohsm.config=" + hsm.config());
            assertAllDone(jvm.run(PositionFirstMain.class, folder.toString(), "up"),
                "own derivation", "TLSv1.3 rsa own server key", "TLSv1.3 rsa own client key", "TLSv1.2 rsa own server key",
                "TLSv1.2 rsa own client key", "TLSv1.3 ec own server key", "TLSv1.3 ec own client key",
                "TLSv1.2 ec own server key", "TLSv1.2 ec own client key");
        }
    }

    @Test
    void row4LastServesItsOwnKeysAndNothingElse() throws Exception {
        FerroHsmProvider provider = DevHsm.provider();
        Security.addProvider(provider);
        try {
            KeyPair ours = KeyPairGenerator.getInstance("EC", provider.getName()).generateKeyPair();
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(ours.getPrivate());
            signature.update((byte) 1);
            byte[] signed = signature.sign();
            assertEquals(provider, signature.getProvider());
            signature.initVerify(ours.getPublic());
            signature.update((byte) 1);
            assertTrue(signature.verify(signed));
            SecretKey aes = KeyGenerator.getInstance("AES", provider.getName()).generateKey();
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, aes);
            cipher.doFinal(new byte[3]);
            assertEquals(provider, cipher.getProvider());
            assertEquals("SUN", MessageDigest.getInstance("SHA-256").getProvider().getName());
            assertFalse(new SecureRandom().getProvider() instanceof FerroHsmProvider);
            assertThrows(NoSuchAlgorithmException.class, () -> KeyGenerator.getInstance("GenericSecret"));
            assertThrows(NoSuchAlgorithmException.class, () -> SecureRandom.getInstance("AES-CTR-DRBG"));
        } finally {
            Security.removeProvider(provider.getName());
        }
    }

    @Test
    void row7ForeignKeysAreRefusedAtInit() throws Exception {
        FerroHsmProvider provider = DevHsm.provider();
        KeyPair rsa = KeyPairGenerator.getInstance("RSA", "SunRsaSign").generateKeyPair();
        KeyPair ec = KeyPairGenerator.getInstance("EC", "SunEC").generateKeyPair();
        InvalidKeyException refused = assertThrows(InvalidKeyException.class,
            () -> Signature.getInstance("SHA256withRSA", provider).initSign(rsa.getPrivate()));
        assertTrue(refused.getMessage().contains("import it through a KeyFactory"), refused.getMessage());
        assertThrows(InvalidKeyException.class,
            () -> Signature.getInstance("RSASSA-PSS", provider).initSign(rsa.getPrivate()));
        assertThrows(InvalidKeyException.class,
            () -> Signature.getInstance("SHA256withECDSA", provider).initSign(ec.getPrivate()));
        assertThrows(InvalidKeyException.class, () -> Cipher.getInstance("RSA/ECB/PKCS1Padding", provider)
            .init(Cipher.DECRYPT_MODE, rsa.getPrivate()));
        assertThrows(InvalidKeyException.class, () -> Cipher.getInstance("AES/GCM/NoPadding", provider)
            .init(Cipher.ENCRYPT_MODE, new SecretKeySpec(new byte[16], "AES")));
    }
}
