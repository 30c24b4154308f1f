package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
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
            client.refused(app.start(properties));
        }
        try (BootApp app = new BootApp(boot + "-netty", openSsl, "-Dio.netty.handler.ssl.noOpenSsl=true")) {
            assertEquals("hello", client.get(app.start(properties), "/").body());
        }
    }

    /** With an alias and this key manager the handshakes fail; ServersTest has those that work. */
    @ParameterizedTest
    @ValueSource(strings = {"boot4-tomcat", "boot4-netty"})
    void pkixHasOtherAliases(String boot, @TempDir Path directory) throws Exception {
        TestHsm hsm = TestHsm.shared();
        hsm.key("pkix-" + boot, "EC", "pkix");
        Path security = Files.writeString(directory.resolve("security"), "ssl.KeyManagerFactory.algorithm=PKIX");
        try (BootApp app = new BootApp(boot, "", "-Djava.security.properties=" + security)) {
            String[] properties = {"ferrohsm.config=" + hsm.config(), "server.ssl.key-store-type=PKCS11",
                "server.ssl.key-store-provider=FerroHSM", "server.ssl.key-alias=pkix-" + boot};
            Https.as(hsm, null).refused(app.start(properties));
        }
    }
}
