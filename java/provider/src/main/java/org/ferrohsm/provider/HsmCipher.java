package org.ferrohsm.provider;

import java.nio.ByteBuffer;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.CipherSpi;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.ShortBufferException;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.UnwrapParameterSpec;

/**
 * What all ciphers share: the choice between the HSM and the JDK's own cipher (public keys, and keys of others where the
 * JDK bound the object to this provider before it knew the key), and the many forms of JCA's calls.
 */
abstract class HsmCipher extends CipherSpi {
    private final ServiceContext context;
    private Cipher software;
    /** False from a failed init or update until the next init: what was taken and given out by then is not known. */
    private boolean ready;
    /** Null: none were given. */
    private KeyAttributesMap unwrapAttributes;
    /** Bits of the keys that the name takes, as {@code AES_128/...} does; 0: of any. */
    private final int namedKeyBits;

    HsmCipher(ServiceContext context) {
        this.context = context;
        String name = part(0);
        int at = name.indexOf('_');
        namedKeyBits = at < 0 ? 0 : Integer.parseInt(name.substring(at + 1));
    }

    final ServiceContext context() {
        return context;
    }

    final int mechanism() {
        return context.mechanism().code();
    }

    /** The JDK's cipher while it does the work, else null. */
    final Cipher software() {
        return software;
    }

    /** Attributes for the keys that are unwrapped. */
    final KeyAttributesMap unwrapAttributes() {
        return unwrapAttributes == null ? new KeyAttributesMap() : unwrapAttributes;
    }

    /** Refuses to go on after a failed init or update, rather than give a wrong result. */
    final void requireReady() {
        if (!ready) {
            throw new IllegalStateException("The last init or update of this " + context.algorithm()
                + " cipher failed: init again");
        }
    }

    /** Nothing but an init makes sense from here on. */
    final void breakOff() {
        ready = false;
    }

    /** Takes a key of the HSM's, or refuses it. {@code spec} may be null. */
    abstract void initHsm(int mode, Key key, AlgorithmParameterSpec spec)
        throws InvalidKeyException, InvalidAlgorithmParameterException;

    /** The parameters of this cipher in the form that it reads. */
    abstract AlgorithmParameterSpec spec(AlgorithmParameters parameters) throws InvalidAlgorithmParameterException;

    /** Takes data; gives what is ready, maybe nothing. */
    abstract byte[] update(byte[] data, int offset, int length) throws GeneralSecurityException;

    /** Takes the last data (maybe none) and gives the rest. */
    abstract byte[] finish(byte[] data, int offset, int length) throws GeneralSecurityException;

    abstract byte[] wrap(Key key) throws GeneralSecurityException;

    abstract Key unwrap(byte[] wrapped, String algorithm, int type) throws GeneralSecurityException;

    /** An upper bound for the output if this many bytes more come and end it. */
    abstract int outputBytes(int inputBytes);

    abstract byte[] iv();

    abstract AlgorithmParameters parameters();

    abstract int blockBytes();

    /** Whether the JDK has to do what this key is for. */
    boolean isForJdk(int mode, Key key) {
        return context.keyWasUnknown() && !(key instanceof FerroHsmKey);
    }

    @Override
    protected void engineInit(int mode, Key key, SecureRandom random) throws InvalidKeyException {
        try {
            init(mode, key, null, random);
        } catch (InvalidAlgorithmParameterException e) {
            throw new InvalidKeyException(e.getMessage(), e);
        }
    }

