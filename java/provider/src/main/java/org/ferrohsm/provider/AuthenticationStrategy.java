package org.ferrohsm.provider;

import java.util.Objects;

/**
 * How to log in, under the name that CloudHSM's {@code jce.jni.AuthenticationStrategy} has; for an
 * {@link org.ferrohsm.provider.authentication.AuthenticationStrategyCallback}. It keeps a copy of the password until it
 * was used for a login. Not thread-safe.
 *
 * <pre>{@code
 * char[] password = "an application's password".toCharArray();
 * AuthenticationStrategy strategy =
 *     AuthenticationStrategy.createUsernamePasswordStrategy(UserType.CRYPTO_USER, "payments", password);
 * Arrays.fill(password, '\0');
 * }</pre>
 */
public final class AuthenticationStrategy {
    private final String user;
    private final char[] password;

    private AuthenticationStrategy(String user, char[] password) {
        this.user = user;
        this.password = password;
    }

    /**
     * A login with name and password; whoever gives the password wipes the array.
     *
     * @param type a crypto user, the only one whose keys a program uses
     * @param user its name
     * @param password its password; copied
     * @return a strategy for {@link org.ferrohsm.provider.authentication.AuthenticationStrategyCallback}
     */
    public static AuthenticationStrategy createUsernamePasswordStrategy(UserType type, String user, char[] password) {
        Objects.requireNonNull(type, "type");
        return new AuthenticationStrategy(Objects.requireNonNull(user, "user"), password.clone());
    }

    String user() {
        return user;
    }

    /** The password itself, for wiping after use. */
    char[] password() {
        return password;
    }
}
