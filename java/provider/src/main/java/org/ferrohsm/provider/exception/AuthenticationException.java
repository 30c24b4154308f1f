package org.ferrohsm.provider.exception;

/**
 * An operation needs a login, and there is none.
 *
 * <pre>{@code
 * try {
 *     SecretKey key = KeyGenerator.getInstance("AES", provider).generateKey();
 * } catch (AuthenticationException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public class AuthenticationException extends java.security.ProviderException {
    private static final long serialVersionUID = 1L;

    /**
     * With where user and password may come from.
     *
     * @param message what happened, and what to do
     */
    public AuthenticationException(String message) {
        super(message);
    }

    /** {@return why it was refused} */
    public AuthenticationExceptionCause getFerroHsmExceptionCause() {
        return AuthenticationExceptionCause.UNAUTHENTICATED;
    }
}
