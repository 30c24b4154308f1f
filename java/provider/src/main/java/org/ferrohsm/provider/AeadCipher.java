package org.ferrohsm.provider;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.ProviderException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import java.util.Locale;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;

/**
 * AES-GCM and ChaCha20-Poly1305. The HSM makes the IV: {@code getIV()} before the end has it issue one, otherwise it
 * comes with the ciphertext. What fits one call is collected and goes in one; of more, an encryption gives its output as
 * chunks are full. Decryption gives nothing out before the tag was checked: data is collected here and, while it is
 * checked, held by the HSM, which limits it.
 */
final class AeadCipher extends HsmCipher {
    private static final byte[] NOTHING = new byte[0];

    private final Aead aead;
    private FerroHsmSecretKey key;
    private int mode;
    private int tagBits;
    private byte[] iv;
    private MechanismParameters.IvSource ivSource;
    private final ChunkBuffer aad = new ChunkBuffer();
    private final ChunkBuffer data = new ChunkBuffer();
    /** An encryption of more than fits one call, else null. */
    private HsmStream stream;
    /** An encryption is over: its IV must not serve another one. */
    private boolean used;
    /** What the last encryption of this object was made with; null before the first, or while its IV is not known. */
    private FerroHsmSecretKey lastKey;
    private byte[] lastIv;

    AeadCipher(ServiceContext context) {
        super(context);
        aead = Aead.of(context.mechanism());
    }

