package org.ferrohsm.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.Security;
import java.security.cert.X509Certificate;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslStoreBundle;

/** An HSM that goes away while its new certificates are taken up, which no application can time. */
class JettyKeysTest {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void jettyKeepsWhatItHas(boolean hasAlias) throws Exception {
        try (TestHsm hsm = new TestHsm()) {
            Security.addProvider(hsm.store().getProvider()); // JSSE looks for who signs with the key; the HSM's end removes it
            X509Certificate first = hsm.key("web", "EC", "first");
            SslBundle bundle = SslBundle.of(SslStoreBundle.of(hsm.store(), null, null),
                SslBundleKey.of(null, hasAlias ? "web" : null));
            HsmSslBundleRegistry registry = new HsmSslBundleRegistry();
            registry.registerBundle("web", bundle);
            SslContextFactory.Server factory = new SslContextFactory.Server();
            factory.setKeyStore(hsm.store());
            factory.setCertAlias(bundle.getKey().getAlias());
            Server server = new Server();
            ServerConnector connector = new ServerConnector(server, factory);
            connector.setHost("127.0.0.1");
            server.addConnector(connector);
            JettyKeys.follow(registry, "web", server);
            server.start();
            try {
                assertEquals(first, Https.as(hsm, null).certificateByName(connector.getLocalPort()));
                X509Certificate renewed = hsm.renew("web", "renewed");
                hsm.server().kill();
                assertThrows(RuntimeException.class, () -> registry.updateBundle("web", bundle));
                hsm.server().restart();
                assertEquals(first, Https.as(hsm, null).certificateByName(connector.getLocalPort()));
                registry.updateBundle("web", bundle);
                assertEquals(renewed, Https.as(hsm, null).certificateByName(connector.getLocalPort()));
            } finally {
                server.stop();
            }
        }
    }
}
