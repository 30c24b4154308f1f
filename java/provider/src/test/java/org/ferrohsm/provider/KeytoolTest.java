package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collections;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real keytool of the JDK that runs the tests. After each step the keys are looked at on the server, and sign. */
class KeytoolTest {
    private static final String IMPORT = "ferrohsm.keystore.import=true";
    private static DevHsm hsm;
    private static FerroHsmProvider provider;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() throws Exception {
        hsm = DevHsm.start("fips");
        provider = new FerroHsmProvider(hsm.config().toString());
    }

    @AfterAll
    static void stop() {
        hsm.close();
    }

    @AfterEach
    void empty() throws Exception {
        KeyStore store = store();
        for (String alias : Collections.list(store.aliases())) {
            store.deleteEntry(alias);
        }
    }

    private static KeyStore store() throws Exception {
        KeyStore store = KeyStore.getInstance("FERROHSM", provider);
        store.load(null, null);
        return store;
    }

    private static Tool.Result keytool(String... arguments) throws Exception {
        return Tool.keytool(hsm, "unused", List.of(), arguments);
    }

    private static String generate(String alias, String algorithm, String... more) throws Exception {
        List<String> arguments = new java.util.ArrayList<>(List.of("-genkeypair", "-alias", alias, "-keyalg", algorithm,
            "-dname", "CN=" + alias, "-keypass", "unused"));
        arguments.addAll(switch (algorithm) {
            case "EC" -> List.of("-groupname", "secp256r1");
            case "RSA" -> List.of("-keysize", "2048");
            default -> List.<String>of();
        });
        arguments.addAll(List.of(more));
        return keytool(arguments.toArray(new String[0])).ok();
    }

    /** The handle of a key that was generated in the HSM, which has just signed for its certificate. */
    private static long generatedAndSigns(String alias) throws Exception {
        KeyStore store = store();
        FerroHsmKey key = (FerroHsmKey) store.getKey(alias, null);
        KeyInfo onServer = provider.client().getKey(key.getHandle());
        assertTrue(onServer.isToken(), alias);
        assertTrue(onServer.flag("local"), alias);
        assertTrue(onServer.flag("never-extractable"), alias);
        assertEquals(alias, onServer.label());
        signs((PrivateKey) key, store.getCertificate(alias));
        return key.getHandle();
    }

    private static void signs(PrivateKey key, Certificate certificate) throws Exception {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        Signature signature = Signature.getInstance(algorithm, provider);
        signature.initSign(key);
        signature.update(new byte[1000]);
        byte[] signed = signature.sign();
        Signature verifier = Signature.getInstance(algorithm);
        verifier.initVerify(certificate);
        verifier.update(new byte[1000]);
        assertTrue(verifier.verify(signed));
    }

