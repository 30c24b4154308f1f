package org.ferrohsm.spring;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;
import javax.security.auth.login.LoginException;
import org.ferrohsm.provider.FerroHsmProvider;
import org.ferrohsm.provider.exception.ProviderInitializationException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.util.ResourceUtils;
import org.springframework.util.StringUtils;

/**
 * Installs the provider as an environment's {@code ferrohsm.*} say. A JVM has one provider of each name: the last
 * environment that names a configuration decides which one {@code FerroHSM} has. Keys and KeyStores of an earlier one
 * go on working. Thread-safe.
 */
final class FerroHsmRegistration {
    /** System property of the provider: its KeyStore has the type {@code PKCS11} too. */
    private static final String PKCS11 = "ferrohsm.keystore.pkcs11";

    private static FerroHsmProvider installed;
    private static Path installedConfig;

    private FerroHsmRegistration() {
    }

    static FerroHsmProperties properties(Environment environment) {
        return Binder.get(environment).bindOrCreate("ferrohsm", FerroHsmProperties.class);
    }

    /**
     * The provider {@code FerroHSM}, installed last unless it is there already. Reads no files, touches no network.
     *
     * @throws IllegalArgumentException if {@code ferrohsm.config} is no path of a file
     * @throws ProviderException if the native library cannot be loaded, with what to do
     */
    static synchronized FerroHsmProvider install(Environment environment) {
        FerroHsmProperties properties = properties(environment);
        Path config = StringUtils.hasText(properties.config()) ? path(properties.config()) : null;
        FerroHsmProvider provider = present(config);
        if (provider == null) {
            provider = make(config);
            Security.removeProvider(FerroHsmProvider.PROVIDER_NAME);
            Security.addProvider(provider);
            installed = provider;
            installedConfig = config;
        }
        if (properties.keystore().pkcs11() && System.getProperty(PKCS11) == null) {
            System.setProperty(PKCS11, "true");
        }
        if (StringUtils.hasText(properties.user())) {
            provider.setCallbackHandler(new EnvironmentLogin(environment));
        }
        return provider;
    }

    /** The provider that is there, if it has that configuration or none is asked for. */
    private static FerroHsmProvider present(Path config) {
        Provider present = Security.getProvider(FerroHsmProvider.PROVIDER_NAME);
        return present instanceof FerroHsmProvider ours
            && (config == null || ours == installed && config.equals(installedConfig)) ? ours : null;
    }

    private static FerroHsmProvider make(Path config) {
        if (config != null) {
            return FerroHsmProvider.withConfiguration(config);
        }
        try {
            return new FerroHsmProvider();
        } catch (IOException | LoginException | ProviderInitializationException e) {
            throw new ProviderException(e.getMessage(), e);
        }
    }

    private static Path path(String config) {
        try {
            return ResourceUtils.isUrl(config) ? ResourceUtils.getFile(config).toPath() : Path.of(config);
        } catch (FileNotFoundException e) {
            throw new IllegalArgumentException("ferrohsm.config must name a file, as the certificate and the key that it"
                + " names are files beside it: " + config + " is none", e);
        }
    }
}
