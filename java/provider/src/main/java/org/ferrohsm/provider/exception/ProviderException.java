package org.ferrohsm.provider.exception;

/** No HSM could be reached or answered in time, or it could not serve the call now. */
public class ProviderException extends java.security.ProviderException {
    private static final long serialVersionUID = 1L;

    /**
     * With what happened and what to do.
     *
     * @param message what happened, and what to do
     */
    public ProviderException(String message) {
        super(message);
    }
}