    /** JDK 24 brought ML-DSA to keytool; the updates of JDK 17 have the algorithm since 17.0.21, their keytool does not. */
    @Test
    void mlDsaCertificatesOnJdksThatHaveIt() throws Exception {
        Assumptions.assumeTrue(Runtime.version().feature() >= 24);
        for (String set : List.of("ML-DSA", "ML-DSA-44")) {
            String alias = "cert " + set.toLowerCase(java.util.Locale.ROOT);
            generate(alias, set);
            store().getCertificate(alias).verify(store().getCertificate(alias).getPublicKey());
            keytool("-certreq", "-alias", alias, "-file", directory.resolve("ml.csr").toString()).ok();
            keytool("-delete", "-alias", alias).ok();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void generateCertifyRenameDelete(String algorithm) throws Exception {
        generate("web", algorithm, "-ext", "SAN=dns:localhost");
        long handle = generatedAndSigns("web");
        String again = keytool("-genkeypair", "-alias", "web", "-keyalg", "EC", "-dname", "CN=x", "-keypass", "unused")
            .refused();
        assertTrue(again.contains("already exists"), again);

        String list = keytool("-list", "-v").ok();
        assertTrue(list.contains("Alias name: web") && list.contains("Entry type: PrivateKeyEntry")
            && list.contains("Owner: CN=web") && list.contains("Creation date: "), list);

        Path request = directory.resolve("web.csr");
        keytool("-certreq", "-alias", "web", "-file", request.toString()).ok();
        Path reply = signedByOpenssl(request);
        String untrusted = keytool("-importcert", "-alias", "web", "-noprompt", "-file",
            directory.resolve("web.crt").toString()).refused();
        assertTrue(untrusted.contains("Failed to establish chain from reply"), untrusted);
        assertEquals(handle, generatedAndSigns("web"));
        keytool("-importcert", "-alias", "web", "-noprompt", "-file", reply.toString()).ok();
        assertEquals(handle, generatedAndSigns("web"));
        assertEquals(2, store().getCertificateChain("web").length);

        Path exported = directory.resolve("exported.pem");
        keytool("-exportcert", "-alias", "web", "-rfc", "-file", exported.toString()).ok();
        assertArrayEquals(read(directory.resolve("web.crt")).getEncoded(), read(exported).getEncoded());

        keytool("-changealias", "-alias", "web", "-destalias", "site", "-keypass", "unused").ok();
        assertEquals(handle, generatedAndSigns("site"));
        assertEquals(2, store().getCertificateChain("site").length);
        assertFalse(store().containsAlias("web"));

        keytool("-selfcert", "-alias", "site", "-dname", "CN=again").ok();
        assertEquals(handle, generatedAndSigns("site"));
        assertEquals(1, store().getCertificateChain("site").length);

        keytool("-delete", "-alias", "site").ok();
        assertFalse(store().containsAlias("site"));
        String gone = keytool("-delete", "-alias", "site").refused();
        assertTrue(gone.contains("does not exist"), gone);
    }

    /** A certificate made by a CA that openssl plays, with the CA's behind it. */
    private Path signedByOpenssl(Path request) throws Exception {
        Tool.run(directory, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
            "ca.crt", "-subj", "/CN=test CA", "-days", "2").ok();
        Tool.run(directory, "openssl", "x509", "-req", "-in", request.toString(), "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "1", "-out", "web.crt").ok();
        Path reply = directory.resolve("reply.pem");
        Files.writeString(reply, Files.readString(directory.resolve("web.crt"))
            + Files.readString(directory.resolve("ca.crt")));
        return reply;
    }

    private static Certificate read(Path file) throws Exception {
        try (var in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    @Test
    void aKeyOfTheHsmIsAnAuthority() throws Exception {
        generate("ca", "EC", "-ext", "bc:c");
        generate("leaf", "EC", "-signer", "ca");
        long handle = generatedAndSigns("leaf");
        Path request = directory.resolve("leaf.csr");
        Path certificate = directory.resolve("leaf.crt");
        keytool("-certreq", "-alias", "leaf", "-file", request.toString()).ok();
        keytool("-gencert", "-alias", "ca", "-infile", request.toString(), "-outfile", certificate.toString()).ok();
        keytool("-importcert", "-alias", "leaf", "-file", certificate.toString()).ok();
        assertEquals(handle, generatedAndSigns("leaf"));
        Certificate[] chain = store().getCertificateChain("leaf");
        assertEquals(2, chain.length, "keytool found the authority in the store");
        chain[0].verify(store().getCertificate("ca").getPublicKey());
    }

    @Test
    void certificatesOfOthers() throws Exception {
        generate("web", "EC");
        Path file = directory.resolve("web.pem");
        keytool("-exportcert", "-alias", "web", "-rfc", "-file", file.toString()).ok();
        keytool("-delete", "-alias", "web").ok();
        keytool("-importcert", "-alias", "partner", "-noprompt", "-file", file.toString()).ok();
        assertTrue(store().isCertificateEntry("partner"));
        String list = keytool("-list").ok();
        assertTrue(list.contains("partner, ") && list.contains("trustedCertEntry"), list);
        keytool("-changealias", "-alias", "partner", "-destalias", "friend").ok();
        assertEquals(List.of("friend"), Collections.list(store().aliases()));
        assertEquals(read(file), store().getCertificate("friend"));
        keytool("-delete", "-alias", "friend").ok();
        assertEquals(0, store().size());
    }

    @Test
    void aSecretKeyFromKeytoolIsRefusedOrImported() throws Exception {
        String[] command = {"-genseckey", "-alias", "data", "-keyalg", "AES", "-keysize", "256", "-keypass", "unused"};
        String refused = keytool(command).refused();
        assertTrue(refused.contains("keytool makes secret keys in the JVM") && refused.contains(IMPORT), refused);
        assertEquals(0, store().size());

        Tool.keytool(hsm, "unused", List.of(IMPORT), command).ok();
        FerroHsmKey key = (FerroHsmKey) store().getKey("data", null);
        KeyInfo onServer = provider.client().getKey(key.getHandle());
        assertTrue(onServer.isToken());
        assertFalse(onServer.flag("local") || onServer.flag("never-extractable"));
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", provider);
        cipher.init(Cipher.ENCRYPT_MODE, (SecretKey) key);
        assertEquals(16 + 3, cipher.doFinal(new byte[3]).length);
        String list = keytool("-list").ok();
        assertTrue(list.contains("data, ") && list.contains("SecretKeyEntry"), list);
        keytool("-changealias", "-alias", "data", "-destalias", "datum", "-keypass", "unused").ok();
        assertEquals(key, store().getKey("datum", null));
    }

    @Test
    void aKeyMadeWithoutTheProvidersNameIsRefused() throws Exception {
        List<String> command = Tool.onJdk("keytool", hsm, List.of());
        command.addAll(1, List.of("-genkeypair", "-alias", "soft", "-keyalg", "RSA", "-dname", "CN=soft", "-keypass",
            "unused", "-storetype", "FERROHSM", "-keystore", "NONE", "-storepass", "unused"));
        String refused = Tool.run(directory, command).refused();
        assertTrue(refused.contains("give keytool -providerName FerroHSM"), refused);
        assertEquals(0, store().size());
    }

    @Test
    void keysFromAFileComeInOnlyWhenThatIsMeant() throws Exception {
        Path file = pkcs12("soft");
        String[] command = {"-importkeystore", "-srckeystore", file.toString(), "-srcstoretype", "PKCS12",
            "-srcstorepass", "changeit", "-noprompt", "-deststoretype", "FERROHSM", "-destkeystore", "NONE",
            "-deststorepass", "unused", "-destkeypass", "unused"};
        String refused = importKeyStore(List.of(), command).output();
        assertTrue(refused.contains("0 entries successfully imported, 1 entries failed")
            || refused.contains("Entry for alias soft not imported"), refused);
        assertTrue(refused.contains("software key"), refused);
        assertEquals(0, store().size());

        importKeyStore(List.of(IMPORT), command).ok();
        FerroHsmKey key = (FerroHsmKey) store().getKey("soft", null);
        signs((PrivateKey) key, store().getCertificate("soft"));
        assertFalse(provider.client().getKey(key.getHandle()).flag("local"));

        String second = importKeyStore(List.of(IMPORT), command).output();
        assertTrue(second.contains("belongs to another key"), second);
        assertEquals(key, store().getKey("soft", null));
    }

    /** The key cannot come out. That it has no encoding is news to the JDK's PKCS12 store, and the messages are its own. */
    @Test
    void keysOfTheHsmNeverGoIntoAFile() throws Exception {
        generate("web", "EC");
        long handle = generatedAndSigns("web");
        Path empty = Files.writeString(directory.resolve("nothing.toml"), "# the provider's own configuration\n");
        Path file = directory.resolve("out.p12");
        List<String> command = List.of("-importkeystore", "-srckeystore", empty.toString(), "-srcstoretype", "FERROHSM",
            "-srcproviderName", "FerroHSM", "-srcstorepass", "unused", "-srcalias", "web", "-destkeystore",
            file.toString(), "-deststoretype", "PKCS12", "-deststorepass", "changeit", "-noprompt");
        String refused = importKeyStore(List.of(), command.toArray(new String[0])).output();
        assertTrue(refused.contains("Entry for alias web not imported"), refused);
        KeyStore written = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(file)) {
            written.load(in, "changeit".toCharArray());
        }
        assertEquals(0, written.size());

        List<String> withPassword = new java.util.ArrayList<>(command);
        withPassword.addAll(List.of("-destkeypass", "changeit"));
        refused = importKeyStore(List.of(), withPassword.toArray(new String[0])).output();
        assertTrue(refused.contains("NullPointerException"), refused);
        assertEquals(handle, generatedAndSigns("web"));
    }

    /** JDK 25's keytool looks the certificate up under the old name afterwards, and fails although all is done. */
    @Test
    void importingAKeyOfTheHsmIntoTheHsmRenamesIt() throws Exception {
        generate("web", "EC");
        long handle = generatedAndSigns("web");
        Path empty = Files.writeString(directory.resolve("nothing.toml"), "# the provider's own configuration\n");
        importKeyStore(List.of(), "-importkeystore", "-srckeystore", empty.toString(), "-srcstoretype", "FERROHSM",
            "-srcproviderName", "FerroHSM", "-srcstorepass", "unused", "-srcalias", "web", "-destalias", "second",
            "-destkeystore", "NONE", "-deststoretype", "FERROHSM", "-deststorepass", "unused", "-destkeypass", "unused",
            "-noprompt");
        assertEquals(handle, generatedAndSigns("second"));
        assertEquals(List.of("second"), Collections.list(store().aliases()));
    }

    private Tool.Result importKeyStore(List<String> properties, String... arguments) throws Exception {
        List<String> command = Tool.onJdk("keytool", hsm, properties);
        command.addAll(1, List.of(arguments));
        return Tool.run(directory, command);
    }

    private Path pkcs12(String alias) throws Exception {
        Path file = directory.resolve(alias + ".p12");
        Tool.run(directory, Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair",
            "-alias", alias, "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=soft", "-keystore",
            file.toString(), "-storetype", "PKCS12", "-storepass", "changeit").ok();
        return file;
    }

    /** keytool overwrites the file that it loaded a KeyStore from. */
    @Test
    void aConfigurationGivenAsKeyStoreFileSurvives() throws Exception {
        byte[] before = Files.readAllBytes(hsm.config());
        // Paths in the provider's own configuration are relative to it, wherever keytool runs.
        Tool.run(directory, generateIn(hsm.config(), "web")).ok();
        generatedAndSigns("web");
        assertArrayEquals(before, Files.readAllBytes(hsm.config()));

        // Those of another one that comes as a stream are relative to the working directory.
        Path another = hsm.config().resolveSibling("another.toml");
        Files.writeString(another, "# another\n" + Files.readString(hsm.config()));
        Tool.run(another.getParent(), generateIn(another, "web2")).ok();
        generatedAndSigns("web2");
        String lost = Tool.run(directory, generateIn(another, "web3")).refused();
        assertTrue(lost.contains("root.crt"), lost);
    }

    private static List<String> generateIn(Path configuration, String alias) {
        List<String> command = Tool.onJdk("keytool", hsm, List.of());
        command.addAll(1, List.of("-genkeypair", "-alias", alias, "-keyalg", "EC", "-groupname", "secp256r1", "-dname",
            "CN=web", "-keypass", "unused", "-providerName", "FerroHSM", "-storetype", "FERROHSM", "-keystore",
            configuration.toString(), "-storepass", "unused"));
        return command;
    }

    @Test
    void passwords() throws Exception {
        String user = hsm.configValue("user");
        String password = hsm.configValue("password");
        assertTrue(Tool.keytool(hsm, user + ':' + password, List.of(), "-list").ok().contains("0 entries"));
        Path noLogin = hsm.configWith("no-login", "^(user|password)");
        List<String> own = List.of("ferrohsm.config=" + noLogin);
        Tool.keytool(hsm, user + ':' + password, own, "-list").ok();

        String none = Tool.keytool(hsm, "changeit", own, "-list").refused();
        assertTrue(none.contains("user:password"), none);
        String wrong = Tool.keytool(hsm, user + ":wrong password", own, "-list").refused();
        assertTrue(wrong.contains("user name or password is wrong"), wrong);
        String nobody = Tool.keytool(hsm, "nobody:" + password, own, "-list").refused();
        assertTrue(nobody.contains("user name or password is wrong"), nobody);
    }

    @Test
    void serverDown() throws Exception {
        Path elsewhere = hsm.configWith("down", "^(addresses|timeout-ms)", "");
        Files.writeString(elsewhere, "addresses = [\"127.0.0.1:1\"]\ntimeout-ms = 2000\n"
            + Files.readString(elsewhere));
        String down = Tool.keytool(hsm, "unused", List.of("ferrohsm.config=" + elsewhere), "-list").refused();
        assertTrue(down.contains("no HSM could be reached"), down);
        String missing = Tool.keytool(hsm, "unused", List.of("ferrohsm.config=" + directory.resolve("x.toml")), "-list")
            .refused();
        assertTrue(missing.contains("x.toml"), missing);
    }

    @Test
    void theAliasPkcs11NeedsNoPasswordsForKeys() throws Exception {
        Path wanted = hsm.configWith("pkcs11", null, "pkcs11-keystore = true");
        List<List<String>> ways =
            List.of(List.of("ferrohsm.keystore.pkcs11=true"), List.of("ferrohsm.config=" + wanted));
        for (List<String> way : ways) {
            pkcs11(way, "-genkeypair", "-alias", "web", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=web").ok();
            long handle = generatedAndSigns("web");
            String list = pkcs11(way, "-list").ok();
            assertTrue(list.contains("Keystore type: PKCS11") && list.contains("web, PrivateKeyEntry"), list);
            pkcs11(way, "-changealias", "-alias", "web", "-destalias", "site").ok();
            assertEquals(handle, generatedAndSigns("site"));

            List<String> command = Tool.onJdk("keytool", hsm, way);
            command.addAll(1, List.of("-importkeystore", "-srckeystore", "NONE", "-srcstoretype", "PKCS11",
                "-srcproviderName", "FerroHSM", "-srcstorepass", "unused", "-srcalias", "site", "-destalias", "third",
                "-destkeystore", "NONE", "-deststoretype", "PKCS11", "-deststorepass", "unused"));
            Tool.run(directory, command); // see importingAKeyOfTheHsmIntoTheHsmRenamesIt
            assertEquals(handle, generatedAndSigns("third"));
            pkcs11(way, "-delete", "-alias", "third").ok();
            assertEquals(0, store().size());
        }
        String off = pkcs11(List.of(), "-list").refused();
        assertTrue(off.contains("PKCS11 not found"), off);
    }

    private Tool.Result pkcs11(List<String> properties, String... arguments) throws Exception {
        List<String> command = Tool.onJdk("keytool", hsm, properties);
        command.addAll(1, List.of(arguments));
        command.addAll(List.of("-providerName", "FerroHSM", "-storetype", "PKCS11", "-storepass", "unused"));
        return Tool.run(directory, command);
    }

    @Test
    void theKeyPasswordIsNoSecretOfOurs() throws Exception {
        generate("web", "EC");
        long handle = generatedAndSigns("web");
        keytool("-keypasswd", "-alias", "web", "-keypass", "unused", "-new", "another").ok();
        assertEquals(handle, generatedAndSigns("web"));
    }
}
