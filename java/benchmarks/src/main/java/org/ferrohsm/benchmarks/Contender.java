package org.ferrohsm.benchmarks;

import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Signature;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.SecretKeyFactory;

/**
 * One row of the comparison: one provider, or for the JDK the three that share the work.
 *
 * @param unavailable why it cannot take part, or null
 * @param isToken whether keys live outside the Java heap, behind the provider
 */
record Contender(String id, String title, List<Provider> providers, String unavailable, boolean isToken) {

    /** A call of the JCA for one given provider. */
    @FunctionalInterface
    private interface Factory<T> {
        T get(Provider provider) throws NoSuchAlgorithmException, NoSuchPaddingException;
    }

    Signature signature(String algorithm) throws NoSuchAlgorithmException {
        return first(p -> Signature.getInstance(algorithm, p), algorithm);
    }

    Cipher cipher(String transformation) throws NoSuchAlgorithmException {
        return first(p -> Cipher.getInstance(transformation, p), transformation);
    }

    KeyPairGenerator keyPairGenerator(String algorithm) throws NoSuchAlgorithmException {
        return first(p -> KeyPairGenerator.getInstance(algorithm, p), algorithm);
    }

    SecretKeyFactory secretKeyFactory(String algorithm) throws NoSuchAlgorithmException {
        return first(p -> SecretKeyFactory.getInstance(algorithm, p), algorithm);
    }

    // Asks the provider by object, never the global list: no provider needs to be registered, so none can stand in
    // for another.
    private <T> T first(Factory<T> factory, String algorithm) throws NoSuchAlgorithmException {
        for (Provider provider : providers) {
            try {
                return factory.get(provider);
            } catch (NoSuchAlgorithmException | NoSuchPaddingException e) {
                // The JDK splits its algorithms over three providers: the next one may have it.
            }
        }
        throw new NoSuchAlgorithmException(title + " does not offer " + algorithm);
    }
}
