package org.ferrohsm.spring;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an application says of FerroHSM, under {@code ferrohsm.*}. Immutable.
 *
 * <pre>{@code
 * ferrohsm.config=/etc/ferrohsm/client.toml
 * server.ssl.key-store-type=PKCS11
 * server.ssl.key-store-provider=FerroHSM
 * }</pre>
 *
 * @param enabled whether the starter does anything
 * @param config path of the client configuration; null or empty for the one that the provider finds by itself
 *     ({@code -Dferrohsm.config}, {@code FERROHSM_CONFIG}, {@code /etc/ferrohsm/client.toml})
 * @param user who logs in; null or empty for the user of the client configuration
 * @param password of {@code user}
 * @param keystore the provider's KeyStore
 * @param rotation how new certificates come into use
 */
@ConfigurationProperties("ferrohsm")
public record FerroHsmProperties(@DefaultValue("true") boolean enabled, String config, String user, String password,
    @DefaultValue KeyStore keystore, @DefaultValue Rotation rotation) {

    /**
     * The provider's KeyStore.
     *
     * @param pkcs11 whether its type {@code FERROHSM} is there as {@code PKCS11} too, which Spring Boot takes without a location
     */
    public record KeyStore(@DefaultValue("true") boolean pkcs11) {
    }

    /**
     * How new certificates come into use.
     *
     * @param interval how often the HSM is asked for certificates of SSL bundles that have changed; zero for never
     */
    public record Rotation(@DefaultValue("30s") Duration interval) {
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "FerroHsmProperties[enabled=" + enabled + ", config=" + config + ", user=" + user + ", " + keystore + ", "
            + rotation + ']';
    }
}
