package org.ferrohsm.provider;

import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/** What a mechanism takes beside the data. */
final class MechanismParameters {
    /** Where an IV comes from that must not serve twice; the ordinals are the protocol's codes. */
    enum IvSource { HSM, ISSUED, CALLER }

    private static final byte[] NONE = new byte[0];
    private static final int WHOLE_TAG_BITS = 128;
    /** What most AEAD encryptions take, encoded once. */
    private static final byte[] USUAL_AEAD = encode(0, 0, 0, NONE, NONE, IvSource.HSM, NONE, WHOLE_TAG_BITS, false);

    private MechanismParameters() {
    }

    /** PSS with MGF1. */
    static byte[] pss(PSSParameterSpec spec) throws InvalidAlgorithmParameterException {
        if (!(spec.getMGFParameters() instanceof MGF1ParameterSpec mgf)) {
            throw new InvalidAlgorithmParameterException("The HSM knows only MGF1 for RSASSA-PSS, not "
                + spec.getMGFAlgorithm());
        }
        int hash = hash(spec.getDigestAlgorithm());
        return encode(hash, hash(mgf.getDigestAlgorithm()), spec.getSaltLength(), NONE, NONE, IvSource.HSM, NONE, 0,
            false);
    }

    /** OAEP with MGF1. */
    static byte[] oaep(OAEPParameterSpec spec) throws InvalidAlgorithmParameterException {
        if (!(spec.getMGFParameters() instanceof MGF1ParameterSpec mgf)) {
            throw new InvalidAlgorithmParameterException("The HSM knows only MGF1 for OAEP, not "
                + spec.getMGFAlgorithm());
        }
        if (!(spec.getPSource() instanceof PSource.PSpecified source)) {
            throw new InvalidAlgorithmParameterException("The HSM knows only PSpecified labels for OAEP, not "
                + spec.getPSource().getAlgorithm());
        }
        return encode(hash(spec.getDigestAlgorithm()), hash(mgf.getDigestAlgorithm()), 0, source.getValue(), NONE,
            IvSource.HSM, NONE, 0, false);
    }

    static byte[] aead(byte[] iv, IvSource source, byte[] aad, int tagBits) {
        if (iv == null && source == IvSource.HSM && aad.length == 0 && tagBits == WHOLE_TAG_BITS) {
            return USUAL_AEAD;
        }
        return encode(0, 0, 0, NONE, iv == null ? NONE : iv, source, aad, tagBits, false);
    }

    /** A chaining value or counter of 16 bytes (null: none), and whether the data goes on after this chunk. */
    static byte[] chunk(byte[] iv, boolean more) {
        return encode(0, 0, 0, NONE, iv == null ? NONE : iv, IvSource.CALLER, NONE, 0, more);
    }

    /** Ed25519ctx, Ed25519ph or ML-DSA. */
    static byte[] context(byte[] context) {
        return encode(0, 0, 0, NONE, NONE, IvSource.HSM, NONE, 0, false, context);
    }

    /** {@code parameters} as {@code type}. */
    static <T extends AlgorithmParameterSpec> T spec(AlgorithmParameters parameters, Class<T> type)
        throws InvalidAlgorithmParameterException {
        try {
            return parameters.getParameterSpec(type);
        } catch (java.security.spec.InvalidParameterSpecException e) {
            throw new InvalidAlgorithmParameterException("These are " + parameters.getAlgorithm() + " parameters, not "
                + type.getSimpleName(), e);
        }
    }

    private static int hash(String name) throws InvalidAlgorithmParameterException {
        int code = Hashes.code(name);
        if (code == 0) {
            throw new InvalidAlgorithmParameterException("The HSM does not know the hash " + name
                + " here: use one of SHA-1, SHA-2 or SHA-3");
        }
        return code;
    }

    private static byte[] encode(int hash, int mgfHash, int saltBytes, byte[] label, byte[] iv, IvSource source,
        byte[] aad, int tagBits, boolean more) {
        return encode(hash, mgfHash, saltBytes, label, iv, source, aad, tagBits, more, NONE);
    }

    private static byte[] encode(int hash, int mgfHash, int saltBytes, byte[] label, byte[] iv, IvSource source,
        byte[] aad, int tagBits, boolean more, byte[] context) {
        return Wire.write(out -> {
            out.writeByte(hash);
            out.writeByte(mgfHash);
            out.writeInt(saltBytes);
            Wire.bytes(out, label);
            Wire.bytes(out, iv);
            out.writeByte(source.ordinal());
            Wire.bytes(out, aad);
            out.writeInt(tagBits);
            out.writeBoolean(more);
            Wire.bytes(out, context);
        });
    }
}
