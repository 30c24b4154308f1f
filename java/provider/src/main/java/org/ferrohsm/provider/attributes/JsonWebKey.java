package org.ferrohsm.provider.attributes;

import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.ferrohsm.provider.exception.AddAttributeException;

/**
 * JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037) for import: private keys of types {@code RSA}, {@code EC} and
 * {@code OKP} (Ed25519, X25519), and {@code oct}. FerroHSM's own. Parse the JSON with the library that the program has, and give its members here; the map
 * that comes out is for {@code KeyFactory.generatePrivate} or {@code SecretKeyFactory.generateSecret} of FerroHSM. More
 * attributes can be added to it before.
 *
 * <pre>{@code
 * Map<String, String> members = Map.of("kty", "oct", "k", "AAECAwQFBgcICQoLDA0ODw", "kid", "from-elsewhere");
 * SecretKey key = SecretKeyFactory.getInstance("AES", provider).generateSecret(JsonWebKey.toAttributes(members));
 * }</pre>
 */
public final class JsonWebKey {
    private static final Map<String, KeyAttribute> RSA = Map.of("n", KeyAttribute.MODULUS, "e",
        KeyAttribute.PUBLIC_EXPONENT, "d", KeyAttribute.PRIVATE_EXPONENT, "p", KeyAttribute.PRIME_P, "q",
        KeyAttribute.PRIME_Q, "dp", KeyAttribute.PRIME_EXPONENT_P, "dq", KeyAttribute.PRIME_EXPONENT_Q, "qi",
        KeyAttribute.CRT_COEFFICIENT);
    private static final Map<String, byte[]> CURVES = Map.of("P-256", EcParams.EC_CURVE_PRIME256, "P-384",
        EcParams.EC_CURVE_PRIME384, "P-521", EcParams.EC_CURVE_SECP521, "secp256k1", EcParams.EC_CURVE_SECP256);
    private static final Map<KeyAttribute, Set<String>> OPERATIONS = Map.of(KeyAttribute.SIGN, Set.of("sign"),
        KeyAttribute.VERIFY, Set.of("verify"), KeyAttribute.ENCRYPT, Set.of("encrypt"), KeyAttribute.DECRYPT,
        Set.of("decrypt"), KeyAttribute.WRAP, Set.of("wrapKey"), KeyAttribute.UNWRAP, Set.of("unwrapKey"),
        KeyAttribute.DERIVE, Set.of("deriveKey", "deriveBits"));

    private JsonWebKey() {
    }

    /**
     * The key's numbers, its type, and what it may do: uses that {@code key_ops} or {@code use} do not name are off. Its
     * {@code kid} becomes the label. Other members ({@code alg}, {@code x5c}, ...) say nothing about the key in the HSM.
     *
     * @param members names and values; binary ones are base64url text, as in the JSON
     * @return attributes that a key factory of FerroHSM imports
     * @throws InvalidKeySpecException for a key of another type, a public key, or a member that is missing or damaged
     */
    public static KeyAttributesMap toAttributes(Map<String, ?> members) throws InvalidKeySpecException {
        KeyAttributesMap key = new KeyAttributesMap();
        try {
            String type = text(members, "kty");
            switch (type) {
                case "RSA" -> {
                    if (members.containsKey("oth")) {
                        throw new InvalidKeySpecException("RSA keys of more than two primes (`oth`) cannot be imported");
                    }
                    for (Map.Entry<String, KeyAttribute> number : RSA.entrySet()) {
                        put(key, number.getValue(), members, number.getKey());
                    }
                    describe(key, KeyType.RSA, ObjectClassType.PRIVATE_KEY);
                }
                case "EC" -> {
                    String curve = text(members, "crv");
                    if (!CURVES.containsKey(curve)) {
                        throw new InvalidKeySpecException("There is no curve " + curve + ": " + CURVES.keySet());
                    }
                    key.put(KeyAttribute.EC_PARAMS, CURVES.get(curve));
                    put(key, KeyAttribute.VALUE, members, "d");
                    describe(key, KeyType.EC, ObjectClassType.PRIVATE_KEY);
                }
                case "OKP" -> {
                    String curve = text(members, "crv");
                    if (!curve.equals("Ed25519") && !curve.equals("X25519")) {
                        throw new InvalidKeySpecException("There is no curve " + curve + ": Ed25519 or X25519");
                    }
                    boolean signs = curve.equals("Ed25519");
                    putPkcs8(key, bytes(members, "d"), signs);
                    describe(key, signs ? KeyType.EC_EDWARDS : KeyType.EC_MONTGOMERY, ObjectClassType.PRIVATE_KEY);
                }
                case "oct" -> {
                    put(key, KeyAttribute.VALUE, members, "k");
                    // AES or generic: the factory that gets it decides.
                    key.put(KeyAttribute.OBJECT_CLASS, ObjectClassType.SECRET_KEY);
                }
                default -> throw new InvalidKeySpecException("Keys of type " + type
                    + " cannot be imported: RSA, EC, OKP or oct");
            }
            if (members.containsKey("kid")) {
                key.put(KeyAttribute.LABEL, text(members, "kid"));
            }
            restrict(key, members);
            return key;
        } catch (AddAttributeException e) {
            throw new InvalidKeySpecException("The JSON web key is damaged: " + e.getMessage(), e);
        }
    }

