package org.ferrohsm.provider.attributes;

import java.security.spec.AlgorithmParameterSpec;
import java.util.Objects;

/**
 * Attributes for a key to unwrap beside the parameters of the cipher, for {@code Cipher.init(UNWRAP_MODE, ...)}: a
 * {@code GCMParameterSpec}, an {@code OAEPParameterSpec}. A cipher without parameters takes the {@link KeyAttributesMap}
 * by itself. FerroHSM's own. Immutable.
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
