package org.ferrohsm.provider;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PublicKey;
import java.util.Arrays;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * ML-KEM (FIPS 203) with the HSM, on every JDK: what {@code javax.crypto.KEM} does from JDK 21 on, and beyond it secrets
 * that become keys in the HSM and are never seen outside. Thread-safe.
 *
 * <pre>{@code
 * KeyPair pair = KeyPairGenerator.getInstance("ML-KEM-768", provider).generateKeyPair();
 * MlKem.Encapsulated sent = new MlKem(provider).encapsulateInHsm(pair.getPublic(), "AES");
 * FerroHsmSecretKey received =
 *     MlKem.decapsulateInHsm((FerroHsmMlKemPrivateKey) pair.getPrivate(), sent.ciphertext(), "AES");
 * }</pre>
 */
public final class MlKem {
    /** Bytes of a shared secret. */
    public static final int SECRET_BYTES = 32;

    private final FerroHsmProvider provider;

    /**
     * An encapsulation.
     *
     * @param ciphertext for the holder of the private key
     * @param key the secret
     */
    public record Encapsulated(byte[] ciphertext, SecretKey key) {
    }

    /**
     * ML-KEM with a provider's HSM.
     *
     * @param provider whose HSM makes the secrets
     */
    public MlKem(FerroHsmProvider provider) {
        this.provider = provider;
    }

    /**
     * Makes a secret for the holder of a private key; the HSM draws it, and it comes out in clear.
     *
     * @param publicKey an ML-KEM key with an X.509 encoding
     * @param algorithm of the secret key, as {@code AES}
     * @return the ciphertext, and the secret as a key outside the HSM
     * @throws InvalidKeyException if the public key is no ML-KEM key, or one with numbers out of range
     * @throws GeneralSecurityException if the HSM refuses
     */
    public Encapsulated encapsulate(PublicKey publicKey, String algorithm) throws GeneralSecurityException {
        HsmClient.Encapsulated<byte[]> made = provider.client().encapsulate(info(publicKey, null), mechanism());
        try {
            return new Encapsulated(made.ciphertext(), new SecretKeySpec(made.secret(), algorithm));
        } finally {
            Arrays.fill(made.secret(), (byte) 0);
        }
    }

    /**
     * Makes a secret that stays in the HSM, as a session key of 256 bits that can neither wrap nor be read.
     *
     * @param publicKey an ML-KEM key with an X.509 encoding
     * @param algorithm {@code AES}, {@code ChaCha20}; anything else is a generic secret for HMAC
     * @return the ciphertext, and the secret as a key in the HSM
     * @throws InvalidKeyException as for {@link #encapsulate}
     * @throws GeneralSecurityException if the HSM refuses
     */
    public Encapsulated encapsulateInHsm(PublicKey publicKey, String algorithm) throws GeneralSecurityException {
        HsmClient client = provider.client();
        HsmClient.Encapsulated<KeyInfo> made = client.encapsulateKey(info(publicKey, null), mechanism(),
            KeyType.ofSecretKey(algorithm), new Template());
        return new Encapsulated(made.ciphertext(), new FerroHsmSecretKey(client, made.secret(), algorithm));
    }

    /**
     * Gets the secret in a ciphertext, in clear. A ciphertext of the right length that was not made for this key gives
     * another secret, not an exception (FIPS 203: implicit rejection).
     *
     * @param privateKey a key in the HSM
     * @param ciphertext from {@code encapsulate}
     * @param algorithm of the secret key
     * @return the secret as a key outside the HSM
     * @throws GeneralSecurityException if the ciphertext has a wrong length, or the HSM refuses
     */
    public static SecretKey decapsulate(FerroHsmMlKemPrivateKey privateKey, byte[] ciphertext, String algorithm)
        throws GeneralSecurityException {
        byte[] secret = privateKey.client().decapsulate(privateKey.handleFor("decapsulate"), mechanism(), ciphertext);
        try {
            return new SecretKeySpec(secret, algorithm);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    /**
     * Makes a session key of the secret in a ciphertext; it never leaves the HSM. See {@link #encapsulateInHsm}.
     *
     * @param privateKey a key in the HSM
     * @param ciphertext from {@code encapsulate}
     * @param algorithm as for {@link #encapsulateInHsm}
     * @return the secret as a key in the HSM
     * @throws GeneralSecurityException if the ciphertext has a wrong length, or the HSM refuses
     */
    public static FerroHsmSecretKey decapsulateInHsm(FerroHsmMlKemPrivateKey privateKey, byte[] ciphertext,
        String algorithm) throws GeneralSecurityException {
        HsmClient client = privateKey.client();
        KeyInfo info = client.decapsulateKey(privateKey.handleFor("decapsulate"), mechanism(), ciphertext,
            KeyType.ofSecretKey(algorithm), new Template());
        return new FerroHsmSecretKey(client, info, algorithm);
    }

    static int mechanism() {
        return Tables.get().mechanism("ml-kem").code();
    }

    /** The encoding of an ML-KEM key, which must be of a set unless that is null. */
    static byte[] info(PublicKey publicKey, ParameterSet wanted) throws InvalidKeyException {
        if (publicKey == null) {
            throw new InvalidKeyException("The public key is null");
        }
        byte[] info = Keys.publicKeyInfo(publicKey);
        ParameterSet set = ParameterSet.ofPublicKeyInfo(info);
        if (set == null || set.keyType() != KeyType.ML_KEM) {
            throw new InvalidKeyException("This is no ML-KEM public key: " + publicKey.getClass().getName());
        }
        if (wanted != null && wanted != set) {
            throw new InvalidKeyException("The key is for " + set.standardName() + ", not " + wanted.standardName());
        }
        return info;
    }
}
