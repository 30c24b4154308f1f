package org.ferrohsm.provider.attributes;

import java.security.spec.KeySpec;

/**
 * Names one key by its handle, for {@link org.ferrohsm.provider.KeyStoreWithAttributes}. Immutable.
 *
 * <pre>{@code
 * FerroHsmKey made = (FerroHsmKey) KeyGenerator.getInstance("AES", provider).generateKey();
 * KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("FERROHSM", provider);
 * store.load(null, null);
 * Key same = store.getKey(KeyReferenceSpec.getInstance(made.getHandle()));
 * }</pre>
 */
public final class KeyReferenceSpec implements KeySpec {
    private final long keyReference;

    private KeyReferenceSpec(long keyReference) {
        this.keyReference = keyReference;
    }

    /**
     * The key with this handle; that of a public key is its private key's plus one.
     *
     * @param keyReference the handle
     * @return a specification for {@code KeyStoreWithAttributes.getKey}
     * @throws IllegalArgumentException unless it is positive, as all handles are
     */
    public static KeyReferenceSpec getInstance(long keyReference) {
        if (keyReference <= 0) {
            throw new IllegalArgumentException("Key handles are positive, this one is " + keyReference);
        }
        return new KeyReferenceSpec(keyReference);
    }

    /** {@return the handle} */
    public long getKeyReference() {
        return keyReference;
    }

    @Override
    public String toString() {
        return "key handle 0x" + Long.toHexString(keyReference);
    }
}
