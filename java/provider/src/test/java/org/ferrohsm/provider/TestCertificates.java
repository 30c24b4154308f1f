package org.ferrohsm.provider;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;

/** Makes certificates for tests, since the JDK has no public way to: X.509 v3, SHA-256, valid for localhost and a day. */
final class TestCertificates {
    private static final String ECDSA_SHA256 = "300a06082a8648ce3d040302";
    private static final String RSA_SHA256 = "300d06092a864886f70d01010b0500";
    private static final String ED25519 = "300506032b6570";
    private static final String COMMON_NAME = "0603550403";
    /** subjectAltName: localhost and 127.0.0.1. */
    private static final String LOCALHOST = "301a0603551d110413301182096c6f63616c686f737487047f000001";
    private static final String AUTHORITY = "300f0603551d130101ff040530030101ff";

    private TestCertificates() {
    }

    static X509Certificate selfSigned(String name, PublicKey key, PrivateKey signer) throws GeneralSecurityException {
        return issue(name, key, name, signer, false);
    }

    static X509Certificate authority(String name, PublicKey key, PrivateKey signer) throws GeneralSecurityException {
        return issue(name, key, name, signer, true);
    }

    /** A certificate for {@code key}, signed with {@code signer} by any provider that takes it. */
    static X509Certificate issue(String name, PublicKey key, String issuer, PrivateKey signer, boolean authority)
        throws GeneralSecurityException {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(encoded(name, key, issuer, signer, authority)));
    }

    /** The same as bytes. Without an issuer (null) it is one that the JDK does not read. */
    static byte[] encoded(String name, PublicKey key, String issuer, PrivateKey signer, boolean authority)
        throws GeneralSecurityException {
        String[] names = switch (signer.getAlgorithm()) {
            case "EC" -> new String[] {"SHA256withECDSA", ECDSA_SHA256};
            case "EdDSA" -> new String[] {"EdDSA", ED25519};
            default -> new String[] {"SHA256withRSA", RSA_SHA256};
        };
        byte[] algorithm = HexFormat.of().parseHex(names[1]);
        Instant now = Instant.now();
        byte[] body = der(0x30,
            der(0xa0, der(2, new byte[] {2})),
            der(2, new BigInteger(64, new SecureRandom()).add(BigInteger.ONE).toByteArray()),
            algorithm,
            name(issuer),
            der(0x30, time(now.minus(1, ChronoUnit.HOURS)), time(now.plus(1, ChronoUnit.DAYS))),
            name(name),
            key.getEncoded(),
            der(0xa3, der(0x30, HexFormat.of().parseHex(authority ? AUTHORITY : LOCALHOST))));
        Signature signature = Signature.getInstance(names[0]);
        signature.initSign(signer);
        signature.update(body);
        return der(0x30, body, algorithm, der(3, new byte[1], signature.sign()));
    }

    private static byte[] name(String commonName) {
        if (commonName == null) {
            return der(0x30);
        }
        return der(0x30, der(0x31, der(0x30, HexFormat.of().parseHex(COMMON_NAME),
            der(0x0c, commonName.getBytes(StandardCharsets.UTF_8)))));
    }

    private static byte[] time(Instant instant) {
        String text = DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC).format(instant);
        return der(0x18, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.size();
        if (length < 0x80) {
            out.write(length);
        } else {
            byte[] bytes = BigInteger.valueOf(length).toByteArray();
            int from = bytes[0] == 0 ? 1 : 0;
            out.write(0x80 | (bytes.length - from));
            out.write(bytes, from, bytes.length - from);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }
}