    private static void describe(KeyAttributesMap key, KeyType type, ObjectClassType part) throws AddAttributeException {
        key.put(KeyAttribute.KEY_TYPE, type);
        key.put(KeyAttribute.OBJECT_CLASS, part);
    }

    private static void restrict(KeyAttributesMap key, Map<String, ?> members)
        throws AddAttributeException, InvalidKeySpecException {
        if (members.get("key_ops") instanceof Collection<?> operations) {
            for (Map.Entry<KeyAttribute, Set<String>> use : OPERATIONS.entrySet()) {
                if (use.getValue().stream().noneMatch(operations::contains)) {
                    key.put(use.getKey(), false);
                }
            }
        } else if (members.containsKey("key_ops")) {
            throw new InvalidKeySpecException("`key_ops` is no list");
        }
        if (members.containsKey("use")) {
            String purpose = text(members, "use");
            if (!purpose.equals("sig") && !purpose.equals("enc")) {
                throw new InvalidKeySpecException("There is no `use` " + purpose + ": sig or enc");
            }
            for (KeyAttribute use : OPERATIONS.keySet()) {
                boolean signs = use == KeyAttribute.SIGN || use == KeyAttribute.VERIFY;
                if (signs != purpose.equals("sig")) {
                    key.put(use, false);
                }
            }
        }
    }

    private static void put(KeyAttributesMap key, KeyAttribute attribute, Map<String, ?> members, String name)
        throws AddAttributeException, InvalidKeySpecException {
        byte[] bytes = bytes(members, name);
        try {
            key.put(attribute, bytes);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    /** The encoding that keys on these curves are imported by, as the JDK makes it. */
    private static void putPkcs8(KeyAttributesMap key, byte[] number, boolean signs)
        throws AddAttributeException, InvalidKeySpecException {
        byte[] pkcs8 = null;
        try {
            pkcs8 = signs
                ? KeyFactory.getInstance("EdDSA", "SunEC")
                    .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, number)).getEncoded()
                : KeyFactory.getInstance("XDH", "SunEC")
                    .generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, number)).getEncoded();
            key.put(KeyAttribute.VALUE, pkcs8);
        } catch (NoSuchAlgorithmException | NoSuchProviderException e) {
            throw new InvalidKeySpecException("This JDK has no keys on Curve25519: " + e.getMessage(), e);
        } finally {
            Arrays.fill(number, (byte) 0);
            if (pkcs8 != null) {
                Arrays.fill(pkcs8, (byte) 0);
            }
        }
    }

    private static byte[] bytes(Map<String, ?> members, String name) throws InvalidKeySpecException {
        try {
            return Base64.getUrlDecoder().decode(text(members, name));
        } catch (IllegalArgumentException e) {
            throw new InvalidKeySpecException("`" + name + "` is no base64url"); // the cause would quote the key
        }
    }

    private static String text(Map<String, ?> members, String name) throws InvalidKeySpecException {
        if (members.get(name) instanceof String text) {
            return text;
        }
        throw new InvalidKeySpecException("The key has no `" + name + "`"
            + (Set.of("d", "p", "q").contains(name) ? ": it is a public key, or lacks its primes" : ""));
    }
}
