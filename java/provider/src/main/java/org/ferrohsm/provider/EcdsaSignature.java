package org.ferrohsm.provider;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.util.Arrays;

/**
 * ECDSA, with signatures in DER (RFC 3279) or as r and s, each as long as the order of the curve (IEEE P1363; the JDK's
 * {@code SHA256withECDSAinP1363Format}, Bouncy Castle's {@code SHA256withPLAIN-ECDSA}). The HSM speaks DER.
 *
 * <p>Public keys verify in the JDK, except where it is wrong: on curves that it lacks, and for an r so small that the
 * point's coordinate may be r + n, which SunEC does not try (a chance of 2^-128 and less, but vectors have it). SunEC
 * also takes integers without their leading zero and numbers of any length in the P1363 form; here they are malformed.
 */
final class EcdsaSignature extends HsmSignature {
    private static final String P1363 = "inP1363Format";
    private static final int DER_SEQUENCE = 0x30;
    private static final int DER_INTEGER = 2;
    /** A curve of 521 bits has the longest: two integers of 66 bytes with tags and lengths, well below 256. */
    private static final int DER_ONE_LENGTH_BYTE = 0x81;

    private final boolean plain;
    private ECParameterSpec curve;
    /** The JDK's engine over digests, while it verifies. */
    private Signature verifier;

    EcdsaSignature(ServiceContext context) {
        super(context);
        plain = context.algorithm().endsWith(P1363);
    }

    @Override
    protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
        verifier = null;
        super.engineInitSign(key);
        curve = key instanceof ECKey ec ? ec.getParams() : null;
    }

    @Override
    protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
        verifier = null;
        if (!(key instanceof ECPublicKey ec)) {
            throw new InvalidKeyException("ECDSA verifies with an EC public key, not with a "
                + (key == null ? "null" : key.getClass().getName()));
        }
        super.engineInitVerify(key);
        curve = ec.getParams();
        Curve known = Curve.of(curve);
        if (known == null || known.inJdk()) {
            try {
                Signature jdk = Jdk.signature("NONEwithECDSA", KeyType.EC);
                jdk.initVerify(Keys.jdkPublicKey(key));
                verifier = jdk;
            } catch (GeneralSecurityException e) {
                throw Keys.invalidKey(e);
            }
        }
    }

    /** Data is taken here; at its end either the HSM or the JDK's engine over digests verifies. */
    @Override
    boolean isForHsm(PublicKey key) {
        return true;
    }

    private int numberBytes() {
        return (curve.getOrder().bitLength() + 7) / 8;
    }

    @Override
    protected byte[] engineSign() throws SignatureException {
        byte[] signature = super.engineSign();
        return software() == null && plain ? fromDer(signature, numberBytes()) : signature;
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
        byte[] numbers;
        try {
            numbers = numbers(signature);
        } catch (SignatureException e) {
            takeInput(); // this verification is over
            throw e;
        }
        byte[] der = toDer(numbers);
        if (verifier == null || mayBeReduced(new BigInteger(1, Arrays.copyOf(numbers, numbers.length / 2)))) {
            return super.engineVerify(der);
        }
        verifier.update(takeInput());
        return verifier.verify(der);
    }

    /** r and s in fixed length. */
    private byte[] numbers(byte[] signature) throws SignatureException {
        if (curve == null) {
            throw new SignatureException(noInput());
        }
        if (plain && signature.length != 2 * numberBytes()) {
            throw new SignatureException("A signature of this key has " + 2 * numberBytes() + " bytes, not "
                + signature.length);
        }
        byte[] numbers = plain ? signature : fromDer(signature, numberBytes());
        if (!plain && !Arrays.equals(signature, toDer(numbers))) {
            throw malformed(null);
        }
        return numbers;
    }

    private boolean mayBeReduced(BigInteger r) {
        return curve.getCurve().getField() instanceof ECFieldFp field
            && r.add(curve.getOrder()).compareTo(field.getP()) < 0;
    }

    private static SignatureException malformed(Exception cause) {
        return new SignatureException("The signature is not in DER as in RFC 3279, with numbers below the order of the"
            + " curve", cause);
    }

    /** The two integers of a signature in DER, each in {@code numberBytes} bytes. */
    static byte[] fromDer(byte[] der, int numberBytes) throws SignatureException {
        byte[] numbers = new byte[2 * numberBytes];
        try {
            int at = (der[1] & 0xFF) == DER_ONE_LENGTH_BYTE ? 3 : 2;
            for (int end = numberBytes; end <= numbers.length; end += numberBytes) {
                byte[] number = Arrays.copyOfRange(der, at + 2, at + 2 + der[at + 1]);
                int zeros = number[0] == 0 ? 1 : 0;
                int length = number.length - zeros;
                if (length > numberBytes) {
                    throw malformed(null);
                }
                System.arraycopy(number, zeros, numbers, end - length, length);
                at += 2 + number.length;
            }
            return numbers;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw malformed(e);
        }
    }

    static byte[] toDer(byte[] numbers) {
        byte[] r = new BigInteger(1, Arrays.copyOf(numbers, numbers.length / 2)).toByteArray();
        byte[] s = new BigInteger(1, Arrays.copyOfRange(numbers, numbers.length / 2, numbers.length)).toByteArray();
        int length = 4 + r.length + s.length;
        return Wire.write(out -> {
            out.writeByte(DER_SEQUENCE);
            if (length > 0x7F) {
                out.writeByte(DER_ONE_LENGTH_BYTE);
            }
            out.writeByte(length);
            for (byte[] number : new byte[][] {r, s}) {
                out.writeByte(DER_INTEGER);
                out.writeByte(number.length);
                out.write(number);
            }
        });
    }
}
