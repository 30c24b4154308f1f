package org.ferrohsm.provider.exception;

/** The HSM failed inside; its log tells why. */
public class InternalException extends java.security.ProviderException {
    private static final long serialVersionUID = 1L;

    /**
     * With what happened and what to do.
     *
     * @param message what happened, and what to do
     */
    public InternalException(String message) {
        super(message);
    }
}
