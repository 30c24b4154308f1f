package org.ferrohsm.provider.attributes;

/** Which algorithm a key is for. */
public enum KeyType {
    /** AES. */
    AES,
    /** Triple DES. */
    DESEDE,
    /** A NIST curve or secp256k1. */
    EC,
    /** A secret for HMAC or key derivation. */
    GENERIC_SECRET,
    /** RSA. */
    RSA
}