    @Override
    void initHsm(int newMode, Key newKey, AlgorithmParameterSpec spec)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        if (!(newKey instanceof FerroHsmSecretKey secret) || secret.info().keyType() != context().keyType()) {
            throw Keys.foreign(newKey, "a key for " + context().keyType().algorithm() + " in the HSM");
        }
        String use = CipherModes.use(newMode);
        if (!context().mechanism().uses().contains(use.toUpperCase(Locale.ROOT))) {
            throw notForWrapping(context().algorithm());
        }
        secret.handleFor(use);
        Aead.Parameters given = aead.read(context().algorithm(), spec);
        boolean encrypts = CipherModes.isForward(newMode);
        if (encrypts && given.iv() != null && !secret.info().flag("allow-caller-iv")) {
            String type = context().keyType().name().toLowerCase(Locale.ROOT);
            throw new InvalidAlgorithmParameterException("The HSM makes the IV for " + context().algorithm()
                + " encryption: leave it out (no parameters, or a GCMParameterSpec with an empty IV) and read getIV(),"
                + " or generate another key that takes the caller's IV: with allow-caller-iv = true under [defaults."
                + type + "] in client.toml, or with `ferrohsm key generate-symmetric " + type
                + " ... --attributes allow-caller-iv=true`. " + secret);
        }
        if (encrypts && given.iv() != null && secret.equals(lastKey) && Arrays.equals(given.iv(), lastIv)) {
            throw new InvalidAlgorithmParameterException("This key and IV have just encrypted: a second encryption with"
                + " them would give both away. Use another IV");
        }
        if (!encrypts && given.iv() == null) {
            throw new InvalidAlgorithmParameterException(context().algorithm()
                + " decryption needs the IV of the encryption, in a " + aead.specClass().getSimpleName());
        }
        forget();
        key = secret;
        mode = newMode;
        tagBits = given.tagBits();
        iv = given.iv();
        ivSource = iv == null ? MechanismParameters.IvSource.HSM : MechanismParameters.IvSource.CALLER;
        used = false;
    }

    /** Drops what has come. */
    private void forget() {
        aad.reset();
        data.reset();
        if (stream != null) {
            stream.close();
            stream = null;
        }
    }

    @Override
    AlgorithmParameterSpec spec(AlgorithmParameters parameters) throws InvalidAlgorithmParameterException {
        return MechanismParameters.spec(parameters, aead.specClass());
    }

    private void requireFresh() {
        if (used) {
            throw new IllegalStateException("This encryption is over and its IV is used up: init again");
        }
    }

    @Override
    protected void engineUpdateAAD(byte[] source, int offset, int length) {
        if (software() != null) {
            software().updateAAD(source, offset, length);
            return;
        }
        requireReady();
        requireFresh();
        if (data.size() > 0 || stream != null) {
            throw new IllegalStateException("Associated data comes before the data");
        }
        aad.write(source, offset, length);
    }

    private boolean fitsOneCall(int more) {
        return (long) data.size() + aad.size() + more <= Tables.get().maxDataBytes();
    }

    /** Whether this many bytes more are over what the HSM holds of a decryption; the tag does not count. */
    private boolean exceedsHeld(int more) {
        return (long) data.size() + more > (long) Tables.get().maxHeldBytes() + tagBits / 8;
    }

    private String overLimit() {
        int bytes = Tables.get().maxHeldBytes();
        return "One " + context().algorithm() + " decryption gives at most " + bytes + " bytes (" + (bytes >> 20) + " MiB), as nothing may come"
            + " out before the tag at the end was checked: encrypt larger data in parts, each with an IV of its own";
    }

    @Override
    protected void engineUpdateAAD(java.nio.ByteBuffer source) {
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        engineUpdateAAD(bytes, 0, bytes.length);
    }

    @Override
    byte[] update(byte[] source, int offset, int length) throws GeneralSecurityException {
        requireFresh();
        if (mode == Cipher.DECRYPT_MODE) {
            // Here and not at the end, whose exceptions CipherOutputStream.close() swallows.
            if (exceedsHeld(length)) {
                forget();
                throw new ProviderException(overLimit());
            }
            data.write(source, offset, length);
            return null;
        }
        if (stream == null && fitsOneCall(length)) {
            data.write(source, offset, length);
            return null;
        }
        return encrypt(source, offset, length, 0);
    }

    /** Sends all whole chunks; gives their ciphertext in an array with this much room behind it. */
    private byte[] encrypt(byte[] source, int offset, int length, int room) throws GeneralSecurityException {
        int chunkBytes = HsmStream.chunkBytes();
        long whole = (long) data.size() + length;
        byte[] output = new byte[Math.addExact(Math.toIntExact(whole - whole % chunkBytes), room)];
        int[] filled = {0};
        boolean done = false;
        try {
            if (stream == null) {
                stream = begin();
            }
            data.cut(source, offset, length, chunkBytes, chunkBytes, 0, chunk -> {
                byte[] ciphertext = stream.update(chunk);
                System.arraycopy(ciphertext, 0, output, filled[0], ciphertext.length);
                filled[0] += ciphertext.length;
            });
            done = true;
            return output;
        } finally {
            if (!done) {
                used = true;
                forget();
            }
        }
    }

    private HsmStream begin() throws GeneralSecurityException {
        noteIv();
        HsmStream begun = begin(HsmStream.Use.ENCRYPT, key.handleFor("encrypt"), 0);
        iv = begun.iv();
        lastIv = iv;
        return begun;
    }

    /** Begins with the associated data. */
    private HsmStream begin(HsmStream.Use use, long handle, long totalBytes) throws GeneralSecurityException {
        byte[] parameters = MechanismParameters.aead(iv, ivSource, NOTHING, tagBits);
        HsmStream begun = HsmStream.begin(key.client(), handle, null, mechanism(), use, parameters, totalBytes);
        boolean done = false;
        try {
            int chunkBytes = HsmStream.chunkBytes();
            aad.cut(NOTHING, 0, 0, chunkBytes, 1, 0, begun::updateAad);
            done = true;
            return begun;
        } finally {
            if (!done) {
                begun.close();
            }
        }
    }

    @Override
    byte[] finish(byte[] source, int offset, int length) throws GeneralSecurityException {
        requireFresh();
        try {
            if (mode == Cipher.DECRYPT_MODE) {
                return decrypt(source, offset, length);
            }
            if (stream == null && fitsOneCall(length)) {
                byte[] parameters = MechanismParameters.aead(iv, ivSource, aad.toByteArray(), tagBits);
                useUp();
                HsmClient.WithIv encrypted = key.client().encrypt(key.handleFor("encrypt"), mechanism(), parameters,
                    data.takeWith(source, offset, length));
                iv = encrypted.iv();
                lastIv = iv;
                return encrypted.data();
            }
            int last = (int) (((long) data.size() + length) % HsmStream.chunkBytes()) + tagBits / 8;
            byte[] output = encrypt(source, offset, length, last);
            used = true;
            byte[] rest = stream.finish(data.take());
            System.arraycopy(rest, 0, output, output.length - rest.length, rest.length);
            return output;
        } finally {
            forget();
        }
    }

    private byte[] decrypt(byte[] source, int offset, int length) throws GeneralSecurityException {
        if (exceedsHeld(length)) {
            breakOff();
            throw new IllegalBlockSizeException(overLimit());
        }
        long handle = key.handleFor("decrypt");
        if (fitsOneCall(length)) {
            byte[] parameters = MechanismParameters.aead(iv, ivSource, aad.toByteArray(), tagBits);
            return key.client().decrypt(handle, mechanism(), parameters, data.takeWith(source, offset, length));
        }
        // One byte at least is announced: an empty ciphertext has no tag, and fails at its end.
        long totalBytes = Math.max(1, (long) data.size() + length);
        return begin(HsmStream.Use.DECRYPT, handle, totalBytes).decrypt(data, source, offset, length,
            outputBytes(length));
    }

    /** Before the call: one that fails here may have succeeded in the HSM. */
    private void useUp() {
        used = true;
        noteIv();
    }

    private void noteIv() {
        lastKey = key;
        lastIv = iv;
    }

    @Override
    byte[] wrap(Key target) throws GeneralSecurityException {
        requireFresh();
        useUp();
        HsmClient.WithIv wrapped = KeyWrapping.wrap(key, mechanism(),
            MechanismParameters.aead(iv, ivSource, aad.toByteArray(), tagBits), target);
        iv = wrapped.iv();
        lastIv = iv;
        return wrapped.data();
    }

    @Override
    Key unwrap(byte[] wrapped, String algorithm, int type) throws GeneralSecurityException {
        byte[] associated = aad.toByteArray();
        aad.reset();
        return KeyWrapping.unwrap(key, mechanism(), MechanismParameters.aead(iv, ivSource, associated, tagBits), wrapped,
            algorithm, type, unwrapAttributes());
    }

    @Override
    byte[] iv() {
        if (key == null) {
            return null;
        }
        if (iv == null && !used) {
            try {
                iv = key.client().issueIv(key.getHandle(), mechanism());
                ivSource = MechanismParameters.IvSource.ISSUED;
            } catch (GeneralSecurityException e) {
                throw unexpected(e);
            }
        }
        return iv == null ? null : iv.clone();
    }

    @Override
    AlgorithmParameters parameters() {
        byte[] known = iv();
        return known == null ? null : Jdk.parameters(aead.parametersName(), aead.writer().apply(known, tagBits));
    }

    @Override
    int blockBytes() {
        return aead.blockBytes();
    }

    @Override
    int outputBytes(int inputBytes) {
        int whole = Math.addExact(data.size(), inputBytes);
        return CipherModes.isForward(mode) ? Math.addExact(whole, tagBits / 8) : Math.max(0, whole - tagBits / 8);
    }

    @Override
    int updateBytes(int inputBytes) {
        if (mode == Cipher.DECRYPT_MODE || stream == null && fitsOneCall(inputBytes)) {
            return 0;
        }
        int whole = Math.addExact(data.size(), inputBytes);
        return whole - whole % HsmStream.chunkBytes();
    }
}
