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
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslStoreBundle;

/**
 * Boot's registry of SSL bundles, where a bundle with {@code key.alias} has that key and no other. Boot's own key manager follows
 * the alias for servers only and lets a client show any certificate of the KeyStore: of no matter for a file with one key, but a
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
            KeyStore store = bundle.getStores().getKeyStore();
            if (!isInHsm(store)) {
                return bundle.getManagers().getKeyManagerFactory();
            }
            KeyStore one = AliasKeyStore.of(store, bundle.getKey().getAlias());
            return SslManagerBundle.from(SslStoreBundle.of(one, null, null), SslBundleKey.NONE).getKeyManagerFactory();
        }

        @Override
        public TrustManagerFactory getTrustManagerFactory() {
            return bundle.getManagers().getTrustManagerFactory();
        }
    }
}
