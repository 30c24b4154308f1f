package org.ferrohsm.provider;

/**
 * Options of CloudHSM's provider, and what they mean here. See {@link FerroHsmClusterBuilder#withOptions}.
 *
 * <pre>{@code
 * FerroHsmClusterBuilder builder = FerroHsmCluster.builder()
 *     .withOptions(OptionalParameters.KEY_AVAILABILITY_CHECK, true)
 *     .withOptions(OptionalParameters.VALIDATE_KEY_AT_INIT, false);
 * }</pre>
 */
public enum OptionalParameters {
    /**
     * Ask the HSM at {@code init} whether the key may be used so. FerroHSM looks at the attributes that it knows then and
     * asks the HSM at the use; true is refused.
     */
    VALIDATE_KEY_AT_INIT,
    /**
     * Use a token key only when it is on two HSMs. Both values are fine and neither changes anything: a token key is
     * durable in the cluster's store before it is handed out.
     */
    KEY_AVAILABILITY_CHECK
}
