package org.ferrohsm.provider;

import java.util.LinkedHashMap;
import java.util.Map;

/** Attributes for a new key, for a change or for a search, by their names in the attributes table. Not thread-safe. */
final class Template {
    private final Map<Integer, Object> values = new LinkedHashMap<>();

    Template flag(String name, boolean value) {
        return put(name, value);
    }

    Template text(String name, String value) {
        return put(name, value);
    }

    Template octets(String name, byte[] value) {
        return put(name, value.clone());
    }

    /** Codes of mechanisms. */
    Template mechanisms(String name, int... codes) {
        return put(name, codes.clone());
    }

    /** A value in one of the forms of {@link Wire#attributes}. */
    Template value(String name, Object value) {
        return put(name, value);
    }

    private Template put(String name, Object value) {
        values.put(Tables.get().attributeId(name), value);
        return this;
    }

    byte[] encode() {
        return Wire.write(out -> Wire.attributes(out, values));
    }
}
