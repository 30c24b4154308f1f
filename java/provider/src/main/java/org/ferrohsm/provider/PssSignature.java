package org.ferrohsm.provider;

import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;

/**
 * RSASSA-PSS. Parameters are required and may be set before or after the key, and without any HSM: JSSE sets and reads
 * them once for the whole JVM on whatever provider comes first. {@code SHA256withRSA/PSS} and the like have parameters
 * to begin with (that hash, MGF1 with it, a salt of its length, as in Bouncy Castle), and take others with that hash.
 */
final class PssSignature extends HsmSignature {
    private PSSParameterSpec spec;
    /** Data was taken since init or the last signature: parameters are then fixed. */
    private boolean inData;

    PssSignature(ServiceContext context) {
        super(context);
        String hash = context.mechanism().hash();
        if (hash != null) {
            int bits = Integer.parseInt(hash.substring(hash.indexOf('-') + 1));
            spec = new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), bits == 1 ? 20 : bits / 8,
                PSSParameterSpec.TRAILER_FIELD_BC);
        }
    }

    @Override
    String softwareAlgorithm() {
        return "RSASSA-PSS";
    }

    @Override
    protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
        inData = false;
        if (key instanceof FerroHsmRsaPrivateKey && spec != null) {
            checkForHsm();
        }
        super.engineInitSign(key);
    }

    @Override
    protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
        inData = false;
        super.engineInitVerify(key);
    }

    private void checkForHsm() throws InvalidKeyException {
        try {
            checkForHsm(spec);
        } catch (InvalidAlgorithmParameterException e) {
            throw new InvalidKeyException("A key in the HSM cannot sign with the parameters set before: "
                + e.getMessage(), e);
        }
    }

    private static void checkForHsm(PSSParameterSpec spec) throws InvalidAlgorithmParameterException {
        MechanismParameters.pss(spec);
        if (Hashes.code(spec.getDigestAlgorithm()) == Hashes.code("SHA-1")) {
            throw new InvalidAlgorithmParameterException("SHA-1 makes no new signatures: use a SHA-2 hash");
        }
    }

    @Override
    void configure(Signature signature) throws InvalidAlgorithmParameterException {
        if (spec != null) {
            signature.setParameter(spec);
        }
    }

    @Override
    String hash() {
        // Without parameters there is nothing to hash with yet; data is refused until they are set.
        return spec == null ? "SHA-1" : spec.getDigestAlgorithm();
    }

    @Override
    byte[] parameters() throws SignatureException {
        try {
            return MechanismParameters.pss(spec);
        } catch (InvalidAlgorithmParameterException e) {
            throw new SignatureException(e.getMessage(), e);
        }
    }

    @Override
    protected void engineUpdate(byte[] data, int offset, int length) throws SignatureException {
        requireParameters();
        inData = true;
        super.engineUpdate(data, offset, length);
    }

    @Override
    protected byte[] engineSign() throws SignatureException {
        requireParameters();
        inData = false;
        return super.engineSign();
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
        requireParameters();
        inData = false;
        return super.engineVerify(signature);
    }

    private void requireParameters() throws SignatureException {
        if (spec == null) {
            throw new SignatureException("RSASSA-PSS needs parameters: call setParameter with a PSSParameterSpec");
        }
    }

    @Override
    protected void engineSetParameter(AlgorithmParameterSpec params) throws InvalidAlgorithmParameterException {
        if (!(params instanceof PSSParameterSpec pss)) {
            throw new InvalidAlgorithmParameterException("RSASSA-PSS needs a PSSParameterSpec"
                + (params == null ? "" : ", not a " + params.getClass().getName()));
        }
        if (pss.getTrailerField() != PSSParameterSpec.TRAILER_FIELD_BC) {
            throw new InvalidAlgorithmParameterException("The trailer field of PSS must be 1, not "
                + pss.getTrailerField());
        }
        String fixed = context().mechanism().hash();
        if (fixed != null && Hashes.code(fixed) != Hashes.code(pss.getDigestAlgorithm())) {
            throw new InvalidAlgorithmParameterException(context().algorithm() + " does not fit the digest "
                + pss.getDigestAlgorithm() + " in the parameters");
        }
        if (inData) {
            throw new ProviderException("PSS parameters cannot change in the middle of the data");
        }
        if (software() != null) {
            software().setParameter(pss);
        }
        if (isHsmAtWork()) {
            checkForHsm(pss);
        }
        spec = pss;
        if (isHsmAtWork()) {
            try {
                startInput();
            } catch (InvalidKeyException e) {
                throw new InvalidAlgorithmParameterException(e.getMessage(), e);
            }
        }
    }

    @Override
    protected AlgorithmParameters engineGetParameters() {
        return spec == null ? null : Jdk.parameters("RSASSA-PSS", spec);
    }
}
