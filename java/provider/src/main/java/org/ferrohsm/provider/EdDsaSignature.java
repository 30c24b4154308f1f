package org.ferrohsm.provider;

import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.EdDSAParameterSpec;

/**
 * Ed25519, and with an {@link EdDSAParameterSpec} Ed25519ctx and Ed25519ph (RFC 8032). Parameters may be set before or
 * after the key, not in the middle of a message. A message that is not prehashed goes to the HSM whole.
 */
final class EdDsaSignature extends HsmSignature {
    /** SunEC of JDK 17 takes longer ones, which are other encodings of the same signature. */
    private static final int SIGNATURE_BYTES = 64;

    private EdDSAParameterSpec spec;
    /** Data was taken since init or the last signature: parameters are then fixed. */
    private boolean inData;

    EdDsaSignature(ServiceContext context) {
        super(context);
        spec = new EdDSAParameterSpec(context.algorithm().equals("Ed25519ph"));
    }

    @Override
    String softwareAlgorithm() {
        return "Ed25519";
    }

    @Override
    int mechanism() {
        String name = spec.isPrehash() ? "ed25519ph" : spec.getContext().isPresent() ? "ed25519ctx" : "ed25519";
        return Tables.get().mechanism(name).code();
    }

    @Override
    String hash() {
        return spec.isPrehash() ? "SHA-512" : null;
    }

    @Override
    byte[] parameters() {
        return spec.getContext().map(MechanismParameters::context).orElse(null);
    }

    @Override
    void configure(Signature signature) throws InvalidAlgorithmParameterException {
        signature.setParameter(spec);
    }

    @Override
    protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
        inData = false;
        super.engineInitSign(key);
    }

    @Override
    protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
        inData = false;
        super.engineInitVerify(key);
    }

    @Override
    protected void engineUpdate(byte[] data, int offset, int length) throws SignatureException {
        inData = true;
        super.engineUpdate(data, offset, length);
    }

    @Override
    protected byte[] engineSign() throws SignatureException {
        inData = false;
        return super.engineSign();
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
        inData = false;
        if (signature.length != SIGNATURE_BYTES) {
            super.engineVerify(new byte[SIGNATURE_BYTES]); // this verification is over
            throw new SignatureException("A signature of Ed25519 has " + SIGNATURE_BYTES + " bytes, not "
                + signature.length);
        }
        return super.engineVerify(signature);
    }

    @Override
    protected void engineSetParameter(AlgorithmParameterSpec params) throws InvalidAlgorithmParameterException {
        if (params == null) {
            return;
        }
        if (!(params instanceof EdDSAParameterSpec given)) {
            throw new InvalidAlgorithmParameterException(context().algorithm() + " takes an EdDSAParameterSpec, not a "
                + params.getClass().getName());
        }
        if (context().algorithm().equals("Ed25519ph") && !given.isPrehash()) {
            throw new InvalidAlgorithmParameterException("Ed25519ph always hashes the message first: use Ed25519, or an"
                + " EdDSAParameterSpec with prehash");
        }
        if (inData) {
            throw new InvalidParameterException("EdDSA parameters cannot change in the middle of a message");
        }
        if (software() != null) {
            software().setParameter(given);
        }
        spec = given;
        if (isHsmAtWork()) {
            try {
                startInput();
            } catch (InvalidKeyException e) {
                throw new InvalidAlgorithmParameterException(e.getMessage(), e);
            }
        }
    }
}
