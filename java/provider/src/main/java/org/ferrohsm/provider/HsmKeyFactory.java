package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyFactorySpi;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.ObjectClassType;
import org.ferrohsm.provider.exception.AttributeException;

/**
 * Public keys become the JDK's own. A private key's specification is imported into the HSM, as a session key unless its
 * attributes say otherwise, and so is a key to translate: this factory answers only when FerroHSM is named, so nobody
 * gets that by accident.
 */
final class HsmKeyFactory extends KeyFactorySpi {
    private final ServiceContext context;

    HsmKeyFactory(ServiceContext context) {
        this.context = context;
    }

    @Override
    protected PublicKey engineGeneratePublic(KeySpec spec) throws InvalidKeySpecException {
        try {
            KeySpec material = spec instanceof KeyAttributesMap given ? KeyMaterial.publicKey(given, context.keyType())
                : spec;
            return ofSet(Keys.publicKey(context.keyType(), material));
        } catch (InvalidKeySpecException e) {
            throw e;
        } catch (GeneralSecurityException | AttributeException e) {
            throw new InvalidKeySpecException(e.getMessage(), e);
        }
    }

    @Override
    protected PrivateKey engineGeneratePrivate(KeySpec spec) throws InvalidKeySpecException {
        try {
            KeyType type = context.keyType();
            if (spec instanceof KeyAttributesMap given) {
                Template template = KeyAttributes.template(given, type, ObjectClassType.PRIVATE_KEY,
                    KeyMaterial.describesPrivateKey(type));
                return importKey(KeyMaterial.privateKey(given, type), template);
            }
            return importKey(spec, new Template());
        } catch (InvalidKeySpecException e) {
            throw e;
        } catch (GeneralSecurityException | AttributeException e) {
            throw new InvalidKeySpecException(e.getMessage(), e);
        }
    }

    private PrivateKey importKey(KeySpec spec, Template template) throws GeneralSecurityException {
        return spec instanceof PKCS8EncodedKeySpec pkcs8 && !hasJdkForm() ? importKey(pkcs8.getEncoded(), template)
            : importKey(Jdk.keyFactory(context.keyType()).generatePrivate(spec), template);
    }

    private PrivateKey importKey(PrivateKey software, Template template) throws GeneralSecurityException {
        byte[] pkcs8 = software.getEncoded();
        if (pkcs8 == null || !"PKCS#8".equals(software.getFormat())) {
            throw new InvalidKeyException("The private key has no PKCS#8 encoding, so it cannot be imported: "
                + software.getClass().getName());
        }
        return importKey(pkcs8, template);
    }

    /** Whether the JDK reads private keys of this type in all their forms: of ML-DSA and ML-KEM not before 26. */
    private boolean hasJdkForm() {
        return context.keyType() != KeyType.ML_DSA && context.keyType() != KeyType.ML_KEM;
    }

    /** A service that names a parameter set makes keys of that set only. */
    private PublicKey ofSet(PublicKey key) throws InvalidKeySpecException {
        if (!hasJdkForm() && ParameterSet.isExact(context.algorithm())) {
            ParameterSet set = ParameterSet.ofPublicKeyInfo(key.getEncoded());
            if (set == null || !set.standardName().equals(context.algorithm())) {
                throw new InvalidKeySpecException("The key is for another parameter set than " + context.algorithm());
            }
        }
        return key;
    }

    /** Imports PKCS#8 and wipes it. */
    private PrivateKey importKey(byte[] pkcs8, Template template) throws GeneralSecurityException {
        HsmClient client = context.client();
        try {
            return Keys.privateKey(client, client.importKey(context.keyType(), pkcs8, template, new Template(), List.of(),
                false));
        } finally {
            Arrays.fill(pkcs8, (byte) 0);
        }
    }

    @Override
    protected <T extends KeySpec> T engineGetKeySpec(Key key, Class<T> type) throws InvalidKeySpecException {
        try {
            if (key instanceof FerroHsmKey ours) {
                throw new InvalidKeySpecException("The key stays in the HSM: it has no specification. " + ours);
            }
            if (!Jdk.has(context.keyType())) {
                if (key instanceof PublicKey && type.isAssignableFrom(X509EncodedKeySpec.class)) {
                    return type.cast(new X509EncodedKeySpec(key.getEncoded()));
                }
                throw new InvalidKeySpecException("Only public keys have a specification here, an X509EncodedKeySpec");
            }
            return Jdk.keyFactory(context.keyType()).getKeySpec(key, type);
        } catch (InvalidKeySpecException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new InvalidKeySpecException(e.getMessage(), e);
        }
    }

    @Override
    protected Key engineTranslateKey(Key key) throws InvalidKeyException {
        if (key instanceof FerroHsmKey ours && ours.info().keyType() == context.keyType()) {
            return key;
        }
        try {
            if (key instanceof PrivateKey software) {
                return importKey(software, new Template());
            }
            if (!Jdk.has(context.keyType()) && key instanceof PublicKey publicKey) {
                return ofSet(MlPublicKey.of(Keys.publicKeyInfo(publicKey), context.keyType()));
            }
            return Jdk.keyFactory(context.keyType()).translateKey(key);
        } catch (GeneralSecurityException e) {
            throw Keys.invalidKey(e);
        }
    }
}
