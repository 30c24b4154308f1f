import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;

/**
 * What an application does with FerroHSM, through the JCA alone: generate keys in the HSM, sign a file, encrypt, and
 * serve HTTPS with a key that this JVM does not have.
 *
 * <p>Usage: {@code HelloHsm FILE OUTPUT_DIRECTORY}. The configuration comes from {@code -Dferrohsm.config}.
 */
public final class HelloHsm {
    private HelloHsm() {}

    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[0]);
        Path out = Path.of(args[1]);

        // Last, so that everything else in this JVM keeps its own provider.
        Security.addProvider(new org.ferrohsm.provider.FerroHsmProvider());
        Provider hsm = Security.getProvider("FerroHSM");

        KeyPairGenerator rsaGenerator = KeyPairGenerator.getInstance("RSA", hsm);
        rsaGenerator.initialize(2048);
        KeyPair rsa = rsaGenerator.generateKeyPair();
        say("RSA key made in the HSM:   " + rsa.getPrivate());
        show("  getEncoded()", rsa.getPrivate());

        KeyPairGenerator ecGenerator = KeyPairGenerator.getInstance("EC", hsm);
        ecGenerator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair ec = ecGenerator.generateKeyPair();
        say("EC key made in the HSM:    " + ec.getPrivate());
        show("  getEncoded()", ec.getPrivate());

        // No provider named: the JCA finds FerroHSM because the key is one of its keys.
        sign("SHA256withRSA", rsa, file, out.resolve("rsa"));
        sign("SHA256withECDSA", ec, file, out.resolve("ec"));
        say("File signed with both:     " + file.getFileName());

        encryptAndDecrypt(hsm, Files.readAllBytes(file));
        say("AES-256-GCM there and back: the key and its IV were made in the HSM");

        serveOneRequest(out);
    }

    private static void sign(String algorithm, KeyPair pair, Path file, Path out)
            throws GeneralSecurityException, IOException {
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(pair.getPrivate());
        signature.update(Files.readAllBytes(file));
        Files.write(Path.of(out + ".sig"), signature.sign());
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(pair.getPublic().getEncoded());
        Files.writeString(Path.of(out + ".pub"), "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n");
    }

    private static void encryptAndDecrypt(Provider hsm, byte[] plaintext) throws GeneralSecurityException {
        KeyGenerator generator = KeyGenerator.getInstance("AES", hsm);
        generator.init(256);
        SecretKey key = generator.generateKey();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", hsm);
        cipher.init(Cipher.ENCRYPT_MODE, key);
        byte[] ciphertext = cipher.doFinal(plaintext);
        byte[] iv = cipher.getIV();
        cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, iv));
        if (!Arrays.equals(cipher.doFinal(ciphertext), plaintext)) {
            throw new IllegalStateException("AES-GCM did not give the plaintext back");
        }
    }

    /** Serves HTTPS on a free loopback port, written to {@code port}, until one request was answered. */
    private static void serveOneRequest(Path out) throws Exception {
        KeyStore store = KeyStore.getInstance("FERROHSM");
        store.load(null, null);
        Key key = store.getKey("web", null);
        say("Key for HTTPS, by keytool: " + key);
        show("  getEncoded()", (PrivateKey) key);

        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, null);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);

        CountDownLatch answered = new CountDownLatch(1);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.createContext("/", exchange -> {
            byte[] body = "Hello. My private key is not in this JVM.\n".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            try (OutputStream response = exchange.getResponseBody()) {
                response.write(body);
            }
            answered.countDown();
        });
        server.start();
        Path port = out.resolve("port.tmp");
        Files.writeString(port, Integer.toString(server.getAddress().getPort()));
        Files.move(port, out.resolve("port"));
        boolean served = answered.await(60, TimeUnit.SECONDS);
        server.stop(0);
        if (!served) {
            throw new IllegalStateException("nobody asked for the page within 60 seconds");
        }
    }

    private static void show(String what, PrivateKey key) {
        if (key.getEncoded() != null) {
            throw new IllegalStateException("a private key left the HSM");
        }
        say(what + " -> null, the key stays in the HSM");
    }

    private static void say(String line) {
        System.out.println("  " + line);
    }
}
