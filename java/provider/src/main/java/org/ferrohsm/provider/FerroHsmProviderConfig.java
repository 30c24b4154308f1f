package org.ferrohsm.provider;

import java.util.Optional;

/**
 * Configuration of a provider that the program builds instead of a {@code client.toml}. Immutable.
 *
 * <pre>{@code
 * FerroHsmCluster cluster = FerroHsmCluster.builder()
 *     .withClusterUniqueIdentifier("FerroHSM-payments")
 *     .withServer(FerroHsmServer.builder().withHostIP("hsm1.example.com").build())
 *     .withClusterId("00112233445566778899aabbccddeeff")
 *     .withHsmCAFilePath("/etc/ferrohsm/root.crt")
 *     .withClientCertificate("/etc/ferrohsm/payments.crt", "/etc/ferrohsm/payments.key")
 *     .build();
 * FerroHsmProviderConfig config = FerroHsmProviderConfig.builder().withCluster(cluster).build();
 * Security.addProvider(new FerroHsmProvider(config));
 * Security.removeProvider("FerroHSM-payments");
 * }</pre>
 */
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
