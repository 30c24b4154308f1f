package org.ferrohsm.provider.vectors;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** A file of Wycheproof's: groups that share a key or parameters, each with its vectors. */
record VectorFile(String name, String algorithm, int count, List<Group> groups) {
    /** What the vectors of a group have in common. */
    record Group(JsonObject json, List<Vector> vectors) {
        String text(String field) {
            return json.get(field).getAsString();
        }

        int number(String field) {
            return json.get(field).getAsInt();
        }

        byte[] bytes(String field) {
            return hex(text(field));
        }
    }

    /** One vector. */
    record Vector(JsonObject json) {
        int id() {
            return json.get("tcId").getAsInt();
        }

        /** valid, invalid or acceptable. */
        String result() {
            return json.get("result").getAsString();
        }

        boolean isValid() {
            return result().equals("valid");
        }

        boolean has(String field) {
            return json.has(field);
        }

        byte[] bytes(String field) {
            return hex(json.get(field).getAsString());
        }

        int number(String field) {
            return json.get(field).getAsInt();
        }
    }

    static VectorFile read(Path file) throws IOException {
        try (Reader reader = Files.newBufferedReader(file)) {
            JsonObject root = JsonParser.parseReader(reader).getAsJsonObject();
            List<Group> groups = new ArrayList<>();
            for (JsonElement group : root.getAsJsonArray("testGroups")) {
                List<Vector> vectors = new ArrayList<>();
                for (JsonElement vector : group.getAsJsonObject().getAsJsonArray("tests")) {
                    vectors.add(new Vector(vector.getAsJsonObject()));
                }
                groups.add(new Group(group.getAsJsonObject(), vectors));
            }
            String algorithm = root.has("algorithm") ? root.get("algorithm").getAsString() : "";
            return new VectorFile(file.getFileName().toString(), algorithm, root.get("numberOfTests").getAsInt(),
                groups);
        }
    }

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    /** Wycheproof's name of a hash as it stands in JCA's names: SHA-256 is SHA256, SHA3-256 stays. */
    static String inNames(String hash) {
        return hash.startsWith("SHA-") ? "SHA" + hash.substring(4) : hash;
    }
}
