package org.ferrohsm.provider;

/**
 * Address of one HSM. Immutable.
 *
 * <pre>{@code
 * FerroHsmServer server = FerroHsmServer.builder().withHostIP("hsm1.example.com").build();
 * }</pre>
 */
public final class FerroHsmServer {
    private final String address;

    FerroHsmServer(String address) {
        this.address = address;
    }

    /**
     * A builder without an address.
     *
     * @return the builder
     */
    public static FerroHsmServerBuilder builder() {
        return new FerroHsmServerBuilder();
    }

    /** {@code host:port}. */
    String address() {
        return address;
    }
}
