package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * HTTPS with keys of the HSM, unchanged JSSE on one side and JSSE, curl or openssl on the other. A KeyStore has all keys
 * of a user, so RSA server, EC server and client each have an HSM of their own.
 */
class HttpsTest {
    private static final char[] IGNORED = "ignored".toCharArray();
    private static final Map<String, Side> SIDES = new java.util.HashMap<>();
    private static KeyPair authority;
    private static X509Certificate root;
    private static KeyStore trusted;

    @TempDir
    static Path directory;

    private record Side(DevHsm hsm, FerroHsmProvider provider, KeyStore store) {
        /** An HSM with one key of each algorithm, certified by the test CA. */
        static Side start(String name, String... algorithms) throws Exception {
            DevHsm hsm = DevHsm.start("fips");
            FerroHsmProvider provider = new FerroHsmProvider(hsm.configWith(name, null).toString());
            Security.addProvider(provider);
            KeyStore store = KeyStore.getInstance("FERROHSM", provider);
            store.load(null, null);
            for (String algorithm : algorithms) {
                KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, provider);
                generator.initialize(switch (algorithm) {
                    case "RSA" -> 2048;
                    case "EC" -> 256;
                    default -> 255;
                });
                KeyPair pair = generator.generateKeyPair();
                X509Certificate issued = TestCertificates.issue(name + ' ' + algorithm, pair.getPublic(), "test CA",
                    authority.getPrivate(), false);
                store.setKeyEntry(name + ' ' + algorithm, pair.getPrivate(), null, new Certificate[] {issued, root});
            }
            return new Side(hsm, provider, store);
        }

        KeyManager[] keyManagers(String kind) throws Exception {
            KeyManagerFactory factory = KeyManagerFactory.getInstance(kind, "SunJSSE");
            factory.init(store, IGNORED);
            return factory.getKeyManagers();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        KeyPairGenerator software = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        software.initialize(2048);
        authority = software.generateKeyPair();
        root = TestCertificates.authority("test CA", authority.getPublic(), authority.getPrivate());
        trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("root", root);
        Files.writeString(directory.resolve("root.pem"), "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(root.getEncoded())
            + "\n-----END CERTIFICATE-----\n");
        SIDES.put("RSA", Side.start("rsa-server", "RSA"));
        SIDES.put("EC", Side.start("ec-server", "EC"));
        SIDES.put("Ed25519", Side.start("ed-server", "Ed25519"));
        SIDES.put("client Ed25519", Side.start("ed-client", "Ed25519"));
        SIDES.put("client RSA", Side.start("rsa-client", "RSA"));
        SIDES.put("client EC", Side.start("ec-client", "EC"));
    }

    @AfterAll
    static void stop() {
        for (Side side : SIDES.values()) {
            Security.removeProvider(side.provider.getName());
            side.hsm.close();
        }
    }

