package org.ferrohsm.spring;

import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/** What Boot does for Tomcat and Netty and not for Jetty: puts an updated SSL bundle into use. */
final class JettyRotation {
    private JettyRotation() {
    }

    /** Reloads the TLS context of the server's connectors whenever the bundle is updated. */
    static void follow(SslBundles bundles, String bundle, Server server) {
        for (Connector connector : server.getConnectors()) {
            SslConnectionFactory tls = connector.getConnectionFactory(SslConnectionFactory.class);
            if (tls != null) {
                bundles.addBundleUpdateHandler(bundle, updated -> reload(tls.getSslContextFactory(), updated));
            }
        }
    }

    private static void reload(SslContextFactory.Server factory, SslBundle updated) {
        try {
            factory.reload(changed -> {
                changed.setKeyStore(updated.getStores().getKeyStore());
                changed.setTrustStore(updated.getStores().getTrustStore());
            });
        } catch (Exception e) {
            throw new IllegalStateException("Jetty did not take the new certificates: " + e.getMessage(), e);
        }
    }
}
