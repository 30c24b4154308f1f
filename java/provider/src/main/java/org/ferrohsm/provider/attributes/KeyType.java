package org.ferrohsm.provider.attributes;

/** Which algorithm a key is for: CloudHSM's names where they are known, else those of PKCS#11. */
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
    RSA,
    /** Ed25519. */
    EC_EDWARDS,
    /** X25519. */
    EC_MONTGOMERY,
    /** ML-DSA. */
    MLDSA,
    /** ML-KEM. */
    ML_KEM,
    /** ChaCha20. */
    CHACHA20
}
