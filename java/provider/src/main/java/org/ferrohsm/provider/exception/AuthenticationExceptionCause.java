package org.ferrohsm.provider.exception;

/**
 * Why an operation was refused by {@link AuthenticationException}.
 *
 * <pre>{@code
 * try {
 *     SecretKey key = KeyGenerator.getInstance("AES", provider).generateKey();
 * } catch (AuthenticationException e) {
 *     if (e.getFerroHsmExceptionCause() == AuthenticationExceptionCause.UNAUTHENTICATED) {
 *         System.err.println("log in first: " + e.getMessage());
 *     }
 * }
 * }</pre>
 */
public enum AuthenticationExceptionCause {
    /** Nobody is logged in, and no source of user and password is known. */
    UNAUTHENTICATED
}
