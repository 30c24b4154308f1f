package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Set;
import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.ObjectClassType;

/**
 * Makes secret keys inside the HSM: session keys that are not extractable, unless a {@link KeyAttributesMap} or the
 * configuration's {@code defaults} say otherwise. The {@code SecureRandom} that JCA passes is not used: the HSM draws its own.
 */
final class HsmKeyGenerator extends KeyGeneratorSpi {
    private static final int MAX_SECRET_BITS = 8192;

    private final ServiceContext context;
    private int sizeBits;
    private Template template = new Template();

    HsmKeyGenerator(ServiceContext context, int defaultBits) {
        this.context = context;
        this.sizeBits = defaultBits;
    }

    @Override
    protected void engineInit(SecureRandom random) {
        // The default size stays.
    }

    @Override
    protected void engineInit(AlgorithmParameterSpec spec, SecureRandom random)
        throws InvalidAlgorithmParameterException {
        if (!(spec instanceof KeyAttributesMap given)) {
            throw new InvalidAlgorithmParameterException(context.algorithm()
                + " keys are made by size, init(bits), or with a KeyAttributesMap");
        }
        try {
            Template wanted = KeyAttributes.template(given, context.keyType(), ObjectClassType.SECRET_KEY,
                Set.of(KeyAttribute.SIZE));
            Integer bits = (Integer) given.get(KeyAttribute.SIZE);
            engineInit(bits == null ? sizeBits : bits, random);
            template = wanted;
        } catch (InvalidParameterException e) {
            throw new InvalidAlgorithmParameterException(e.getMessage(), e);
        }
    }

    @Override
    protected void engineInit(int bits, SecureRandom random) {
        if (context.keyType() == KeyType.AES && bits != 128 && bits != 192 && bits != 256) {
            throw new InvalidParameterException("AES keys have 128, 192 or 256 bits, not " + bits);
        }
        if (bits <= 0 || bits > MAX_SECRET_BITS || bits % 8 != 0) {
            throw new InvalidParameterException("A secret has whole bytes and at most " + MAX_SECRET_BITS
                + " bits, not " + bits);
        }
        sizeBits = bits;
        template = new Template();
    }

    @Override
    protected SecretKey engineGenerateKey() {
        HsmClient client = context.client();
        try {
            KeyInfo info = client.generateKey(context.keyType(), sizeBits, template);
            return new FerroHsmSecretKey(client, info, context.algorithm());
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        }
    }
}