    @Override
    protected void engineInit(int mode, Key key, AlgorithmParameterSpec spec, SecureRandom random)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        UnwrapParameterSpec unwrap = spec instanceof KeyAttributesMap given ? new UnwrapParameterSpec(null, given)
            : spec instanceof UnwrapParameterSpec both ? both : null;
        if (unwrap == null || mode != Cipher.UNWRAP_MODE) {
            init(mode, key, spec, random);
            return;
        }
        init(mode, key, unwrap.getParameters(), random);
        if (software != null) {
            breakOff();
            throw new InvalidAlgorithmParameterException("Attributes are for keys that are unwrapped into the HSM, and"
                + " this unwrapping key is not in it: " + key.getClass().getName());
        }
        unwrapAttributes = unwrap.getAttributes();
    }

    @Override
    protected void engineInit(int mode, Key key, AlgorithmParameters parameters, SecureRandom random)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        init(mode, key, parameters == null ? null : spec(parameters), random);
    }

    private void init(int mode, Key key, AlgorithmParameterSpec spec, SecureRandom random)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        software = null;
        ready = false;
        unwrapAttributes = null;
        if (!isForJdk(mode, key)) {
            requireSizeOfName(key);
            initHsm(mode, key, spec);
            ready = true;
            return;
        }
        try {
            Cipher cipher = Jdk.cipher(context.algorithm());
            if (random == null) {
                cipher.init(mode, key, spec);
            } else {
                cipher.init(mode, key, spec, random);
            }
            software = cipher;
            ready = true;
        } catch (InvalidKeyException | InvalidAlgorithmParameterException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new InvalidKeyException(e.getMessage(), e);
        }
    }

    /** {@code AES_128/...} takes keys of 128 bits, as in the JDK. */
    private void requireSizeOfName(Key key) throws InvalidKeyException {
        if (namedKeyBits != 0 && key instanceof FerroHsmSecretKey ours && ours.info().sizeBits() != namedKeyBits) {
            throw new InvalidKeyException(context.algorithm() + " takes keys of " + namedKeyBits + " bits: " + ours);
        }
    }

    @Override
    protected void engineSetMode(String mode) throws NoSuchAlgorithmException {
        if (!mode.equalsIgnoreCase(part(1))) {
            throw new NoSuchAlgorithmException(context.algorithm() + " has no mode " + mode);
        }
    }

    @Override
    protected void engineSetPadding(String padding) throws NoSuchPaddingException {
        if (!padding.equalsIgnoreCase(part(2))) {
            throw new NoSuchPaddingException(context.algorithm() + " has no padding " + padding);
        }
    }

    /** Algorithm (0), mode (1) or padding (2) of the transformation. */
    final String part(int index) {
        return context.algorithm().split("/")[index];
    }

    @Override
    protected int engineGetBlockSize() {
        return software != null ? software.getBlockSize() : blockBytes();
    }

    @Override
    protected int engineGetOutputSize(int inputBytes) {
        return software != null ? software.getOutputSize(inputBytes) : outputBytes(inputBytes);
    }

    @Override
    protected byte[] engineGetIV() {
        return software != null ? software.getIV() : iv();
    }

    @Override
    protected AlgorithmParameters engineGetParameters() {
        return software != null ? software.getParameters() : parameters();
    }

    @Override
    protected byte[] engineUpdate(byte[] data, int offset, int length) {
        if (software != null) {
            return software.update(data, offset, length);
        }
        requireReady();
        breakOff();
        try {
            byte[] output = update(data, offset, length);
            ready = true;
            return output;
        } catch (GeneralSecurityException e) {
            throw unexpected(e);
        }
    }

    @Override
    protected int engineUpdate(byte[] data, int offset, int length, byte[] output, int outputOffset)
        throws ShortBufferException {
        if (software != null) {
            return software.update(data, offset, length, output, outputOffset);
        }
        requireReady();
        requireRoom(output, outputOffset, updateBytes(length));
        return copy(engineUpdate(data, offset, length), output, outputOffset);
    }

    /** How much an update with this many bytes gives. */
    abstract int updateBytes(int inputBytes);

    /** In one piece: the JDK's own form cuts buffers without an array into pieces of 4 KiB, each a round trip. */
    @Override
    protected int engineUpdate(ByteBuffer input, ByteBuffer output) throws ShortBufferException {
        if (software != null) {
            return software.update(input, output);
        }
        requireReady();
        requireRoom(output, updateBytes(input.remaining()));
        byte[] data = bytesOf(input);
        return put(engineUpdate(data, 0, data.length), output);
    }

    @Override
    protected int engineDoFinal(ByteBuffer input, ByteBuffer output)
        throws ShortBufferException, IllegalBlockSizeException, BadPaddingException {
        if (software != null) {
            return software.doFinal(input, output);
        }
        requireReady();
        requireRoom(output, outputBytes(input.remaining()));
        byte[] data = bytesOf(input);
        return put(engineDoFinal(data, 0, data.length), output);
    }

    /** A copy, so that input and output may overlap. */
    private static byte[] bytesOf(ByteBuffer input) {
        byte[] data = new byte[input.remaining()];
        input.get(data);
        return data;
    }

    private static int put(byte[] result, ByteBuffer output) {
        if (result == null) {
            return 0;
        }
        output.put(result);
        return result.length;
    }

    private static void requireRoom(ByteBuffer output, int bytes) throws ShortBufferException {
        if (output.remaining() < bytes) {
            throw new ShortBufferException("The output needs room for " + bytes + " bytes, there are "
                + output.remaining());
        }
    }

    @Override
    protected byte[] engineDoFinal(byte[] data, int offset, int length)
        throws IllegalBlockSizeException, BadPaddingException {
        if (software != null) {
            return data == null ? software.doFinal() : software.doFinal(data, offset, length);
        }
        requireReady();
        try {
            return finish(data == null ? new byte[0] : data, offset, length);
        } catch (IllegalBlockSizeException | BadPaddingException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw unexpected(e);
        }
    }

    @Override
    protected int engineDoFinal(byte[] data, int offset, int length, byte[] output, int outputOffset)
        throws ShortBufferException, IllegalBlockSizeException, BadPaddingException {
        if (software != null) {
            return data == null ? software.doFinal(output, outputOffset)
                : software.doFinal(data, offset, length, output, outputOffset);
        }
        requireReady();
        // Checked before anything is sent, so that the caller may try again with a larger buffer.
        requireRoom(output, outputOffset, outputBytes(length));
        return copy(engineDoFinal(data, offset, length), output, outputOffset);
    }

    private static void requireRoom(byte[] output, int offset, int bytes) throws ShortBufferException {
        if (output.length - offset < bytes) {
            throw new ShortBufferException("The output needs room for " + bytes + " bytes, there are "
                + (output.length - offset));
        }
    }

    private static int copy(byte[] result, byte[] output, int offset) throws ShortBufferException {
        if (result == null) {
            return 0;
        }
        if (output.length - offset < result.length) {
            throw new ShortBufferException("The output needs room for " + result.length + " bytes");
        }
        System.arraycopy(result, 0, output, offset, result.length);
        return result.length;
    }

    @Override
    protected byte[] engineWrap(Key key) throws IllegalBlockSizeException, InvalidKeyException {
        requireReady();
        try {
            return software != null ? software.wrap(key) : wrap(key);
        } catch (IllegalBlockSizeException | InvalidKeyException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new InvalidKeyException(e.getMessage(), e);
        }
    }

    @Override
    protected Key engineUnwrap(byte[] wrapped, String algorithm, int type)
        throws InvalidKeyException, NoSuchAlgorithmException {
        requireReady();
        try {
            return software != null ? software.unwrap(wrapped, algorithm, type) : unwrap(wrapped, algorithm, type);
        } catch (InvalidKeyException | NoSuchAlgorithmException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new InvalidKeyException(e.getMessage(), e);
        }
    }

    /** An HSM's answer that JCA's call has no exception for. */
    static ProviderException unexpected(GeneralSecurityException e) {
        return new ProviderException(e.getMessage(), e);
    }

    static UnsupportedOperationException notForWrapping(String algorithm) {
        return new UnsupportedOperationException(algorithm + " does not wrap keys in the HSM: use AES/KWP/NoPadding,"
            + " AES/KW/NoPadding, AES/GCM/NoPadding or RSA with OAEP");
    }
}
