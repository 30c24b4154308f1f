package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.util.Arrays;
import java.util.List;
import javax.crypto.SecretKey;

/**
 * Keys that were made outside the HSM and are put into the KeyStore. They are refused, because that is nearly always a
 * mistake, unless {@code -Dferrohsm.keystore.import=true} says that it is meant.
 */
final class FerroHsmKeyStoreImport {
    private static final String PERMISSION = "ferrohsm.keystore.import";

    private FerroHsmKeyStoreImport() {
    }

    /** Imports a key as a token key with a label that nothing else has. */
    static void put(HsmClient client, String alias, Key key, List<byte[]> chain)
        throws GeneralSecurityException {
        if (!Boolean.getBoolean(PERMISSION)) {
            throw refused(key);
        }
        KeyType type = type(key);
        byte[] material = key.getEncoded();
        if (material == null || !(key instanceof SecretKey ? "RAW" : "PKCS#8").equals(key.getFormat())) {
            throw new KeyStoreException("The key has no encoding that could be imported: " + key.getClass().getName());
        }
        try {
            client.importKey(type, material, new Template().text("label", alias).flag("token", true), new Template(),
                chain == null ? List.of() : chain, true);
        } finally {
            Arrays.fill(material, (byte) 0);
        }
    }

    private static KeyType type(Key key) throws KeyStoreException {
        String algorithm = key.getAlgorithm();
        KeyType privateType = key instanceof PrivateKey ? KeyType.ofPrivateKey(algorithm) : null;
        if (privateType != null) {
            return privateType;
        }
        KeyType secretType = key instanceof SecretKey ? KeyType.ofSecretKey(algorithm) : null;
        if (secretType != null && (secretType != KeyType.GENERIC_SECRET || algorithm.startsWith("Hmac"))) {
            return secretType;
        }
        throw new KeyStoreException("A key for " + algorithm + " cannot be imported: the HSM has private keys for "
            + KeyType.privateKeys() + ", AES, ChaCha20, DESede and HMAC keys");
    }

    private static KeyStoreException refused(Key key) {
        String what = key == null ? "This is no key (null)"
            : "This is a software key (" + key.getClass().getName() + "), not one of the HSM's";
        String instead = key instanceof SecretKey
            ? "keytool makes secret keys in the JVM even with -providerName FerroHSM, so make them with"
                + " KeyGenerator.getInstance(\"" + key.getAlgorithm() + "\", \"FerroHSM\")"
            : "To make keys in the HSM give keytool -providerName FerroHSM, or in Java name FerroHSM as the"
                + " KeyPairGenerator's provider";
        return new KeyStoreException(what + ". " + instead + ". To import keys that have been outside, set -D" + PERMISSION
            + "=true");
    }
}
