package org.ferrohsm.provider;

import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import org.ferrohsm.provider.spec.MlDsaParameterSpec;

/**
 * ML-DSA (FIPS 204), with a context by an {@link MlDsaParameterSpec}, and as {@code ML-DSA-EXTERNAL-MU} over a mu of 64
 * bytes that the caller has computed. A message goes to the HSM whole. The JDK verifies where it can (from 24 on, without a
 * context), else the HSM. A context may be set before or after the key, not in the middle of a message.
 */
final class MlDsaSignature extends HsmSignature {
    private static final String EXTERNAL_MU = "ML-DSA-EXTERNAL-MU";
    private static final int MU_BYTES = 64;

    private int taken;
    private byte[] signatureContext = new byte[0];
    /** Set while a signature is verified. */
    private PublicKey verifyingKey;

    MlDsaSignature(ServiceContext context) {
        super(context);
    }

    private boolean isExternalMu() {
        return context().algorithm().equals(EXTERNAL_MU);
    }

    @Override
    protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
        taken = 0;
        verifyingKey = null;
        if (key instanceof FerroHsmMlDsaPrivateKey ours) {
            requireSet(ParameterSet.of(ours.info()));
        }
        super.engineInitSign(key);
    }

    @Override
    protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
        taken = 0;
        verifyingKey = null;
        super.engineInitVerify(key);
        verifyingKey = key;
    }

    @Override
    protected void engineSetParameter(AlgorithmParameterSpec params) throws InvalidAlgorithmParameterException {
        if (params == null) {
            return;
        }
        if (!(params instanceof MlDsaParameterSpec given)) {
            throw new InvalidAlgorithmParameterException(context().algorithm() + " takes an MlDsaParameterSpec, not a "
                + params.getClass().getName());
        }
        if (isExternalMu()) {
            throw new InvalidAlgorithmParameterException(EXTERNAL_MU + " takes no context: it is in mu already");
        }
        if (taken > 0) {
            throw new InvalidParameterException("ML-DSA parameters cannot change in the middle of a message");
        }
        if (software() != null && verifyingKey == null && given.getContext().length > 0) {
            throw noContextInSoftware();
        }
        signatureContext = given.getContext();
        if (verifyingKey != null) {
            try {
                engineInitVerify(verifyingKey); // by whom depends on the context
            } catch (InvalidKeyException e) {
                throw new InvalidAlgorithmParameterException(e.getMessage(), e);
            }
        }
    }

    private static InvalidAlgorithmParameterException noContextInSoftware() {
        return new InvalidAlgorithmParameterException("The JDK signs ML-DSA without a context: use a key of the HSM");
    }

    @Override
    void configure(Signature signature) throws InvalidAlgorithmParameterException {
        if (signatureContext.length > 0) {
            throw noContextInSoftware();
        }
    }

    @Override
    byte[] parameters() {
        return signatureContext.length == 0 ? null : MechanismParameters.context(signatureContext);
    }

    /** A service that names a parameter set takes keys of that set only. */
    private void requireSet(ParameterSet set) throws InvalidKeyException {
        if (ParameterSet.isExact(context().algorithm()) && !set.standardName().equals(context().algorithm())) {
            throw new InvalidKeyException(context().algorithm() + " does not work with a key for " + set.standardName());
        }
    }

    @Override
    boolean isForHsm(PublicKey key) throws InvalidKeyException {
        if (Jdk.has(KeyType.ML_DSA) && !isExternalMu() && signatureContext.length == 0) {
            return false;
        }
        ParameterSet set = ParameterSet.ofPublicKeyInfo(Keys.publicKeyInfo(key));
        if (set == null || set.keyType() != KeyType.ML_DSA) {
            throw new InvalidKeyException("This is no ML-DSA public key: " + key.getClass().getName());
        }
        requireSet(set);
        return true;
    }

    @Override
    int rawLimit(FerroHsmKey key) {
        return isExternalMu() ? MU_BYTES : super.rawLimit(key);
    }

    @Override
    protected void engineUpdate(byte[] data, int offset, int length) throws SignatureException {
        super.engineUpdate(data, offset, length);
        taken += length;
    }

    @Override
    protected byte[] engineSign() throws SignatureException {
        requireMu();
        return super.engineSign();
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
        requireMu();
        return super.engineVerify(signature);
    }

    private void requireMu() throws SignatureException {
        int bytes = taken;
        taken = 0;
        if (isExternalMu() && bytes != MU_BYTES) {
            throw new SignatureException("Mu of ML-DSA has " + MU_BYTES + " bytes, not " + bytes);
        }
    }
}
