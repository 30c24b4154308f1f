package org.ferrohsm.provider.exception;

/**
 * The user is locked after too many wrong passwords; a crypto officer unlocks it.
 *
 * <pre>{@code
 * try {
 *     provider.login(null, null);    // user and password from the configuration
 * } catch (AccountLockedException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public class AccountLockedException extends javax.security.auth.login.AccountLockedException {
    private static final long serialVersionUID = 1L;

    /**
     * With what happened and what to do.
     *
     * @param message what happened, and what to do
     */
    public AccountLockedException(String message) {
        super(message);
    }
}
