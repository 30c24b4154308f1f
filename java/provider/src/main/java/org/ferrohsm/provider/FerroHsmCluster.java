package org.ferrohsm.provider;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Which cluster a provider uses, and how it is trusted: what {@code client.toml} says otherwise. Immutable.
 *
 * <pre>{@code
 * FerroHsmCluster cluster = FerroHsmCluster.builder()
 *     .withServer(FerroHsmServer.builder().withHostIP("hsm1.example.com").build())
 *     .withClusterId("00112233445566778899aabbccddeeff")
 *     .withHsmCAFilePath("/etc/ferrohsm/root.crt")
 *     .withClientCertificate("/etc/ferrohsm/payments.crt", "/etc/ferrohsm/payments.key")
 *     .build();
 * Provider payments = new FerroHsmProvider(FerroHsmProviderConfig.builder().withCluster(cluster).build());
 * }</pre>
 */
public final class FerroHsmCluster {
    private final String name;
    private final byte[] configuration;

    FerroHsmCluster(String name, List<String> configuration) {
        this.name = name;
        this.configuration = String.join("\n", configuration).concat("\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * A builder without servers.
     *
     * @return the builder
     */
    public static FerroHsmClusterBuilder builder() {
        return new FerroHsmClusterBuilder();
    }

    /** The provider's name. */
    String name() {
        return name;
    }

    /** The client of this configuration; it is shared with nobody, as the text has the provider's name. */
    HsmClient client() {
        return HsmClient.ofText(configuration);
    }
}
