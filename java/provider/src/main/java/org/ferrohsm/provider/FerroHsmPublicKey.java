package org.ferrohsm.provider;

import java.security.InvalidKeyException;
import java.security.Key;
import java.security.ProviderException;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Set;
import javax.security.auth.Destroyable;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.ObjectClassType;

/**
 * The public key of a pair in the HSM: an ordinary public key, which every provider takes, that also knows its attributes
 * there. It equals any public key with the same encoding, and is serialized as the JDK's own. Thread-safe.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("EC", provider).generateKeyPair();
 * FerroHsmPublicKey key = (FerroHsmPublicKey) pair.getPublic();
 * Object label = key.getAttributes().get(KeyAttribute.LABEL);
 * byte[] subjectPublicKeyInfo = key.getEncoded();
 * }</pre>
 */
public abstract class FerroHsmPublicKey implements PublicKey, Destroyable {
    private static final long serialVersionUID = 1L;

    private final transient HsmClient client;
    private final transient long handle;
    /** The key without the HSM. */
    private final PublicKey key;
    private transient volatile boolean destroyed;

    FerroHsmPublicKey(HsmClient client, KeyInfo info, PublicKey key) {
        this.client = client;
        this.handle = info.handle() + 1;
        this.key = key;
    }

    /** The same key as the JDK's own. */
    final PublicKey key() {
        return key;
    }

    @Override
    public final String getAlgorithm() {
        return key.getAlgorithm();
    }

    /** Always {@code X.509}. */
    @Override
    public final String getFormat() {
        return key.getFormat();
    }

    /** SubjectPublicKeyInfo in DER. */
    @Override
    public final byte[] getEncoded() {
        return key.getEncoded();
    }

    /** {@return the key's handle, that of its private key plus one} */
    public final long getHandle() {
        return handle;
    }

    /**
     * The key's attributes as the HSM has them now. One call to the HSM.
     *
     * @return a map of its own for each call
     * @throws InvalidKeyException if the pair is gone
     * @throws ProviderException if the HSM cannot be reached
     */
    public final KeyAttributesMap getAttributes() throws InvalidKeyException {
        return KeyAttributes.of(HsmClient.aboutKey(() -> client.getKey(handle)), ObjectClassType.PUBLIC_KEY);
    }

    /**
     * Changes attributes of the key, all of them or none, under the rules of {@link FerroHsmKey#setAttributes}. One call to
     * the HSM.
     *
     * @param changes the attributes to change, with their new values
     * @throws org.ferrohsm.provider.exception.AttributeException for a change that the HSM does not allow
     * @throws InvalidKeyException if the pair is gone
     * @throws ProviderException if the HSM cannot be reached
     */
    public final void setAttributes(KeyAttributesMap changes) throws InvalidKeyException {
        HsmClient.aboutKey(() -> {
            KeyType type = client.getKey(handle).keyType();
            return client.updateKey(handle, KeyAttributes.template(changes, type, ObjectClassType.PUBLIC_KEY, Set.of()),
                null, false);
        });
    }

    /** Changes nothing in the HSM: the public key of a pair is deleted with its private key. */
    @Override
    public final void destroy() {
        destroyed = true;
    }

    @Override
    public final boolean isDestroyed() {
        return destroyed;
    }

    @Override
    public final boolean equals(Object other) {
        return other instanceof Key otherKey && "X.509".equals(otherKey.getFormat())
            && Arrays.equals(getEncoded(), otherKey.getEncoded());
    }

    @Override
    public final int hashCode() {
        return key.hashCode();
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[0x" + Long.toHexString(handle) + ", " + key + ']';
    }

    /**
     * An object stream takes the key and leaves the HSM behind.
     *
     * @return the key as one of the JDK's own
     */
    protected final Object writeReplace() {
        return key;
    }
}
