package org.ferrohsm.provider.attributes;

/**
 * What kind of object a key is.
 *
 * <pre>{@code
 * KeyAttributesMap wanted = new KeyAttributesMapBuilder()
 *     .put(KeyAttribute.OBJECT_CLASS, ObjectClassType.PRIVATE_KEY).build();
 * KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("FERROHSM", provider);
 * store.load(null, null);
 * List<Key> privateKeys = store.getKeys(wanted);
 * }</pre>
 */
public enum ObjectClassType {
    /** A secret key, for AES or HMAC. */
    SECRET_KEY,
    /** The private key of a pair. */
    PRIVATE_KEY,
    /** The public key of a pair. */
    PUBLIC_KEY
}
