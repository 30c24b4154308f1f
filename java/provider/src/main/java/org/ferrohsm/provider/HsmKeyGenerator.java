package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;

/**
 * Makes secret keys inside the HSM: session keys that are not extractable, unless the configuration's {@code defaults}
 * say otherwise. The {@code SecureRandom} that JCA passes is not used: the HSM draws its own.
 */
final class HsmKeyGenerator extends KeyGeneratorSpi {
    private static final int MAX_SECRET_BITS = 8192;

    private final ServiceContext context;
    private int sizeBits;

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
        throw new InvalidAlgorithmParameterException(context.algorithm() + " keys are made by size: init(bits)");
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
    }

    @Override
    protected SecretKey engineGenerateKey() {
        HsmClient client = context.client();
        try {
            KeyInfo info = client.generateKey(context.keyType(), sizeBits, new Template());
            return new FerroHsmSecretKey(client, info, context.algorithm());
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        }
    }
}
