//! The mechanisms table: one row for every algorithm with its mode.
//!
//! The Java provider registers its services from it; CLI names, PKCS#11 mechanism list and documentation come from the
//! same rows. A new algorithm is one row here, one implementation in the server's `crypto`, one vector set.

use crate::messages::{Hash, KeyType};

/// What a key can be used for under a mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Use {
    /// Making a key or key pair.
    Generate,
    /// Signature or MAC.
    Sign,
    /// Checking a signature or MAC.
    Verify,
    /// Encryption.
    Encrypt,
    /// Decryption.
    Decrypt,
    /// Wrapping another key.
    Wrap,
    /// Unwrapping another key.
    Unwrap,
    /// Key agreement and key derivation.
    Derive,
    /// Making a secret for the holder of a private key.
    Encapsulate,
    /// Getting that secret.
    Decapsulate,
    /// Random bytes.
    Random,
    /// Digest of data; clients compute it themselves.
    Digest,
}

/// Which fields of `MechanismParameters` a mechanism reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// None.
    None,
    /// hash, mgf_hash, salt_bytes.
    Pss,
    /// hash, mgf_hash, oaep_label.
    Oaep,
    /// iv (16 bytes).
    Iv,
    /// iv, iv_source, aad, tag_bits.
    Gcm,
    /// context.
    Context,
    /// iv (12 bytes), iv_source, aad.
    Nonce,
    /// iv (8 bytes).
    ShortIv,
    /// peer_public_key_info, info.
    X963,
    /// hkdf_step, salt, info.
    Hkdf,
    /// counter_bits, fixed_prefix, info.
    Sp800108,
    /// salt, iterations; and the request's password.
    Pbkdf2,
}

/// A JCA engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are JCA's own
pub enum Engine {
    KeyPairGenerator,
    KeyGenerator,
    KeyFactory,
    SecretKeyFactory,
    Signature,
    Cipher,
    Mac,
    KeyAgreement,
    SecureRandom,
    KEM,
    MessageDigest,
    KDF,
}

/// A JCA service that a mechanism is offered as.
#[derive(Debug, Clone, Copy)]
pub struct JcaService {
    /// The engine.
    pub engine: Engine,
    /// The standard name (JDK Security Standard Algorithm Names). Fixed forms of a mechanism are told by it: key sizes
    /// (`AES_128/...`), the hash of OAEP, signatures as r and s of fixed length (`...inP1363Format`).
    pub name: &'static str,
    /// Other names, object identifiers among them.
    pub aliases: &'static [&'static str],
}

/// A row of the mechanisms table.
#[derive(Debug, Clone, Copy)]
pub struct MechanismRow {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// CLI and log name.
    pub name: &'static str,
    /// Type of the key it works with; `None` for random bytes and for derivation from a password.
    pub key_type: Option<KeyType>,
    /// What it can be used for.
    pub uses: &'static [Use],
    /// PKCS#11 mechanism type.
    pub ckm: u64,
    /// Whether a cluster in FIPS mode offers it. Rows with SHA-1 signatures only verify, in both modes.
    pub fips: bool,
    /// Whether a key that names no allowed-mechanisms may be used with it.
    pub default_allowed: bool,
    /// The fixed hash: the data of a signature is then this hash's digest; a derivation runs on this hash.
    pub hash: Option<Hash>,
    /// Which parameters it reads.
    pub parameters: ParameterKind,
    /// The JCA services it is offered as.
    pub jca: &'static [JcaService],
}

macro_rules! mechanisms {
    ($($variant:ident = $code:literal, $name:literal, $key_type:expr, [$($usage:ident)*], ckm $ckm:literal, fips $fips:literal,
       default $default:literal, $hash:expr, $parameters:ident, [$($engine:ident $jca:literal ($($alias:literal)*))*];)*) => {
        /// Every mechanism; the number is its wire code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum Mechanism { $(#[doc = $name] $variant = $code,)* }

        /// The mechanisms table, in the order of wire codes.
        pub static MECHANISMS: &[MechanismRow] = &[$(MechanismRow {
            mechanism: Mechanism::$variant, name: $name, key_type: $key_type, uses: &[$(Use::$usage),*], ckm: $ckm,
            fips: $fips, default_allowed: $default, hash: $hash, parameters: ParameterKind::$parameters,
            jca: &[$(JcaService { engine: Engine::$engine, name: $jca, aliases: &[$($alias),*] }),*],
        },)*];

        impl Mechanism {
            /// The mechanism of a wire code; `None` for one this build does not know.
            pub fn from_code(code: u32) -> Option<Mechanism> {
                match code { $($code => Some(Mechanism::$variant),)* _ => None }
            }
        }
    };
}

const RSA: Option<KeyType> = Some(KeyType::Rsa);
const EC: Option<KeyType> = Some(KeyType::Ec);
const AES: Option<KeyType> = Some(KeyType::Aes);
const SECRET: Option<KeyType> = Some(KeyType::GenericSecret);
const EDWARDS: Option<KeyType> = Some(KeyType::EcEdwards);
const MONTGOMERY: Option<KeyType> = Some(KeyType::EcMontgomery);
const ML_DSA: Option<KeyType> = Some(KeyType::MlDsa);
const ML_KEM: Option<KeyType> = Some(KeyType::MlKem);
const CHACHA20: Option<KeyType> = Some(KeyType::Chacha20);
const DES3: Option<KeyType> = Some(KeyType::Des3);

