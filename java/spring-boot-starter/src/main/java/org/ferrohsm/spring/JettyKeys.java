package org.ferrohsm.spring;

import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SniX509ExtendedKeyManager;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * What Boot does for Tomcat and Netty and not for Jetty: the alias decides on the server's key, which Jetty by itself asks for
 * only if a client sends no server name that several keys have; and an updated SSL bundle is put into use.
 */
final class JettyKeys {
    private JettyKeys() {
    }

    /**
     * Gives the server's connectors the key of their alias, now and whenever the bundle is updated. Before the server's start.
     *
     * @param bundle name of the server's bundle; null or empty if it has none
     */
    static void follow(SslBundles bundles, String bundle, Server server) {
        for (Connector connector : server.getConnectors()) {
            SslConnectionFactory tls = connector.getConnectionFactory(SslConnectionFactory.class);
            if (tls == null) {
                continue;
            }
            SslContextFactory.Server factory = tls.getSslContextFactory();
            String alias = factory.getCertAlias();
            if (isOneOfHsm(factory.getKeyStore(), alias)) {
                factory.setKeyStore(AliasKeyStore.of(factory.getKeyStore(), alias));
                // With one key neither an alias nor a server name chooses; what PKIX calls an alias, Jetty would not find.
                factory.setCertAlias(null);
                factory.setSNISelector((type, issuers, session, host, certificates) ->
                    SniX509ExtendedKeyManager.SniSelector.DELEGATE);
            }
            if (bundle != null && !bundle.isEmpty()) {
                bundles.addBundleUpdateHandler(bundle, updated -> reload(factory, updated));
            }
        }
    }

    private static boolean isOneOfHsm(KeyStore store, String alias) {
        return alias != null && HsmSslBundleRegistry.isInHsm(store);
    }

    /** Jetty gives up what it has before it reads a KeyStore, which may be in an HSM that is away by now: it gets it back. */
    private static void reload(SslContextFactory.Server factory, SslBundle updated) {
        KeyStore live = updated.getStores().getKeyStore();
        String alias = updated.getKey().getAlias();
        KeyStore keys = isOneOfHsm(live, alias) ? AliasKeyStore.of(live, alias) : live;
        SSLContext before = factory.getSslContext();
        try {
            factory.reload(changed -> {
                changed.setSslContext(null);
                changed.setKeyStore(keys);
                changed.setTrustStore(updated.getStores().getTrustStore());
            });
        } catch (Exception e) {
            IllegalStateException failed =
                new IllegalStateException("Jetty did not take the new certificates: " + e.getMessage(), e);
            try {
                factory.reload(changed -> changed.setSslContext(before));
            } catch (Exception again) {
                failed.addSuppressed(again);
            }
            throw failed;
        }
    }
}
