package org.ferrohsm.provider.attributes;

/**
 * An attribute of a key. Flags are {@link Boolean}s; what others take is said at each.
 *
 * <p>Attributes only get stricter once a key exists: uses, {@link #EXTRACTABLE}, {@link #MODIFIABLE} and the like go from
 * true to false, {@link #TOKEN}, {@link #SENSITIVE} and {@link #WRAP_WITH_TRUSTED} from false to true, and
 * {@link #ALLOWED_MECHANISMS} gets shorter. {@link #LABEL} and {@link #ID} change freely.
 *
 * <pre>{@code
 * KeyAttributesMap attributes = new KeyAttributesMap();
 * attributes.put(KeyAttribute.LABEL, "invoices");
 * attributes.put(KeyAttribute.SIZE, 256);
 * attributes.put(KeyAttribute.EXTRACTABLE, false);
 * }</pre>
 */
public enum KeyAttribute {
    /** The key may decrypt. */
    DECRYPT("decrypt", ValueKind.FLAG),
    /** The key may encrypt. */
    ENCRYPT("encrypt", ValueKind.FLAG),
    /** The key may wrap others. */
    WRAP("wrap", ValueKind.FLAG),
    /** The key may unwrap others. */
    UNWRAP("unwrap", ValueKind.FLAG),
    /** The key may sign, or make MACs. */
    SIGN("sign", ValueKind.FLAG),
    /** The key may verify signatures or MACs. */
    VERIFY("verify", ValueKind.FLAG),
    /** Other keys may be derived from the key. */
    DERIVE("derive", ValueKind.FLAG),
    /** The key may leave the HSM, wrapped. False by default, unless the configuration has {@code defaults = "cloudhsm"}. */
    EXTRACTABLE("extractable", ValueKind.FLAG),
    /** Free to use, at most 256 bytes, a {@code byte[]}. */
    ID("id", ValueKind.OCTETS),
    /** Which algorithm the key is for, a {@link KeyType}. */
    KEY_TYPE(null, ValueKind.KEY_TYPE),
    /** The key's name, a {@link String} of 1 to 1024 bytes of UTF-8; for token keys their alias in the KeyStore. */
    LABEL("label", ValueKind.TEXT),
    /** The key was made in the HSM. The HSM sets it; it can be asked for. */
    LOCAL("local", ValueKind.FLAG),
    /** Secret, private or public key, an {@link ObjectClassType}. */
    OBJECT_CLASS(null, ValueKind.OBJECT_CLASS),
    /** Only its owner sees the key. Always true for private and secret keys. */
    PRIVATE("private", ValueKind.FLAG),
    /** Length of a secret key in bits, an {@link Integer}. */
    SIZE(null, ValueKind.BITS),
    /** True: a token key, kept until it is deleted. False (default): a session key, gone with its login. */
    TOKEN("token", ValueKind.FLAG),
    /** The key leaves the HSM only under a {@link #TRUSTED} wrapping key. */
    WRAP_WITH_TRUSTED("wrap-with-trusted", ValueKind.FLAG),
    /**
     * What a key to import consists of: the bytes of a secret key, the private number of an EC key (big-endian), the PKCS#8
     * encoding of other private keys; a {@code byte[]}.
     */
    VALUE(null, ValueKind.MATERIAL, true),
    /** Curve of an EC key: a constant of {@link EcParams}, or an {@code ECParameterSpec}. */
    EC_PARAMS(null, ValueKind.EC_PARAMS),
    /**
     * Point of an EC public key: an {@code ECPoint}, or its encoding (X9.62 uncompressed). Of an Ed25519 or X25519 key to
     * import the whole X.509 encoding.
     */
    EC_POINT(null, ValueKind.EC_POINT),
    /** RSA modulus, big-endian. */
    MODULUS(null, ValueKind.NUMBER),
    /** Length of the RSA modulus in bits, an {@link Integer}. */
    MODULUS_BITS(null, ValueKind.BITS),
    /** RSA public exponent, big-endian; 65537 for keys made in the HSM. */
    PUBLIC_EXPONENT(null, ValueKind.NUMBER),
    /** RSA private exponent, big-endian. */
    PRIVATE_EXPONENT(null, ValueKind.NUMBER, true),
    /** First prime of an RSA key, big-endian. */
    PRIME_P(null, ValueKind.NUMBER, true),
    /** Second prime of an RSA key, big-endian. */
    PRIME_Q(null, ValueKind.NUMBER, true),
    /** RSA private exponent modulo p-1, big-endian. */
    PRIME_EXPONENT_P(null, ValueKind.NUMBER, true),
    /** RSA private exponent modulo q-1, big-endian. */
    PRIME_EXPONENT_Q(null, ValueKind.NUMBER, true),
    /** Inverse of q modulo p of an RSA key, big-endian. */
    CRT_COEFFICIENT(null, ValueKind.NUMBER, true),
    /** Parameter set of an ML-DSA key, an {@link org.ferrohsm.provider.MldsaAlgorithm}. */
    MLDSA_ALGORITHM(null, ValueKind.MLDSA_ALGORITHM),

