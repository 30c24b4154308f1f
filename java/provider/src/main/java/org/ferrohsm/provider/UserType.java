package org.ferrohsm.provider;

/**
 * Whose login a program wants, under the name that CloudHSM's {@code jce.jni.UserType} has.
 *
 * <pre>{@code
 * AuthenticationStrategy strategy = AuthenticationStrategy.createUsernamePasswordStrategy(
 *     UserType.CRYPTO_USER, "payments", "an application's password".toCharArray());
 * }</pre>
 */
public enum UserType {
    /** A crypto user, who owns and uses keys. */
    CRYPTO_USER
}
