package org.ferrohsm.provider.spec;

import java.security.spec.KeySpec;
import java.util.Objects;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.AesCmacKdfFixedInputData;
import org.ferrohsm.provider.attributes.KeyAttributesMap;

/**
 * A key that is derived inside the HSM from a generic secret, by the KDF in counter mode of SP 800-108 with HMAC. The
 * counterpart of {@link org.ferrohsm.provider.AesCmacKdfParameterSpec}. Immutable but for the attributes, which are the
 * caller's map.
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
 * SecretKey key = SecretKeyFactory.getInstance("AES", provider).generateSecret(new HmacKdfParameterSpec(
 *     derived, "HmacSHA256", new AesCmacKdfFixedInputData(32, null, data), master));
 * }</pre>
 */
public final class HmacKdfParameterSpec implements KeySpec {
    private final KeyAttributesMap attributes;
    private final String hmac;
    private final AesCmacKdfFixedInputData inputData;
    private final SecretKey baseKey;

    /**
     * A derivation.
     *
     * @param attributes of the derived key; SIZE (in bits) must be among them
     * @param hmac HmacSHA1, HmacSHA224, HmacSHA256, HmacSHA384 or HmacSHA512
     * @param inputData what the key is derived over
     * @param baseKey a generic secret in the HSM with the attribute DERIVE
     */
    public HmacKdfParameterSpec(KeyAttributesMap attributes, String hmac, AesCmacKdfFixedInputData inputData,
        SecretKey baseKey) {
        this.attributes = Objects.requireNonNull(attributes, "attributes");
        this.hmac = Objects.requireNonNull(hmac, "hmac");
        this.inputData = Objects.requireNonNull(inputData, "inputData");
        this.baseKey = Objects.requireNonNull(baseKey, "baseKey");
    }

    /** {@return attributes of the derived key} */
    public KeyAttributesMap getAttributes() {
        return attributes;
    }

    /** {@return JCA name of the HMAC} */
    public String getHmac() {
        return hmac;
    }

    /** {@return what the key is derived over} */
    public AesCmacKdfFixedInputData getInputData() {
        return inputData;
    }

    /** {@return the key it is derived from} */
    public SecretKey getBaseKey() {
        return baseKey;
    }
}
