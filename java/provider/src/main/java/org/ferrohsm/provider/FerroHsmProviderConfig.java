package org.ferrohsm.provider;

import java.util.Optional;

/** Configuration of a provider that the program builds instead of a {@code client.toml}. Immutable. */
public final class FerroHsmProviderConfig {
    private final FerroHsmCluster cluster;
    private final FerroHsmLoggingConfig logging;

    FerroHsmProviderConfig(FerroHsmCluster cluster, FerroHsmLoggingConfig logging) {
        this.cluster = cluster;
        this.logging = logging;
    }

    /**
     * A builder without a cluster.
     *
     * @return the builder
     */
    public static FerroHsmProviderConfigBuilder builder() {
        return new FerroHsmProviderConfigBuilder();
    }

    FerroHsmCluster cluster() {
        return cluster;
    }

    Optional<FerroHsmLoggingConfig> logging() {
        return Optional.ofNullable(logging);
    }
}
