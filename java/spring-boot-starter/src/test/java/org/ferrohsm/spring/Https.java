package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** The other side of the application under test: plain JSSE with keys in software, trusting the test's authority. */
final class Https {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final int PATIENCE_MILLIS = BootApp.PATIENCE_SECONDS * 1000;

    /** A page, and the certificate that it came under. */
    record Answer(int status, String body, X509Certificate certificate) {
    }

    private final KeyManagerFactory keys;
    private final TrustManagerFactory trust;
    private final SSLContext context;

    private Https(KeyManagerFactory keys, TrustManagerFactory trust) throws GeneralSecurityException {
        this.keys = keys;
        this.trust = trust;
        context = newContext();
    }

    /** One without sessions that could be resumed. */
    private SSLContext newContext() throws GeneralSecurityException {
        SSLContext made = SSLContext.getInstance("TLS");
        made.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return made;
    }

    /** With a certificate of its own of that name, or none (null). */
    static Https as(TestHsm hsm, String commonName) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("root", hsm.root());
        if (commonName != null) {
            KeyPairGenerator software = KeyPairGenerator.getInstance("EC", "SunEC");
            software.initialize(256);
            KeyPair pair = software.generateKeyPair();
            store.setKeyEntry("own", pair.getPrivate(), PASSWORD,
                new Certificate[] {hsm.certificate(commonName, pair.getPublic(), false), hsm.root()});
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        return new Https(keys, trust);
    }

    /** A page of the application, over a connection of its own. */
    Answer get(int port, String path) throws IOException {
        HttpsURLConnection connection =
            (HttpsURLConnection) URI.create("https://localhost:" + port + path).toURL().openConnection();
        connection.setSSLSocketFactory(context.getSocketFactory());
        connection.setRequestProperty("Connection", "close");
        limit(connection);
        try {
            int status = connection.getResponseCode();
            try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                return new Answer(status, body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8),
                    (X509Certificate) connection.getServerCertificates()[0]);
            }
        } finally {
            connection.disconnect();
        }
    }

    private static void limit(HttpURLConnection connection) {
        connection.setConnectTimeout(PATIENCE_MILLIS);
        connection.setReadTimeout(PATIENCE_MILLIS);
    }

    /** It must fail, and not because nobody answers. */
    void refused(int port) {
        IOException failure = assertThrows(IOException.class, () -> get(port, "/"));
        assertFalse(failure instanceof SocketTimeoutException, "nobody answers");
    }

    /**
     * The server's certificate for a client that has no session with it yet and sends the server's name, as all do but Java with
     * {@code localhost}.
     */
    X509Certificate certificateByName(int port) throws IOException, GeneralSecurityException {
        try (SSLSocket socket =
            (SSLSocket) newContext().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName("localhost")));
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    /** The status of a page without TLS. */
    static int plain(int port, String path) throws IOException {
        HttpURLConnection connection =
            (HttpURLConnection) URI.create("http://localhost:" + port + path).toURL().openConnection();
        limit(connection);
        try {
            return connection.getResponseCode();
        } finally {
            connection.disconnect();
        }
    }

    /** A server that demands a certificate and answers with the name in it. The caller stops it. */
    HttpsServer serve() throws IOException {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
                ssl.setNeedClientAuth(true);
                parameters.setSSLParameters(ssl);
            }
        });
        server.createContext("/", exchange -> {
            byte[] body = ((HttpsExchange) exchange).getSSLSession().getPeerPrincipal().getName()
                .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }
}
