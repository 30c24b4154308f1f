package org.ferrohsm.provider;

import java.io.NotSerializableException;
import java.io.ObjectStreamException;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.ProviderException;
import java.util.Set;
import javax.security.auth.DestroyFailedException;
import javax.security.auth.Destroyable;
import org.ferrohsm.provider.attributes.KeyAttributesMap;

/**
 * A private or secret key in the HSM. It has a handle and no bytes: {@link #getEncoded()} and {@link #getFormat()} are
 * null, and it cannot be serialized. It stays valid across lost connections and restarts of the HSM.
 *
 * <p>Nothing happens in the HSM when an object is garbage-collected: a token key stays until it is deleted, a session
 * key until its login ends, since the same handle may have been looked up elsewhere. {@link #destroy()} deletes the
 * key at once. Two objects are equal when they stand for the same key of the same cluster. Thread-safe.
 *
 * <pre>{@code
 * SecretKey made = KeyGenerator.getInstance("AES", provider).generateKey();
 * if (made instanceof FerroHsmKey key) {
 *     KeyAttributesMap changes = new KeyAttributesMap();
 *     changes.put(KeyAttribute.LABEL, "invoices");
 *     changes.put(KeyAttribute.TOKEN, true);
 *     key.setAttributes(changes);    // kept from now on
 *     key.destroy();                 // deleted in the HSM
 * }
 * }</pre>
 */
public abstract class FerroHsmKey implements Key, Destroyable {
    private static final long serialVersionUID = 1L;

    private final transient HsmClient client;
    private transient volatile KeyInfo info;
    /** JCA name of the algorithm. */
    private final String algorithm;
    private transient volatile boolean destroyed;

    FerroHsmKey(HsmClient client, KeyInfo info, String algorithm) {
        this.client = client;
        this.info = info;
        this.algorithm = algorithm;
    }

    /** JCA name of the algorithm: {@code RSA}, {@code EC}, {@code AES}, {@code HmacSHA256}, {@code GenericSecret}. */
    @Override
    public final String getAlgorithm() {
        return algorithm;
    }

    /** Always null: the key has no encoding outside the HSM. */
    @Override
    public final String getFormat() {
        return null;
    }

    /** Always null: the key has no encoding outside the HSM. */
    @Override
    public final byte[] getEncoded() {
        return null;
    }

    /** {@return the key's handle, the same on every HSM of the cluster and across restarts} */
    public final long getHandle() {
        return info.handle();
    }

    /**
     * The key's attributes as the HSM has them now, with what describes the key ({@code KEY_TYPE}, {@code OBJECT_CLASS},
     * {@code SIZE}, {@code MODULUS}, {@code EC_PARAMS}, ...). One call to the HSM.
     *
     * @return a map of its own for each call
     * @throws InvalidKeyException if the key is gone
     * @throws ProviderException if the HSM cannot be reached
     */
    public final KeyAttributesMap getAttributes() throws InvalidKeyException {
        info = HsmClient.aboutKey(() -> client.getKey(info.handle()));
        return KeyAttributes.of(info, KeyAttributes.partOf(info.keyType()));
    }

    /**
     * Changes attributes of the key, all of them or none. {@code LABEL} and {@code ID} change freely, everything else only
     * gets stricter; {@code TOKEN=true} keeps the key until it is deleted. One call to the HSM.
     *
     * @param changes the attributes to change, with their new values
     * @throws org.ferrohsm.provider.exception.AttributeException for a change that the HSM does not allow
     * @throws InvalidKeyException if the key is gone
     * @throws ProviderException if the HSM cannot be reached
     */
    public final void setAttributes(KeyAttributesMap changes) throws InvalidKeyException {
        Template template = KeyAttributes.template(changes, info.keyType(), KeyAttributes.partOf(info.keyType()),
            Set.of());
        info = HsmClient.aboutKey(() -> client.updateKey(info.handle(), template, null, false));
    }

    final HsmClient client() {
        return client;
    }

    final KeyInfo info() {
        return info;
    }

    /** The handle, for a use of this name ({@code sign}, {@code decrypt}, ...) that the key must not be known to lack. */
    final long handleFor(String use) throws InvalidKeyException {
        if (destroyed) {
            throw new InvalidKeyException("The key was destroyed: " + this);
        }
        if (info.denies(use)) {
            throw new InvalidKeyException("The key's attributes do not permit `" + use
                + "`, and uses are only ever taken away: generate another key with that use. " + this);
        }
        return info.handle();
    }

    /**
     * Deletes the key in the HSM for good, and a private key together with its public key: token keys that were looked up
     * or made as such, and session keys. A session key that became a token key after this object was made, through a
     * KeyStore entry say, is spared: look it up to delete it. {@code DESTROYABLE=false} protects a key.
     *
     * @throws DestroyFailedException for a key that is spared or gone, and where the HSM refuses or cannot be reached
     */
    @Override
    public final void destroy() throws DestroyFailedException {
        if (destroyed) {
            return;
        }
        try {
            if (info.isToken()) {
                client.deleteKey(info.handle());
            } else {
                // The HSM decides: a KeyStore entry may have made it a token key since this object was made.
                client.deleteSessionKey(info.handle());
            }
            destroyed = true;
        } catch (GeneralSecurityException | ProviderException e) {
            DestroyFailedException failed = new DestroyFailedException(e.getMessage());
            failed.initCause(e);
            throw failed;
        }
    }

    @Override
    public final boolean isDestroyed() {
        return destroyed;
    }

    @Override
    public final boolean equals(Object other) {
        return other instanceof FerroHsmKey key && key.info.handle() == info.handle()
            && key.client.clusterId().equals(client.clusterId());
    }

    @Override
    public final int hashCode() {
        return Long.hashCode(info.handle());
    }

    @Override
    public final String toString() {
        String label = info.label() == null ? "no label" : "label \"" + info.label() + '"';
        String kind = info.curve() != null ? info.curve().standardName() : algorithm + ' ' + info.sizeBits() + " bits";
        return getClass().getSimpleName() + "[0x" + Long.toHexString(info.handle()) + ", " + kind + ", " + label + ", "
            + (info.isToken() ? "token" : "session") + " key of cluster " + client.clusterId() + ']';
    }

    /**
     * Keys do not travel: an object stream would lose what they are.
     *
     * @return never
     * @throws ObjectStreamException always
     */
    protected final Object writeReplace() throws ObjectStreamException {
        throw new NotSerializableException(getClass().getName() + ": a key in an HSM cannot be serialized; look it up"
            + " through the KeyStore");
    }
}
