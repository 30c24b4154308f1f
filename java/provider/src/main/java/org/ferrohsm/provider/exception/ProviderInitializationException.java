package org.ferrohsm.provider.exception;

/**
 * The provider cannot be used in this JVM: its native library cannot be loaded. The message says why and what to do.
 *
 * <pre>{@code
 * try {
 *     Security.addProvider(new FerroHsmProvider());
 * } catch (ProviderInitializationException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public class ProviderInitializationException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * With why the provider cannot be used, and what to do.
     *
     * @param message what happened, and what to do
     * @param cause what the JVM said
     */
    public ProviderInitializationException(String message, Throwable cause) {
        super(message, cause);
    }
}
