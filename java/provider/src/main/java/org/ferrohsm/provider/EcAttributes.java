package org.ferrohsm.provider;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.util.Arrays;
import org.ferrohsm.provider.attributes.EcParams;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.ferrohsm.provider.exception.AttributeException;

/** Curves and points as attributes have them. */
final class EcAttributes {
    private EcAttributes() {
    }

    /** The curve of a value of {@code EC_PARAMS}. */
    static Curve curve(Object value) {
        Curve found = null;
        if (value instanceof ECParameterSpec spec) {
            found = Curve.of(spec);
        } else {
            for (Curve curve : Curve.values()) {
                byte[] encoded = encoded(curve);
                if (encoded != null && Arrays.equals((byte[]) value, encoded)) {
                    found = curve;
                }
            }
        }
        if (found == null) {
            throw new AttributeException("EC_PARAMS names a curve that the HSM does not have: use a constant of EcParams");
        }
        return found;
    }

    /** The value of {@code EC_PARAMS} for a curve; null for one that keys name otherwise. */
    static byte[] encoded(Curve curve) {
        return switch (curve.name()) {
            case "P224" -> EcParams.EC_CURVE_SECP224;
            case "P256" -> EcParams.EC_CURVE_PRIME256;
            case "P384" -> EcParams.EC_CURVE_PRIME384;
            case "P521" -> EcParams.EC_CURVE_SECP521;
            case "SECP256K1" -> EcParams.EC_CURVE_SECP256;
            default -> null;
        };
    }

    static ECParameterSpec spec(Curve curve) throws GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC", "SunEC");
        parameters.init(new ECGenParameterSpec(curve.standardName()));
        return parameters.getParameterSpec(ECParameterSpec.class);
    }

    /** The point of a value of {@code EC_POINT}: uncompressed, as it is or in a DER octet string as PKCS#11 has it. */
    static ECPoint point(Object value, Curve curve) {
        if (value instanceof ECPoint point) {
            return point;
        }
        byte[] bytes = (byte[]) value;
        int coordinate = (curve.sizeBits() + 7) / 8;
        int length = 1 + 2 * coordinate;
        int header = bytes.length - length; // 04 and a length of one or two bytes
        boolean isOctetString = header == 2 && bytes[1] == (byte) length && length < 128
            || header == 3 && bytes[1] == (byte) 0x81 && bytes[2] == (byte) length;
        int start = isOctetString && bytes[0] == 4 ? header : 0;
        if (bytes.length - start != length || bytes[start] != 4) {
            throw new AttributeException("EC_POINT is no uncompressed point (X9.62) of " + curve.standardName());
        }
        return new ECPoint(new BigInteger(1, Arrays.copyOfRange(bytes, start + 1, start + 1 + coordinate)),
            new BigInteger(1, Arrays.copyOfRange(bytes, start + 1 + coordinate, start + length)));
    }

    /** Whether a value of {@code EC_POINT} is the encoded point of a key with these attributes. */
    static boolean samePoint(Object value, Object encoded, KeyAttributesMap key) {
        Curve curve = curve(key.get(KeyAttribute.EC_PARAMS));
        try {
            return point(value, curve).equals(point(encoded, curve));
        } catch (AttributeException e) {
            return false; // a point of another curve
        }
    }

    /** A point in X9.62 uncompressed form. */
    static byte[] encoded(ECPoint point, Curve curve) {
        int coordinate = (curve.sizeBits() + 7) / 8;
        byte[] bytes = new byte[1 + 2 * coordinate];
        bytes[0] = 4;
        fill(bytes, 1, coordinate, point.getAffineX());
        fill(bytes, 1 + coordinate, coordinate, point.getAffineY());
        return bytes;
    }

    private static void fill(byte[] target, int offset, int length, BigInteger number) {
        byte[] bytes = number.toByteArray();
        int used = Math.min(bytes.length, length);
        System.arraycopy(bytes, bytes.length - used, target, offset + length - used, used);
    }
}
