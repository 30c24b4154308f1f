package org.ferrohsm.spring;

import org.ferrohsm.provider.FerroHsmProvider;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslBundleRegistrar;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * The provider as a bean, and the rotation of certificates.
 *
 * <pre>{@code
 * @Bean
 * KeyStore keys(FerroHsmProvider provider) throws GeneralSecurityException, IOException {
 *     KeyStore keys = KeyStore.getInstance("FERROHSM", provider);
 *     keys.load(null, null);
 *     return keys;
 * }
 * }</pre>
 */
@AutoConfiguration(before = SslAutoConfiguration.class)
@ConditionalOnProperty(name = "ferrohsm.enabled", matchIfMissing = true)
@EnableConfigurationProperties(FerroHsmProperties.class)
public class FerroHsmAutoConfiguration {
    /** For Spring. */
    public FerroHsmAutoConfiguration() {
    }

    /**
     * The provider {@code FerroHSM}: the one that the environment listener installed, or installed now where a test made the
     * context without a SpringApplication.
     */
    @Bean
    @ConditionalOnMissingBean
    FerroHsmProvider ferroHsmProvider(Environment environment) {
        return FerroHsmRegistration.install(environment);
    }

    /** Brings new certificates of SSL bundles into use. */
    @Bean
    @ConditionalOnMissingBean
    CertificateRotation ferroHsmCertificateRotation(FerroHsmProperties properties) {
        return new CertificateRotation(properties.rotation().interval());
    }

    /** Boot's SSL bundles, whose {@code key.alias} decides. */
    @Bean
    @ConditionalOnMissingBean({SslBundleRegistry.class, SslBundles.class})
    DefaultSslBundleRegistry sslBundleRegistry(ObjectProvider<SslBundleRegistrar> registrars,
        CertificateRotation rotation) {
        HsmSslBundleRegistry registry = new HsmSslBundleRegistry();
        registrars.orderedStream().forEach(registrar -> registrar.registerBundles(registry));
        rotation.watch(registry);
        return registry;
    }
}
