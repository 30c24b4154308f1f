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
import javax.crypto.spec.IvParameterSpec;

/**
 * ChaCha20-Poly1305 (RFC 8439), by the rules of AES-GCM: the HSM makes the nonce, {@code getIV()} before the end has it
 * issue one. Data is collected and goes in one call, so its size is limited; decryption gives nothing out before the tag
 * was checked.
 */
final class ChaCha20Cipher extends HsmCipher {
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BYTES = 16;

    private FerroHsmSecretKey key;
    private int mode;
    private byte[] nonce;
    private MechanismParameters.IvSource source;
    private final ByteArrayOutputStream aad = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    /** An encryption is over: its nonce must not serve another one. */
    private boolean used;
    /** What the last encryption of this object was made with. */
    private FerroHsmSecretKey lastKey;
    private byte[] lastNonce;

    ChaCha20Cipher(ServiceContext context) {
        super(context);
    }

    @Override
    void initHsm(int newMode, Key newKey, AlgorithmParameterSpec spec)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        if (!(newKey instanceof FerroHsmSecretKey secret) || secret.info().keyType() != KeyType.CHACHA20) {
            throw Keys.foreign(newKey, "a ChaCha20 key in the HSM");
        }
        if (newMode == Cipher.WRAP_MODE || newMode == Cipher.UNWRAP_MODE) {
            throw notForWrapping(context().algorithm());
        }
        secret.handleFor(CipherModes.use(newMode));
        byte[] given = given(spec);
        if (newMode == Cipher.DECRYPT_MODE && given == null) {
            throw new InvalidAlgorithmParameterException("Decryption needs the nonce of the encryption, in an"
                + " IvParameterSpec");
        }
        if (newMode == Cipher.ENCRYPT_MODE && given != null) {
            if (!secret.info().flag("allow-caller-iv")) {
                throw new InvalidAlgorithmParameterException("The HSM makes the nonce of an encryption: leave it out and"
                    + " read getIV(), or generate another key with the attribute allow-caller-iv. " + secret);
            }
            if (secret.equals(lastKey) && Arrays.equals(given, lastNonce)) {
                throw new InvalidAlgorithmParameterException("This key and nonce have just encrypted: a second"
                    + " encryption with them would give both away. Use another nonce");
            }
        }
        key = secret;
        mode = newMode;
        nonce = given;
        source = given == null ? MechanismParameters.IvSource.HSM : MechanismParameters.IvSource.CALLER;
        aad.reset();
        data.reset();
        used = false;
    }

    private static byte[] given(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
        if (spec == null) {
            return null;
        }
        if (!(spec instanceof IvParameterSpec iv)) {
            throw new InvalidAlgorithmParameterException("ChaCha20-Poly1305 takes an IvParameterSpec, not a "
                + spec.getClass().getName());
        }
        if (iv.getIV().length != NONCE_BYTES) {
            throw new InvalidAlgorithmParameterException("The nonce of ChaCha20-Poly1305 has " + NONCE_BYTES
                + " bytes, not " + iv.getIV().length);
        }
        return iv.getIV();
    }

    @Override
    AlgorithmParameterSpec spec(AlgorithmParameters parameters) throws InvalidAlgorithmParameterException {
        return MechanismParameters.spec(parameters, IvParameterSpec.class);
    }

    private void take(ByteArrayOutputStream where, byte[] bytes, int offset, int length) {
        if (used) {
            throw new IllegalStateException("This encryption is over and its nonce is used up: init again");
        }
        int limit = Tables.get().maxDataBytes();
        if (length > limit - data.size() - aad.size()) {
            breakOff();
            data.reset();
            aad.reset();
            throw new ProviderException("One call of ChaCha20-Poly1305 takes at most " + limit + " bytes of data and"
                + " associated data together: split the data, each part with a nonce of its own");
        }
        where.write(bytes, offset, length);
    }

    @Override
    protected void engineUpdateAAD(byte[] bytes, int offset, int length) {
        if (software() != null) {
            software().updateAAD(bytes, offset, length);
            return;
        }
        requireReady();
        if (data.size() > 0) {
            throw new IllegalStateException("Associated data comes before the data");
        }
        take(aad, bytes, offset, length);
    }

    @Override
    protected void engineUpdateAAD(java.nio.ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        engineUpdateAAD(copy, 0, copy.length);
    }

    @Override
    byte[] update(byte[] bytes, int offset, int length) {
        take(data, bytes, offset, length);
        return null;
    }

    @Override
    byte[] finish(byte[] bytes, int offset, int length) throws GeneralSecurityException {
        take(data, bytes, offset, length);
        try {
            byte[] parameters = MechanismParameters.gcm(nonce, source, aad.toByteArray(), 0);
            if (mode == Cipher.DECRYPT_MODE) {
                return key.client().decrypt(key.handleFor("decrypt"), mechanism(), parameters, data.toByteArray());
            }
            // Before the call: one that fails here may have succeeded in the HSM.
            used = true;
            lastKey = key;
            lastNonce = nonce;
            HsmClient.WithIv encrypted =
                key.client().encrypt(key.handleFor("encrypt"), mechanism(), parameters, data.toByteArray());
            nonce = encrypted.iv();
            lastNonce = nonce;
            return encrypted.data();
        } finally {
            data.reset();
            aad.reset();
        }
    }

    @Override
    byte[] wrap(Key target) {
        throw notForWrapping(context().algorithm());
    }

    @Override
    Key unwrap(byte[] wrapped, String algorithm, int type) {
        throw notForWrapping(context().algorithm());
    }

    @Override
    byte[] iv() {
        if (key == null) {
            return null;
        }
        if (nonce == null && !used) {
            try {
                nonce = key.client().issueIv(key.getHandle(), mechanism());
                source = MechanismParameters.IvSource.ISSUED;
            } catch (GeneralSecurityException e) {
                throw unexpected(e);
            }
        }
        return nonce == null ? null : nonce.clone();
    }

    @Override
    AlgorithmParameters parameters() {
        byte[] known = iv();
        if (known == null) {
            return null;
        }
        AlgorithmParameters parameters = Jdk.parameters("ChaCha20-Poly1305");
        try {
            parameters.init(new IvParameterSpec(known));
        } catch (InvalidParameterSpecException e) {
            throw new ProviderException(e.getMessage(), e);
        }
        return parameters;
    }

    @Override
    int blockBytes() {
        return 0; // a stream cipher, as in the JDK
    }

    @Override
    int outputBytes(int inputBytes) {
        int whole = data.size() + inputBytes;
        return mode == Cipher.ENCRYPT_MODE ? whole + TAG_BYTES : Math.max(0, whole - TAG_BYTES);
    }

    @Override
    int updateBytes(int inputBytes) {
        return 0;
    }
}
