package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.crypto.KeyGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application says that cannot start, who logs in, and what health says of an HSM that is away. */
class StartupTest {
    private final TestHsm hsm;

    StartupTest() throws Exception {
        hsm = TestHsm.shared();
    }

    private static String[] server(String boot, String... properties) {
        List<String> all = new ArrayList<>(List.of(properties));
        all.addAll(List.of("server.ssl.key-store-type=PKCS11", "server.ssl.key-store-provider=FerroHSM",
            "server.ssl.key-alias=startup-" + boot));
        return all.toArray(String[]::new);
    }

    @ParameterizedTest
    @ValueSource(strings = {"boot3-tomcat", "boot4-netty"})
    void failuresAreExplained(String boot) throws Exception {
        hsm.key("startup-" + boot, "EC", "startup");
        Path nobody = hsm.configWith("nobody-" + boot, "(?m)^(user|password).*$", "");
        // Bound and not listening: nobody else can take the port, and connections are refused.
        try (BootApp app = new BootApp(boot); Socket taken = new Socket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            String address = "127.0.0.1:" + taken.getLocalPort();
            Path nowhere = hsm.configWith("nowhere-" + boot, "(?m)^addresses.*$",
                "addresses = [\"" + address + "\"]\ntimeout-ms = 1000");
            // Each before the JVM has what is missing.
            assertEquals("no such provider: FerroHSM", app.refused(server(boot, "ferrohsm.enabled=false")));
            app.refused(server(boot, "ferrohsm.config=https://example.com/client.toml"));
            assertFailure(app, "FerroHSM: ferrohsm.config must name a file", "docs/");
            app.refused(server(boot, "ferrohsm.keystore.pkcs11=false"));
            assertTrue(app.log().contains("PKCS11 not found"), app.log());
            app.refused(server(boot));
            assertFailure(app, "FerroHSM has no client configuration", "hsm-server dev --dir DIR");

            app.refused(server(boot, "ferrohsm.config=" + nowhere));
            assertFailure(app, "FerroHSM could not be reached at " + address + "; Connection refused", "Check that hsm-server runs");
            app.refused(server(boot, "ferrohsm.config=/nonexistent/client.toml"));
            assertFailure(app, "FerroHSM misses a file; /nonexistent/client.toml", "Correct ferrohsm.config");
            app.refused(server(boot, "ferrohsm.config=" + nobody));
            assertFailure(app, "FerroHSM knows no user to log in", "Set ferrohsm.user and ferrohsm.password");
            app.refused(server(boot, "ferrohsm.config=" + nobody, "ferrohsm.user=app"));
            assertFailure(app, "ferrohsm.user and ferrohsm.password belong together", "");
            app.refused(server(boot, "ferrohsm.config=" + nobody, "ferrohsm.user=app", "ferrohsm.password=wrong-wrong"));
            assertFailure(app, "FerroHSM refused the login", "Correct ferrohsm.user and ferrohsm.password");

            // The same configuration with the right password; then health, with an HSM that is away.
            int port = app.start(server(boot, "ferrohsm.config=" + nobody, "ferrohsm.user=app",
                "ferrohsm.password=" + hsm.password()));
            assertEquals("hello", Https.as(hsm, null).get(port, "/").body());
            port = app.start("ferrohsm.config=" + nowhere);
            assertEquals(503, Https.plain(port, "/actuator/health"));
            port = app.start("ferrohsm.config=" + nowhere, "management.health.ferrohsm.enabled=false");
            assertEquals(200, Https.plain(port, "/actuator/health"));
        }
    }

    /** Tomcat refuses to start without a key; Jetty and Netty start, and no handshake succeeds. */
    @ParameterizedTest
    @ValueSource(strings = {"boot3-tomcat", "boot4-jetty", "boot4-netty"})
    void anHsmWithoutKeys(String boot) throws Exception {
        try (TestHsm empty = new TestHsm(); BootApp app = new BootApp(boot)) {
            String[] shape = {"ferrohsm.config=" + empty.config(), "server.ssl.key-store-type=PKCS11",
                "server.ssl.key-store-provider=FerroHSM"};
            if (boot.endsWith("tomcat")) {
                app.refused(shape);
                assertFailure(app, "The web server's key is not in FerroHSM: No aliases for private keys", "keytool -list");
            } else {
                Https.as(empty, null).refused(app.start(shape));
            }
            String[] bundle = {"ferrohsm.config=" + empty.config(), "server.ssl.bundle=web",
                "spring.ssl.bundle.jks.web.keystore.type=PKCS11", "spring.ssl.bundle.jks.web.keystore.provider=FerroHSM",
                "spring.ssl.bundle.jks.web.key.alias=web"};
            app.refused(bundle);
            assertFailure(app, "The web server's key is not in FerroHSM: " + (boot.endsWith("tomcat")
                ? "Alias name [web] does not identify a key entry" : "Keystore does not contain alias 'web'"), "keytool -list");
            if (!boot.endsWith("tomcat")) {
                KeyGenerator generator = KeyGenerator.getInstance("AES", empty.store().getProvider());
                generator.init(256);
                empty.store().setKeyEntry("web", generator.generateKey(), null, null);
                app.refused(bundle);
                assertFailure(app, "The web server's key is not in FerroHSM: Keystore does not contain a private key under the"
                    + " alias 'web'", "keytool -list");
            }
        }
    }

    private static void assertFailure(BootApp app, String description, String action) {
        String report = app.log().substring(Math.max(0, app.log().lastIndexOf("APPLICATION FAILED TO START")));
        assertTrue(report.contains(description) && report.contains(action), app.log());
    }
}
