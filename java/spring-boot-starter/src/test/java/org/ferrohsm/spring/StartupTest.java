package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application says that cannot start, who logs in, and what health says of an HSM that is away. */
class StartupTest {
    private static final String[] SERVER = {"server.ssl.key-store-type=PKCS11", "server.ssl.key-store-provider=FerroHSM",
        "server.ssl.key-alias=startup"};

    private final TestHsm hsm;

    StartupTest() throws Exception {
        hsm = TestHsm.shared();
    }

    private static String[] with(String... properties) {
        String[] all = java.util.Arrays.copyOf(properties, properties.length + SERVER.length);
        System.arraycopy(SERVER, 0, all, properties.length, SERVER.length);
        return all;
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"boot3-tomcat", "boot4-jetty", "boot4-netty"})
    void failuresAreExplained(String boot) throws Exception {
        hsm.key("startup", "EC", "startup");
        String address = "127.0.0.1:" + freePort();
        Path nowhere = hsm.configWith("nowhere-" + boot, "(?m)^addresses.*$",
            "addresses = [\"" + address + "\"]\ntimeout-ms = 1000");
        Path nobody = hsm.configWith("nobody-" + boot, "(?m)^(user|password).*$", "");
        try (BootApp app = new BootApp(boot)) {
            app.refused(with("ferrohsm.config=" + nowhere));
            assertFailure(app, "FerroHSM could not be reached at " + address + "; ", "Check that hsm-server runs");
            app.refused(with("ferrohsm.config=/nonexistent/client.toml"));
            assertFailure(app, "FerroHSM: ", "/nonexistent/client.toml");
            app.refused(with("ferrohsm.config=" + nobody));
            assertFailure(app, "FerroHSM knows no user to log in", "Set ferrohsm.user and ferrohsm.password");
            app.refused(with("ferrohsm.config=" + nobody, "ferrohsm.user=app"));
            assertFailure(app, "ferrohsm.user and ferrohsm.password belong together", "");
            app.refused(with("ferrohsm.config=" + nobody, "ferrohsm.user=app", "ferrohsm.password=wrong-wrong"));
            assertFailure(app, "FerroHSM refused the login", "Correct ferrohsm.user and ferrohsm.password");

            // The same configuration with the right password; then the starter's rotation and health without the HSM.
            int port = app.start(with("ferrohsm.config=" + nobody, "ferrohsm.user=app",
                "ferrohsm.password=" + hsm.password()));
            assertEquals("hello", Https.as(hsm, null).get(port, "/").body());
            port = app.start("ferrohsm.config=" + nowhere);
            assertEquals(503, Https.plain(port, "/actuator/health"));
            port = app.start("ferrohsm.config=" + nowhere, "management.health.ferrohsm.enabled=false");
            assertEquals(200, Https.plain(port, "/actuator/health"));
        }
    }

    private static void assertFailure(BootApp app, String description, String action) {
        String report = app.log().substring(app.log().lastIndexOf("APPLICATION FAILED TO START"));
        assertTrue(report.contains(description) && report.contains(action), app.log());
    }
}
