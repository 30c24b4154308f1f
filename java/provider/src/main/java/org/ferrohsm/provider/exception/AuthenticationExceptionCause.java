package org.ferrohsm.provider.exception;

/** Why an operation was refused by {@link AuthenticationException}. */
public enum AuthenticationExceptionCause {
    /** Nobody is logged in, and no source of user and password is known. */
    UNAUTHENTICATED
}
