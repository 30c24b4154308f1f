package org.ferrohsm.provider.exception;

import javax.security.auth.login.LoginException;

/**
 * Another user is logged in: log out first, or use a provider with a configuration of its own.
 *
 * <pre>{@code
 * try {
 *     provider.login(null, null);    // user and password from the configuration
 * } catch (AccountAlreadyLoggedInException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public class AccountAlreadyLoggedInException extends LoginException {
    private static final long serialVersionUID = 1L;

    /**
     * With what happened and what to do.
     *
     * @param message what happened, and what to do
     */
    public AccountAlreadyLoggedInException(String message) {
        super(message);
    }
}
