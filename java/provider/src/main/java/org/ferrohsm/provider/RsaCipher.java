package org.ferrohsm.provider;

import java.io.ByteArrayOutputStream;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/**
 * RSA with PKCS#1 v1.5 padding, OAEP, or none. Public keys encrypt in the JDK and wrap keys inside the HSM; private keys
 * decrypt, unwrap and (ENCRYPT, as TLS libraries ask for it) sign raw data in the HSM.
 */
final class RsaCipher extends HsmCipher {
    /** In the HSM's words, so that nobody learns from them where it was found out. */
    private static final String WRONG_BLOCK =
        "decryption failed: the ciphertext does not belong to this key, mechanism and parameters";

    private final String padding;
    private final int signMechanism;
    private OAEPParameterSpec oaep;
    /** Private key of the HSM's, or a public key that wraps. */
    private Key key;
    private int mode;
    private int modulusBytes;
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    RsaCipher(ServiceContext context) {
        super(context);
        padding = part(2);
        signMechanism = padding.equals("PKCS1Padding") ? Tables.get().mechanism("rsa-pkcs").code() : mechanism();
    }

    private boolean isOaep() {
        return padding.startsWith("OAEP");
    }

    /** RSAAESWrap, which the JDK does not have. */
    private boolean onlyWraps() {
        return !context().mechanism().uses().contains("DECRYPT");
    }

    @Override
    boolean isForJdk(int newMode, Key newKey) {
        return newKey instanceof RSAPublicKey && newMode != Cipher.WRAP_MODE && !onlyWraps()
            || super.isForJdk(newMode, newKey);
    }

    @Override
    void initHsm(int newMode, Key newKey, AlgorithmParameterSpec spec)
        throws InvalidKeyException, InvalidAlgorithmParameterException {
        if (spec != null && spec.getClass().getName().startsWith("sun.security.internal.spec.Tls")) {
            // JSSE asks for this first and decrypts by itself when it is told no.
            throw new UnsupportedOperationException("The HSM has no special form of RSA for TLS: decrypt instead");
        }
        if (onlyWraps() && newMode != Cipher.WRAP_MODE && newMode != Cipher.UNWRAP_MODE) {
            throw new UnsupportedOperationException(context().algorithm()
                + " wraps and unwraps keys: for data use RSA/ECB/OAEPPadding");
        }
        OAEPParameterSpec newOaep = isOaep() ? oaepSpec(spec) : null;
        if (!isOaep() && spec != null) {
            throw new InvalidAlgorithmParameterException(context().algorithm() + " takes no parameters");
        }
        if (newKey instanceof FerroHsmRsaPrivateKey ours) {
            ours.handleFor(privateUse(newMode));
            modulusBytes = (ours.getModulus().bitLength() + 7) / 8;
        } else if (newKey instanceof RSAPublicKey publicKey && newMode == Cipher.WRAP_MODE) {
            requireUse("WRAP");
            modulusBytes = (publicKey.getModulus().bitLength() + 7) / 8;
        } else {
            throw Keys.foreign(newKey, "an RSA key, private ones in the HSM,");
        }
        oaep = newOaep;
        key = newKey;
        mode = newMode;
        data.reset();
    }

    private String privateUse(int newMode) throws InvalidKeyException {
        if (newMode == Cipher.ENCRYPT_MODE && !isOaep()) {
            return "sign";
        }
        if (newMode == Cipher.ENCRYPT_MODE || newMode == Cipher.WRAP_MODE) {
            throw new InvalidKeyException(context().algorithm() + " encrypts and wraps with the public key");
        }
        if (newMode == Cipher.UNWRAP_MODE) {
            requireUse("UNWRAP");
        }
        return CipherModes.use(newMode);
    }

    private void requireUse(String use) throws InvalidKeyException {
        if (!context().mechanism().uses().contains(use)) {
            throw new InvalidKeyException(context().algorithm() + " does not wrap keys: use OAEP");
        }
    }

