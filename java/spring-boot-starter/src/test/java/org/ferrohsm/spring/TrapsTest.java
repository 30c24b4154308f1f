package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What docs/spring-boot.md warns of. */
class TrapsTest {
    /** Reactor Netty takes OpenSSL when it finds it, which wants the key's bytes: it starts, and every handshake fails. */
    @ParameterizedTest
    @ValueSource(strings = {"boot3", "boot4"})
    void nettysOpenSsl(String boot) throws Exception {
        TestHsm hsm = TestHsm.shared();
        hsm.key("openssl-" + boot, "EC", "openssl");
        String[] properties = {"ferrohsm.config=" + hsm.config(), "server.ssl.key-store-type=PKCS11",
            "server.ssl.key-store-provider=FerroHSM", "server.ssl.key-alias=openssl-" + boot};
        Https client = Https.as(hsm, null);
        String openSsl = BootApp.classpath(boot + "-tcnative");
        try (BootApp app = new BootApp(boot + "-netty", openSsl)) {
            int port = app.start(properties);
            assertThrows(IOException.class, () -> client.get(port, "/"));
        }
        try (BootApp app = new BootApp(boot + "-netty", openSsl, "-Dio.netty.handler.ssl.noOpenSsl=true")) {
            assertEquals("hello", client.get(app.start(properties), "/").body());
        }
    }
}