    private static SSLContext context(KeyManager[] keys) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, trust.getTrustManagers(), null);
        return context;
    }

    /** An HTTPS server of the JDK's that answers with the client's name. */
    private static final class Server implements AutoCloseable {
        private final HttpsServer server;
        private final ExecutorService threads = Executors.newFixedThreadPool(8);

        Server(KeyManager[] keys, String protocol, boolean clientCertificate) throws Exception {
            server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
            server.setExecutor(threads);
            server.setHttpsConfigurator(new HttpsConfigurator(context(keys)) {
                @Override
                public void configure(HttpsParameters parameters) {
                    SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
                    ssl.setProtocols(new String[] {protocol});
                    ssl.setNeedClientAuth(clientCertificate);
                    parameters.setSSLParameters(ssl);
                }
            });
            server.createContext("/", exchange -> {
                String peer = clientCertificate ? ((com.sun.net.httpserver.HttpsExchange) exchange).getSSLSession()
                    .getPeerPrincipal().getName() : "nobody";
                byte[] body = ("hello " + peer + '\n').getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
        }

        int port() {
            return server.getAddress().getPort();
        }

        @Override
        public void close() {
            server.stop(0);
            threads.shutdownNow();
        }
    }

    /** What a JSSE client gets. */
    private static String get(SSLContext context, int port, String protocol) throws IOException {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(),
            port)) {
            socket.setSoTimeout(Patience.SECONDS * 1000); // longer than the deadline of a call to the HSM
            socket.setEnabledProtocols(new String[] {protocol});
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(protocol, socket.getSession().getProtocol());
            int body = answer.indexOf("\r\n\r\n");
            if (body < 0) {
                throw new IOException("the server closed the connection without an answer");
            }
            return answer.substring(body + 4).strip();
        }
    }

    private static String clientName(String algorithm) {
        return switch (algorithm) {
            case "RSA" -> "rsa-client RSA";
            case "EC" -> "ec-client EC";
            default -> "ed-client Ed25519";
        };
    }

    static Stream<Arguments> ways() {
        return Stream.of("TLSv1.3", "TLSv1.2").flatMap(protocol -> Stream.of("RSA", "EC", "Ed25519")
            .flatMap(algorithm -> Stream.of("SunX509", "NewSunX509")
                .map(kind -> Arguments.of(protocol, algorithm, kind))));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void jsseOnBothSides(String protocol, String algorithm, String kind) throws Exception {
        try (Server server = new Server(SIDES.get(algorithm).keyManagers(kind), protocol, true)) {
            SSLContext client = context(SIDES.get("client " + algorithm).keyManagers(kind));
            assertEquals("hello CN=" + clientName(algorithm), get(client, server.port(), protocol));
            assertThrows(IOException.class, () -> get(context(null), server.port(), protocol));
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void curlAndOpensslAsClients(String protocol, String algorithm, String kind) throws Exception {
        try (Server server = new Server(SIDES.get(algorithm).keyManagers(kind), protocol, false)) {
            String version = protocol.substring("TLSv".length());
            String body = Tool.run(directory, "curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert",
                "root.pem", "--tlsv" + version, "--tls-max", version, "https://localhost:" + server.port() + "/").ok();
            assertEquals("hello nobody", body.strip());
            String shown = Tool.run(directory, "openssl", "s_client", "-connect", "127.0.0.1:" + server.port(),
                "-CAfile", "root.pem", "-verify_return_error", "-verify_hostname", "localhost",
                "-tls" + version.replace('.', '_')).ok();
            assertTrue(shown.contains("Verify return code: 0 (ok)") && shown.contains(protocol), shown);
            String type = algorithm.equals("EC") ? "ecdsa" : algorithm.toLowerCase(Locale.ROOT);
            assertTrue(shown.toLowerCase(Locale.ROOT).contains("peer signature type: " + type), shown);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void clientCertificateForAnOpensslServer(String protocol, String algorithm, String kind) throws Exception {
        Tool.run(directory, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "peer.key", "-out",
            "peer.crt", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-days", "2").ok();
        KeyStore peers = KeyStore.getInstance("PKCS12");
        peers.load(null, null);
        try (var in = Files.newInputStream(directory.resolve("peer.crt"))) {
            peers.setCertificateEntry("peer",
                java.security.cert.CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(peers);
        SSLContext client = SSLContext.getInstance("TLS");
        client.init(SIDES.get("client " + algorithm).keyManagers(kind), trust.getTrustManagers(), null);

        int port = freePort();
        Process server = new ProcessBuilder("openssl", "s_server", "-accept", "127.0.0.1:" + port, "-cert", "peer.crt",
            "-key", "peer.key", "-Verify", "2", "-verify_return_error", "-CAfile", "root.pem", "-www",
            "-tls" + protocol.substring("TLSv".length()).replace('.', '_'))
            .directory(directory.toFile()).redirectErrorStream(true)
            .redirectOutput(directory.resolve("s_server.txt").toFile()).start();
        try {
            awaitListening(server, port);
            String page = get(client, port, protocol);
            assertTrue(page.contains("CN=" + clientName(algorithm)), page);
        } finally {
            server.destroy();
            assertTrue(server.waitFor(Patience.SECONDS, TimeUnit.SECONDS));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitListening(Process server, int port) throws Exception {
        while (true) {
            try {
                new java.net.Socket(InetAddress.getLoopbackAddress(), port).close();
                return;
            } catch (java.net.ConnectException e) {
                assertTrue(server.isAlive(), () -> "openssl s_server ended");
                Thread.sleep(20);
            }
        }
    }

    /** The HSM goes away and comes back while a server runs: handshakes fail meanwhile, and then work without a restart. */
    @Test
    void handshakesWorkAgainAfterTheHsmWasAway() throws Exception {
        Side side = SIDES.get("EC");
        try (Server server = new Server(side.keyManagers("NewSunX509"), "TLSv1.3", false)) {
            SSLContext client = context(null);
            assertEquals("hello nobody", get(client, server.port(), "TLSv1.3"));
            side.hsm.kill();
            try {
                assertThrows(IOException.class, () -> get(context(null), server.port(), "TLSv1.3"));
            } finally {
                side.hsm.start();
            }
            assertEquals("hello nobody", get(context(null), server.port(), "TLSv1.3"));
        }
    }

    @Test
    void manyClientsAtOnce() throws Exception {
        Side side = SIDES.get("EC");
        try (Server server = new Server(side.keyManagers("NewSunX509"), "TLSv1.3", false)) {
            List<java.util.concurrent.Callable<String>> calls = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                calls.add(() -> get(context(null), server.port(), "TLSv1.3"));
            }
            ExecutorService clients = Executors.newFixedThreadPool(16);
            try {
                for (var answer : clients.invokeAll(calls)) {
                    assertEquals("hello nobody", answer.get());
                }
            } finally {
                clients.shutdownNow();
            }
        }
    }

    @Test
    void aServerThatTheRootDidNotSignIsRefused() throws Exception {
        Side side = SIDES.get("RSA");
        SSLContext trustsNobody = SSLContext.getInstance("TLS");
        trustsNobody.init(null, null, null);
        try (Server server = new Server(side.keyManagers("SunX509"), "TLSv1.3", false)) {
            assertThrows(SSLHandshakeException.class, () -> get(trustsNobody, server.port(), "TLSv1.3"));
        }
    }
}
