package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Set;
import javax.crypto.Cipher;
import org.ferrohsm.provider.attributes.KeyAttributesMap;

/** Wrapping keys that are in the HSM, and unwrapping keys into it. No key passes through this process in clear. */
final class KeyWrapping {
    private KeyWrapping() {
    }

    /**
     * Wraps a key of the HSM's.
     *
     * @param wrappingKey a key of the HSM's, or a public key
     */
    static HsmClient.WithIv wrap(Key wrappingKey, int mechanism, byte[] parameters, Key key)
        throws GeneralSecurityException {
        if (!(key instanceof FerroHsmKey target)) {
            throw new InvalidKeyException("Only keys in the HSM are wrapped here, this is a "
                + (key == null ? "null" : key.getClass().getName())
                + ": import it first, or wrap it with another provider");
        }
        if (wrappingKey instanceof PublicKey publicKey) {
            return target.client().wrapKey(0, Keys.publicKeyInfo(publicKey), mechanism, parameters,
                target.getHandle());
        }
        FerroHsmKey wrapping = (FerroHsmKey) wrappingKey;
        if (!wrapping.client().clusterId().equals(target.client().clusterId())) {
            throw new InvalidKeyException("The wrapping key and the key to wrap are in different clusters: unwrap the"
                + " wrapping key into the other cluster first. " + wrapping + ", " + target);
        }
        long handle = wrapping.handleFor("wrap");
        return target.client().wrapKey(handle, null, mechanism, parameters, target.getHandle());
    }

    /** Unwraps into the HSM, as a session key with the defaults of its type unless its attributes say otherwise. */
    static Key unwrap(FerroHsmKey unwrappingKey, int mechanism, byte[] parameters, byte[] wrapped, String algorithm,
        int type, KeyAttributesMap attributes) throws GeneralSecurityException {
        HsmClient client = unwrappingKey.client();
        KeyType keyType = keyType(algorithm, type);
        KeyInfo info = client.unwrapKey(unwrappingKey.handleFor("unwrap"), mechanism, parameters, wrapped, keyType,
            KeyAttributes.template(attributes, keyType, KeyAttributes.partOf(keyType), Set.of()));
        return type == Cipher.SECRET_KEY
            ? new FerroHsmSecretKey(client, info, algorithm)
            : Keys.privateKey(client, info);
    }

    private static KeyType keyType(String algorithm, int type) throws InvalidKeyException, NoSuchAlgorithmException {
        if (type == Cipher.PUBLIC_KEY) {
            throw new InvalidKeyException("The HSM wraps and unwraps private and secret keys only: a public key is no"
                + " secret");
        }
        if (type == Cipher.SECRET_KEY) {
            return KeyType.ofSecretKey(algorithm);
        }
        KeyType keyType = KeyType.ofPrivateKey(algorithm);
        if (keyType == null) {
            throw new NoSuchAlgorithmException("The HSM has no private keys for " + algorithm + ": "
                + KeyType.privateKeys());
        }
        return keyType;
    }
}
