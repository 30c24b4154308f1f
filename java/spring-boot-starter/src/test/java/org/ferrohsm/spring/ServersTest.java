package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The application of both Boots on each server: HTTPS, client certificates and rotation with keys of the HSM. */
class ServersTest {
    private final TestHsm hsm;
    private final Https client;

    ServersTest() throws Exception {
        hsm = TestHsm.shared();
        client = Https.as(hsm, null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"boot3-tomcat", "boot3-jetty", "boot3-netty", "boot4-tomcat", "boot4-jetty", "boot4-netty"})
    void servesAndRotates(String boot) throws Exception {
        X509Certificate first = hsm.key(boot, "EC", "first");
        X509Certificate rsa = hsm.key(boot + "-rsa", "RSA", "with an RSA key");
        hsm.key(boot + "-client", "EC", "client of " + boot);
        String config = "ferrohsm.config=" + hsm.config();
        try (BootApp app = new BootApp(boot)) {
            // Type PKCS11: a provider and no location.
            int port = app.start(config, "server.ssl.key-store-type=PKCS11", "server.ssl.key-store-provider=FerroHSM",
                "server.ssl.key-alias=" + boot);
            assertEquals(new Https.Answer(200, "hello", first), client.get(port, "/"));
            assertEquals(first, client.certificateByName(port));

            // Type FERROHSM: the location is the client configuration.
            port = app.start(config, "server.ssl.key-store-type=FERROHSM", "server.ssl.key-store=file:" + hsm.config(),
                "server.ssl.key-alias=" + boot + "-rsa", "server.ssl.key-store-password=any", "server.ssl.key-password=other");
            assertEquals(new Https.Answer(200, "hello", rsa), client.get(port, "/"));
            assertEquals(rsa, client.certificateByName(port));

            refusals(app, config, boot);
            bundles(app, config, boot, first);
        }
    }

    /** The oldest Boot whose SSL bundles can be updated; and a JVM where PKIX is the default key manager, which has its own aliases. */
    @ParameterizedTest
    @CsvSource({"boot3oldest-tomcat,SunX509", "boot3-jetty,PKIX", "boot3-netty,PKIX", "boot4-jetty,PKIX", "boot4-netty,PKIX"})
    void bundlesElsewhere(String boot, String keyManager, @TempDir Path directory) throws Exception {
        String alias = boot + '-' + keyManager;
        X509Certificate first = hsm.key(alias, "EC", "first");
        hsm.key(alias + "-client", "EC", "client of " + alias);
        Path security = Files.writeString(directory.resolve("security"), "ssl.KeyManagerFactory.algorithm=" + keyManager);
        try (BootApp app = new BootApp(boot, "", "-Djava.security.properties=" + security)) {
            bundles(app, "ferrohsm.config=" + hsm.config(), alias, first);
        }
    }

    /** What Boot and the servers say of mistakes. */
    private void refusals(BootApp app, String config, String boot) throws Exception {
        String alias = "server.ssl.key-alias=" + boot;
        if (boot.endsWith("tomcat")) { // Boot's own words, whatever the server
            assertEquals("SSL is enabled but no trust material is configured for the default host",
                app.refused(config, "server.ssl.key-store-type=FERROHSM", "server.ssl.key-store-provider=FerroHSM", alias));
            assertEquals("Location must not be empty or null", app.refused(config, "server.ssl.bundle=web",
                "spring.ssl.bundle.jks.web.keystore.type=FERROHSM"));
            assertEquals("Location is 'file:" + hsm.config() + "', but must be empty or null for PKCS11 hardware key stores",
                app.refused(config, "server.ssl.key-store-type=PKCS11", "server.ssl.key-store=file:" + hsm.config(), alias));
        }
        String missing = app.refused(config, "server.ssl.key-store-type=PKCS11",
            "server.ssl.key-store-provider=FerroHSM", "server.ssl.key-alias=nowhere");
        assertTrue(missing.contains("nowhere"), missing);
    }

    /** Bundles for both directions, and new certificates while the application runs. */
    private void bundles(BootApp app, String config, String boot, X509Certificate first) throws Exception {
        List<String> properties = new ArrayList<>(List.of(config, "ferrohsm.rotation.interval=200ms",
            "server.ssl.bundle=web", "server.ssl.client-auth=need",
            "spring.ssl.bundle.jks.client.key.alias=" + boot + "-client", "spring.ssl.bundle.jks.web.key.alias=" + boot,
            "management.endpoints.web.exposure.include=health,metrics", "management.endpoint.health.show-details=always"));
        for (String bundle : new String[] {"web", "client"}) {
            String prefix = "spring.ssl.bundle.jks." + bundle + '.';
            properties.addAll(List.of(prefix + "keystore.type=PKCS11", prefix + "keystore.provider=FerroHSM",
                prefix + "truststore.location=file:" + hsm.trust(), prefix + "truststore.password=changeit"));
        }
        int port = app.start(properties.toArray(String[]::new));
        Https admitted = Https.as(hsm, "a caller");
        assertEquals(new Https.Answer(200, "hello", first), admitted.get(port, "/"));
        assertEquals(first, admitted.certificateByName(port));
        client.refused(port);

        HttpsServer other = Https.as(hsm, "localhost").serve();
        try {
            String url = URLEncoder.encode("https://localhost:" + other.getAddress().getPort() + "/", StandardCharsets.UTF_8);
            assertEquals("CN=client of " + boot, admitted.get(port, "/relay?url=" + url).body());
            hsm.renew(boot + "-client", "renewed client");
            eventually("CN=renewed client", () -> admitted.get(port, "/relay?url=" + url).body());
        } finally {
            other.stop(0);
        }

        // A new certificate for the key, then a new key; the alias is away for a moment and nobody notices.
        X509Certificate renewed = hsm.renew(boot, "renewed");
        eventually(renewed, () -> admitted.get(port, "/").certificate());
        X509Certificate replaced = hsm.key(boot + "-next", "EC", "replaced");
        hsm.rename(boot, boot + "-old");
        awaitLog(app, "SSL bundle 'web' stays as it is: the HSM has no key with a certificate under the alias '" + boot);
        assertEquals(renewed, admitted.get(port, "/").certificate());
        assertEquals(renewed, admitted.certificateByName(port), "without a session to resume");
        hsm.rename(boot + "-next", boot);
        eventually(replaced, () -> admitted.get(port, "/").certificate());
        assertEquals(replaced, admitted.certificateByName(port));

        String health = admitted.get(port, "/actuator/health").body();
        assertTrue(health.contains("\"ferroHsm\":{\"status\":\"UP\"") || health.contains("\"ferroHsm\":{\"details\""), health);
        eventually(true, () -> admitted.get(port, "/actuator/metrics/ferrohsm.certificate.rotations").body()
            .contains("\"value\":3.0"));
        String calls = admitted.get(port, "/actuator/metrics/ferrohsm.calls").body();
        assertTrue(calls.contains("TOTAL_TIME") && !calls.contains("\"value\":0.0"), calls);
    }

    private static <T> void eventually(T expected, Callable<T> actual) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(BootApp.PATIENCE_SECONDS);
        T last = actual.call();
        while (!expected.equals(last) && System.nanoTime() < end) {
            Thread.sleep(50);
            last = actual.call();
        }
        assertEquals(expected, last);
    }

    private static void awaitLog(BootApp app, String text) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(BootApp.PATIENCE_SECONDS);
        while (!app.log().contains(text) && System.nanoTime() < end) {
            Thread.sleep(50);
        }
        assertTrue(app.log().contains(text), app.log());
    }
}
