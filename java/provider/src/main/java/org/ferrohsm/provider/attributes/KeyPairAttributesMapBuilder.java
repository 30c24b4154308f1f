package org.ferrohsm.provider.attributes;

/**
 * Builds a {@link KeyPairAttributesMap}. A half that is not given has the HSM's defaults. Not thread-safe.
 *
 * <pre>{@code
 * KeyPairAttributesMap attributes = new KeyPairAttributesMapBuilder()
 *     .withPublic(new KeyAttributesMapBuilder().put(KeyAttribute.EC_PARAMS, EcParams.EC_CURVE_PRIME384).build())
 *     .withPrivate(new KeyAttributesMapBuilder().put(KeyAttribute.LABEL, "invoices").build())
 *     .build();
 * }</pre>
 */
public final class KeyPairAttributesMapBuilder {
    private KeyAttributesMap publicKey = new KeyAttributesMap();
    private KeyAttributesMap privateKey = new KeyAttributesMap();

    /** A builder without attributes. */
    public KeyPairAttributesMapBuilder() {
        // Nothing is in it yet.
    }

    /**
     * Attributes of the public key, in place of those given before.
     *
     * @param attributes the map, from now on shared with the caller
     * @return this builder
     */
    public KeyPairAttributesMapBuilder withPublic(KeyAttributesMap attributes) {
        publicKey = attributes.copy();
        return this;
    }

    /**
     * Attributes of the private key, in place of those given before.
     *
     * @param attributes the map, from now on shared with the caller
     * @return this builder
     */
    public KeyPairAttributesMapBuilder withPrivate(KeyAttributesMap attributes) {
        privateKey = attributes.copy();
        return this;
    }

    /**
     * The attributes of both.
     *
     * @return what was built
     */
    public KeyPairAttributesMap build() {
        return new KeyPairAttributesMap(publicKey, privateKey);
    }
}
