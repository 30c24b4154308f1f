package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;
import java.security.UnrecoverableKeyException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.List;

/**
 * A KeyStore that also looks keys up by attributes or handle. As a {@link KeyStore} it is that of type {@code FERROHSM}
 * and lists token keys; by attributes it finds the session keys of this login too, and public keys.
 *
 * <p>Load it as any KeyStore, {@code load(null, null)}, before the first use. Thread-safe.
 *
 * <pre>{@code
 * KeyStoreWithAttributes store = KeyStoreWithAttributes.getInstance("FERROHSM", provider);
 * store.load(null, null);
 * KeyAttributesMap wanted = new KeyAttributesMap();
 * wanted.put(KeyAttribute.KEY_TYPE, KeyType.AES);
 * wanted.put(KeyAttribute.SIZE, 256);
 * for (Key key : store.getKeys(wanted)) {
 *     System.out.println(key);
 * }
 * }</pre>
 */
public final class KeyStoreWithAttributes extends KeyStore {
    private final FerroHsmKeyStore hsm;

    private KeyStoreWithAttributes(FerroHsmKeyStore hsm, Provider provider, String type) {
        super(hsm, provider, type);
        this.hsm = hsm;
    }

    /**
     * The KeyStore of the first installed FerroHSM provider.
     *
     * @param type {@code FERROHSM}, in any case
     * @return a KeyStore that is yet to be loaded
     * @throws KeyStoreException if there is no such type, or no FerroHSM provider is installed
     */
    public static KeyStoreWithAttributes getInstance(String type) throws KeyStoreException {
        for (Provider provider : Security.getProviders()) {
            if (provider instanceof FerroHsmProvider && provider.getService("KeyStore", type) != null) {
                return getInstance(type, provider);
            }
        }
        throw new KeyStoreException("No installed FerroHSM provider has a KeyStore " + type + ": the type is FERROHSM, and"
            + " Security.addProvider(new FerroHsmProvider()) installs the provider");
    }

    /**
     * The KeyStore of the installed provider with this name.
     *
     * @param type {@code FERROHSM}, in any case
     * @param provider whose keys it has
     * @return a KeyStore that is yet to be loaded
     * @throws KeyStoreException if it has no such type, or is none of FerroHSM
     * @throws NoSuchProviderException if it is not installed
     */
    public static KeyStoreWithAttributes getInstance(String type, String provider)
        throws KeyStoreException, NoSuchProviderException {
        Provider named = Security.getProvider(provider);
        if (named == null) {
            throw new NoSuchProviderException("No provider " + provider + " is installed");
        }
        return getInstance(type, named);
    }

    /**
     * The KeyStore of this provider, installed or not.
     *
     * @param type {@code FERROHSM}, in any case
     * @param provider whose keys it has
     * @return a KeyStore that is yet to be loaded
     * @throws KeyStoreException if it has no such type, or is none of FerroHSM
     */
    public static KeyStoreWithAttributes getInstance(String type, Provider provider) throws KeyStoreException {
        if (!(provider instanceof FerroHsmProvider ours) || ours.getService("KeyStore", type) == null) {
            throw new KeyStoreException(provider.getName() + " has no KeyStore " + type + " with attributes");
        }
        return new KeyStoreWithAttributes(new FerroHsmKeyStore(ours), ours, type);
    }

    /**
     * The one key that a {@code KeyAttributesMap} or {@code KeyReferenceSpec} names. Without {@code OBJECT_CLASS} public
     * keys count only if no private or secret key matches, since both keys of a pair may share a label.
     *
     * @param spec which keys: those that have all of its attributes, or the one with its handle
     * @return null if there is none
     * @throws InvalidKeySpecException if several keys match, which the message lists with their handles, or for a
     *     specification of another kind
     * @throws KeyStoreException if the KeyStore was not loaded, or the HSM refuses
     * @throws UnrecoverableKeyException if this Java cannot use the key
     * @throws NoSuchAlgorithmException if this Java does not have the key's algorithm
     * @throws ProviderException if the HSM cannot be reached
     */
    public Key getKey(KeySpec spec)
        throws KeyStoreException, NoSuchAlgorithmException, UnrecoverableKeyException, InvalidKeySpecException {
        return search(search -> search.one(spec));
    }

    /**
     * All keys that a {@code KeyAttributesMap} or {@code KeyReferenceSpec} names, public keys too unless
     * {@code OBJECT_CLASS} says otherwise; private and secret keys come first, in the order of their handles.
     *
     * @param spec which keys: those that have all of its attributes, or the one with its handle
     * @return an empty list if there are none
     * @throws InvalidKeySpecException for a specification of another kind
     * @throws KeyStoreException if the KeyStore was not loaded, or the HSM refuses
     * @throws UnrecoverableKeyException if this Java cannot use one of the keys
     * @throws NoSuchAlgorithmException if this Java does not have the algorithm of one of the keys
     * @throws ProviderException if the HSM cannot be reached
     */
    public List<Key> getKeys(KeySpec spec)
        throws KeyStoreException, NoSuchAlgorithmException, UnrecoverableKeyException, InvalidKeySpecException {
        return search(search -> search.all(spec));
    }

    private interface Search<T> {
        T run(KeySearch search) throws GeneralSecurityException;
    }

    private <T> T search(Search<T> search)
        throws KeyStoreException, NoSuchAlgorithmException, UnrecoverableKeyException, InvalidKeySpecException {
        HsmClient client = hsm.client();
        if (client == null) {
            throw new KeyStoreException("The KeyStore was not loaded: call load(null, null) first");
        }
        try {
            return search.run(new KeySearch(client));
        } catch (NoSuchAlgorithmException | UnrecoverableKeyException | InvalidKeySpecException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new KeyStoreException(e.getMessage(), e);
        }
    }
}