    // From here on FerroHSM's own.

    /** AES-GCM encryption may take the caller's IV, whose uniqueness is then the caller's concern. False by default. */
    ALLOW_CALLER_IV("allow-caller-iv", ValueKind.FLAG),
    /** Names of the only mechanisms that the key may be used with: a {@code String[]} or a collection of strings. */
    ALLOWED_MECHANISMS("allowed-mechanisms", ValueKind.MECHANISMS),
    /** A crypto officer vouches for this wrapping key. The HSM sets it; it can be asked for. */
    TRUSTED("trusted", ValueKind.FLAG),
    /** The key's bytes are never given out in clear. True for what the HSM makes. */
    SENSITIVE("sensitive", ValueKind.FLAG),
    /** Its attributes may be changed. */
    MODIFIABLE("modifiable", ValueKind.FLAG),
    /** Secrets may be encapsulated for the key's holder: ML-KEM public keys. */
    ENCAPSULATE("encapsulate", ValueKind.FLAG),
    /** The key may get those secrets: ML-KEM private keys. */
    DECAPSULATE("decapsulate", ValueKind.FLAG),
    /** The key may be deleted. */
    DESTROYABLE("destroyable", ValueKind.FLAG),
    /** {@link #SENSITIVE} was never false. The HSM sets it; it can be asked for. */
    ALWAYS_SENSITIVE("always-sensitive", ValueKind.FLAG),
    /** {@link #EXTRACTABLE} was never true. The HSM sets it; it can be asked for. */
    NEVER_EXTRACTABLE("never-extractable", ValueKind.FLAG),
    /** From the start the key could do nothing but wrap and unwrap. The HSM sets it; it can be asked for. */
    WRAPPING_ONLY("wrapping-only", ValueKind.FLAG),
    /** Three bytes that tell keys apart, a {@code byte[]}. The HSM computes it; it can be asked for. */
    CHECK_VALUE("check-value", ValueKind.OCTETS),
    /** What keys must have to be wrapped by this one, a {@link KeyAttributesMap}. Only for a new key. */
    WRAP_TEMPLATE("wrap-template", ValueKind.TEMPLATE),
    /** What keys get that this one unwraps, a {@link KeyAttributesMap}. Only for a new key. */
    UNWRAP_TEMPLATE("unwrap-template", ValueKind.TEMPLATE);

    private final String attributeName;
    private final ValueKind kind;
    private final boolean secret;

    KeyAttribute(String attributeName, ValueKind kind) {
        this(attributeName, kind, false);
    }

    KeyAttribute(String attributeName, ValueKind kind, boolean secret) {
        this.attributeName = attributeName;
        this.kind = kind;
        this.secret = secret;
    }

    /** {@return its name in the HSM, the CLI and {@code client.toml}; null for what describes a key's type or material} */
    public String attributeName() {
        return attributeName;
    }

    /** {@return whether its value is key material that has to stay secret} */
    public boolean isSecret() {
        return secret;
    }

    ValueKind kind() {
        return kind;
    }
}
