package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.Arrays;
import java.util.List;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactorySpi;
import javax.crypto.spec.SecretKeySpec;

/**
 * Imports secret keys into the HSM, as session keys. This factory answers only when FerroHSM is named, so nobody gets
 * that by accident.
 */
final class HsmSecretKeyFactory extends SecretKeyFactorySpi {
    private final ServiceContext context;

    HsmSecretKeyFactory(ServiceContext context) {
        this.context = context;
    }

    @Override
    protected SecretKey engineGenerateSecret(KeySpec spec) throws InvalidKeySpecException {
        if (!(spec instanceof SecretKeySpec secret)) {
            throw new InvalidKeySpecException("A secret key is imported from a SecretKeySpec"
                + (spec == null ? "" : ", not from a " + spec.getClass().getName()));
        }
        try {
            return importKey(secret);
        } catch (InvalidKeySpecException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new InvalidKeySpecException(e.getMessage(), e);
        }
    }

    private SecretKey importKey(SecretKey software) throws GeneralSecurityException {
        byte[] bytes = software.getEncoded();
        if (bytes == null) {
            throw new InvalidKeyException("The key has no encoding, so it cannot be imported: "
                + software.getClass().getName());
        }
        HsmClient client = context.client();
        try {
            KeyInfo info = client.importKey(context.keyType(), bytes, new Template(), new Template(), List.of(), false);
            String algorithm = context.keyType() == KeyType.AES ? "AES" : software.getAlgorithm();
            return new FerroHsmSecretKey(client, info, algorithm);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    @Override
    protected KeySpec engineGetKeySpec(SecretKey key, Class<?> type) throws InvalidKeySpecException {
        if (key instanceof FerroHsmKey) {
            throw new InvalidKeySpecException("The key stays in the HSM: it has no specification. " + key);
        }
        throw new InvalidKeySpecException("This is no key of FerroHSM: "
            + (key == null ? "null" : key.getClass().getName()));
    }

    @Override
    protected SecretKey engineTranslateKey(SecretKey key) throws InvalidKeyException {
        if (key instanceof FerroHsmSecretKey) {
            return key;
        }
        if (key == null) {
            throw new InvalidKeyException("The key is null");
        }
        try {
            return importKey(key);
        } catch (InvalidKeyException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new InvalidKeyException(e.getMessage(), e);
        }
    }
}
