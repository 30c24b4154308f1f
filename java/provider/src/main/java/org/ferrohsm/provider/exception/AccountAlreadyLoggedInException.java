package org.ferrohsm.provider.exception;

import javax.security.auth.login.LoginException;

/** Another user is logged in: log out first, or use a provider with a configuration of its own. */
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
