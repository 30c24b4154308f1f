package javax.crypto;

import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.spec.AlgorithmParameterSpec;

/** What the compiler needs of JDK 25's class; never in the jar. */
public abstract class KDFSpi {
    protected KDFSpi(KDFParameters parameters) throws InvalidAlgorithmParameterException {
    }

    protected abstract KDFParameters engineGetParameters();

    protected abstract SecretKey engineDeriveKey(String algorithm, AlgorithmParameterSpec spec)
        throws InvalidAlgorithmParameterException, NoSuchAlgorithmException;

    protected abstract byte[] engineDeriveData(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException;
}
