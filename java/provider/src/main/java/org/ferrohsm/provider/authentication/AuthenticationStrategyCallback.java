package org.ferrohsm.provider.authentication;

import javax.security.auth.callback.Callback;
import org.ferrohsm.provider.AuthenticationStrategy;

/**
 * Asks a {@code CallbackHandler} how to log in, as CloudHSM's provider does. A handler that sets the password of a
 * {@code PasswordCallback} is not asked this. Not thread-safe.
 *
 * <pre>{@code
 * CallbackHandler handler = callbacks -> {
 *     for (Callback callback : callbacks) {
 *         if (callback instanceof AuthenticationStrategyCallback asked) {
 *             asked.setAuthenticationStrategy(AuthenticationStrategy.createUsernamePasswordStrategy(
 *                 UserType.CRYPTO_USER, "payments", System.console().readPassword("Password: ")));
 *         }
 *     }
 * };
 * provider.setCallbackHandler(handler);
 * }</pre>
 */
public final class AuthenticationStrategyCallback implements Callback {
    private AuthenticationStrategy strategy;

    /** A callback without an answer. */
    public AuthenticationStrategyCallback() {
        // The handler answers.
    }

    /**
     * The handler's answer.
     *
     * @param chosen how to log in; null for not at all
     */
    public void setAuthenticationStrategy(AuthenticationStrategy chosen) {
        strategy = chosen;
    }

    /** {@return the handler's answer, or null} */
    public AuthenticationStrategy getAuthenticationStrategy() {
        return strategy;
    }
}
