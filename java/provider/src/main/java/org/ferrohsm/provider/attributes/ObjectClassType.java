package org.ferrohsm.provider.attributes;

/** What kind of object a key is. */
public enum ObjectClassType {
    /** A secret key, for AES or HMAC. */
    SECRET_KEY,
    /** The private key of a pair. */
    PRIVATE_KEY,
    /** The public key of a pair. */
    PUBLIC_KEY
}
