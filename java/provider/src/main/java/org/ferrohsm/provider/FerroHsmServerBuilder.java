package org.ferrohsm.provider;

/**
 * Builds a {@link FerroHsmServer}. Not thread-safe.
 *
 * <pre>{@code
 * FerroHsmServer server = FerroHsmServer.builder().withHostIP("2001:db8::1").withPort(2224).build();
 * }</pre>
 */
public final class FerroHsmServerBuilder {
    private static final int DEFAULT_PORT = 2223;

    private String host;
    private int port = DEFAULT_PORT;

    FerroHsmServerBuilder() {
    }

    /**
     * IP address or name of the HSM's host. Needed.
     *
     * @param hostIp without a port; IPv6 with or without brackets
     * @return this builder
     */
    public FerroHsmServerBuilder withHostIP(String hostIp) {
        host = hostIp;
        return this;
    }

    /**
     * TCP port, 2223 unless set.
     *
     * @param tcpPort from 1 to 65535
     * @return this builder
     */
    public FerroHsmServerBuilder withPort(int tcpPort) {
        port = tcpPort;
        return this;
    }

    /**
     * The address.
     *
     * @return the address, for {@link FerroHsmClusterBuilder#withServer}
     * @throws IllegalStateException without a host, or with a port that is none
     */
    public FerroHsmServer build() {
        if (host == null || host.isBlank()) {
            throw new IllegalStateException("A server needs withHostIP");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalStateException("A TCP port is from 1 to 65535, not " + port);
        }
        boolean isIpv6 = host.indexOf(':') >= 0 && !host.startsWith("[");
        return new FerroHsmServer((isIpv6 ? '[' + host + ']' : host) + ':' + port);
    }
}
