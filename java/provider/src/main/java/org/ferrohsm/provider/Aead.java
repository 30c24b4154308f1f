package org.ferrohsm.provider;

import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.function.BiFunction;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/**
 * What the ciphers with associated data differ in, beside their keys and uses, which the mechanisms table has.
 *
 * @param parametersName the JDK's name for the AlgorithmParameters
 * @param specClass what a caller gives
 * @param blockBytes as in the JDK, which says 0 of a stream cipher
 * @param reader reads a caller's parameters, which are of {@code specClass}
 * @param writer the parameters for decryption, of IV and length of the tag in bits
 */
record Aead(String parametersName, Class<? extends AlgorithmParameterSpec> specClass, int blockBytes, Reader reader,
    BiFunction<byte[], Integer, AlgorithmParameterSpec> writer) {

    private static final int MAX_TAG_BITS = 128;
    private static final int NONCE_BYTES = 12;

    /** SP 800-38D. */
    private static final Aead GCM = new Aead("GCM", GCMParameterSpec.class, CipherModes.AES_BLOCK_BYTES,
        spec -> ofGcm((GCMParameterSpec) spec), (iv, tagBits) -> new GCMParameterSpec(tagBits, iv));
    /** RFC 8439; its IV is called a nonce there. */
    private static final Aead CHACHA20_POLY1305 = new Aead("ChaCha20-Poly1305", IvParameterSpec.class, 0,
        spec -> ofNonce((IvParameterSpec) spec), (iv, tagBits) -> new IvParameterSpec(iv));

    /** An IV (null for none) and the length of the tag. */
    record Parameters(byte[] iv, int tagBits) {
    }

    /** Refuses what the cipher cannot do. */
    private interface Reader {
        Parameters read(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException;
    }

    static Aead of(Tables.Mechanism mechanism) {
        return mechanism.parameters().equals("GCM") ? GCM : CHACHA20_POLY1305;
    }

    /** What a caller of {@code algorithm} gave; {@code spec} may be null. */
    Parameters read(String algorithm, AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
        if (spec == null) {
            return new Parameters(null, MAX_TAG_BITS);
        }
        if (!specClass.isInstance(spec)) {
            throw new InvalidAlgorithmParameterException(algorithm + " takes a " + specClass.getSimpleName() + ", not a "
                + spec.getClass().getName());
        }
        return reader.read(spec);
    }

    private static Parameters ofGcm(GCMParameterSpec spec) throws InvalidAlgorithmParameterException {
        int bits = spec.getTLen();
        if (bits < 96 || bits > MAX_TAG_BITS || bits % 8 != 0) {
            throw new InvalidAlgorithmParameterException("A GCM tag has 96, 104, 112, 120 or 128 bits, not " + bits);
        }
        byte[] iv = spec.getIV();
        return new Parameters(iv.length == 0 ? null : iv, bits);
    }

    private static Parameters ofNonce(IvParameterSpec spec) throws InvalidAlgorithmParameterException {
        byte[] nonce = spec.getIV();
        if (nonce.length != NONCE_BYTES) {
            throw new InvalidAlgorithmParameterException("The nonce of ChaCha20-Poly1305 has " + NONCE_BYTES
                + " bytes, not " + nonce.length);
        }
        return new Parameters(nonce, MAX_TAG_BITS);
    }
}
