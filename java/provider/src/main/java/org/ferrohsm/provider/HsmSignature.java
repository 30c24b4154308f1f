package org.ferrohsm.provider;

import java.io.ByteArrayOutputStream;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.security.spec.AlgorithmParameterSpec;

/**
 * Signatures: data is hashed here, by the JDK, and one call signs the digest in the HSM. Public keys verify in the JDK.
 */
class HsmSignature extends SignatureSpi {
    /** Most bytes that NONEwithECDSA signs, as in the JDK: the longest digest there is. */
    private static final int MAX_RAW_EC_BYTES = 64;

    private final ServiceContext context;
    /** Set while a key of the HSM signs. */
    private FerroHsmKey signingKey;
    /** Set while the HSM verifies with this public key (X.509). */
    private byte[] verifyingKey;
    /** Set while the JDK does the work. */
    private Signature software;
    private MessageDigest digest;
    private ByteArrayOutputStream raw;
    private int rawLimit;
    /** More raw data came than the key signs: there is no signature of it, until the next init. */
    private boolean broken;

    HsmSignature(ServiceContext context) {
        this.context = context;
    }

    final ServiceContext context() {
        return context;
    }

    @Override
    protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
        forget();
        if (isOurs(key)) {
            FerroHsmKey ours = (FerroHsmKey) key;
            if (!context.mechanism().uses().contains("SIGN")) {
                throw new InvalidKeyException(context.algorithm() + " only verifies: SHA-1 makes no new signatures."
                    + " Use a SHA-2 signature");
            }
            ours.handleFor("sign");
            rawLimit = rawLimit(ours);
            startInput();
            signingKey = ours;
        } else if (context.keyWasUnknown() && !(key instanceof FerroHsmKey)) {
            software = softwareSignature();
            software.initSign(key);
        } else {
            throw Keys.foreign(key, "a private " + context.keyType().algorithm() + " key");
        }
    }

    @Override
    protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
        forget();
        if (isForHsm(key)) {
            verifyingKey = Keys.publicKeyInfo(key);
            rawLimit = rawLimit(null);
            startInput();
            return;
        }
        software = softwareSignature();
        software.initVerify(Keys.jdkPublicKey(key));
    }

    /** Whether the HSM verifies, because the JDK cannot. */
    boolean isForHsm(PublicKey key) throws InvalidKeyException {
        return false;
    }

    private boolean isOurs(PrivateKey key) {
        return key instanceof FerroHsmKey ours && ours.info().keyType() == context.keyType();
    }

    /** Most bytes that a signature without a hash takes, with this key (null to verify). */
    int rawLimit(FerroHsmKey key) {
        return switch (context.keyType()) {
            case RSA -> (((FerroHsmRsaPrivateKey) key).getModulus().bitLength() + 7) / 8 - 11;
            case EC -> MAX_RAW_EC_BYTES;
            default -> Tables.get().maxHeldBytes(); // the message itself, which the HSM holds
        };
    }

    private void forget() {
        signingKey = null;
        verifyingKey = null;
        software = null;
        digest = null;
        raw = null;
        broken = false;
    }

    private Signature softwareSignature() throws InvalidKeyException {
        try {
            Signature signature = Jdk.signature(softwareAlgorithm(), context.keyType());
            configure(signature);
            return signature;
        } catch (GeneralSecurityException e) {
            throw new InvalidKeyException("The JDK cannot do " + context.algorithm() + " with these parameters: "
                + e.getMessage(), e);
        }
    }

    /** What the JDK calls this signature. */
    String softwareAlgorithm() {
        return context.algorithm();
    }

    /** Code of the mechanism, which parameters may decide. */
    int mechanism() {
        return context.mechanism().code();
    }

    /** Gives parameters that were set before the key to the JDK's engine. */
    void configure(Signature signature) throws InvalidAlgorithmParameterException {
    }

    /** The hash that this signature is over; null to sign the data as it is. */
    String hash() throws InvalidKeyException {
        return context.mechanism().hash();
    }

    /** Parameters for the HSM; null for none. */
    byte[] parameters() throws SignatureException {
        return null;
    }

    /** Prepares for data; again when parameters change. */
    final void startInput() throws InvalidKeyException {
        String hash = hash();
        digest = hash == null ? null : Jdk.digest(hash);
        raw = hash == null ? new ByteArrayOutputStream() : null;
    }

    /** The JDK's engine, if it does the work. */
    final Signature software() {
        return software;
    }

    /** Whether a key of the HSM is at work, or the HSM verifies. */
    final boolean isHsmAtWork() {
        return signingKey != null || verifyingKey != null;
    }

    @Override
    protected void engineUpdate(byte b) throws SignatureException {
        engineUpdate(new byte[] {b}, 0, 1);
    }

    @Override
    protected void engineUpdate(byte[] data, int offset, int length) throws SignatureException {
        if (software != null) {
            software.update(data, offset, length);
        } else if (digest != null) {
            digest.update(data, offset, length);
        } else if (raw == null) {
            throw new SignatureException(noInput());
        } else if (broken) {
            throw new SignatureException(brokenOff());
        } else if (length > rawLimit - raw.size()) {
            broken = true;
            raw.reset();
            throw new SignatureException(context.algorithm() + " signs at most " + rawLimit
                + " bytes with this key: sign a digest, or use a signature with a hash");
        } else {
            raw.write(data, offset, length);
        }
    }

    /** Why data cannot be taken yet. */
    String noInput() {
        return "Init with a key first";
    }

    private String brokenOff() {
        return "An update of this " + context.algorithm() + " failed, so there is no signature of the data: init again";
    }

    /** The data so far, or its digest; there is none afterwards. */
    final byte[] takeInput() throws SignatureException {
        if (digest != null) {
            return digest.digest();
        }
        if (raw == null) {
            throw new SignatureException(noInput());
        }
        if (broken) {
            throw new SignatureException(brokenOff());
        }
        byte[] data = raw.toByteArray();
        raw.reset();
        return data;
    }

    @Override
    protected byte[] engineSign() throws SignatureException {
        if (software != null) {
            return software.sign();
        }
        byte[] data = takeInput();
        try {
            return signingKey.client().sign(signingKey.handleFor("sign"), mechanism(), parameters(),
                data);
        } catch (SignatureException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new SignatureException(e.getMessage(), e);
        }
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
        if (software != null) {
            return software.verify(signature);
        }
        byte[] data = takeInput();
        try {
            return context.client().verify(verifyingKey, mechanism(), parameters(), data, signature);
        } catch (SignatureException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new SignatureException(e.getMessage(), e);
        }
    }

    @Override
    protected void engineSetParameter(AlgorithmParameterSpec params) throws InvalidAlgorithmParameterException {
        if (params == null) {
            return;
        }
        if (software != null) {
            software.setParameter(params);
            return;
        }
        throw new InvalidAlgorithmParameterException(context.algorithm() + " takes no parameters, but got "
            + params.getClass().getName());
    }

    @Override
    protected AlgorithmParameters engineGetParameters() {
        return null;
    }

    @Override
    @Deprecated
    protected void engineSetParameter(String name, Object value) {
        throw new InvalidParameterException("There is no parameter " + name);
    }

    @Override
    @Deprecated
    protected Object engineGetParameter(String name) {
        throw new InvalidParameterException("There is no parameter " + name);
    }

}
