package org.ferrohsm.junit;

/**
 * Whether a cluster refuses what FIPS does not approve. Chosen when a cluster is made, as in AWS CloudHSM.
 *
 * <pre>{@code
 * @FerroHsm(mode = ClusterMode.NON_FIPS)
 * class Secp256k1Test {
 * }
 * }</pre>
 */
public enum ClusterMode {
    /** Only approved algorithms; what {@code hsm-server} does by default. */
    FIPS("fips"),
    /** Every algorithm that FerroHSM has. */
    NON_FIPS("non-fips");

    private final String option;

    ClusterMode(String option) {
        this.option = option;
    }

    /** As {@code hsm-server --mode} has it. */
    String option() {
        return option;
    }
}
