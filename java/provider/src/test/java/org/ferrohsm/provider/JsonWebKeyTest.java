package org.ferrohsm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;
import org.ferrohsm.provider.attributes.JsonWebKey;
import org.ferrohsm.provider.attributes.KeyAttribute;
import org.ferrohsm.provider.attributes.KeyAttributesMap;
import org.junit.jupiter.api.Test;

/** JSON Web Keys become keys in the HSM. */
class JsonWebKeyTest {
    /** The key of RFC 7515, appendix A.3. */
    private static final Map<String, String> RFC_7515_A3 = Map.of("kty", "EC", "crv", "P-256",
        "x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "d", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    /** The key of RFC 8037, appendix A.1. */
    private static final Map<String, String> RFC_8037_A1 = Map.of("kty", "OKP", "crv", "Ed25519",
        "d", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    /** The AES key of RFC 7517, appendix A.3. */
    private static final Map<String, String> RFC_7517_A3 =
        Map.of("kty", "oct", "alg", "A128KW", "k", "GawgguFyGrWKav7AX4VKUg");

    private final FerroHsmProvider provider = DevHsm.provider();

    private static BigInteger number(String base64url) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(base64url));
    }

    private static String base64url(BigInteger number) {
        byte[] bytes = number.toByteArray();
        int sign = bytes[0] == 0 ? 1 : 0;
        return Base64.getUrlEncoder().withoutPadding()
            .encodeToString(java.util.Arrays.copyOfRange(bytes, sign, bytes.length));
    }

    private void assertSigns(String algorithm, PrivateKey key, PublicKey publicKey) throws Exception {
        Signature signature = Signature.getInstance(algorithm, provider);
        signature.initSign(key);
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        Signature jdk = Signature.getInstance(algorithm, algorithm.endsWith("RSA") ? "SunRsaSign" : "SunEC");
        jdk.initVerify(publicKey);
        jdk.update((byte) 1);
        assertTrue(jdk.verify(signed));
    }

    @Test
    void ecKeysAreImported() throws Exception {
        PublicKey publicKey = KeyFactory.getInstance("EC", "SunEC").generatePublic(new ECPublicKeySpec(
            new ECPoint(number(RFC_7515_A3.get("x")), number(RFC_7515_A3.get("y"))), EcAttributes.spec(Curve.P256)));
        KeyAttributesMap attributes = JsonWebKey.toAttributes(RFC_7515_A3);
        attributes.put(KeyAttribute.LABEL, "rfc 7515");
        PrivateKey key = KeyFactory.getInstance("EC", provider).generatePrivate(attributes);
        assertSigns("SHA256withECDSA", key, publicKey);
        assertEquals("rfc 7515", ((FerroHsmKey) key).getAttributes().get(KeyAttribute.LABEL));
        assertThrows(InvalidKeySpecException.class,
            () -> KeyFactory.getInstance("RSA", provider).generatePrivate(attributes));
    }

    @Test
    void rsaKeysAreImported() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        RSAPrivateCrtKey crt = (RSAPrivateCrtKey) pair.getPrivate();
        Map<String, Object> jwk = new HashMap<>(Map.of("kty", "RSA", "n", base64url(crt.getModulus()), "e",
            base64url(crt.getPublicExponent()), "d", base64url(crt.getPrivateExponent()), "p",
            base64url(crt.getPrimeP()), "q", base64url(crt.getPrimeQ()), "dp", base64url(crt.getPrimeExponentP()), "dq",
            base64url(crt.getPrimeExponentQ()), "qi", base64url(crt.getCrtCoefficient()), "kid", "key 1"));
        jwk.put("key_ops", List.of("sign"));
        KeyFactory factory = KeyFactory.getInstance("RSA", provider);
        PrivateKey key = factory.generatePrivate(JsonWebKey.toAttributes(jwk));
        assertSigns("SHA256withRSA", key, pair.getPublic());
        KeyAttributesMap is = ((FerroHsmKey) key).getAttributes();
        assertEquals("key 1", is.get(KeyAttribute.LABEL));
        assertEquals(false, is.get(KeyAttribute.DECRYPT));
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding", provider);
        assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.DECRYPT_MODE, key));
        jwk.remove("key_ops");
        jwk.put("use", "enc");
        assertEquals(false, ((FerroHsmKey) factory.generatePrivate(JsonWebKey.toAttributes(jwk))).getAttributes()
            .get(KeyAttribute.SIGN));
        jwk.put("oth", List.of());
        assertThrows(InvalidKeySpecException.class, () -> JsonWebKey.toAttributes(jwk));
        jwk.remove("oth");
        jwk.remove("p");
        assertThrows(InvalidKeySpecException.class, () -> JsonWebKey.toAttributes(jwk));
    }

    /** The signature is that of RFC 8037, appendix A.4. */
    @Test
    void edwardsKeysAreImported() throws Exception {
        PrivateKey key = KeyFactory.getInstance("Ed25519", provider)
            .generatePrivate(JsonWebKey.toAttributes(RFC_8037_A1));
        Signature signature = Signature.getInstance("Ed25519", provider);
        signature.initSign(key);
        signature.update("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertEquals("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign()));
        Map<String, Object> x25519 = new HashMap<>(RFC_8037_A1);
        x25519.put("crv", "X25519");
        PrivateKey agreeing = KeyFactory.getInstance("X25519", provider)
            .generatePrivate(JsonWebKey.toAttributes(x25519));
        assertEquals(org.ferrohsm.provider.attributes.KeyType.EC_MONTGOMERY,
            ((FerroHsmKey) agreeing).getAttributes().get(KeyAttribute.KEY_TYPE));
        x25519.put("d", "AAAA");
        assertThrows(InvalidKeySpecException.class, () -> JsonWebKey.toAttributes(x25519));
    }

    @Test
    void secretsAreImported() throws Exception {
        SecretKey key =
            SecretKeyFactory.getInstance("AES", provider).generateSecret(JsonWebKey.toAttributes(RFC_7517_A3));
        byte[] bytes = Base64.getUrlDecoder().decode(RFC_7517_A3.get("k"));
        Cipher ours = Cipher.getInstance("AES/ECB/NoPadding", provider);
        ours.init(Cipher.ENCRYPT_MODE, key);
        Cipher jdk = Cipher.getInstance("AES/ECB/NoPadding", "SunJCE");
        jdk.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(bytes, "AES"));
        assertArrayEquals(jdk.doFinal(new byte[16]), ours.doFinal(new byte[16]));
    }

    @Test
    void whatIsNoPrivateKeyIsRefusedWithoutQuotingIt() throws Exception {
        Map<String, Object> jwk = new HashMap<>(RFC_7515_A3);
        for (Object[] wrong : new Object[][] {{"kty", "OKP"}, {"kty", "PQ"}, {"kty", null}, {"crv", "P-999"}, {"d", null},
            {"d", "not base64url!"}, {"d", ""}, {"key_ops", "sign"}, {"use", "both"}, {"kid", ""}}) {
            jwk.clear();
            jwk.putAll(RFC_7515_A3);
            jwk.put((String) wrong[0], wrong[1]);
            InvalidKeySpecException refused = assertThrows(InvalidKeySpecException.class,
                () -> JsonWebKey.toAttributes(jwk), wrong[0] + "=" + wrong[1]);
            assertFalse(refused.getMessage().contains("not base64url!"), refused.getMessage());
        }
    }
}
