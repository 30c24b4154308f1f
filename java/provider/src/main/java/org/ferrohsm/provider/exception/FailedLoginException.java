package org.ferrohsm.provider.exception;

/**
 * User name or password is wrong, or the HSM does not know the login any more.
 *
 * <pre>{@code
 * try {
 *     provider.login(null, null);    // user and password from the configuration
 * } catch (FailedLoginException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public class FailedLoginException extends javax.security.auth.login.FailedLoginException {
    private static final long serialVersionUID = 1L;

    /**
     * With what happened and what to do.
     *
     * @param message what happened, and what to do
     */
    public FailedLoginException(String message) {
        super(message);
    }
}
