package org.ferrohsm.provider.attributes;

import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.KeySpec;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.ferrohsm.provider.exception.AddAttributeException;

/**
 * Attributes of one key. Give it to {@code KeyGenerator.init}, {@code SecretKeyFactory.generateSecret},
 * {@code KeyFactory.generatePrivate} and {@code generatePublic}, {@code Cipher.init} for unwrapping, or
 * {@link org.ferrohsm.provider.KeyStoreWithAttributes}. What is not in it has the HSM's default.
 *
 * <p>Values are copied when they are put and when they are read. Key material in it is wiped by {@link #remove},
 * {@link #clear} and by putting another value; {@link #toString} does not show it. Not thread-safe.
 *
 * <pre>{@code
 * KeyAttributesMap attributes = new KeyAttributesMap();
 * attributes.put(KeyAttribute.LABEL, "invoices");
 * attributes.put(KeyAttribute.SIZE, 256);
 * attributes.put(KeyAttribute.DECRYPT, false);
 * KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
 * generator.init(attributes);
 * SecretKey key = generator.generateKey();
 * }</pre>
 */
public final class KeyAttributesMap implements AlgorithmParameterSpec, KeySpec {
    private final Map<KeyAttribute, Object> values = new EnumMap<>(KeyAttribute.class);

    /** An empty map. */
    public KeyAttributesMap() {
        // Nothing is in it yet.
    }

    /**
     * Sets an attribute.
     *
     * @param attribute which one
     * @param value of the class that the attribute takes
     * @throws AddAttributeException if the attribute cannot have this value, with what it takes
     */
    public void put(KeyAttribute attribute, Object value) throws AddAttributeException {
        if (attribute == null) {
            throw new AddAttributeException("The attribute is null");
        }
        Object taken = attribute.kind().take(value);
        if (taken == null) {
            throw new AddAttributeException(attribute + " takes " + attribute.kind().description() + ", not "
                + (value == null ? "null" : "this " + value.getClass().getTypeName()));
        }
        wipe(attribute, values.put(attribute, taken));
    }

    /** A copy with values of its own. */
    KeyAttributesMap copy() {
        KeyAttributesMap copy = new KeyAttributesMap();
        for (Map.Entry<KeyAttribute, Object> own : values.entrySet()) {
            copy.values.put(own.getKey(), own.getKey().kind().take(own.getValue()));
        }
        return copy;
    }

    /**
     * Sets all attributes of another map.
     *
     * @param others the map whose attributes win over those that are here already
     * @throws AddAttributeException never, as the values were checked when they were put there; callers of CloudHSM's
     *     method handle it
     */
    public void putAll(KeyAttributesMap others) throws AddAttributeException {
        for (Map.Entry<KeyAttribute, Object> other : others.values.entrySet()) {
            put(other.getKey(), other.getValue());
        }
    }

    /**
     * The value of an attribute, or null if it is not in the map.
     *
     * @param attribute which one
     * @return the value, or null
     */
    public Object get(KeyAttribute attribute) {
        Object value = values.get(attribute);
        return value instanceof byte[] bytes ? bytes.clone() : value;
    }

    /**
     * Whether the attribute is in the map.
     *
     * @param attribute which one
     * @return true if it is
     */
    public boolean containsKey(KeyAttribute attribute) {
        return values.containsKey(attribute);
    }

    /** {@return the attributes in the map; it cannot be changed through this set} */
    public Set<KeyAttribute> keySet() {
        return Set.copyOf(values.keySet());
    }

    /** {@return number of attributes in the map} */
    public int size() {
        return values.size();
    }

    /** {@return whether no attribute is in the map} */
    public boolean isEmpty() {
        return values.isEmpty();
    }

    /**
     * Takes an attribute out.
     *
     * @param attribute which one
     */
    public void remove(KeyAttribute attribute) {
        wipe(attribute, values.remove(attribute));
    }

    /** Takes everything out. */
    public void clear() {
        values.forEach(KeyAttributesMap::wipe);
        values.clear();
    }

    private static void wipe(KeyAttribute attribute, Object value) {
        if (attribute != null && attribute.isSecret() && value instanceof byte[] bytes) {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    /** Maps are equal when they have the same attributes with the same values. */
    @Override
    public boolean equals(Object other) {
        if (!(other instanceof KeyAttributesMap map) || !values.keySet().equals(map.values.keySet())) {
            return false;
        }
        return values.keySet().stream().allMatch(key -> Arrays.deepEquals(new Object[] {values.get(key)},
            new Object[] {map.values.get(key)}));
    }

    @Override
    public int hashCode() {
        return values.keySet().hashCode();
    }

    /** The attributes in words, without key material. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ", "{", "}");
        values.forEach((attribute, value) -> text.add(attribute + "=" + (attribute.isSecret() ? "(secret)"
            : value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes)
            : value instanceof ECParameterSpec spec ? "curve of " + spec.getCurve().getField().getFieldSize() + " bits"
            : value)));
        return text.toString();
    }
}
