package org.ferrohsm.provider;

import java.io.ByteArrayOutputStream;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.ProviderException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.InvalidParameterSpecException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.spec.GCMParameterSpec;

/**
 * AES-GCM. The HSM makes the IV: {@code getIV()} before the end has it issue one, otherwise it comes with the
 * ciphertext. Data is collected and goes in one call, so its size is limited; decryption gives nothing out before the
 * tag was checked.
 */
final class AesGcmCipher extends HsmCipher {
    private static final int DEFAULT_TAG_BITS = 128;

    private FerroHsmSecretKey key;
    private int mode;
    private int tagBits = DEFAULT_TAG_BITS;
    private byte[] iv;
    private MechanismParameters.IvSource ivSource;
    private final ByteArrayOutputStream aad = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    /** An encryption is over: its IV must not serve another one. */
    private boolean used;
    /** What the last encryption of this object was made with; null before the first, or while its IV is not known. */
    private FerroHsmSecretKey lastKey;
    private byte[] lastIv;

    AesGcmCipher(ServiceContext context) {
        super(context);
    }

    @Override
    void initHsm(int newMode, Key newKey, AlgorithmParameterSpec spec)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        if (!(newKey instanceof FerroHsmSecretKey secret) || secret.info().keyType() != KeyType.AES) {
            throw Keys.foreign(newKey, "an AES key in the HSM");
        }
        secret.handleFor(CipherModes.use(newMode));
        byte[] givenIv = null;
        int bits = DEFAULT_TAG_BITS;
        if (spec instanceof GCMParameterSpec gcm) {
            bits = gcm.getTLen();
            givenIv = gcm.getIV().length == 0 ? null : gcm.getIV();
        } else if (spec != null) {
            throw new InvalidAlgorithmParameterException("AES/GCM takes a GCMParameterSpec, not a "
                + spec.getClass().getName());
        }
        if (bits < 96 || bits > 128 || bits % 8 != 0) {
            throw new InvalidAlgorithmParameterException("A GCM tag has 96, 104, 112, 120 or 128 bits, not " + bits);
        }
        boolean encrypts = CipherModes.isForward(newMode);
        if (encrypts && givenIv != null && !secret.info().flag("allow-caller-iv")) {
            throw new InvalidAlgorithmParameterException("The HSM makes the IV for GCM encryption: leave it out (null"
                + " parameters, or an empty IV in GCMParameterSpec) and read getIV(), or generate another key that"
                + " takes the caller's IV: with allow-caller-iv = true under [defaults.aes] in client.toml, or with"
                + " `ferrohsm key generate-symmetric aes ... --attributes allow-caller-iv=true`. " + secret);
        }
        if (encrypts && givenIv != null && secret.equals(lastKey) && Arrays.equals(givenIv, lastIv)) {
            throw new InvalidAlgorithmParameterException("This key and IV have just encrypted: a second GCM encryption"
                + " with them would give both away. Use another IV");
        }
        if (!encrypts && givenIv == null) {
            throw new InvalidAlgorithmParameterException("GCM decryption needs the IV of the encryption, in a"
                + " GCMParameterSpec");
        }
        key = secret;
        mode = newMode;
        tagBits = bits;
        iv = givenIv;
        ivSource = givenIv == null ? MechanismParameters.IvSource.HSM : MechanismParameters.IvSource.CALLER;
        aad.reset();
        data.reset();
        used = false;
    }

    @Override
    AlgorithmParameterSpec spec(AlgorithmParameters parameters) throws InvalidAlgorithmParameterException {
        return MechanismParameters.spec(parameters, GCMParameterSpec.class);
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
        if (data.size() > 0) {
            throw new IllegalStateException("Associated data comes before the data");
        }
        requireWithinLimit(length);
        aad.write(source, offset, length);
    }

    /** Here and not at the end, whose exceptions CipherOutputStream.close() swallows. */
    private void requireWithinLimit(int more) {
        if (exceedsLimit(more)) {
            breakOff();
            data.reset();
            aad.reset();
            throw new ProviderException(overLimit());
        }
    }

    private boolean exceedsLimit(int more) {
        return more > Tables.get().maxDataBytes() - data.size() - aad.size();
    }

    private static String overLimit() {
        return "One AES-GCM call takes at most " + Tables.get().maxDataBytes() + " bytes of data and associated data"
            + " together, and here come more: split the data, each part with an IV of its own";
    }

    @Override
    protected void engineUpdateAAD(java.nio.ByteBuffer source) {
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        engineUpdateAAD(bytes, 0, bytes.length);
    }

    @Override
    byte[] update(byte[] source, int offset, int length) {
        requireFresh();
        requireWithinLimit(length);
        data.write(source, offset, length);
        return null;
    }

    @Override
    byte[] finish(byte[] source, int offset, int length) throws GeneralSecurityException {
        requireFresh();
        try {
            if (exceedsLimit(length)) {
                breakOff();
                throw new IllegalBlockSizeException(overLimit());
            }
            data.write(source, offset, length);
            byte[] whole = data.toByteArray();
            byte[] associated = aad.toByteArray();
            byte[] parameters = MechanismParameters.gcm(iv, ivSource, associated, tagBits);
            if (mode == Cipher.DECRYPT_MODE) {
                return key.client().decrypt(key.handleFor("decrypt"), mechanism(), parameters, whole);
            }
            useUp();
            HsmClient.WithIv encrypted =
                key.client().encrypt(key.handleFor("encrypt"), mechanism(), parameters, whole);
            iv = encrypted.iv();
            lastIv = iv;
            return encrypted.data();
        } finally {
            data.reset();
            aad.reset();
        }
    }

    /** Before the call: one that fails here may have succeeded in the HSM. */
    private void useUp() {
        used = true;
        lastKey = key;
        lastIv = iv;
    }

    @Override
    byte[] wrap(Key target) throws GeneralSecurityException {
        requireFresh();
        useUp();
        HsmClient.WithIv wrapped = KeyWrapping.wrap(key, mechanism(),
            MechanismParameters.gcm(iv, ivSource, aad.toByteArray(), tagBits), target);
        iv = wrapped.iv();
        lastIv = iv;
        return wrapped.data();
    }

    @Override
    Key unwrap(byte[] wrapped, String algorithm, int type) throws GeneralSecurityException {
        byte[] associated = aad.toByteArray();
        aad.reset();
        return KeyWrapping.unwrap(key, mechanism(), MechanismParameters.gcm(iv, ivSource, associated, tagBits), wrapped,
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
        if (known == null) {
            return null;
        }
        AlgorithmParameters parameters = Jdk.parameters("GCM");
        try {
            parameters.init(new GCMParameterSpec(tagBits, known));
        } catch (InvalidParameterSpecException e) {
            throw new ProviderException(e.getMessage(), e);
        }
        return parameters;
    }

    @Override
    int blockBytes() {
        return CipherModes.AES_BLOCK_BYTES;
    }

    @Override
    int outputBytes(int inputBytes) {
        int whole = data.size() + inputBytes;
        return CipherModes.isForward(mode) ? whole + tagBits / 8 : Math.max(0, whole - tagBits / 8);
    }

    @Override
    int updateBytes(int inputBytes) {
        return 0;
    }
}
