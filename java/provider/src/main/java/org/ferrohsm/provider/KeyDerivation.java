package org.ferrohsm.provider;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.attributes.ObjectClassType;
import org.ferrohsm.provider.spec.HkdfParameterSpec;
import org.ferrohsm.provider.spec.HmacKdfParameterSpec;

/** Derives keys inside the HSM. No secret passes through this process, but for a password that came from it. */
final class KeyDerivation {
    private static final byte[] NONE = new byte[0];
    private static final int NO_SIZE = 0;

    private KeyDerivation() {
    }

    /** Parameters in the layout of the native library; each derivation sets some. */
    private record Parameters(byte[] salt, byte[] info, byte[] prefix, int counterBits, int iterations, int hkdfStep,
        byte[] peer) {
        byte[] encode() {
            return Wire.write(out -> {
                Wire.bytes(out, salt);
                Wire.bytes(out, info);
                Wire.bytes(out, prefix);
                out.writeInt(counterBits);
                out.writeInt(iterations);
                out.writeByte(hkdfStep);
                Wire.bytes(out, peer);
            });
        }
    }

    /** SP 800-108 in counter mode with AES-CMAC. */
    static SecretKey cmac(AesCmacKdfParameterSpec spec, KeyType type, String algorithm)
        throws GeneralSecurityException {
        FerroHsmSecretKey base = base(spec.getBaseKey(), KeyType.AES);
        return derive(base, "sp800-108-counter-cmac", fixed(spec.getInputData()), type, spec.getAttributes(), NO_SIZE,
            algorithm);
    }

    /** SP 800-108 in counter mode with HMAC. */
    static SecretKey hmac(HmacKdfParameterSpec spec, KeyType type, String algorithm) throws GeneralSecurityException {
        FerroHsmSecretKey base = base(spec.getBaseKey(), KeyType.GENERIC_SECRET);
        return derive(base, "sp800-108-counter-" + hmacName(spec.getHmac()), fixed(spec.getInputData()), type,
            spec.getAttributes(), NO_SIZE, algorithm);
    }

    private static Parameters fixed(AesCmacKdfFixedInputData data) {
        return new Parameters(NONE, data.getSuffix(), data.getPrefix(), data.getCounterWidth(), 0, 0, NONE);
    }

    /** HKDF. */
    static SecretKey hkdf(HkdfParameterSpec spec, KeyType type, String algorithm) throws GeneralSecurityException {
        FerroHsmSecretKey base = base(spec.getBaseKey(), KeyType.GENERIC_SECRET);
        String hash = hmacName(spec.getHmac()).substring("hmac-".length());
        Parameters parameters = new Parameters(spec.getSalt(), spec.getInfo(), NONE, 0, 0, spec.getStep().ordinal(),
            NONE);
        boolean extracts = spec.getStep() == HkdfParameterSpec.Step.EXTRACT;
        int bits = extracts ? Integer.parseInt(hash.substring("sha".length())) : NO_SIZE;
        return derive(base, "hkdf-" + hash, parameters, type, spec.getAttributes(), bits, algorithm);
    }

    /** ECDH and the KDF of X9.63. */
    static SecretKey x963(FerroHsmEcPrivateKey key, int mechanism, byte[] peer, byte[] sharedInfo, KeyType type,
        KeyAttributesMap attributes, String algorithm) throws GeneralSecurityException {
        Parameters parameters = new Parameters(NONE, sharedInfo, NONE, 0, 0, 0, peer);
        return derive(key.client(), key.handleFor("derive"), mechanism, parameters, null, type, attributes, 256,
            algorithm);
    }

    /** PBKDF2; the password is the caller's to wipe. */
    static SecretKey pbkdf2(HsmClient client, int mechanism, char[] password, byte[] salt, int iterations,
        KeyType type, KeyAttributesMap attributes, int defaultBits, String algorithm) throws GeneralSecurityException {
        byte[] encoded = utf8(password);
        try {
            Parameters parameters = new Parameters(salt, NONE, NONE, 0, iterations, 0, NONE);
            return derive(client, 0, mechanism, parameters, encoded, type, attributes, defaultBits, algorithm);
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    private static byte[] utf8(char[] password) {
        ByteBuffer buffer = StandardCharsets.UTF_8.encode(CharBuffer.wrap(password));
        byte[] encoded = new byte[buffer.remaining()];
        buffer.get(encoded);
        Arrays.fill(buffer.array(), (byte) 0);
        return encoded;
    }

    private static FerroHsmSecretKey base(Key key, KeyType type) throws InvalidKeyException {
        if (key instanceof FerroHsmSecretKey secret && secret.info().keyType() == type) {
            return secret;
        }
        throw Keys.foreign(key, type == KeyType.AES ? "an AES key in the HSM" : "a generic secret in the HSM");
    }

    /** {@code hmac-sha256} for HmacSHA256. */
    private static String hmacName(String jcaName) throws InvalidAlgorithmParameterException {
        String name = jcaName.toLowerCase(Locale.ROOT);
        if (!name.startsWith("hmacsha")) {
            throw new InvalidAlgorithmParameterException("There is no derivation with " + jcaName
                + ": use HmacSHA256, HmacSHA384 or HmacSHA512");
        }
        return "hmac-" + name.substring("hmac".length());
    }

    private static SecretKey derive(FerroHsmSecretKey base, String mechanism, Parameters parameters, KeyType type,
        KeyAttributesMap attributes, int defaultBits, String algorithm) throws GeneralSecurityException {
        int code;
        try {
            code = Tables.get().mechanism(mechanism).code();
        } catch (IllegalArgumentException e) {
            throw new InvalidAlgorithmParameterException(e.getMessage(), e);
        }
        return derive(base.client(), base.handleFor("derive"), code, parameters, null, type, attributes, defaultBits,
            algorithm);
    }

    private static SecretKey derive(HsmClient client, long handle, int mechanism, Parameters parameters,
        byte[] password, KeyType type, KeyAttributesMap attributes, int defaultBits, String algorithm)
        throws GeneralSecurityException {
        Integer size = (Integer) attributes.get(KeyAttribute.SIZE);
        int sizeBits = size == null ? defaultBits : size;
        if (sizeBits == NO_SIZE) {
            throw new InvalidKeySpecException("The derived key needs a size: put SIZE, in bits, into its attributes");
        }
        Template template = KeyAttributes.template(attributes, type, ObjectClassType.SECRET_KEY,
            Set.of(KeyAttribute.SIZE));
        KeyInfo info = client.deriveKey(handle, mechanism, parameters.encode(), password, type, sizeBits, template);
        return new FerroHsmSecretKey(client, info, algorithm);
    }
}
