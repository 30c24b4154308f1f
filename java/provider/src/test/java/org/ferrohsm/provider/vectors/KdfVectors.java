package org.ferrohsm.provider.vectors;

import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.ferrohsm.provider.KdfCalls;
import org.ferrohsm.provider.VectorKeys;

/** HKDF through {@code javax.crypto.KDF}. Derived keys stay in the HSM, so they show what they are by a MAC. */
final class KdfVectors {
    /** Shortest and longest derived key in bytes. */
    private static final int MIN_BYTES = 16;
    private static final int MAX_BYTES = 800;
    /** From a base key of this length on a derived key may have any length; else none longer than the base key. */
    private static final int STRONG_BYTES = 32;

    private final Provider provider;
    private final Tally tally;

    KdfVectors(Provider provider, Tally tally) {
        this.provider = provider;
        this.tally = tally;
    }

    private boolean gives(String name, AlgorithmParameterSpec spec, byte[] expected) throws Exception {
        SecretKey derived = KdfCalls.deriveKey(KdfCalls.get(name, provider), "GenericSecret", spec);
        Mac ours = Mac.getInstance("HmacSHA256", provider);
        ours.init(derived);
        Mac jdk = Mac.getInstance("HmacSHA256", "SunJCE");
        jdk.init(new SecretKeySpec(expected, "HmacSHA256"));
        boolean right = Arrays.equals(jdk.doFinal(expected), ours.doFinal(expected));
        VectorKeys.destroy(derived);
        return right;
    }

    void hkdf(VectorFile file) throws Exception {
        String name = "HKDF-SHA" + file.name().replaceAll("\\D", "");
        if (!tally.has("KDF", name)) {
            return;
        }
        for (VectorFile.Group group : file.groups()) {
            for (VectorFile.Vector vector : group.vectors()) {
                SecretKey base = KdfCalls.base(provider, vector.bytes("ikm"));
                int size = vector.number("size");
                int allowed = allowed(size, vector.bytes("ikm").length);
                if (allowed < size && vector.isValid()) {
                    AlgorithmParameterSpec spec =
                        KdfCalls.both(base, vector.bytes("salt"), vector.bytes("info"), allowed);
                    tally.published("KDF", name, "the start of " + file.name() + ' ' + vector.id(),
                        gives(name, spec, Arrays.copyOf(vector.bytes("okm"), allowed)));
                    VectorKeys.destroy(base);
                    continue;
                }
                try {
                    tally.judge("KDF", name, file, vector, gives(name,
                        KdfCalls.both(base, vector.bytes("salt"), vector.bytes("info"), size), vector.bytes("okm")));
                } catch (GeneralSecurityException e) {
                    if (size >= MIN_BYTES && size <= MAX_BYTES) {
                        throw e;
                    }
                    if (vector.isValid()) {
                        tally.exclude("KDF", name, "key not of 16 to 800 bytes");
                    } else {
                        tally.judge("KDF", name, file, vector, false);
                    }
                }
                VectorKeys.destroy(base);
            }
        }
    }

    /** The HSM derives no key that is stronger than its base key. What HKDF gives starts alike for all lengths. */
    private static int allowed(int size, int baseBytes) {
        return baseBytes < STRONG_BYTES ? Math.min(size, baseBytes) : size;
    }

    /** RFC 5869, A.1 to A.3: both halves at once, and from a strong base key one after the other. */
    void rfc5869() throws Exception {
        if (!tally.has("KDF", "HKDF-SHA256")) {
            return;
        }
        rfc5869("A.1", VectorFile.hex("0b".repeat(22)), sequence(0x00, 0x0c), sequence(0xf0, 0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
        rfc5869("A.2", sequence(0x00, 0x4f), sequence(0x60, 0xaf), sequence(0xb0, 0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
        rfc5869("A.3", VectorFile.hex("0b".repeat(22)), new byte[0], new byte[0],
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    }

    private void rfc5869(String section, byte[] ikm, byte[] salt, byte[] info, String okm) throws Exception {
        byte[] whole = VectorFile.hex(okm);
        byte[] expected = Arrays.copyOf(whole, allowed(whole.length, ikm.length));
        SecretKey base = KdfCalls.base(provider, ikm.clone());
        tally.published("KDF", "HKDF-SHA256", "RFC 5869, " + section,
            gives("HKDF-SHA256", KdfCalls.both(base, salt, info, expected.length), expected));
        if (ikm.length < STRONG_BYTES) {
            VectorKeys.destroy(base);
            return;
        }
        SecretKey prk = KdfCalls.deriveKey(KdfCalls.get("HKDF-SHA256", provider), "Generic", KdfCalls.extract(salt, base));
        tally.published("KDF", "HKDF-SHA256", "the halves of RFC 5869, " + section,
            gives("HKDF-SHA256", KdfCalls.expand(prk, info, expected.length), expected));
        VectorKeys.destroy(base);
        VectorKeys.destroy(prk);
    }

    private static byte[] sequence(int first, int last) {
        byte[] bytes = new byte[last - first + 1];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }
}
