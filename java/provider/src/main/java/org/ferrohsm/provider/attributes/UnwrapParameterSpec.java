package org.ferrohsm.provider.attributes;

import java.security.spec.AlgorithmParameterSpec;
import java.util.Objects;

/**
 * Attributes for a key to unwrap beside the parameters of the cipher, for {@code Cipher.init(UNWRAP_MODE, ...)}: a
 * {@code GCMParameterSpec}, an {@code OAEPParameterSpec}. A cipher without parameters takes the {@link KeyAttributesMap}
 * by itself. FerroHSM's own. Immutable.
 *
 * <pre>{@code
 * KeyAttributesMap extractable = new KeyAttributesMapBuilder()
 *     .put(KeyAttribute.SIZE, 256).put(KeyAttribute.EXTRACTABLE, true).build();
 * KeyAttributesMap wrapping = new KeyAttributesMapBuilder()
 *     .put(KeyAttribute.SIZE, 256).put(KeyAttribute.WRAP, true).put(KeyAttribute.UNWRAP, true).build();
 * KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
 * generator.init(extractable);
 * SecretKey key = generator.generateKey();
 * generator.init(wrapping);
 * SecretKey wrapper = generator.generateKey();
 *
 * Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", provider);
 * cipher.init(Cipher.WRAP_MODE, wrapper);
 * byte[] wrapped = cipher.wrap(key);
 * AlgorithmParameterSpec iv = new GCMParameterSpec(128, cipher.getIV());
 * KeyAttributesMap attributes = new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "moved").build();
 * cipher.init(Cipher.UNWRAP_MODE, wrapper, new UnwrapParameterSpec(iv, attributes));
 * Key moved = cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
 * }</pre>
 */
public final class UnwrapParameterSpec implements AlgorithmParameterSpec {
    private final AlgorithmParameterSpec parameters;
    private final KeyAttributesMap attributes;

    /**
     * Parameters of the cipher and attributes of the key.
     *
     * @param parameters null for none
     * @param attributes attributes of the key that comes out; copied
     */
    public UnwrapParameterSpec(AlgorithmParameterSpec parameters, KeyAttributesMap attributes) {
        this.parameters = parameters;
        this.attributes = Objects.requireNonNull(attributes, "attributes").copy();
    }

    /** {@return parameters of the cipher, or null} */
    public AlgorithmParameterSpec getParameters() {
        return parameters;
    }

    /** {@return attributes of the key} */
    public KeyAttributesMap getAttributes() {
        return attributes.copy();
    }
}