mechanisms! {
    RsaKeyPairGen = 0x01, "rsa-key-pair-gen", RSA, [Generate], ckm 0x0, fips true, default true, None, None,
        [KeyPairGenerator "RSA" ("1.2.840.113549.1.1.1" "OID.1.2.840.113549.1.1.1" "1.2.840.113549.1.1" "OID.1.2.840.113549.1.1" "2.5.8.1.1" "OID.2.5.8.1.1") KeyFactory "RSA" ("1.2.840.113549.1.1.1" "OID.1.2.840.113549.1.1.1" "1.2.840.113549.1.1" "OID.1.2.840.113549.1.1" "2.5.8.1.1" "OID.2.5.8.1.1")];
    EcKeyPairGen = 0x02, "ec-key-pair-gen", EC, [Generate], ckm 0x1040, fips true, default true, None, None,
        [KeyPairGenerator "EC" ("EllipticCurve" "ECDSA" "ECDH" "ECDHC" "1.2.840.10045.2.1" "OID.1.2.840.10045.2.1")
         KeyFactory "EC" ("EllipticCurve" "ECDSA" "ECDH" "ECDHC" "1.2.840.10045.2.1" "OID.1.2.840.10045.2.1")];
    AesKeyGen = 0x03, "aes-key-gen", AES, [Generate], ckm 0x1080, fips true, default true, None, None,
        [KeyGenerator "AES" ("2.16.840.1.101.3.4.1" "OID.2.16.840.1.101.3.4.1") SecretKeyFactory "AES" ()];
    GenericSecretKeyGen = 0x04, "generic-secret-key-gen", SECRET, [Generate], ckm 0x350, fips true, default true, None, None,
        [KeyGenerator "GenericSecret" () KeyGenerator "HmacSHA1" ("1.2.840.113549.2.7" "OID.1.2.840.113549.2.7" "HMAC-SHA1" "HMAC/SHA1" "1.3.6.1.5.5.8.1.2" "OID.1.3.6.1.5.5.8.1.2") KeyGenerator "HmacSHA224" ("1.2.840.113549.2.8" "OID.1.2.840.113549.2.8" "HMAC-SHA224" "HMAC/SHA224")
         KeyGenerator "HmacSHA256" ("1.2.840.113549.2.9" "OID.1.2.840.113549.2.9" "HMAC-SHA256" "HMAC/SHA256") KeyGenerator "HmacSHA384" ("1.2.840.113549.2.10" "OID.1.2.840.113549.2.10" "HMAC-SHA384" "HMAC/SHA384")
         KeyGenerator "HmacSHA512" ("1.2.840.113549.2.11" "OID.1.2.840.113549.2.11" "HMAC-SHA512" "HMAC/SHA512")
         KeyGenerator "HmacSHA512/224" ("1.2.840.113549.2.12" "OID.1.2.840.113549.2.12" "HMAC-SHA512/224" "HMAC/SHA512/224") KeyGenerator "HmacSHA512/256" ("1.2.840.113549.2.13" "OID.1.2.840.113549.2.13" "HMAC-SHA512/256" "HMAC/SHA512/256")
         KeyGenerator "HmacSHA3-224" ("2.16.840.1.101.3.4.2.13" "OID.2.16.840.1.101.3.4.2.13" "HMAC-SHA3-224" "HMAC/SHA3-224") KeyGenerator "HmacSHA3-256" ("2.16.840.1.101.3.4.2.14" "OID.2.16.840.1.101.3.4.2.14" "HMAC-SHA3-256" "HMAC/SHA3-256")
         KeyGenerator "HmacSHA3-384" ("2.16.840.1.101.3.4.2.15" "OID.2.16.840.1.101.3.4.2.15" "HMAC-SHA3-384" "HMAC/SHA3-384") KeyGenerator "HmacSHA3-512" ("2.16.840.1.101.3.4.2.16" "OID.2.16.840.1.101.3.4.2.16" "HMAC-SHA3-512" "HMAC/SHA3-512")
         SecretKeyFactory "GenericSecret" ("HmacSHA1" "HmacSHA224" "HmacSHA256" "HmacSHA384" "HmacSHA512" "HmacSHA512/224" "HmacSHA512/256" "HmacSHA3-224" "HmacSHA3-256" "HmacSHA3-384" "HmacSHA3-512")];

    RsaPkcs = 0x10, "rsa-pkcs", RSA, [Sign Verify], ckm 0x1, fips true, default true, None, None,
        [Signature "NONEwithRSA" ("RSA" "RAWRSA")];
    Sha1RsaPkcs = 0x11, "sha1-rsa-pkcs", RSA, [Verify], ckm 0x6, fips true, default true, Some(Hash::Sha1), None,
        [Signature "SHA1withRSA" ("1.2.840.113549.1.1.5" "OID.1.2.840.113549.1.1.5" "SHA1/RSA" "SHA1withRSAEncryption" "1.3.14.3.2.29" "OID.1.3.14.3.2.29")];
    Sha224RsaPkcs = 0x12, "sha224-rsa-pkcs", RSA, [Sign Verify], ckm 0x46, fips true, default true, Some(Hash::Sha224), None,
        [Signature "SHA224withRSA" ("1.2.840.113549.1.1.14" "OID.1.2.840.113549.1.1.14" "SHA224/RSA" "SHA224withRSAEncryption")];
    Sha256RsaPkcs = 0x13, "sha256-rsa-pkcs", RSA, [Sign Verify], ckm 0x40, fips true, default true, Some(Hash::Sha256), None,
        [Signature "SHA256withRSA" ("1.2.840.113549.1.1.11" "OID.1.2.840.113549.1.1.11" "SHA256/RSA" "SHA256withRSAEncryption")];
    Sha384RsaPkcs = 0x14, "sha384-rsa-pkcs", RSA, [Sign Verify], ckm 0x41, fips true, default true, Some(Hash::Sha384), None,
        [Signature "SHA384withRSA" ("1.2.840.113549.1.1.12" "OID.1.2.840.113549.1.1.12" "SHA384/RSA" "SHA384withRSAEncryption")];
    Sha512RsaPkcs = 0x15, "sha512-rsa-pkcs", RSA, [Sign Verify], ckm 0x42, fips true, default true, Some(Hash::Sha512), None,
        [Signature "SHA512withRSA" ("1.2.840.113549.1.1.13" "OID.1.2.840.113549.1.1.13" "SHA512/RSA" "SHA512withRSAEncryption")];
    Sha512T224RsaPkcs = 0x16, "sha512-224-rsa-pkcs", RSA, [Sign Verify], ckm 0x8000_F402, fips true, default true, Some(Hash::Sha512224), None,
        [Signature "SHA512/224withRSA" ("1.2.840.113549.1.1.15" "OID.1.2.840.113549.1.1.15" "SHA512(224)withRSA" "SHA512(224)/RSA" "SHA512(224)withRSAEncryption")];
    Sha512T256RsaPkcs = 0x17, "sha512-256-rsa-pkcs", RSA, [Sign Verify], ckm 0x8000_F403, fips true, default true, Some(Hash::Sha512256), None,
        [Signature "SHA512/256withRSA" ("1.2.840.113549.1.1.16" "OID.1.2.840.113549.1.1.16" "SHA512(256)withRSA" "SHA512(256)/RSA" "SHA512(256)withRSAEncryption")];
    RsaPss = 0x18, "rsa-pkcs-pss", RSA, [Sign Verify], ckm 0xD, fips true, default true, None, Pss,
        [Signature "RSASSA-PSS" ("PSS" "RSAPSS" "1.2.840.113549.1.1.10" "OID.1.2.840.113549.1.1.10")];
    Sha1RsaPss = 0x19, "sha1-rsa-pkcs-pss", RSA, [Verify], ckm 0xE, fips true, default true, Some(Hash::Sha1), Pss,
        [Signature "SHA1withRSA/PSS" ("SHA1withRSAandMGF1" "SHA1withRSASSA-PSS")];
    Sha224RsaPss = 0x1a, "sha224-rsa-pkcs-pss", RSA, [Sign Verify], ckm 0x47, fips true, default true, Some(Hash::Sha224), Pss,
        [Signature "SHA224withRSA/PSS" ("SHA224withRSAandMGF1" "SHA224withRSASSA-PSS")];
    Sha256RsaPss = 0x1b, "sha256-rsa-pkcs-pss", RSA, [Sign Verify], ckm 0x43, fips true, default true, Some(Hash::Sha256), Pss,
        [Signature "SHA256withRSA/PSS" ("SHA256withRSAandMGF1" "SHA256withRSASSA-PSS")];
    Sha384RsaPss = 0x1c, "sha384-rsa-pkcs-pss", RSA, [Sign Verify], ckm 0x44, fips true, default true, Some(Hash::Sha384), Pss,
        [Signature "SHA384withRSA/PSS" ("SHA384withRSAandMGF1" "SHA384withRSASSA-PSS")];
    Sha512RsaPss = 0x1d, "sha512-rsa-pkcs-pss", RSA, [Sign Verify], ckm 0x45, fips true, default true, Some(Hash::Sha512), Pss,
        [Signature "SHA512withRSA/PSS" ("SHA512withRSAandMGF1" "SHA512withRSASSA-PSS")];
    RsaPkcsEncrypt = 0x20, "rsa-pkcs-encrypt", RSA, [Encrypt Decrypt Wrap Unwrap], ckm 0x1, fips false, default false, None, None,
        [Cipher "RSA/ECB/PKCS1Padding" ("RSA" "RSA/None/PKCS1Padding")];
    RsaOaep = 0x21, "rsa-oaep", RSA, [Encrypt Decrypt Wrap Unwrap], ckm 0x9, fips true, default true, None, Oaep,
        [Cipher "RSA/ECB/OAEPPadding" ("RSA/None/OAEPPadding")
         Cipher "RSA/ECB/OAEPWithSHA-1AndMGF1Padding" ("RSA/None/OAEPWithSHA-1AndMGF1Padding" "RSA/ECB/OAEPWithSHA1AndMGF1Padding" "RSA/None/OAEPWithSHA1AndMGF1Padding")
         Cipher "RSA/ECB/OAEPWithSHA-224AndMGF1Padding" ("RSA/None/OAEPWithSHA-224AndMGF1Padding" "RSA/ECB/OAEPWithSHA224AndMGF1Padding" "RSA/None/OAEPWithSHA224AndMGF1Padding")
         Cipher "RSA/ECB/OAEPWithSHA-256AndMGF1Padding" ("RSA/None/OAEPWithSHA-256AndMGF1Padding" "RSA/ECB/OAEPWithSHA256AndMGF1Padding" "RSA/None/OAEPWithSHA256AndMGF1Padding")
         Cipher "RSA/ECB/OAEPWithSHA-384AndMGF1Padding" ("RSA/None/OAEPWithSHA-384AndMGF1Padding" "RSA/ECB/OAEPWithSHA384AndMGF1Padding" "RSA/None/OAEPWithSHA384AndMGF1Padding")
         Cipher "RSA/ECB/OAEPWithSHA-512AndMGF1Padding" ("RSA/None/OAEPWithSHA-512AndMGF1Padding" "RSA/ECB/OAEPWithSHA512AndMGF1Padding" "RSA/None/OAEPWithSHA512AndMGF1Padding")];
    RsaX509 = 0x22, "rsa-x-509", RSA, [Sign Verify Encrypt Decrypt], ckm 0x3, fips false, default false, None, None,
        [Cipher "RSA/ECB/NoPadding" ("RSA/None/NoPadding")];

    Ecdsa = 0x30, "ecdsa", EC, [Sign Verify], ckm 0x1041, fips true, default true, None, None,
        [Signature "NONEwithECDSA" () Signature "NONEwithECDSAinP1363Format" ()];
    EcdsaSha1 = 0x31, "ecdsa-sha1", EC, [Verify], ckm 0x1042, fips true, default true, Some(Hash::Sha1), None,
        [Signature "SHA1withECDSA" ("1.2.840.10045.4.1" "OID.1.2.840.10045.4.1" "ECDSA" "ECDSAwithSHA1" "1.3.36.3.3.2.1" "OID.1.3.36.3.3.2.1")
         Signature "SHA1withECDSAinP1363Format" ("SHA1withPLAIN-ECDSA" "SHA1/PLAIN-ECDSA" "0.4.0.127.0.7.1.1.4.1.1" "OID.0.4.0.127.0.7.1.1.4.1.1" "SHA1withCVC-ECDSA" "SHA1/CVC-ECDSA" "0.4.0.127.0.7.2.2.2.2.1" "OID.0.4.0.127.0.7.2.2.2.2.1")];
    EcdsaSha224 = 0x32, "ecdsa-sha224", EC, [Sign Verify], ckm 0x1043, fips true, default true, Some(Hash::Sha224), None,
        [Signature "SHA224withECDSA" ("1.2.840.10045.4.3.1" "OID.1.2.840.10045.4.3.1" "SHA224/ECDSA")
         Signature "SHA224withECDSAinP1363Format" ("SHA224withPLAIN-ECDSA" "SHA224/PLAIN-ECDSA" "0.4.0.127.0.7.1.1.4.1.2" "OID.0.4.0.127.0.7.1.1.4.1.2" "SHA224withCVC-ECDSA" "SHA224/CVC-ECDSA" "0.4.0.127.0.7.2.2.2.2.2" "OID.0.4.0.127.0.7.2.2.2.2.2")];
    EcdsaSha256 = 0x33, "ecdsa-sha256", EC, [Sign Verify], ckm 0x1044, fips true, default true, Some(Hash::Sha256), None,
        [Signature "SHA256withECDSA" ("1.2.840.10045.4.3.2" "OID.1.2.840.10045.4.3.2" "SHA256/ECDSA")
         Signature "SHA256withECDSAinP1363Format" ("SHA256withPLAIN-ECDSA" "SHA256/PLAIN-ECDSA" "0.4.0.127.0.7.1.1.4.1.3" "OID.0.4.0.127.0.7.1.1.4.1.3" "SHA256withCVC-ECDSA" "SHA256/CVC-ECDSA" "0.4.0.127.0.7.2.2.2.2.3" "OID.0.4.0.127.0.7.2.2.2.2.3")];
    EcdsaSha384 = 0x34, "ecdsa-sha384", EC, [Sign Verify], ckm 0x1045, fips true, default true, Some(Hash::Sha384), None,
        [Signature "SHA384withECDSA" ("1.2.840.10045.4.3.3" "OID.1.2.840.10045.4.3.3" "SHA384/ECDSA")
         Signature "SHA384withECDSAinP1363Format" ("SHA384withPLAIN-ECDSA" "SHA384/PLAIN-ECDSA" "0.4.0.127.0.7.1.1.4.1.4" "OID.0.4.0.127.0.7.1.1.4.1.4" "SHA384withCVC-ECDSA" "SHA384/CVC-ECDSA" "0.4.0.127.0.7.2.2.2.2.4" "OID.0.4.0.127.0.7.2.2.2.2.4")];
    EcdsaSha512 = 0x35, "ecdsa-sha512", EC, [Sign Verify], ckm 0x1046, fips true, default true, Some(Hash::Sha512), None,
        [Signature "SHA512withECDSA" ("1.2.840.10045.4.3.4" "OID.1.2.840.10045.4.3.4" "SHA512/ECDSA")
         Signature "SHA512withECDSAinP1363Format" ("SHA512withPLAIN-ECDSA" "SHA512/PLAIN-ECDSA" "0.4.0.127.0.7.1.1.4.1.5" "OID.0.4.0.127.0.7.1.1.4.1.5" "SHA512withCVC-ECDSA" "SHA512/CVC-ECDSA" "0.4.0.127.0.7.2.2.2.2.5" "OID.0.4.0.127.0.7.2.2.2.2.5")];
    Ecdh = 0x38, "ecdh", EC, [Derive], ckm 0x1050, fips true, default true, None, None,
        [KeyAgreement "ECDH" ("ECDHC" "ECCDH")];

    AesGcm = 0x40, "aes-gcm", AES, [Encrypt Decrypt Wrap Unwrap], ckm 0x1087, fips true, default true, None, Gcm,
        [Cipher "AES/GCM/NoPadding" ()
         Cipher "AES_128/GCM/NoPadding" ("2.16.840.1.101.3.4.1.6" "OID.2.16.840.1.101.3.4.1.6")
         Cipher "AES_192/GCM/NoPadding" ("2.16.840.1.101.3.4.1.26" "OID.2.16.840.1.101.3.4.1.26")
         Cipher "AES_256/GCM/NoPadding" ("2.16.840.1.101.3.4.1.46" "OID.2.16.840.1.101.3.4.1.46")];
    AesCbc = 0x41, "aes-cbc", AES, [Encrypt Decrypt], ckm 0x1082, fips true, default true, None, Iv,
        [Cipher "AES/CBC/NoPadding" ()
         Cipher "AES_128/CBC/NoPadding" ("2.16.840.1.101.3.4.1.2" "OID.2.16.840.1.101.3.4.1.2")
         Cipher "AES_192/CBC/NoPadding" ("2.16.840.1.101.3.4.1.22" "OID.2.16.840.1.101.3.4.1.22")
         Cipher "AES_256/CBC/NoPadding" ("2.16.840.1.101.3.4.1.42" "OID.2.16.840.1.101.3.4.1.42")];
    AesCbcPad = 0x42, "aes-cbc-pad", AES, [Encrypt Decrypt], ckm 0x1085, fips true, default true, None, Iv,
        [Cipher "AES/CBC/PKCS5Padding" ("AES/CBC/PKCS7Padding")];
    AesCtr = 0x43, "aes-ctr", AES, [Encrypt Decrypt], ckm 0x1086, fips true, default true, None, Iv,
        [Cipher "AES/CTR/NoPadding" ()];
    AesEcb = 0x44, "aes-ecb", AES, [Encrypt Decrypt], ckm 0x1081, fips true, default true, None, None,
        [Cipher "AES/ECB/NoPadding" ()
         Cipher "AES_128/ECB/NoPadding" ("2.16.840.1.101.3.4.1.1" "OID.2.16.840.1.101.3.4.1.1")
         Cipher "AES_192/ECB/NoPadding" ("2.16.840.1.101.3.4.1.21" "OID.2.16.840.1.101.3.4.1.21")
         Cipher "AES_256/ECB/NoPadding" ("2.16.840.1.101.3.4.1.41" "OID.2.16.840.1.101.3.4.1.41")];
    AesEcbPad = 0x45, "aes-ecb-pad", AES, [Encrypt Decrypt], ckm 0x1081, fips true, default true, None, None,
        [Cipher "AES/ECB/PKCS5Padding" ("AES" "AES/ECB/PKCS7Padding" "2.16.840.1.101.3.4.1" "OID.2.16.840.1.101.3.4.1")];
    AesKeyWrap = 0x46, "aes-key-wrap", AES, [Wrap Unwrap], ckm 0x2109, fips true, default true, None, None,
        [Cipher "AES/KW/NoPadding" ("AESWrap" "AESWrap/ECB/NoPadding" "AESKW")
         Cipher "AES_128/KW/NoPadding" ("AESWrap_128" "2.16.840.1.101.3.4.1.5" "OID.2.16.840.1.101.3.4.1.5")
         Cipher "AES_192/KW/NoPadding" ("AESWrap_192" "2.16.840.1.101.3.4.1.25" "OID.2.16.840.1.101.3.4.1.25")
         Cipher "AES_256/KW/NoPadding" ("AESWrap_256" "2.16.840.1.101.3.4.1.45" "OID.2.16.840.1.101.3.4.1.45")];
    AesKeyWrapPad = 0x47, "aes-key-wrap-pad", AES, [Wrap Unwrap], ckm 0x210B, fips true, default true, None, None,
        [Cipher "AES/KWP/NoPadding" ("AESWrapPad" "AESWrap/ECB/ZeroPadding" "AESKWP" "AESRFC5649Wrap")
         Cipher "AES_128/KWP/NoPadding" ("AESWrapPad_128" "2.16.840.1.101.3.4.1.8" "OID.2.16.840.1.101.3.4.1.8")
         Cipher "AES_192/KWP/NoPadding" ("AESWrapPad_192" "2.16.840.1.101.3.4.1.28" "OID.2.16.840.1.101.3.4.1.28")
         Cipher "AES_256/KWP/NoPadding" ("AESWrapPad_256" "2.16.840.1.101.3.4.1.48" "OID.2.16.840.1.101.3.4.1.48")];

    AesCmac = 0x48, "aes-cmac", AES, [Sign Verify], ckm 0x108A, fips true, default true, None, None,
        [Mac "AESCMAC" ("AES-CMAC")];

    HmacSha1 = 0x50, "sha1-hmac", SECRET, [Sign Verify], ckm 0x221, fips true, default true, None, None,
        [Mac "HmacSHA1" ("1.2.840.113549.2.7" "OID.1.2.840.113549.2.7" "HMAC-SHA1" "HMAC/SHA1" "1.3.6.1.5.5.8.1.2" "OID.1.3.6.1.5.5.8.1.2")];
    HmacSha224 = 0x51, "sha224-hmac", SECRET, [Sign Verify], ckm 0x256, fips true, default true, None, None,
        [Mac "HmacSHA224" ("1.2.840.113549.2.8" "OID.1.2.840.113549.2.8" "HMAC-SHA224" "HMAC/SHA224")];
    HmacSha256 = 0x52, "sha256-hmac", SECRET, [Sign Verify], ckm 0x251, fips true, default true, None, None,
        [Mac "HmacSHA256" ("1.2.840.113549.2.9" "OID.1.2.840.113549.2.9" "HMAC-SHA256" "HMAC/SHA256")];
    HmacSha384 = 0x53, "sha384-hmac", SECRET, [Sign Verify], ckm 0x261, fips true, default true, None, None,
        [Mac "HmacSHA384" ("1.2.840.113549.2.10" "OID.1.2.840.113549.2.10" "HMAC-SHA384" "HMAC/SHA384")];
    HmacSha512 = 0x54, "sha512-hmac", SECRET, [Sign Verify], ckm 0x271, fips true, default true, None, None,
        [Mac "HmacSHA512" ("1.2.840.113549.2.11" "OID.1.2.840.113549.2.11" "HMAC-SHA512" "HMAC/SHA512")];

    HmacSha512T224 = 0x55, "sha512-224-hmac", SECRET, [Sign Verify], ckm 0x49, fips true, default true, None, None,
        [Mac "HmacSHA512/224" ("1.2.840.113549.2.12" "OID.1.2.840.113549.2.12" "HMAC-SHA512/224" "HMAC/SHA512/224")];
    HmacSha512T256 = 0x56, "sha512-256-hmac", SECRET, [Sign Verify], ckm 0x4D, fips true, default true, None, None,
        [Mac "HmacSHA512/256" ("1.2.840.113549.2.13" "OID.1.2.840.113549.2.13" "HMAC-SHA512/256" "HMAC/SHA512/256")];
    HmacSha3_224 = 0x57, "sha3-224-hmac", SECRET, [Sign Verify], ckm 0x2B6, fips true, default true, None, None,
        [Mac "HmacSHA3-224" ("2.16.840.1.101.3.4.2.13" "OID.2.16.840.1.101.3.4.2.13" "HMAC-SHA3-224" "HMAC/SHA3-224")];
    HmacSha3_256 = 0x58, "sha3-256-hmac", SECRET, [Sign Verify], ckm 0x2B1, fips true, default true, None, None,
        [Mac "HmacSHA3-256" ("2.16.840.1.101.3.4.2.14" "OID.2.16.840.1.101.3.4.2.14" "HMAC-SHA3-256" "HMAC/SHA3-256")];
    HmacSha3_384 = 0x59, "sha3-384-hmac", SECRET, [Sign Verify], ckm 0x2C1, fips true, default true, None, None,
        [Mac "HmacSHA3-384" ("2.16.840.1.101.3.4.2.15" "OID.2.16.840.1.101.3.4.2.15" "HMAC-SHA3-384" "HMAC/SHA3-384")];
    HmacSha3_512 = 0x5A, "sha3-512-hmac", SECRET, [Sign Verify], ckm 0x2D1, fips true, default true, None, None,
        [Mac "HmacSHA3-512" ("2.16.840.1.101.3.4.2.16" "OID.2.16.840.1.101.3.4.2.16" "HMAC-SHA3-512" "HMAC/SHA3-512")];

    Random = 0x60, "random", Option::None, [Random], ckm 0x0, fips true, default true, None, None,
        [SecureRandom "AES-CTR-DRBG" ()];
    Sha1 = 0x61, "sha1", Option::None, [Digest], ckm 0x220, fips true, default true, None, None,
        [MessageDigest "SHA-1" ("SHA" "SHA1" "1.3.14.3.2.26" "OID.1.3.14.3.2.26")];
    Sha224 = 0x62, "sha224", Option::None, [Digest], ckm 0x255, fips true, default true, None, None,
        [MessageDigest "SHA-224" ("SHA224" "2.16.840.1.101.3.4.2.4" "OID.2.16.840.1.101.3.4.2.4")];
    Sha256 = 0x63, "sha256", Option::None, [Digest], ckm 0x250, fips true, default true, None, None,
        [MessageDigest "SHA-256" ("SHA256" "2.16.840.1.101.3.4.2.1" "OID.2.16.840.1.101.3.4.2.1")];
    Sha384 = 0x64, "sha384", Option::None, [Digest], ckm 0x260, fips true, default true, None, None,
        [MessageDigest "SHA-384" ("SHA384" "2.16.840.1.101.3.4.2.2" "OID.2.16.840.1.101.3.4.2.2")];
    Sha512 = 0x65, "sha512", Option::None, [Digest], ckm 0x270, fips true, default true, None, None,
        [MessageDigest "SHA-512" ("SHA512" "2.16.840.1.101.3.4.2.3" "OID.2.16.840.1.101.3.4.2.3")];

    Sha3_224RsaPkcs = 0x70, "sha3-224-rsa-pkcs", RSA, [Sign Verify], ckm 0x66, fips true, default true, Some(Hash::Sha3224), None,
        [Signature "SHA3-224withRSA" ("2.16.840.1.101.3.4.3.13" "OID.2.16.840.1.101.3.4.3.13" "SHA3-224/RSA" "SHA3-224withRSAEncryption")];
    Sha3_256RsaPkcs = 0x71, "sha3-256-rsa-pkcs", RSA, [Sign Verify], ckm 0x60, fips true, default true, Some(Hash::Sha3256), None,
        [Signature "SHA3-256withRSA" ("2.16.840.1.101.3.4.3.14" "OID.2.16.840.1.101.3.4.3.14" "SHA3-256/RSA" "SHA3-256withRSAEncryption")];
    Sha3_384RsaPkcs = 0x72, "sha3-384-rsa-pkcs", RSA, [Sign Verify], ckm 0x61, fips true, default true, Some(Hash::Sha3384), None,
        [Signature "SHA3-384withRSA" ("2.16.840.1.101.3.4.3.15" "OID.2.16.840.1.101.3.4.3.15" "SHA3-384/RSA" "SHA3-384withRSAEncryption")];
    Sha3_512RsaPkcs = 0x73, "sha3-512-rsa-pkcs", RSA, [Sign Verify], ckm 0x62, fips true, default true, Some(Hash::Sha3512), None,
        [Signature "SHA3-512withRSA" ("2.16.840.1.101.3.4.3.16" "OID.2.16.840.1.101.3.4.3.16" "SHA3-512/RSA" "SHA3-512withRSAEncryption")];
    EcdsaSha3_224 = 0x74, "ecdsa-sha3-224", EC, [Sign Verify], ckm 0x1047, fips true, default true, Some(Hash::Sha3224), None,
        [Signature "SHA3-224withECDSA" ("2.16.840.1.101.3.4.3.9" "OID.2.16.840.1.101.3.4.3.9" "SHA3-224/ECDSA")
         Signature "SHA3-224withECDSAinP1363Format" ("SHA3-224withPLAIN-ECDSA" "SHA3-224/PLAIN-ECDSA" "0.4.0.127.0.7.1.1.4.1.8" "OID.0.4.0.127.0.7.1.1.4.1.8")];
    EcdsaSha3_256 = 0x75, "ecdsa-sha3-256", EC, [Sign Verify], ckm 0x1048, fips true, default true, Some(Hash::Sha3256), None,
        [Signature "SHA3-256withECDSA" ("2.16.840.1.101.3.4.3.10" "OID.2.16.840.1.101.3.4.3.10" "SHA3-256/ECDSA")
         Signature "SHA3-256withECDSAinP1363Format" ("SHA3-256withPLAIN-ECDSA" "SHA3-256/PLAIN-ECDSA" "0.4.0.127.0.7.1.1.4.1.9" "OID.0.4.0.127.0.7.1.1.4.1.9")];
    EcdsaSha3_384 = 0x76, "ecdsa-sha3-384", EC, [Sign Verify], ckm 0x1049, fips true, default true, Some(Hash::Sha3384), None,
        [Signature "SHA3-384withECDSA" ("2.16.840.1.101.3.4.3.11" "OID.2.16.840.1.101.3.4.3.11" "SHA3-384/ECDSA")
         Signature "SHA3-384withECDSAinP1363Format" ("SHA3-384withPLAIN-ECDSA" "SHA3-384/PLAIN-ECDSA" "0.4.0.127.0.7.1.1.4.1.10" "OID.0.4.0.127.0.7.1.1.4.1.10")];
    EcdsaSha3_512 = 0x77, "ecdsa-sha3-512", EC, [Sign Verify], ckm 0x104A, fips true, default true, Some(Hash::Sha3512), None,
        [Signature "SHA3-512withECDSA" ("2.16.840.1.101.3.4.3.12" "OID.2.16.840.1.101.3.4.3.12" "SHA3-512/ECDSA")
         Signature "SHA3-512withECDSAinP1363Format" ("SHA3-512withPLAIN-ECDSA" "SHA3-512/PLAIN-ECDSA" "0.4.0.127.0.7.1.1.4.1.11" "OID.0.4.0.127.0.7.1.1.4.1.11")];

    EcEdwardsKeyPairGen = 0x78, "ec-edwards-key-pair-gen", EDWARDS, [Generate], ckm 0x1055, fips true, default true, None, None,
        [KeyPairGenerator "Ed25519" ("EdDSA" "1.3.101.112" "OID.1.3.101.112") KeyFactory "Ed25519" ("EdDSA" "1.3.101.112" "OID.1.3.101.112")];
    EcMontgomeryKeyPairGen = 0x79, "ec-montgomery-key-pair-gen", MONTGOMERY, [Generate], ckm 0x1056, fips false, default true, None, None,
        [KeyPairGenerator "X25519" ("XDH" "1.3.101.110" "OID.1.3.101.110") KeyFactory "X25519" ("XDH" "1.3.101.110" "OID.1.3.101.110")];
    MlDsaKeyPairGen = 0x7A, "ml-dsa-key-pair-gen", ML_DSA, [Generate], ckm 0x1C, fips true, default true, None, None,
        [KeyPairGenerator "ML-DSA" ("MLDSA") KeyFactory "ML-DSA" ("MLDSA")
         KeyPairGenerator "ML-DSA-44" ("2.16.840.1.101.3.4.3.17" "OID.2.16.840.1.101.3.4.3.17") KeyFactory "ML-DSA-44" ("2.16.840.1.101.3.4.3.17" "OID.2.16.840.1.101.3.4.3.17")
         KeyPairGenerator "ML-DSA-65" ("2.16.840.1.101.3.4.3.18" "OID.2.16.840.1.101.3.4.3.18") KeyFactory "ML-DSA-65" ("2.16.840.1.101.3.4.3.18" "OID.2.16.840.1.101.3.4.3.18")
         KeyPairGenerator "ML-DSA-87" ("2.16.840.1.101.3.4.3.19" "OID.2.16.840.1.101.3.4.3.19") KeyFactory "ML-DSA-87" ("2.16.840.1.101.3.4.3.19" "OID.2.16.840.1.101.3.4.3.19")];
    MlKemKeyPairGen = 0x7B, "ml-kem-key-pair-gen", ML_KEM, [Generate], ckm 0xF, fips true, default true, None, None,
        [KeyPairGenerator "ML-KEM" ("MLKEM") KeyFactory "ML-KEM" ("MLKEM")
         KeyPairGenerator "ML-KEM-512" ("2.16.840.1.101.3.4.4.1" "OID.2.16.840.1.101.3.4.4.1") KeyFactory "ML-KEM-512" ("2.16.840.1.101.3.4.4.1" "OID.2.16.840.1.101.3.4.4.1")
         KeyPairGenerator "ML-KEM-768" ("2.16.840.1.101.3.4.4.2" "OID.2.16.840.1.101.3.4.4.2") KeyFactory "ML-KEM-768" ("2.16.840.1.101.3.4.4.2" "OID.2.16.840.1.101.3.4.4.2")
         KeyPairGenerator "ML-KEM-1024" ("2.16.840.1.101.3.4.4.3" "OID.2.16.840.1.101.3.4.4.3") KeyFactory "ML-KEM-1024" ("2.16.840.1.101.3.4.4.3" "OID.2.16.840.1.101.3.4.4.3")];
    Chacha20KeyGen = 0x7C, "chacha20-key-gen", CHACHA20, [Generate], ckm 0x1225, fips false, default true, None, None,
        [KeyGenerator "ChaCha20" () SecretKeyFactory "ChaCha20" ()];
    Des3KeyGen = 0x7D, "des3-key-gen", DES3, [Generate], ckm 0x131, fips false, default true, None, None,
        [KeyGenerator "DESede" ("TripleDES" "TDEA") SecretKeyFactory "DESede" ("TripleDES" "TDEA")];

    Ed25519 = 0x80, "ed25519", EDWARDS, [Sign Verify], ckm 0x1057, fips true, default true, None, None,
        [Signature "Ed25519" ("EdDSA" "1.3.101.112" "OID.1.3.101.112")];
    Ed25519ctx = 0x81, "ed25519ctx", EDWARDS, [Sign Verify], ckm 0x1057, fips false, default true, None, Context,
        [];
    Ed25519ph = 0x82, "ed25519ph", EDWARDS, [Sign Verify], ckm 0x1057, fips true, default true, Some(Hash::Sha512), Context,
        [Signature "Ed25519ph" ()];
    X25519 = 0x83, "x25519", MONTGOMERY, [Derive], ckm 0x1050, fips false, default true, None, None,
        [KeyAgreement "X25519" ("XDH" "1.3.101.110" "OID.1.3.101.110")];
    MlDsa = 0x84, "ml-dsa", ML_DSA, [Sign Verify], ckm 0x1D, fips true, default true, None, Context,
        [Signature "ML-DSA" ("MLDSA") Signature "ML-DSA-44" ("2.16.840.1.101.3.4.3.17" "OID.2.16.840.1.101.3.4.3.17")
         Signature "ML-DSA-65" ("2.16.840.1.101.3.4.3.18" "OID.2.16.840.1.101.3.4.3.18") Signature "ML-DSA-87" ("2.16.840.1.101.3.4.3.19" "OID.2.16.840.1.101.3.4.3.19")];
    MlDsaExternalMu = 0x85, "ml-dsa-external-mu", ML_DSA, [Sign Verify], ckm 0x8000_F404, fips true, default true, None, None,
        [Signature "ML-DSA-EXTERNAL-MU" ("MLDSA-EXTERNAL-MU")];
    MlKem = 0x86, "ml-kem", ML_KEM, [Encapsulate Decapsulate], ckm 0x17, fips true, default true, None, None,
        [KEM "ML-KEM" () KEM "ML-KEM-512" ("2.16.840.1.101.3.4.4.1" "OID.2.16.840.1.101.3.4.4.1")
         KEM "ML-KEM-768" ("2.16.840.1.101.3.4.4.2" "OID.2.16.840.1.101.3.4.4.2") KEM "ML-KEM-1024" ("2.16.840.1.101.3.4.4.3" "OID.2.16.840.1.101.3.4.4.3")];
    Chacha20Poly1305 = 0x87, "chacha20-poly1305", CHACHA20, [Encrypt Decrypt], ckm 0x4021, fips false, default true, None, Nonce,
        [Cipher "ChaCha20-Poly1305" ("ChaCha20-Poly1305/None/NoPadding" "1.2.840.113549.1.9.16.3.18" "OID.1.2.840.113549.1.9.16.3.18")];
    Des3Cbc = 0x88, "des3-cbc", DES3, [Encrypt Decrypt], ckm 0x133, fips false, default true, None, ShortIv,
        [Cipher "DESede/CBC/NoPadding" ()];
    Des3CbcPad = 0x89, "des3-cbc-pad", DES3, [Encrypt Decrypt], ckm 0x136, fips false, default true, None, ShortIv,
        [Cipher "DESede/CBC/PKCS5Padding" ("DESede/CBC/PKCS7Padding" "TripleDES/CBC/PKCS5Padding")];
    Des3Ecb = 0x8A, "des3-ecb", DES3, [Encrypt Decrypt], ckm 0x132, fips false, default true, None, None,
        [Cipher "DESede/ECB/NoPadding" ()];
    Des3EcbPad = 0x8B, "des3-ecb-pad", DES3, [Encrypt Decrypt], ckm 0x132, fips false, default true, None, None,
        [Cipher "DESede/ECB/PKCS5Padding" ("DESede" "TripleDES" "TDEA" "DESede/ECB/PKCS7Padding")];

    RsaAesKeyWrap = 0xA0, "rsa-aes-key-wrap", RSA, [Wrap Unwrap], ckm 0x1054, fips true, default true, None, Oaep,
        [Cipher "RSAAESWrap/ECB/OAEPPadding" ("RSAAESWrap") Cipher "RSAAESWrap/ECB/OAEPWithSHA-1AndMGF1Padding" ("RSAAESWrap/ECB/OAEPWithSHA1AndMGF1Padding")
         Cipher "RSAAESWrap/ECB/OAEPWithSHA-224AndMGF1Padding" () Cipher "RSAAESWrap/ECB/OAEPWithSHA-256AndMGF1Padding" ()
         Cipher "RSAAESWrap/ECB/OAEPWithSHA-384AndMGF1Padding" () Cipher "RSAAESWrap/ECB/OAEPWithSHA-512AndMGF1Padding" ()];
    AesKeyWrapPkcs7 = 0xA1, "aes-key-wrap-pkcs7", AES, [Wrap Unwrap], ckm 0x210C, fips true, default true, None, None,
        [Cipher "AES/KW/PKCS5Padding" ("AESWrap/ECB/PKCS5Padding") Cipher "AES_128/KW/PKCS5Padding" ()
         Cipher "AES_192/KW/PKCS5Padding" () Cipher "AES_256/KW/PKCS5Padding" ()];
    AesAttributeWrap = 0xA2, "aes-attribute-wrap", AES, [Wrap Unwrap], ckm 0x8000_F501, fips true, default true, None, None,
        [Cipher "AESAttributeWrap/GCM/NoPadding" ("AESAttributeWrap")];
    AesCbcUnwrap = 0xA3, "aes-cbc-unwrap", AES, [Unwrap], ckm 0x1082, fips false, default false, None, Iv,
        [];

    EcdhX963Sha1 = 0xA8, "ecdh-x963-sha1-kdf", EC, [Derive], ckm 0x1050, fips true, default true, Some(Hash::Sha1), X963,
        [KeyAgreement "ECDHwithX963SHA1KDF" ()];
    EcdhX963Sha224 = 0xA9, "ecdh-x963-sha224-kdf", EC, [Derive], ckm 0x1050, fips true, default true, Some(Hash::Sha224), X963,
        [KeyAgreement "ECDHwithX963SHA224KDF" ()];
    EcdhX963Sha256 = 0xAA, "ecdh-x963-sha256-kdf", EC, [Derive], ckm 0x1050, fips true, default true, Some(Hash::Sha256), X963,
        [KeyAgreement "ECDHwithX963SHA256KDF" ()];
    EcdhX963Sha384 = 0xAB, "ecdh-x963-sha384-kdf", EC, [Derive], ckm 0x1050, fips true, default true, Some(Hash::Sha384), X963,
        [KeyAgreement "ECDHwithX963SHA384KDF" ()];
    EcdhX963Sha512 = 0xAC, "ecdh-x963-sha512-kdf", EC, [Derive], ckm 0x1050, fips true, default true, Some(Hash::Sha512), X963,
        [KeyAgreement "ECDHwithX963SHA512KDF" ()];

    HkdfSha256 = 0xB0, "hkdf-sha256", SECRET, [Derive], ckm 0x402A, fips true, default true, Some(Hash::Sha256), Hkdf, [KDF "HKDF-SHA256" ("1.2.840.113549.1.9.16.3.28" "OID.1.2.840.113549.1.9.16.3.28")];
    HkdfSha384 = 0xB1, "hkdf-sha384", SECRET, [Derive], ckm 0x402A, fips true, default true, Some(Hash::Sha384), Hkdf, [KDF "HKDF-SHA384" ("1.2.840.113549.1.9.16.3.29" "OID.1.2.840.113549.1.9.16.3.29")];
    HkdfSha512 = 0xB2, "hkdf-sha512", SECRET, [Derive], ckm 0x402A, fips true, default true, Some(Hash::Sha512), Hkdf, [KDF "HKDF-SHA512" ("1.2.840.113549.1.9.16.3.30" "OID.1.2.840.113549.1.9.16.3.30")];

    CounterKdfCmac = 0xB4, "sp800-108-counter-cmac", AES, [Derive], ckm 0x3AC, fips true, default true, None, Sp800108, [];
    CounterKdfHmacSha1 = 0xB5, "sp800-108-counter-hmac-sha1", SECRET, [Derive], ckm 0x3AC, fips true, default true, Some(Hash::Sha1), Sp800108, [];
    CounterKdfHmacSha224 = 0xB6, "sp800-108-counter-hmac-sha224", SECRET, [Derive], ckm 0x3AC, fips true, default true, Some(Hash::Sha224), Sp800108, [];
    CounterKdfHmacSha256 = 0xB7, "sp800-108-counter-hmac-sha256", SECRET, [Derive], ckm 0x3AC, fips true, default true, Some(Hash::Sha256), Sp800108, [];
    CounterKdfHmacSha384 = 0xB8, "sp800-108-counter-hmac-sha384", SECRET, [Derive], ckm 0x3AC, fips true, default true, Some(Hash::Sha384), Sp800108, [];
    CounterKdfHmacSha512 = 0xB9, "sp800-108-counter-hmac-sha512", SECRET, [Derive], ckm 0x3AC, fips true, default true, Some(Hash::Sha512), Sp800108, [];

    Pbkdf2Sha1 = 0xBA, "pbkdf2-hmac-sha1", Option::None, [Derive], ckm 0x3B0, fips true, default true, Some(Hash::Sha1), Pbkdf2,
        [SecretKeyFactory "PBKDF2WithHmacSHA1" ("1.2.840.113549.1.5.12" "OID.1.2.840.113549.1.5.12" "PBKDF2WithSHA1")];
    Pbkdf2Sha224 = 0xBB, "pbkdf2-hmac-sha224", Option::None, [Derive], ckm 0x3B0, fips true, default true, Some(Hash::Sha224), Pbkdf2,
        [SecretKeyFactory "PBKDF2WithHmacSHA224" ()];
    Pbkdf2Sha256 = 0xBC, "pbkdf2-hmac-sha256", Option::None, [Derive], ckm 0x3B0, fips true, default true, Some(Hash::Sha256), Pbkdf2,
        [SecretKeyFactory "PBKDF2WithHmacSHA256" ()];
    Pbkdf2Sha384 = 0xBD, "pbkdf2-hmac-sha384", Option::None, [Derive], ckm 0x3B0, fips true, default true, Some(Hash::Sha384), Pbkdf2,
        [SecretKeyFactory "PBKDF2WithHmacSHA384" ()];
    Pbkdf2Sha512 = 0xBE, "pbkdf2-hmac-sha512", Option::None, [Derive], ckm 0x3B0, fips true, default true, Some(Hash::Sha512), Pbkdf2,
        [SecretKeyFactory "PBKDF2WithHmacSHA512" ()];
}

