package org.ferrohsm.provider.spec;

import java.security.spec.KeySpec;
import java.util.Arrays;
import java.util.Objects;
import org.ferrohsm.provider.attributes.KeyAttributesMap;

/**
 * A key with attributes that is derived inside the HSM from a password, by PBKDF2 (RFC 8018). For
 * {@code SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256", "FerroHSM")} where a {@code PBEKeySpec} does not say enough.
 * {@link #clearPassword} wipes the copy of the password in it. Not thread-safe.
 *
 * <pre>{@code
 * KeyAttributesMap derived = new KeyAttributesMap();
 * derived.put(KeyAttribute.KEY_TYPE, KeyType.AES);
 * derived.put(KeyAttribute.SIZE, 256);
 * char[] password = "correct horse".toCharArray();
 * byte[] salt = SecureRandom.getInstance("DRBG").generateSeed(16);
 * Pbkdf2ParameterSpec spec = new Pbkdf2ParameterSpec(password, salt, 100_000, derived);
 * SecretKey key = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256", provider).generateSecret(spec);
 * spec.clearPassword();
 * }</pre>
 */
public final class Pbkdf2ParameterSpec implements KeySpec {
    private final char[] password;
    private final byte[] salt;
    private final int iterations;
    private final KeyAttributesMap attributes;

    /**
     * A derivation.
     *
     * @param password at most 1 KiB in UTF-8; copied
     * @param salt at least one byte
     * @param iterations at least 1; iterations times blocks of the hash's length are at most 10,000,000
     * @param attributes of the derived key; SIZE (in bits) must be among them, KEY_TYPE is GENERIC_SECRET unless it says AES
     */
    public Pbkdf2ParameterSpec(char[] password, byte[] salt, int iterations, KeyAttributesMap attributes) {
        this.password = password.clone();
        this.salt = salt.clone();
        this.iterations = iterations;
        this.attributes = Objects.requireNonNull(attributes, "attributes");
    }

    /** {@return a copy of the password, to be wiped by the caller} */
    public char[] getPassword() {
        return password.clone();
    }

    /** {@return the salt} */
    public byte[] getSalt() {
        return salt.clone();
    }

    /** {@return the number of iterations} */
    public int getIterations() {
        return iterations;
    }

    /** {@return attributes of the derived key} */
    public KeyAttributesMap getAttributes() {
        return attributes;
    }

    /** Overwrites the password. */
    public void clearPassword() {
        Arrays.fill(password, '\0');
    }
}
