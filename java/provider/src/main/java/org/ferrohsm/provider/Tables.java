package org.ferrohsm.provider;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The protocol's tables, as the native library has them: mechanisms with their JCA services, attributes, limits. */
record Tables(List<Mechanism> mechanisms, Map<String, Integer> attributeIds, int maxDataBytes, int maxRandomBytes,
    int streamChunkBytes, int maxHeldBytes, Set<String> exceptionClasses) {

    /** A JCA service that a mechanism is offered as. */
    record Service(String engine, String name, List<String> aliases) {
    }

    /**
     * A row of the mechanisms table.
     *
     * @param hash JDK name of the digest that a call's data is, or null
     * @param parameters which parameters it reads: NONE, PSS, OAEP, IV or GCM
     * @param uses GENERATE, SIGN, VERIFY, ENCRYPT, DECRYPT, WRAP, UNWRAP, DERIVE, RANDOM
     */
    record Mechanism(int code, String name, KeyType keyType, String hash, String parameters, Set<String> uses,
        List<Service> services) {
    }

    private static final class Holder {
        private static final Tables INSTANCE = load();

        private static Tables load() {
            NativeLibrary.load();
            return Wire.read(HsmNative.tables(), Tables::read);
        }
    }

    /** The tables; loads the native library at first use. */
    static Tables get() {
        return Holder.INSTANCE;
    }

    int attributeId(String name) {
        Integer id = attributeIds.get(name);
        if (id == null) {
            throw new IllegalArgumentException("There is no attribute " + name);
        }
        return id;
    }

    Mechanism mechanism(String name) {
        for (Mechanism mechanism : mechanisms) {
            if (mechanism.name().equals(name)) {
                return mechanism;
            }
        }
        throw new IllegalArgumentException("There is no mechanism " + name);
    }

    private static Tables read(DataInputStream in) throws IOException {
        List<Mechanism> mechanisms = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            mechanisms.add(new Mechanism(in.readInt(), Wire.text(in), KeyType.ofCode(in.readInt()),
                Hashes.name(in.readInt()), Wire.text(in), Set.copyOf(texts(in)), services(in)));
        }
        Map<String, Integer> attributeIds = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            int id = in.readInt();
            attributeIds.put(Wire.text(in), id);
        }
        return new Tables(List.copyOf(mechanisms), Map.copyOf(attributeIds), in.readInt(), in.readInt(),
            in.readInt(), in.readInt(), Set.copyOf(texts(in)));
    }

    private static List<Service> services(DataInputStream in) throws IOException {
        List<Service> services = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            services.add(new Service(Wire.text(in), Wire.text(in), List.copyOf(texts(in))));
        }
        return List.copyOf(services);
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        List<String> texts = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            texts.add(Wire.text(in));
        }
        return texts;
    }
}
