package org.ferrohsm.provider.vectors;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/** ECDSA, RSA PKCS#1 v1.5 and PSS: verification. */
final class SignatureVectors {
    private static final Set<String> CURVES = Set.of("secp224r1", "secp256r1", "secp384r1", "secp521r1", "secp256k1");
    /** DigestInfo before the digest itself (RFC 8017, 9.2, note 1). */
    private static final Map<String, String> DIGEST_INFO = Map.of(
        "SHA-224", "302d300d06096086480165030402040500041c",
        "SHA-256", "3031300d060960864801650304020105000420",
        "SHA-384", "3041300d060960864801650304020205000430",
        "SHA-512", "3051300d060960864801650304020305000440");

    private final Provider provider;
    private final Tally tally;

    SignatureVectors(Provider provider, Tally tally) {
        this.provider = provider;
        this.tally = tally;
    }

    private boolean verify(String algorithm, PublicKey key, PSSParameterSpec spec, byte[] data, byte[] signature)
        throws GeneralSecurityException {
        Signature verifier = Signature.getInstance(algorithm, provider);
        verifier.initVerify(key);
        if (spec != null) {
            verifier.setParameter(spec);
        }
        verifier.update(data);
        try {
            return verifier.verify(signature);
        } catch (SignatureException e) {
            return false; // JCA's way to say that it is malformed
        }
    }

    void ecdsa(VectorFile file) throws GeneralSecurityException {
        for (VectorFile.Group group : file.groups()) {
            String curve = group.json().getAsJsonObject("publicKey").get("curve").getAsString();
            String form = group.text("type").equals("EcdsaP1363Verify") ? "inP1363Format" : "";
            String name = VectorFile.inNames(group.text("sha")) + "withECDSA" + form;
            // The set "bitcoin" asks for one of two right values of s, which is no rule of ECDSA.
            if (!CURVES.contains(curve) || !tally.has("Signature", name) || group.text("type").contains("Bitcoin")) {
                return;
            }
            PublicKey key = KeyFactory.getInstance("EC", provider)
                .generatePublic(new X509EncodedKeySpec(group.bytes("publicKeyDer")));
            for (VectorFile.Vector vector : group.vectors()) {
                byte[] message = vector.bytes("msg");
                byte[] signature = vector.bytes("sig");
                tally.judge("Signature", name, file, vector, verify(name, key, null, message, signature));
                byte[] digest = MessageDigest.getInstance(group.text("sha")).digest(message);
                String raw = "NONEwithECDSA" + form;
                tally.judge("Signature", raw, file, vector, verify(raw, key, null, digest, signature));
                if (name.startsWith("SHA3") && form.isEmpty() && vector.isValid()) {
                    // Wycheproof has no set of these in the P1363 form.
                    byte[] plain = plain(signature, (((ECKey) key).getParams().getOrder().bitLength() + 7) / 8);
                    tally.published("Signature", name + "inP1363Format", file.name() + " vector " + vector.id(),
                        verify(name + "inP1363Format", key, null, message, plain));
                }
            }
        }
    }

    /** r and s of a signature in DER, each in this many bytes. */
    private static byte[] plain(byte[] der, int bytes) {
        ByteBuffer in = ByteBuffer.wrap(der);
        in.position((der[1] & 0xFF) == 0x81 ? 3 : 2);
        byte[] plain = new byte[2 * bytes];
        for (int end = bytes; end <= plain.length; end += bytes) {
            in.get(); // the tag of an integer
            byte[] number = new byte[in.get()];
            in.get(number);
            byte[] unsigned = number[0] == 0 ? Arrays.copyOfRange(number, 1, number.length) : number;
            System.arraycopy(unsigned, 0, plain, end - unsigned.length, unsigned.length);
        }
        return plain;
    }

    void rsa(VectorFile file) throws GeneralSecurityException {
        for (VectorFile.Group group : file.groups()) {
            String hash = group.text("sha");
            String name = VectorFile.inNames(hash) + "withRSA";
            if (!tally.has("Signature", name)) {
                return;
            }
            PublicKey key = KeyFactory.getInstance("RSA", provider)
                .generatePublic(new X509EncodedKeySpec(group.bytes("publicKeyDer")));
            for (VectorFile.Vector vector : group.vectors()) {
                byte[] message = vector.bytes("msg");
                byte[] signature = vector.bytes("sig");
                tally.judge("Signature", name, file, vector, verify(name, key, null, message, signature));
                // A block without the NULL in its DigestInfo is right too ("acceptable"), and another block.
                if (DIGEST_INFO.containsKey(hash) && !vector.result().equals("acceptable")) {
                    ByteArrayOutputStream block = new ByteArrayOutputStream();
                    block.writeBytes(VectorFile.hex(DIGEST_INFO.get(hash)));
                    block.writeBytes(MessageDigest.getInstance(hash).digest(message));
                    tally.judge("Signature", "NONEwithRSA", file, vector,
                        verify("NONEwithRSA", key, null, block.toByteArray(), signature));
                }
            }
        }
    }

    void pss(VectorFile file) throws GeneralSecurityException {
        for (VectorFile.Group group : file.groups()) {
            if (!group.text("mgf").equals("MGF1")) {
                return; // PSS with SHAKE
            }
            String hash = group.text("sha");
            String mgfHash = group.text("mgfSha");
            PSSParameterSpec spec =
                new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(mgfHash), group.number("sLen"), 1);
            // Numbers, since some files have keys that are for PSS alone, which KeyFactory RSA does not read.
            var numbers = group.json().getAsJsonObject("publicKey");
            PublicKey key = KeyFactory.getInstance("RSA", provider).generatePublic(
                new RSAPublicKeySpec(new BigInteger(numbers.get("modulus").getAsString(), 16),
                    new BigInteger(numbers.get("publicExponent").getAsString(), 16)));
            String fixed = VectorFile.inNames(hash) + "withRSA/PSS";
            for (VectorFile.Vector vector : group.vectors()) {
                byte[] message = vector.bytes("msg");
                byte[] signature = vector.bytes("sig");
                tally.judge("Signature", "RSASSA-PSS", file, vector,
                    verify("RSASSA-PSS", key, spec, message, signature));
                if (tally.has("Signature", fixed)) {
                    boolean usual = hash.equals(mgfHash)
                        && spec.getSaltLength() == MessageDigest.getInstance(hash).getDigestLength();
                    tally.judge("Signature", fixed, file, vector,
                        verify(fixed, key, usual ? null : spec, message, signature));
                }
            }
        }
    }
}
