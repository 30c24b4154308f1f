package org.ferrohsm.provider;

/** Builds a {@link FerroHsmProviderConfig}. Not thread-safe. */
public final class FerroHsmProviderConfigBuilder {
    private FerroHsmCluster cluster;
    private FerroHsmLoggingConfig logging;

    FerroHsmProviderConfigBuilder() {
    }

    /** The cluster that the provider uses. Needed. */
    public FerroHsmProviderConfigBuilder withCluster(FerroHsmCluster used) {
        cluster = used;
        return this;
    }

    /** Logging as CloudHSM has it; {@link FerroHsmLoggingConfig} tells what becomes of it. */
    public FerroHsmProviderConfigBuilder withFerroHsmLogging(FerroHsmLoggingConfig wanted) {
        logging = wanted;
        return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalStateException without a cluster
     */
    public FerroHsmProviderConfig build() {
        if (cluster == null) {
            throw new IllegalStateException("A provider's configuration needs withCluster");
        }
        return new FerroHsmProviderConfig(cluster, logging);
    }
}
