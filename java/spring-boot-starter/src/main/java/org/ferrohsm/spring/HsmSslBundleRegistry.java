package org.ferrohsm.spring;

import java.security.KeyStore;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.ferrohsm.provider.FerroHsmProvider;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslManagerBundle;

/**
 * Boot's registry of SSL bundles, where a bundle's {@code key.alias} decides for clients too. Boot's own key manager follows
 * it for servers only and lets a client show any certificate of the KeyStore: of no matter for a file with one key, but a
 * KeyStore in an HSM has all keys of its user. Bundles with keys elsewhere are Boot's. Thread-safe.
 */
final class HsmSslBundleRegistry extends DefaultSslBundleRegistry {
    private final Set<String> names = new ConcurrentSkipListSet<>();

    @Override
    public void registerBundle(String name, SslBundle bundle) {
        super.registerBundle(name, withAlias(bundle));
        names.add(name);
    }

    /** Boot's own is there since 3.4. */
    @Override
    public List<String> getBundleNames() {
        return List.copyOf(names);
    }

    @Override
    public void updateBundle(String name, SslBundle updated) {
        super.updateBundle(name, withAlias(updated));
    }

    static boolean isInHsm(KeyStore store) {
        return store != null && store.getProvider() instanceof FerroHsmProvider;
    }

    private static SslBundle withAlias(SslBundle bundle) {
        if (bundle.getKey().getAlias() == null) {
            return bundle;
        }
        return SslBundle.of(bundle.getStores(), bundle.getKey(), bundle.getOptions(), bundle.getProtocol(),
            new Managers(bundle));
    }

    /** Where the keys are is looked at when they are asked for: reading a KeyStore earlier might fail for no reason. */
    private record Managers(SslBundle bundle) implements SslManagerBundle {
        @Override
        public KeyManagerFactory getKeyManagerFactory() {
            KeyManagerFactory factory = bundle.getManagers().getKeyManagerFactory();
            return isInHsm(bundle.getStores().getKeyStore())
                ? new AliasKeyManagerFactory(factory, bundle.getKey().getAlias()) : factory;
        }

        @Override
        public TrustManagerFactory getTrustManagerFactory() {
            return bundle.getManagers().getTrustManagerFactory();
        }
    }
}
