package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.ProviderException;
import java.security.SecureRandomSpi;

/** Random bytes of the HSM. Answers only when FerroHSM is named; it never becomes the JVM's default. */
final class HsmSecureRandom extends SecureRandomSpi {
    private static final long serialVersionUID = 1L;

    private final transient ServiceContext context;

    HsmSecureRandom(ServiceContext context) {
        this.context = context;
    }

    @Override
    protected void engineSetSeed(byte[] seed) {
        // The HSM's generator seeds itself; nothing from outside may weaken it.
    }

    @Override
    protected void engineNextBytes(byte[] bytes) {
        HsmClient client = context.client();
        int limit = Tables.get().maxRandomBytes();
        try {
            for (int done = 0; done < bytes.length;) {
                byte[] part = client.random(Math.min(limit, bytes.length - done));
                System.arraycopy(part, 0, bytes, done, part.length);
                done += part.length;
            }
        } catch (GeneralSecurityException e) {
            throw new ProviderException(e.getMessage(), e);
        }
    }

    @Override
    protected byte[] engineGenerateSeed(int length) {
        byte[] seed = new byte[length];
        engineNextBytes(seed);
        return seed;
    }
}
