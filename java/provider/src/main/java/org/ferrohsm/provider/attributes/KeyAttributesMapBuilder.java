package org.ferrohsm.provider.attributes;

import org.ferrohsm.provider.exception.AddAttributeException;

/**
 * Builds a {@link KeyAttributesMap}, one attribute after the other. Not thread-safe.
 *
 * <pre>{@code
 * KeyAttributesMap attributes = new KeyAttributesMapBuilder()
 *     .put(KeyAttribute.LABEL, "invoices")
 *     .put(KeyAttribute.SIZE, 256)
 *     .build();
 * }</pre>
 */
public final class KeyAttributesMapBuilder {
    private final KeyAttributesMap attributes = new KeyAttributesMap();

    /** A builder without attributes. */
    public KeyAttributesMapBuilder() {
        // Nothing is in it yet.
    }

    /**
     * Sets an attribute.
     *
     * @param attribute which one
     * @param value of the class that the attribute takes
     * @return this builder
     * @throws AddAttributeException if the attribute cannot have this value, with what it takes
     */
    public KeyAttributesMapBuilder put(KeyAttribute attribute, Object value) throws AddAttributeException {
        attributes.put(attribute, value);
        return this;
    }

    /**
     * A map with what was put so far.
     *
     * @return what was built
     */
    public KeyAttributesMap build() {
        return attributes.copy();
    }
}
