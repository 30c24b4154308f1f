package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.Arrays;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactorySpi;
import javax.crypto.spec.PBEKeySpec;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.exception.AttributeException;
import org.ferrohsm.provider.spec.Pbkdf2ParameterSpec;

/** PBKDF2 in the HSM. The password comes from here, the key stays there. */
final class Pbkdf2KeyFactory extends SecretKeyFactorySpi {
    private final ServiceContext context;

    Pbkdf2KeyFactory(ServiceContext context) {
        this.context = context;
    }

    @Override
    protected SecretKey engineGenerateSecret(KeySpec spec) throws InvalidKeySpecException {
        try {
            if (spec instanceof PBEKeySpec given) {
                if (given.getSalt() == null) {
                    throw new InvalidKeySpecException("PBKDF2 needs a salt, an iteration count and a key length");
                }
                return derive(given.getPassword(), given.getSalt(), given.getIterationCount(), KeyType.GENERIC_SECRET,
                    new KeyAttributesMap(), given.getKeyLength());
            }
            if (spec instanceof Pbkdf2ParameterSpec given) {
                boolean aes = given.getAttributes().get(KeyAttribute.KEY_TYPE)
                    == org.ferrohsm.provider.attributes.KeyType.AES;
                return derive(given.getPassword(), given.getSalt(), given.getIterations(),
                    aes ? KeyType.AES : KeyType.GENERIC_SECRET, given.getAttributes(), 0);
            }
        } catch (InvalidKeySpecException e) {
            throw e;
        } catch (GeneralSecurityException | AttributeException e) {
            throw new InvalidKeySpecException(e.getMessage(), e);
        }
        throw new InvalidKeySpecException(context.algorithm() + " takes a PBEKeySpec or a Pbkdf2ParameterSpec"
            + (spec == null ? "" : ", not a " + spec.getClass().getName()));
    }

    private SecretKey derive(char[] password, byte[] salt, int iterations, KeyType type, KeyAttributesMap attributes,
        int bits) throws GeneralSecurityException {
        try {
            return KeyDerivation.pbkdf2(context.client(), context.mechanism().code(), password, salt, iterations, type,
                attributes, bits, type == KeyType.AES ? "AES" : context.algorithm());
        } finally {
            Arrays.fill(password, '\0');
        }
    }

    @Override
    protected KeySpec engineGetKeySpec(SecretKey key, Class<?> type) throws InvalidKeySpecException {
        throw new InvalidKeySpecException("The derived key stays in the HSM: it has no specification");
    }

    @Override
    protected SecretKey engineTranslateKey(SecretKey key) throws InvalidKeyException {
        if (key instanceof FerroHsmSecretKey) {
            return key;
        }
        throw Keys.foreign(key, "a secret key in the HSM");
    }
}
