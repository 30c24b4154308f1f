package org.ferrohsm.provider;

import java.math.BigInteger;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.util.List;
import java.util.Locale;

/** Curves that the HSM knows, with their codes in the protocol and the names that Java programs use. */
enum Curve {
    P224(1, KeyType.EC, 224, false, "secp224r1", "P-224", "NIST P-224", "1.3.132.0.33"),
    P256(2, KeyType.EC, 256, true, "secp256r1", "P-256", "NIST P-256", "prime256v1", "X9.62 prime256v1", "1.2.840.10045.3.1.7"),
    P384(3, KeyType.EC, 384, true, "secp384r1", "P-384", "NIST P-384", "1.3.132.0.34"),
    P521(4, KeyType.EC, 521, true, "secp521r1", "P-521", "NIST P-521", "1.3.132.0.35"),
    SECP256K1(5, KeyType.EC, 256, false, "secp256k1", "1.3.132.0.10"),
    ED25519(6, KeyType.EC_EDWARDS, 255, true, "Ed25519", "1.3.101.112"),
    X25519(7, KeyType.EC_MONTGOMERY, 255, true, "X25519", "1.3.101.110");

    private final int code;
    private final KeyType keyType;
    private final int sizeBits;
    private final boolean inJdk;
    private final List<String> names;

    Curve(int code, KeyType keyType, int sizeBits, boolean inJdk, String... names) {
        this.code = code;
        this.keyType = keyType;
        this.sizeBits = sizeBits;
        this.inJdk = inJdk;
        this.names = List.of(names);
    }

    int code() {
        return code;
    }

    /** Whether SunEC computes on it; what it does not, the HSM does with the public key it is given. */
    boolean inJdk() {
        return inJdk;
    }

    /** Size of the field in bits. */
    int sizeBits() {
        return sizeBits;
    }

    /** Its name in SEC 2 or RFC 7748, 8032. */
    String standardName() {
        return names.get(0);
    }

    static Curve ofCode(int code) {
        for (Curve curve : values()) {
            if (curve.code == code) {
                return curve;
            }
        }
        return null;
    }

    /** The curve for EC keys with this name or object identifier, in any case; null if the HSM has none. */
    static Curve ofName(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        for (Curve curve : values()) {
            for (String known : curve.names) {
                if (curve.keyType == KeyType.EC
                    && (wanted.equals(known.toLowerCase(Locale.ROOT)) || wanted.equals("oid." + known))) {
                    return curve;
                }
            }
        }
        return null;
    }

    /** The NIST curve of this size; null if there is none. */
    static Curve ofSize(int sizeBits) {
        for (Curve curve : values()) {
            if (curve.keyType == KeyType.EC && curve.sizeBits == sizeBits && curve != SECP256K1) {
                return curve;
            }
        }
        return null;
    }

    /** The curve of these domain parameters, told by field and coefficient a (0 on secp256k1); null if not ours. */
    static Curve of(ECParameterSpec parameters) {
        if (parameters == null || !(parameters.getCurve().getField() instanceof ECFieldFp field)) {
            return null;
        }
        BigInteger a = parameters.getCurve().getA();
        if (a.signum() == 0) {
            return field.getFieldSize() == SECP256K1.sizeBits ? SECP256K1 : null;
        }
        return a.equals(field.getP().subtract(BigInteger.valueOf(3))) ? ofSize(field.getFieldSize()) : null;
    }
}
