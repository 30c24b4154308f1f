package org.ferrohsm.provider;

import java.io.ByteArrayOutputStream;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.InvalidParameterSpecException;
import java.util.Arrays;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.spec.IvParameterSpec;

/**
 * AES in CBC, CTR and ECB mode. Data of any length goes to the HSM in chunks; the chaining value is carried here, so
 * every chunk stands for itself.
 */
final class AesCipher extends HsmCipher {
    /** Small enough for a quick answer, large enough that the round trip hardly counts. */
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final int BLOCK_BYTES = CipherModes.AES_BLOCK_BYTES;

    private final String chaining;
    private final boolean padded;
    private FerroHsmSecretKey key;
    private int mode;
    private byte[] iv;
    /** CBC: the last ciphertext block; CTR: the next counter; ECB: null. */
    private byte[] chain;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

    AesCipher(ServiceContext context) {
        super(context);
        chaining = part(1);
        padded = !part(2).equals("NoPadding");
    }

    @Override
    void initHsm(int newMode, Key newKey, AlgorithmParameterSpec spec)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        if (!(newKey instanceof FerroHsmSecretKey secret) || secret.info().keyType() != KeyType.AES) {
            throw Keys.foreign(newKey, "an AES key in the HSM");
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
            byte[] random = new byte[BLOCK_BYTES];
            new SecureRandom().nextBytes(random);
            return random;
        }
        if (!(spec instanceof IvParameterSpec given)) {
            throw new InvalidAlgorithmParameterException(chaining + " takes an IvParameterSpec, not a "
                + spec.getClass().getName());
        }
        if (given.getIV().length != BLOCK_BYTES) {
            throw new InvalidAlgorithmParameterException("The IV of " + chaining + " has " + BLOCK_BYTES
                + " bytes, not " + given.getIV().length);
        }
        return given.getIV();
    }

    private void restart() {
        chain = iv;
        pending.reset();
    }

    @Override
    AlgorithmParameterSpec spec(AlgorithmParameters parameters) throws InvalidAlgorithmParameterException {
        return MechanismParameters.spec(parameters, IvParameterSpec.class);
    }

    @Override
    byte[] update(byte[] data, int offset, int length) throws GeneralSecurityException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        feed(data, offset, length, output);
        return output.size() == 0 ? null : output.toByteArray();
    }

    /** Takes data and sends what is more than one chunk: the last one waits for the end, which may have padding. */
    private void feed(byte[] data, int offset, int length, ByteArrayOutputStream output)
        throws GeneralSecurityException {
        int done = 0;
        while (length - done > CHUNK_BYTES - pending.size()) {
            int part = CHUNK_BYTES - pending.size();
            pending.write(data, offset + done, part);
            done += part;
            byte[] chunk = pending.toByteArray();
            pending.reset();
            output.writeBytes(send(chunk, true));
        }
        pending.write(data, offset + done, length - done);
    }

    @Override
    byte[] finish(byte[] data, int offset, int length) throws GeneralSecurityException {
        try {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            feed(data, offset, length, output);
            byte[] rest = pending.toByteArray();
            boolean wholeBlocks = rest.length % BLOCK_BYTES == 0;
            boolean anyLength = chaining.equals("CTR") || padded && mode == Cipher.ENCRYPT_MODE;
            if (!wholeBlocks && !anyLength) {
                throw new IllegalBlockSizeException(context().algorithm() + ": the data's length is no multiple of "
                    + BLOCK_BYTES + " bytes" + (padded ? ", so it is damaged or no output of this cipher" : ""));
            }
            if (rest.length == 0 && padded && mode == Cipher.DECRYPT_MODE) {
                throw new BadPaddingException(context().algorithm()
                    + ": there is no data, and even an empty text has a block of padding");
            }
            if (rest.length > 0 || padded && mode == Cipher.ENCRYPT_MODE) {
                output.writeBytes(send(rest, false));
            }
            return output.toByteArray();
        } finally {
            restart();
        }
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
            return Arrays.copyOfRange(ciphertext, ciphertext.length - BLOCK_BYTES, ciphertext.length);
        }
        return chain == null ? null : counterAfter(chain, ciphertext.length / BLOCK_BYTES);
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
        if (iv == null) {
            return null;
        }
        AlgorithmParameters parameters = Jdk.parameters("AES");
        try {
            parameters.init(new IvParameterSpec(iv));
        } catch (InvalidParameterSpecException e) {
            throw new ProviderException(e.getMessage(), e);
        }
        return parameters;
    }

    @Override
    int blockBytes() {
        return BLOCK_BYTES;
    }

    @Override
    int outputBytes(int inputBytes) {
        int whole = pending.size() + inputBytes;
        return padded && mode == Cipher.ENCRYPT_MODE ? whole + BLOCK_BYTES - whole % BLOCK_BYTES : whole;
    }

    @Override
    int updateBytes(int inputBytes) {
        int whole = pending.size() + inputBytes;
        return whole <= CHUNK_BYTES ? 0 : (whole - 1) / CHUNK_BYTES * CHUNK_BYTES;
    }
}
