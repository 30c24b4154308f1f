package org.ferrohsm.provider;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the HSM says about a key or certificate, at the time it was asked.
 *
 * @param handle of the private or secret key or certificate; the public key of a pair is {@code handle + 1}
 * @param sizeBits RSA modulus, curve or secret length, in bits; of ML-DSA and ML-KEM the number of the parameter set
 * @param curve null unless EC, Ed25519 or X25519
 * @param attributes of the private or secret key, or the certificate, by id
 * @param publicAttributes of the public key of a pair; empty for the rest
 * @param publicKeyInfo SubjectPublicKeyInfo, DER; empty for secret keys
 * @param certificateChain X.509 DER, end entity first
 * @param owner name of the user it belongs to
 * @param createdMillis milliseconds since 1970, UTC
 */
record KeyInfo(long handle, KeyType keyType, int sizeBits, Curve curve, Map<Integer, Object> attributes,
    Map<Integer, Object> publicAttributes, byte[] publicKeyInfo, List<byte[]> certificateChain, String owner,
    long createdMillis) {

    /** Some keys of a search, in the order of their handles. */
    record Page(List<KeyInfo> keys, boolean more) {
    }

    static KeyInfo of(byte[] bytes) {
        return Wire.read(bytes, KeyInfo::read);
    }

    static Page page(byte[] bytes) {
        return Wire.read(bytes, in -> {
            boolean more = in.readBoolean();
            List<KeyInfo> keys = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                keys.add(read(in));
            }
            return new Page(keys, more);
        });
    }

    private static KeyInfo read(DataInputStream in) throws IOException {
        return new KeyInfo(in.readLong(), KeyType.ofCode(in.readInt()), in.readInt(), Curve.ofCode(in.readInt()),
            Wire.attributes(in), Wire.attributes(in), Wire.bytes(in), Wire.byteStrings(in), Wire.text(in),
            in.readLong());
    }

    /** Whether an attribute is set and true. */
    boolean flag(String name) {
        return Boolean.TRUE.equals(attributes.get(Tables.get().attributeId(name)));
    }

    /** Whether an attribute is set and false: a use that the key will never have again, since uses are only taken away. */
    boolean denies(String name) {
        return Boolean.FALSE.equals(attributes.get(Tables.get().attributeId(name)));
    }

    /** The label, or null. */
    String label() {
        return (String) attributes.get(Tables.get().attributeId("label"));
    }

    /** Kept until deleted, rather than for as long as the login lives. */
    boolean isToken() {
        return flag("token");
    }
}
