package org.ferrohsm.provider.attributes;

/**
 * Which algorithm a key is for: CloudHSM's names where they are known, else those of PKCS#11.
 *
 * <pre>{@code
 * KeyAttributesMap wanted = new KeyAttributesMapBuilder().put(KeyAttribute.KEY_TYPE, KeyType.RSA).build();
 * KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("FERROHSM", provider);
 * store.load(null, null);
 * List<Key> rsaKeys = store.getKeys(wanted);
 * }</pre>
 */
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
