package org.ferrohsm.provider;

import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SignatureException;

/**
 * ML-DSA (FIPS 204) with an empty context, and as {@code ML-DSA-EXTERNAL-MU} over a mu of 64 bytes that the caller has
 * computed. A message goes to the HSM whole. The JDK verifies where it can (from 24 on), else the HSM.
 */
final class MlDsaSignature extends HsmSignature {
    private static final String EXTERNAL_MU = "ML-DSA-EXTERNAL-MU";
    private static final int MU_BYTES = 64;

    private int taken;

    MlDsaSignature(ServiceContext context) {
        super(context);
    }

    private boolean isExternalMu() {
        return context().algorithm().equals(EXTERNAL_MU);
    }

    @Override
    protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
        taken = 0;
        if (key instanceof FerroHsmMlDsaPrivateKey ours) {
            requireSet(ParameterSet.of(ours.info()));
        }
        super.engineInitSign(key);
    }

    @Override
    protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
        taken = 0;
        super.engineInitVerify(key);
    }

    /** A service that names a parameter set takes keys of that set only. */
    private void requireSet(ParameterSet set) throws InvalidKeyException {
        if (ParameterSet.isExact(context().algorithm()) && !set.standardName().equals(context().algorithm())) {
            throw new InvalidKeyException(context().algorithm() + " does not work with a key for " + set.standardName());
        }
    }

    @Override
    boolean isForHsm(PublicKey key) throws InvalidKeyException {
        if (Jdk.has(KeyType.ML_DSA) && !isExternalMu()) {
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
