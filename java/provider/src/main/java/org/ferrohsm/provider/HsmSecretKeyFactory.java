package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactorySpi;
import javax.crypto.spec.DESedeKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.ObjectClassType;
import org.ferrohsm.provider.exception.AttributeException;
import org.ferrohsm.provider.spec.HkdfParameterSpec;
import org.ferrohsm.provider.spec.HmacKdfParameterSpec;

/**
 * Imports secret keys into the HSM, as session keys unless their attributes say otherwise; a key to translate is imported
 * too. This factory answers only when FerroHSM is named, so nobody gets that by accident.
 */
final class HsmSecretKeyFactory extends SecretKeyFactorySpi {
    private final ServiceContext context;

    HsmSecretKeyFactory(ServiceContext context) {
        this.context = context;
    }

    @Override
    protected SecretKey engineGenerateSecret(KeySpec spec) throws InvalidKeySpecException {
        try {
            if (spec instanceof KeyAttributesMap given) {
                return importKey(given);
            }
            if (spec instanceof SecretKeySpec secret) {
                return importKey(secret);
            }
            if (spec instanceof DESedeKeySpec des && context.keyType() == KeyType.DES3) {
                return importKey(des.getKey(), new Template(), context.algorithm());
            }
            if (spec instanceof AesCmacKdfParameterSpec given) {
                return KeyDerivation.cmac(given, context.keyType(), context.algorithm());
            }
            if (spec instanceof HmacKdfParameterSpec given) {
                return KeyDerivation.hmac(given, context.keyType(), context.algorithm());
            }
            if (spec instanceof HkdfParameterSpec given) {
                return KeyDerivation.hkdf(given, context.keyType(), context.algorithm());
            }
            throw new InvalidKeySpecException("A secret key is imported from a SecretKeySpec or a KeyAttributesMap, or"
                + " derived by the specifications in org.ferrohsm.provider.spec"
                + (spec == null ? "" : ", not from a " + spec.getClass().getName()));
        } catch (InvalidKeySpecException e) {
            throw e;
        } catch (GeneralSecurityException | AttributeException e) {
            throw new InvalidKeySpecException(e.getMessage(), e);
        }
    }

    private SecretKey importKey(KeyAttributesMap given) throws GeneralSecurityException {
        byte[] bytes = (byte[]) given.get(KeyAttribute.VALUE);
        if (bytes == null) {
            throw new InvalidKeySpecException("The key is incomplete: VALUE is missing");
        }
        Integer sizeBits = (Integer) given.get(KeyAttribute.SIZE);
        if (sizeBits != null && sizeBits != bytes.length * 8) {
            Arrays.fill(bytes, (byte) 0);
            throw new InvalidKeySpecException("SIZE is " + sizeBits + " bits, and VALUE has another");
        }
        Template template = KeyAttributes.template(given, context.keyType(), ObjectClassType.SECRET_KEY,
            Set.of(KeyAttribute.VALUE, KeyAttribute.SIZE));
        return importKey(bytes, template, context.algorithm());
    }

    private SecretKey importKey(SecretKey software) throws GeneralSecurityException {
        byte[] bytes = software.getEncoded();
        if (bytes == null) {
            throw new InvalidKeyException("The key has no encoding, so it cannot be imported: "
                + software.getClass().getName());
        }
        return importKey(bytes, new Template(), context.keyType() == KeyType.AES ? "AES" : software.getAlgorithm());
    }

    private SecretKey importKey(byte[] bytes, Template template, String algorithm) throws GeneralSecurityException {
        try {
            HsmClient client = context.client();
            KeyInfo info = client.importKey(context.keyType(), bytes, template, new Template(), List.of(), false);
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
        } catch (GeneralSecurityException e) {
            throw Keys.invalidKey(e);
        }
    }
}
