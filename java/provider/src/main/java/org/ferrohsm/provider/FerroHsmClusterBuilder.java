package org.ferrohsm.provider;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Builds a {@link FerroHsmCluster}. What CloudHSM's builder lacks is needed here: the client certificate with its key, and
 * the cluster's id. Paths are absolute, or relative to the working directory. Not thread-safe.
 *
 * <pre>{@code
 * FerroHsmCluster cluster = FerroHsmCluster.builder()
 *     .withClusterUniqueIdentifier("FerroHSM-payments")
 *     .withServer(FerroHsmServer.builder().withHostIP("hsm1.example.com").build())
 *     .withServer(FerroHsmServer.builder().withHostIP("hsm2.example.com").withPort(2224).build())
 *     .withClusterId("00112233445566778899aabbccddeeff")
 *     .withHsmCAFilePath("/etc/ferrohsm/root.crt")
 *     .withClientCertificate("/etc/ferrohsm/payments.crt", "/etc/ferrohsm/payments.key")
 *     .build();
 * }</pre>
 */
public final class FerroHsmClusterBuilder {
    private final List<FerroHsmServer> servers = new ArrayList<>();
    private String name;
    private String rootFile;
    private String certificateFile;
    private String keyFile;
    private String clusterId;
    private boolean dev;
    private String defaults = "ferrohsm";

    FerroHsmClusterBuilder() {
    }

    /**
     * The provider's name, which JCA finds it by. A random one unless set.
     *
     * @param providerName not blank; {@code FerroHSM-} and a word is the custom
     * @return this builder
     */
    public FerroHsmClusterBuilder withClusterUniqueIdentifier(String providerName) {
        name = providerName;
        return this;
    }

    /**
     * PEM file with the customer's root certificate. Needed.
     *
     * @param pemFile path of the file
     * @return this builder
     */
    public FerroHsmClusterBuilder withHsmCAFilePath(String pemFile) {
        rootFile = pemFile;
        return this;
    }

    /**
     * One more HSM of the cluster. At least one is needed.
     *
     * @param server its address
     * @return this builder
     */
    public FerroHsmClusterBuilder withServer(FerroHsmServer server) {
        servers.add(server);
        return this;
    }

    /**
     * An option of CloudHSM's: see {@link OptionalParameters} for what each means here.
     *
     * @param option which one
     * @param value what it is set to
     * @return this builder
     * @throws IllegalArgumentException for a value that FerroHSM cannot keep to
     */
    public FerroHsmClusterBuilder withOptions(OptionalParameters option, boolean value) {
        if (option == OptionalParameters.VALIDATE_KEY_AT_INIT && value) {
            throw new IllegalArgumentException("FerroHSM asks the HSM about a key when it is used, not at init: set"
                + " VALIDATE_KEY_AT_INIT to false, or leave it out");
        }
        return this;
    }

    /**
     * PEM files with the client's certificate chain and its key (PKCS#8, readable by its owner only). Needed. FerroHSM's
     * own.
     *
     * @param certificatePemFile path of the chain, leaf first
     * @param keyPemFile path of the key
     * @return this builder
     */
    public FerroHsmClusterBuilder withClientCertificate(String certificatePemFile, String keyPemFile) {
        certificateFile = certificatePemFile;
        keyFile = keyPemFile;
        return this;
    }

    /**
     * The cluster's id, 32 hex digits ({@code ferrohsm cluster hsm-info}). Needed. FerroHSM's own.
     *
     * @param id the 32 digits
     * @return this builder
     */
    public FerroHsmClusterBuilder withClusterId(String id) {
        clusterId = id;
        return this;
    }

    /**
     * Whether a dev cluster is accepted, whose keys are not protected. False unless set. FerroHSM's own.
     *
     * @param accepted true to accept one
     * @return this builder
     */
    public FerroHsmClusterBuilder withDevCluster(boolean accepted) {
        dev = accepted;
        return this;
    }

    /**
     * Attributes of keys that name none: {@code "ferrohsm"} (default), or {@code "cloudhsm"}, whose keys are extractable.
     * FerroHSM's own.
     *
     * @param profile one of the two names
     * @return this builder
     */
    public FerroHsmClusterBuilder withDefaults(String profile) {
        defaults = profile;
        return this;
    }

    /**
     * The cluster's configuration. Its files are read at the provider's first use.
     *
     * @return the cluster, for {@link FerroHsmProviderConfigBuilder#withCluster}
     * @throws IllegalStateException if something needed is missing, which the message names
     */
    public FerroHsmCluster build() {
        require(!servers.isEmpty(), "withServer");
        require(rootFile != null, "withHsmCAFilePath");
        require(certificateFile != null && keyFile != null, "withClientCertificate");
        require(clusterId != null, "withClusterId (see `ferrohsm cluster hsm-info`)");
        require(name == null || !name.isBlank(), "a withClusterUniqueIdentifier that is not empty, or none");
        String provider = name != null ? name : FerroHsmProvider.PROVIDER_NAME + '-' + UUID.randomUUID();
        List<String> lines = new ArrayList<>();
        // A comment with the name: two providers never share a client and its login.
        lines.add("# " + quoted(provider));
        lines.add("addresses = [" + String.join(", ", servers.stream().map(FerroHsmServer::address)
            .map(FerroHsmClusterBuilder::quoted).toList()) + "]");
        lines.add("cluster-id = " + quoted(clusterId));
        lines.add("root = " + path(rootFile));
        lines.add("client-certificate = " + path(certificateFile));
        lines.add("client-key = " + path(keyFile));
        lines.add("dev = " + dev);
        lines.add("defaults = " + quoted(defaults));
        return new FerroHsmCluster(provider, lines);
    }

    private static void require(boolean given, String what) {
        if (!given) {
            throw new IllegalStateException("The cluster's configuration lacks " + what);
        }
    }

    private static String path(String file) {
        return quoted(Path.of(file).toAbsolutePath().toString());
    }

    /** A basic string of TOML. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c == 127) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
