package org.ferrohsm.provider;

import java.lang.System.Logger.Level;

/**
 * CloudHSM's configuration of logging. FerroHSM logs through {@link System.Logger} {@code org.ferrohsm.provider}, so level,
 * file and rotation are set where the JVM's logging is; what is set here is accepted, and a warning at the provider's
 * construction says that it has no effect. Immutable.
 *
 * <pre>{@code
 * FerroHsmLoggingConfig logging = FerroHsmLoggingConfig.builder().withLogType("term").build();
 * }</pre>
 */
public final class FerroHsmLoggingConfig {
    private final String settings;

    FerroHsmLoggingConfig(String settings) {
        this.settings = settings;
    }

    /**
     * A builder without settings.
     *
     * @return the builder
     */
    public static FerroHsmLoggingConfigBuilder builder() {
        return new FerroHsmLoggingConfigBuilder();
    }

    /** Says that the settings are not what decides. */
    void report(System.Logger logger, String provider) {
        if (!settings.isEmpty()) {
            logger.log(Level.WARNING, "{0} logs through System.Logger \"org.ferrohsm.provider\": set there, not with"
                + " FerroHsmLoggingConfig, what {1} asks for", provider, settings);
        }
    }
}
