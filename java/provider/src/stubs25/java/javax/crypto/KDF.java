package javax.crypto;

import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.spec.AlgorithmParameterSpec;

/** What the compiler needs of JDK 25's class; never in the jar. */
public final class KDF {
    private KDF() {
    }

    public static KDF getInstance(String algorithm, String provider)
        throws NoSuchAlgorithmException, NoSuchProviderException {
        throw new UnsupportedOperationException();
    }

    public SecretKey deriveKey(String algorithm, AlgorithmParameterSpec spec)
        throws InvalidAlgorithmParameterException, NoSuchAlgorithmException {
        throw new UnsupportedOperationException();
    }

    public byte[] deriveData(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
        throw new UnsupportedOperationException();
    }
}
