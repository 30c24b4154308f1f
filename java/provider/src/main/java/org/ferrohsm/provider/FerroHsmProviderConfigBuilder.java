package org.ferrohsm.provider;

/**
 * Builds a {@link FerroHsmProviderConfig}. Not thread-safe.
 *
 * <pre>{@code
 * FerroHsmLoggingConfig logging = FerroHsmLoggingConfig.builder().withLogLevel("info").build();
 * FerroHsmProviderConfigBuilder builder = FerroHsmProviderConfig.builder().withFerroHsmLogging(logging);
 * }</pre>
 */
public final class FerroHsmProviderConfigBuilder {
    private FerroHsmCluster cluster;
    private FerroHsmLoggingConfig logging;

    FerroHsmProviderConfigBuilder() {
    }

    /**
     * The cluster that the provider uses. Needed.
     *
     * @param used from {@link FerroHsmCluster#builder}
     * @return this builder
     */
    public FerroHsmProviderConfigBuilder withCluster(FerroHsmCluster used) {
        cluster = used;
        return this;
    }

    /**
     * Logging as CloudHSM has it; {@link FerroHsmLoggingConfig} tells what becomes of it.
     *
     * @param wanted from {@link FerroHsmLoggingConfig#builder}; null for none
     * @return this builder
     */
    public FerroHsmProviderConfigBuilder withFerroHsmLogging(FerroHsmLoggingConfig wanted) {
        logging = wanted;
        return this;
    }

    /**
     * The configuration.
     *
     * @return the configuration, for {@link FerroHsmProvider#FerroHsmProvider(FerroHsmProviderConfig)}
     * @throws IllegalStateException without a cluster
     */
    public FerroHsmProviderConfig build() {
        if (cluster == null) {
            throw new IllegalStateException("A provider's configuration needs withCluster");
        }
        return new FerroHsmProviderConfig(cluster, logging);
    }
}
