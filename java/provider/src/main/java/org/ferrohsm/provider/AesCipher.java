package org.ferrohsm.provider;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.spec.IvParameterSpec;

/**
 * AES in CBC, CTR and ECB mode, triple DES in CBC and ECB mode. Every {@code update} gives as many bytes as the JDK's cipher does: all whole blocks, of a
 * padded decryption all but the last, in CTR mode every byte. Data of any length goes to the HSM in chunks; the chaining
 * value is carried here, so every chunk stands for itself.
 */
final class AesCipher extends HsmCipher {
    private static final byte[] NOTHING = new byte[0];

    private final int blockBytes;
    private final String chaining;
    private final boolean padded;
    private FerroHsmSecretKey key;
    private int mode;
    private byte[] iv;
    /** CBC: the last ciphertext block; CTR: the next counter; ECB: null. */
    private byte[] chain;
    /** What is no whole block yet, or may be the last. */
    private final ChunkBuffer pending = new ChunkBuffer();
    /** CTR: what the last block has left to combine data with. */
    private byte[] keystream = NOTHING;

    AesCipher(ServiceContext context) {
        super(context);
        blockBytes = context.keyType() == KeyType.DES3 ? CipherModes.DES_BLOCK_BYTES : CipherModes.AES_BLOCK_BYTES;
        chaining = part(1);
        padded = !part(2).equals("NoPadding");
    }

