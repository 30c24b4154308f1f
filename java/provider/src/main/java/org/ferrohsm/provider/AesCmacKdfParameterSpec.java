package org.ferrohsm.provider;

import java.security.spec.KeySpec;
import java.util.Objects;
import javax.crypto.SecretKey;
import org.ferrohsm.provider.attributes.KeyAttributesMap;

/**
 * A key that is derived inside the HSM from an AES key, by the KDF in counter mode of SP 800-108 with AES-CMAC. For
 * {@code SecretKeyFactory.getInstance("AES", "FerroHSM")}, where the factory's algorithm is that of the derived key. The
 * base key needs the attribute DERIVE. Immutable but for the attributes, which are the caller's map.
 *
 * <pre>{@code
 * KeyAttributesMap base = new KeyAttributesMap();
 * base.put(KeyAttribute.SIZE, 256);
 * base.put(KeyAttribute.DERIVE, true);
 * KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
 * generator.init(base);
 * SecretKey master = generator.generateKey();
 *
 * KeyAttributesMap derived = new KeyAttributesMap();
 * derived.put(KeyAttribute.SIZE, 256);
 * SecretKey key = SecretKeyFactory.getInstance("AES", provider).generateSecret(
 *     new AesCmacKdfParameterSpec(derived, new AesCmacKdfFixedInputData(32, null, data), master));
 * }</pre>
 */
public final class AesCmacKdfParameterSpec implements KeySpec {
    private final KeyAttributesMap attributes;
    private final AesCmacKdfFixedInputData inputData;
    private final SecretKey baseKey;

    /**
     * A derivation.
     *
     * @param attributes of the derived key; SIZE (in bits) must be among them
     * @param inputData what the key is derived over
     * @param baseKey an AES key in the HSM
     */
    public AesCmacKdfParameterSpec(KeyAttributesMap attributes, AesCmacKdfFixedInputData inputData,
        SecretKey baseKey) {
        this.attributes = Objects.requireNonNull(attributes, "attributes");
        this.inputData = Objects.requireNonNull(inputData, "inputData");
        this.baseKey = Objects.requireNonNull(baseKey, "baseKey");
    }

    /** {@return attributes of the derived key} */
    public KeyAttributesMap getAttributes() {
        return attributes;
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