    /** The JDK's defaults: the hash of the name, and MGF1 with SHA-1. */
    private OAEPParameterSpec oaepSpec(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
        if (spec == null) {
            int with = padding.indexOf("With");
            String hash = with < 0 ? "SHA-1" : padding.substring(with + 4, padding.indexOf("And"));
            return new OAEPParameterSpec(hash, "MGF1", MGF1ParameterSpec.SHA1, PSource.PSpecified.DEFAULT);
        }
        if (!(spec instanceof OAEPParameterSpec given)) {
            throw new InvalidAlgorithmParameterException("OAEP takes an OAEPParameterSpec, not a "
                + spec.getClass().getName());
        }
        int with = padding.indexOf("With");
        if (with >= 0 && Hashes.code(padding.substring(with + 4, padding.indexOf("And")))
            != Hashes.code(given.getDigestAlgorithm())) {
            throw new InvalidAlgorithmParameterException(context().algorithm() + " does not fit the digest "
                + given.getDigestAlgorithm() + " in the parameters");
        }
        MechanismParameters.oaep(given);
        return given;
    }

    @Override
    AlgorithmParameterSpec spec(AlgorithmParameters parameters) throws InvalidAlgorithmParameterException {
        return MechanismParameters.spec(parameters, OAEPParameterSpec.class);
    }

    private byte[] mechanismParameters() throws InvalidAlgorithmParameterException {
        return oaep == null ? null : MechanismParameters.oaep(oaep);
    }

    @Override
    byte[] update(byte[] source, int offset, int length) {
        // One byte too many is kept, so that the end can say so; more would only fill memory.
        data.write(source, offset, Math.min(length, modulusBytes + 1 - Math.min(data.size(), modulusBytes + 1)));
        return null;
    }

    @Override
    byte[] finish(byte[] source, int offset, int length) throws GeneralSecurityException {
        update(source, offset, length);
        byte[] whole = data.toByteArray();
        data.reset();
        FerroHsmRsaPrivateKey ours = (FerroHsmRsaPrivateKey) key;
        if (whole.length > modulusBytes) {
            throw new IllegalBlockSizeException("RSA with this key takes at most " + modulusBytes + " bytes");
        }
        if (mode == Cipher.DECRYPT_MODE) {
            if (whole.length != modulusBytes && !padding.equals("NoPadding")) {
                throw new BadPaddingException(WRONG_BLOCK);
            }
            return ours.client().decrypt(ours.handleFor("decrypt"), mechanism(), mechanismParameters(),
                padding.equals("NoPadding") ? leftPadded(whole) : whole);
        }
        if (padding.equals("PKCS1Padding") && whole.length > modulusBytes - 11) {
            throw new IllegalBlockSizeException("RSA with PKCS#1 padding and this key takes at most "
                + (modulusBytes - 11) + " bytes");
        }
        return ours.client().sign(ours.handleFor("sign"), signMechanism, null,
            padding.equals("NoPadding") ? leftPadded(whole) : whole);
    }

    private byte[] leftPadded(byte[] number) {
        byte[] block = new byte[modulusBytes];
        System.arraycopy(number, 0, block, modulusBytes - number.length, number.length);
        return block;
    }

    @Override
    byte[] wrap(Key target) throws GeneralSecurityException {
        return KeyWrapping.wrap(key, mechanism(), mechanismParameters(), target).data();
    }

    @Override
    Key unwrap(byte[] wrapped, String algorithm, int type) throws GeneralSecurityException {
        return KeyWrapping.unwrap((FerroHsmKey) key, mechanism(), mechanismParameters(), wrapped, algorithm, type,
            unwrapAttributes());
    }

    @Override
    byte[] iv() {
        return null;
    }

    @Override
    AlgorithmParameters parameters() {
        return oaep == null ? null : Jdk.parameters("OAEP", oaep);
    }

    @Override
    int blockBytes() {
        return 0;
    }

    @Override
    int outputBytes(int inputBytes) {
        return modulusBytes;
    }

    @Override
    int updateBytes(int inputBytes) {
        return 0;
    }

    @Override
    protected int engineGetKeySize(Key asked) throws InvalidKeyException {
        if (asked instanceof java.security.interfaces.RSAKey rsa) {
            return rsa.getModulus().bitLength();
        }
        throw Keys.foreign(asked, "an RSA key");
    }
}