impl Mechanism {
    /// The wire code.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// The row of this mechanism.
    pub fn row(self) -> &'static MechanismRow {
        // Every variant has a row: enum and table come from the same macro, in the order of codes.
        match MECHANISMS.binary_search_by_key(&self.code(), |row| row.mechanism.code()) {
            Ok(index) | Err(index) => &MECHANISMS[index],
        }
    }

    /// The mechanism with this CLI name.
    pub fn from_name(name: &str) -> Option<Mechanism> {
        MECHANISMS
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.mechanism)
    }
}

impl MechanismRow {
    /// Whether the mechanism has this use.
    pub fn has_use(&self, wanted: Use) -> bool {
        self.uses.contains(&wanted)
    }
}

/// Whether keys of this type are pairs: a private key with its public one.
pub fn is_pair(key_type: KeyType) -> bool {
    match key_type {
        KeyType::Rsa
        | KeyType::Ec
        | KeyType::EcEdwards
        | KeyType::EcMontgomery
        | KeyType::MlDsa
        | KeyType::MlKem => true,
        KeyType::Unspecified
        | KeyType::Aes
        | KeyType::GenericSecret
        | KeyType::Chacha20
        | KeyType::Des3
        | KeyType::Certificate => false,
    }
}

/// Bytes of a hash's digest.
pub fn digest_bytes(hash: Hash) -> Option<usize> {
    match hash {
        Hash::Unspecified => None,
        Hash::Sha1 => Some(20),
        Hash::Sha224 | Hash::Sha512224 | Hash::Sha3224 => Some(28),
        Hash::Sha256 | Hash::Sha512256 | Hash::Sha3256 => Some(32),
        Hash::Sha384 | Hash::Sha3384 => Some(48),
        Hash::Sha512 | Hash::Sha3512 => Some(64),
    }
}
