package org.ferrohsm.provider;

import java.util.List;
import java.util.Locale;

/** Hashes that the HSM knows: JDK names and the protocol's codes. */
final class Hashes {
    private static final List<String> BY_CODE = List.of("SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512",
        "SHA-512/224", "SHA-512/256", "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512");

    private Hashes() {
    }

    /** JDK name of a code; null for 0 (none). */
    static String name(int code) {
        return code >= 1 && code <= BY_CODE.size() ? BY_CODE.get(code - 1) : null;
    }

    /** Code of a JDK name ({@code SHA-256}, also {@code SHA256}); 0 for one the HSM does not know. */
    static int code(String name) {
        String normal = name.toUpperCase(Locale.ROOT);
        if (normal.equals("SHA")) {
            normal = "SHA-1";
        } else if (normal.startsWith("SHA") && !normal.startsWith("SHA-") && !normal.startsWith("SHA3-")) {
            normal = "SHA-" + normal.substring(3);
        }
        return BY_CODE.indexOf(normal) + 1;
    }
}