    @Override
    void initHsm(int newMode, Key newKey, AlgorithmParameterSpec spec)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        if (!(newKey instanceof FerroHsmSecretKey secret) || secret.info().keyType() != context().keyType()) {
            throw Keys.foreign(newKey, "a key for " + context().keyType().algorithm() + " in the HSM");
        }
        boolean unwraps = newMode == Cipher.UNWRAP_MODE && chaining.equals("CBC") && !padded;
        if (newMode == Cipher.WRAP_MODE || newMode == Cipher.UNWRAP_MODE && !unwraps) {
            throw notForWrapping(context().algorithm());
        }
        secret.handleFor(CipherModes.use(newMode));
        iv = initialValue(newMode, spec);
        key = secret;
        mode = newMode;
        restart();
    }

    private byte[] initialValue(int newMode, AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
        if (chaining.equals("ECB")) {
            if (spec != null) {
                throw new InvalidAlgorithmParameterException("ECB takes no parameters");
            }
            return null;
        }
        if (spec == null) {
            if (!CipherModes.isForward(newMode)) {
                throw new InvalidAlgorithmParameterException(chaining
                    + " decryption needs the IV of the encryption, in an IvParameterSpec");
            }
            byte[] random = new byte[blockBytes];
            new SecureRandom().nextBytes(random);
            return random;
        }
        if (!(spec instanceof IvParameterSpec given)) {
            throw new InvalidAlgorithmParameterException(chaining + " takes an IvParameterSpec, not a "
                + spec.getClass().getName());
        }
        if (given.getIV().length != blockBytes) {
            throw new InvalidAlgorithmParameterException("The IV of " + chaining + " has " + blockBytes
                + " bytes, not " + given.getIV().length);
        }
        return given.getIV();
    }

    private void restart() {
        chain = iv;
        pending.reset();
        Arrays.fill(keystream, (byte) 0);
        keystream = NOTHING;
    }

    @Override
    AlgorithmParameterSpec spec(AlgorithmParameters parameters) throws InvalidAlgorithmParameterException {
        return MechanismParameters.spec(parameters, IvParameterSpec.class);
    }

    @Override
    byte[] update(byte[] data, int offset, int length) throws GeneralSecurityException {
        byte[] output = new byte[updateBytes(length)];
        if (isCtr()) {
            counted(data, offset, length, output, true);
        } else {
            Filler filler = new Filler(output);
            pending.cut(data, offset, length, HsmStream.chunkBytes(), blockBytes, keptBytes(),
                chunk -> filler.add(send(chunk, true)));
        }
        return output;
    }

    /** Fills an array part by part. */
    private static final class Filler {
        private final byte[] output;
        private int filled;

        Filler(byte[] output) {
            this.output = output;
        }

        void add(byte[] part) {
            System.arraycopy(part, 0, output, filled, part.length);
            filled += part.length;
        }
    }

    private boolean isCtr() {
        return chaining.equals("CTR");
    }

    /** Bytes that may be the last block, whose padding is not for {@code update} to give. */
    private int keptBytes() {
        return padded && mode == Cipher.DECRYPT_MODE ? blockBytes : 0;
    }

    @Override
    byte[] finish(byte[] data, int offset, int length) throws GeneralSecurityException {
        try {
            if (isCtr()) {
                byte[] output = new byte[length];
                counted(data, offset, length, output, false);
                return output;
            }
            return finishBlocks(data, offset, length);
        } finally {
            restart();
        }
    }

    private byte[] finishBlocks(byte[] data, int offset, int length) throws GeneralSecurityException {
        long whole = (long) pending.size() + length;
        boolean pads = padded && mode == Cipher.ENCRYPT_MODE;
        if (whole % blockBytes != 0 && !pads) {
            throw new IllegalBlockSizeException(context().algorithm() + ": the data's length is no multiple of "
                + blockBytes + " bytes" + (padded ? ", so it is damaged or no output of this cipher" : ""));
        }
        if (whole == 0 && padded && mode == Cipher.DECRYPT_MODE) {
            throw new BadPaddingException(context().algorithm()
                + ": there is no data, and even an empty text has a block of padding");
        }
        byte[] output = new byte[outputBytes(length)];
        Filler filler = new Filler(output);
        int chunkBytes = HsmStream.chunkBytes();
        // The last chunk waits for the end, which may have padding.
        int last = (int) Math.min(whole, (whole - 1) % chunkBytes + 1);
        pending.cut(data, offset, length, chunkBytes, chunkBytes, last, chunk -> filler.add(send(chunk, true)));
        if (last > 0 || pads) {
            filler.add(send(pending.take(), false));
        }
        return filler.filled == output.length ? output : Arrays.copyOf(output, filler.filled);
    }

    /**
     * CTR: data of any length at any place. What the last block has left is asked for with zeros, which it is combined
     * with by exclusive or, and kept for the next bytes: single bytes do not go to the HSM one by one.
     */
    private void counted(byte[] data, int offset, int length, byte[] output, boolean more)
        throws GeneralSecurityException {
        int done = Math.min(length, keystream.length);
        for (int i = 0; i < done; i++) {
            output[i] = (byte) (data[offset + i] ^ keystream[i]);
        }
        keystream = dropKeystream(done);
        while (done < length) {
            int part = Math.min(HsmStream.chunkBytes(), length - done);
            int blocks = more ? part + (blockBytes - part % blockBytes) % blockBytes : part;
            byte[] chunk = new byte[blocks];
            System.arraycopy(data, offset + done, chunk, 0, part);
            byte[] result = send(chunk, more || done + part < length);
            System.arraycopy(result, 0, output, done, part);
            done += part;
            keystream = Arrays.copyOfRange(result, part, blocks);
        }
    }

    private byte[] dropKeystream(int bytes) {
        byte[] rest = Arrays.copyOfRange(keystream, bytes, keystream.length);
        Arrays.fill(keystream, (byte) 0);
        return rest;
    }

    private byte[] send(byte[] chunk, boolean more) throws GeneralSecurityException {
        byte[] parameters = MechanismParameters.chunk(chain, more);
        byte[] result = mode == Cipher.ENCRYPT_MODE
            ? key.client().encrypt(key.handleFor("encrypt"), mechanism(), parameters, chunk).data()
            : key.client().decrypt(key.handleFor("decrypt"), mechanism(), parameters, chunk);
        if (more) {
            chain = next(mode == Cipher.ENCRYPT_MODE ? result : chunk);
        }
        return result;
    }

    private byte[] next(byte[] ciphertext) {
        if (chaining.equals("CBC")) {
            return Arrays.copyOfRange(ciphertext, ciphertext.length - blockBytes, ciphertext.length);
        }
        return chain == null ? null : counterAfter(chain, ciphertext.length / blockBytes);
    }

    /** The counter, a big-endian number of 128 bits, after this many blocks. */
    static byte[] counterAfter(byte[] counter, int blocks) {
        byte[] next = counter.clone();
        long carry = blocks;
        for (int i = next.length - 1; i >= 0 && carry != 0; i--) {
            carry += next[i] & 0xFF;
            next[i] = (byte) carry;
            carry >>>= 8;
        }
        return next;
    }

    @Override
    byte[] wrap(Key target) {
        throw notForWrapping(context().algorithm());
    }

    /** For keys that came from elsewhere in CBC, which nothing authenticates: the key must allow it by name. */
    @Override
    Key unwrap(byte[] wrapped, String algorithm, int type) throws GeneralSecurityException {
        return KeyWrapping.unwrap(key, Tables.get().mechanism("aes-cbc-unwrap").code(),
            MechanismParameters.chunk(iv, false), wrapped, algorithm, type, unwrapAttributes());
    }

    @Override
    byte[] iv() {
        return iv == null ? null : iv.clone();
    }

    @Override
    AlgorithmParameters parameters() {
        return iv == null ? null : Jdk.parameters(context().keyType().algorithm(), new IvParameterSpec(iv));
    }

    @Override
    int blockBytes() {
        return blockBytes;
    }

    @Override
    int outputBytes(int inputBytes) {
        int whole = Math.addExact(pending.size(), inputBytes);
        return padded && mode == Cipher.ENCRYPT_MODE ? Math.addExact(whole, blockBytes - whole % blockBytes) : whole;
    }

    @Override
    int updateBytes(int inputBytes) {
        if (isCtr()) {
            return inputBytes;
        }
        int ready = Math.max(0, Math.addExact(pending.size(), inputBytes) - keptBytes());
        return ready - ready % blockBytes;
    }
}
