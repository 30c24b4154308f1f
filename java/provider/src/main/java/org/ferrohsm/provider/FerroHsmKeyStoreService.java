package org.ferrohsm.provider;

import java.security.InvalidParameterException;
import java.security.Provider;
import java.security.ProviderException;
import java.util.List;
import java.util.Map;

/** The KeyStore of a provider under one of its type names. */
final class FerroHsmKeyStoreService extends Provider.Service {
    /** The type's own name. */
    static final String TYPE = "FERROHSM";
    /**
     * The type that keytool, Spring Boot and Tomcat treat as "keys in a device": no file, no password for a key. Only
     * on demand, because SunPKCS11 has the same.
     */
    static final String PKCS11 = "PKCS11";
    /** System property that turns {@link #PKCS11} on, as does {@code pkcs11-keystore} in the configuration. */
    private static final String PKCS11_WANTED = "ferrohsm.keystore.pkcs11";

    private final FerroHsmProvider provider;

    FerroHsmKeyStoreService(FerroHsmProvider provider, String type) {
        super(provider, "KeyStore", type, FerroHsmKeyStore.class.getName(), List.of(), Map.of());
        this.provider = provider;
    }

    /** Reads the configuration, never the network; a configuration that cannot be read does not ask for it. */
    static boolean isPkcs11Wanted(FerroHsmProvider provider) {
        if (Boolean.getBoolean(PKCS11_WANTED)) {
            return true;
        }
        try {
            return provider.client().pkcs11KeyStore();
        } catch (ProviderException e) {
            return false;
        }
    }

    @Override
    public Object newInstance(Object constructorParameter) {
        if (constructorParameter != null) {
            throw new InvalidParameterException("KeyStore " + getAlgorithm() + " takes no constructor parameter");
        }
        return new FerroHsmKeyStore(provider);
    }
}
