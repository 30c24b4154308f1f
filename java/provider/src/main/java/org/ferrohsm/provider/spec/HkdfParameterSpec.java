package org.ferrohsm.provider.spec;

import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.KeySpec;
import java.util.Objects;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.attributes.KeyAttributesMap;

/**
 * A key that is derived inside the HSM from a generic secret, by HKDF (RFC 5869) or one of its halves. For
 * {@code SecretKeyFactory.getInstance("AES", "FerroHSM")}, where the factory's algorithm is that of the derived key. The
 * base key needs the attribute DERIVE. {@code deriveKey} of JDK 25's {@code javax.crypto.KDF} takes it too, where its own
 * specification has no attributes. Immutable but for the attributes, which are the caller's map.
 *
 * <pre>{@code
 * KeyAttributesMap base = new KeyAttributesMap();
 * base.put(KeyAttribute.SIZE, 256);
 * base.put(KeyAttribute.DERIVE, true);
 * KeyGenerator generator = KeyGenerator.getInstance("GenericSecret", provider);
 * generator.init(base);
 * SecretKey master = generator.generateKey();
 *
 * KeyAttributesMap derived = new KeyAttributesMap();
 * derived.put(KeyAttribute.SIZE, 256);
 * byte[] info = "session".getBytes(StandardCharsets.US_ASCII);
 * SecretKey key = SecretKeyFactory.getInstance("AES", provider).generateSecret(
 *     HkdfParameterSpec.ofExtractThenExpand("HmacSHA256", master, null, info, derived));
 * }</pre>
 */
public final class HkdfParameterSpec implements KeySpec, AlgorithmParameterSpec {
    /** Which part of HKDF runs. */
    public enum Step {
        /** Both halves. */
        EXTRACT_THEN_EXPAND,
        /** HKDF-Extract: gives a pseudorandom key, a GenericSecret of the hash's length that can only derive. */
        EXTRACT,
        /** HKDF-Expand, from a pseudorandom key. */
        EXPAND
    }

    private final Step step;
    private final String hmac;
    private final SecretKey baseKey;
    private final byte[] salt;
    private final byte[] info;
    private final KeyAttributesMap attributes;

    private HkdfParameterSpec(Step step, String hmac, SecretKey baseKey, byte[] salt, byte[] info,
        KeyAttributesMap attributes) {
        this.step = step;
        this.hmac = Objects.requireNonNull(hmac, "hmac");
        this.baseKey = Objects.requireNonNull(baseKey, "baseKey");
        this.salt = salt == null ? new byte[0] : salt.clone();
        this.info = info == null ? new byte[0] : info.clone();
        this.attributes = Objects.requireNonNull(attributes, "attributes");
    }

    /**
     * Both halves of HKDF.
     *
     * @param hmac HmacSHA256, HmacSHA384 or HmacSHA512
     * @param baseKey a generic secret in the HSM
     * @param salt at most 16 KiB; null for none
     * @param info at most 16 KiB; null for none
     * @param attributes of the derived key; SIZE (in bits) must be among them
     * @return parameters for {@code SecretKeyFactory.generateSecret}
     */
    public static HkdfParameterSpec ofExtractThenExpand(String hmac, SecretKey baseKey, byte[] salt, byte[] info,
        KeyAttributesMap attributes) {
        return new HkdfParameterSpec(Step.EXTRACT_THEN_EXPAND, hmac, baseKey, salt, info, attributes);
    }

    /**
     * HKDF-Extract alone.
     *
     * @param hmac HmacSHA256, HmacSHA384 or HmacSHA512
     * @param baseKey a generic secret in the HSM
     * @param salt at most 16 KiB; null for none
     * @param attributes of the pseudorandom key
     * @return parameters for {@code SecretKeyFactory.generateSecret}
     */
    public static HkdfParameterSpec ofExtract(String hmac, SecretKey baseKey, byte[] salt,
        KeyAttributesMap attributes) {
        return new HkdfParameterSpec(Step.EXTRACT, hmac, baseKey, salt, null, attributes);
    }

    /**
     * HKDF-Expand alone.
     *
     * @param hmac HmacSHA256, HmacSHA384 or HmacSHA512
     * @param pseudorandomKey at least as long as the hash
     * @param info at most 16 KiB; null for none
     * @param attributes of the derived key; SIZE (in bits) must be among them
     * @return parameters for {@code SecretKeyFactory.generateSecret}
     */
    public static HkdfParameterSpec ofExpand(String hmac, SecretKey pseudorandomKey, byte[] info,
        KeyAttributesMap attributes) {
        return new HkdfParameterSpec(Step.EXPAND, hmac, pseudorandomKey, null, info, attributes);
    }

    /** {@return which part runs} */
    public Step getStep() {
        return step;
    }

    /** {@return JCA name of the HMAC} */
    public String getHmac() {
        return hmac;
    }

    /** {@return the key it is derived from} */
    public SecretKey getBaseKey() {
        return baseKey;
    }

    /** {@return the salt; never null} */
    public byte[] getSalt() {
        return salt.clone();
    }

    /** {@return the info; never null} */
    public byte[] getInfo() {
        return info.clone();
    }

    /** {@return attributes of the derived key} */
    public KeyAttributesMap getAttributes() {
        return attributes;
    }
}
