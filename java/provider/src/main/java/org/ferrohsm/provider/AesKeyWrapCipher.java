package org.ferrohsm.provider;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Cipher;

/** AES key wrap, RFC 3394 (KW) and RFC 5649 (KWP). It wraps and unwraps keys in the HSM and does nothing with data. */
final class AesKeyWrapCipher extends HsmCipher {
    private FerroHsmSecretKey key;

    AesKeyWrapCipher(ServiceContext context) {
        super(context);
    }

    @Override
    void initHsm(int mode, Key newKey, AlgorithmParameterSpec spec)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        if (!(newKey instanceof FerroHsmSecretKey secret) || secret.info().keyType() != KeyType.AES) {
            throw Keys.foreign(newKey, "an AES key in the HSM");
        }
        if (mode != Cipher.WRAP_MODE && mode != Cipher.UNWRAP_MODE) {
            throw new UnsupportedOperationException(context().algorithm()
                + " wraps and unwraps keys: for data use AES/GCM/NoPadding");
        }
        if (spec != null) {
            throw new InvalidAlgorithmParameterException(context().algorithm() + " takes no parameters");
        }
        secret.handleFor(CipherModes.use(mode));
        key = secret;
    }

    @Override
    AlgorithmParameterSpec spec(AlgorithmParameters parameters) throws InvalidAlgorithmParameterException {
        throw new InvalidAlgorithmParameterException(context().algorithm() + " takes no parameters");
    }

    @Override
    byte[] wrap(Key target) throws GeneralSecurityException {
        return KeyWrapping.wrap(key, mechanism(), null, target).data();
    }

    @Override
    Key unwrap(byte[] wrapped, String algorithm, int type) throws GeneralSecurityException {
        return KeyWrapping.unwrap(key, mechanism(), null, wrapped, algorithm, type, unwrapAttributes());
    }

    @Override
    byte[] update(byte[] data, int offset, int length) {
        throw new IllegalStateException(context().algorithm() + " wraps and unwraps keys only");
    }

    @Override
    byte[] finish(byte[] data, int offset, int length) {
        throw new IllegalStateException(context().algorithm() + " wraps and unwraps keys only");
    }

    @Override
    byte[] iv() {
        return null;
    }

    @Override
    AlgorithmParameters parameters() {
        return null;
    }

    @Override
    int blockBytes() {
        return 8;
    }

    @Override
    int outputBytes(int inputBytes) {
        return inputBytes + 16;
    }

    @Override
    int updateBytes(int inputBytes) {
        return 0;
    }
}
