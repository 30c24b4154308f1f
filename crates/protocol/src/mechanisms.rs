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
    /// Key agreement.
    Derive,
    /// Random bytes.
    Random,
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
}

/// A JCA service that a mechanism is offered as.
#[derive(Debug, Clone, Copy)]
pub struct JcaService {
    /// The engine.
    pub engine: Engine,
    /// The standard name (JDK Security Standard Algorithm Names).
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
    /// Type of the key it works with; `None` for random bytes.
    pub key_type: Option<KeyType>,
    /// What it can be used for.
    pub uses: &'static [Use],
    /// PKCS#11 mechanism type.
    pub ckm: u64,
    /// Whether a cluster in FIPS mode offers it. Rows with SHA-1 signatures only verify, in both modes.
    pub fips: bool,
    /// Whether a key that names no allowed-mechanisms may be used with it.
    pub default_allowed: bool,
    /// The fixed hash: the data of a call is then this hash's digest.
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

mechanisms! {
    RsaKeyPairGen = 0x01, "rsa-key-pair-gen", RSA, [Generate], ckm 0x0, fips true, default true, None, None,
        [KeyPairGenerator "RSA" ("1.2.840.113549.1.1.1" "OID.1.2.840.113549.1.1.1") KeyFactory "RSA" ("1.2.840.113549.1.1.1" "OID.1.2.840.113549.1.1.1")];
    EcKeyPairGen = 0x02, "ec-key-pair-gen", EC, [Generate], ckm 0x1040, fips true, default true, None, None,
        [KeyPairGenerator "EC" ("EllipticCurve" "1.2.840.10045.2.1" "OID.1.2.840.10045.2.1") KeyFactory "EC" ("EllipticCurve" "1.2.840.10045.2.1" "OID.1.2.840.10045.2.1")];
    AesKeyGen = 0x03, "aes-key-gen", AES, [Generate], ckm 0x1080, fips true, default true, None, None,
        [KeyGenerator "AES" ("2.16.840.1.101.3.4.1" "OID.2.16.840.1.101.3.4.1") SecretKeyFactory "AES" ()];
    GenericSecretKeyGen = 0x04, "generic-secret-key-gen", SECRET, [Generate], ckm 0x350, fips true, default true, None, None,
        [KeyGenerator "GenericSecret" () KeyGenerator "HmacSHA1" ("1.2.840.113549.2.7" "OID.1.2.840.113549.2.7") KeyGenerator "HmacSHA224" ("1.2.840.113549.2.8" "OID.1.2.840.113549.2.8")
         KeyGenerator "HmacSHA256" ("1.2.840.113549.2.9" "OID.1.2.840.113549.2.9") KeyGenerator "HmacSHA384" ("1.2.840.113549.2.10" "OID.1.2.840.113549.2.10")
         KeyGenerator "HmacSHA512" ("1.2.840.113549.2.11" "OID.1.2.840.113549.2.11") SecretKeyFactory "GenericSecret" ()];

    RsaPkcs = 0x10, "rsa-pkcs", RSA, [Sign Verify], ckm 0x1, fips true, default true, None, None,
        [Signature "NONEwithRSA" ()];
    Sha1RsaPkcs = 0x11, "sha1-rsa-pkcs", RSA, [Verify], ckm 0x6, fips true, default true, Some(Hash::Sha1), None,
        [Signature "SHA1withRSA" ("1.2.840.113549.1.1.5" "OID.1.2.840.113549.1.1.5")];
    Sha224RsaPkcs = 0x12, "sha224-rsa-pkcs", RSA, [Sign Verify], ckm 0x46, fips true, default true, Some(Hash::Sha224), None,
        [Signature "SHA224withRSA" ("1.2.840.113549.1.1.14" "OID.1.2.840.113549.1.1.14")];
    Sha256RsaPkcs = 0x13, "sha256-rsa-pkcs", RSA, [Sign Verify], ckm 0x40, fips true, default true, Some(Hash::Sha256), None,
        [Signature "SHA256withRSA" ("1.2.840.113549.1.1.11" "OID.1.2.840.113549.1.1.11")];
    Sha384RsaPkcs = 0x14, "sha384-rsa-pkcs", RSA, [Sign Verify], ckm 0x41, fips true, default true, Some(Hash::Sha384), None,
        [Signature "SHA384withRSA" ("1.2.840.113549.1.1.12" "OID.1.2.840.113549.1.1.12")];
    Sha512RsaPkcs = 0x15, "sha512-rsa-pkcs", RSA, [Sign Verify], ckm 0x42, fips true, default true, Some(Hash::Sha512), None,
        [Signature "SHA512withRSA" ("1.2.840.113549.1.1.13" "OID.1.2.840.113549.1.1.13")];
    RsaPss = 0x18, "rsa-pkcs-pss", RSA, [Sign Verify], ckm 0xD, fips true, default true, None, Pss,
        [Signature "RSASSA-PSS" ("1.2.840.113549.1.1.10" "OID.1.2.840.113549.1.1.10")];
    RsaPkcsEncrypt = 0x20, "rsa-pkcs-encrypt", RSA, [Encrypt Decrypt Wrap Unwrap], ckm 0x1, fips false, default false, None, None,
        [Cipher "RSA/ECB/PKCS1Padding" ("RSA" "RSA/None/PKCS1Padding")];
    RsaOaep = 0x21, "rsa-oaep", RSA, [Encrypt Decrypt Wrap Unwrap], ckm 0x9, fips true, default true, None, Oaep,
        [Cipher "RSA/ECB/OAEPPadding" ("RSA/None/OAEPPadding") Cipher "RSA/ECB/OAEPWithSHA-1AndMGF1Padding" ("RSA/ECB/OAEPWithSHA1AndMGF1Padding")
         Cipher "RSA/ECB/OAEPWithSHA-224AndMGF1Padding" () Cipher "RSA/ECB/OAEPWithSHA-256AndMGF1Padding" ()
         Cipher "RSA/ECB/OAEPWithSHA-384AndMGF1Padding" () Cipher "RSA/ECB/OAEPWithSHA-512AndMGF1Padding" ()];
    RsaX509 = 0x22, "rsa-x-509", RSA, [Sign Verify Encrypt Decrypt], ckm 0x3, fips false, default false, None, None,
        [Cipher "RSA/ECB/NoPadding" ("RSA/None/NoPadding")];

    Ecdsa = 0x30, "ecdsa", EC, [Sign Verify], ckm 0x1041, fips true, default true, None, None,
        [Signature "NONEwithECDSA" ()];
    EcdsaSha1 = 0x31, "ecdsa-sha1", EC, [Verify], ckm 0x1042, fips true, default true, Some(Hash::Sha1), None,
        [Signature "SHA1withECDSA" ("1.2.840.10045.4.1" "OID.1.2.840.10045.4.1")];
    EcdsaSha224 = 0x32, "ecdsa-sha224", EC, [Sign Verify], ckm 0x1043, fips true, default true, Some(Hash::Sha224), None,
        [Signature "SHA224withECDSA" ("1.2.840.10045.4.3.1" "OID.1.2.840.10045.4.3.1")];
    EcdsaSha256 = 0x33, "ecdsa-sha256", EC, [Sign Verify], ckm 0x1044, fips true, default true, Some(Hash::Sha256), None,
        [Signature "SHA256withECDSA" ("1.2.840.10045.4.3.2" "OID.1.2.840.10045.4.3.2")];
    EcdsaSha384 = 0x34, "ecdsa-sha384", EC, [Sign Verify], ckm 0x1045, fips true, default true, Some(Hash::Sha384), None,
        [Signature "SHA384withECDSA" ("1.2.840.10045.4.3.3" "OID.1.2.840.10045.4.3.3")];
    EcdsaSha512 = 0x35, "ecdsa-sha512", EC, [Sign Verify], ckm 0x1046, fips true, default true, Some(Hash::Sha512), None,
        [Signature "SHA512withECDSA" ("1.2.840.10045.4.3.4" "OID.1.2.840.10045.4.3.4")];
    Ecdh = 0x38, "ecdh", EC, [Derive], ckm 0x1050, fips true, default true, None, None,
        [KeyAgreement "ECDH" ()];

    AesGcm = 0x40, "aes-gcm", AES, [Encrypt Decrypt Wrap Unwrap], ckm 0x1087, fips true, default true, None, Gcm,
        [Cipher "AES/GCM/NoPadding" ("2.16.840.1.101.3.4.1.6" "2.16.840.1.101.3.4.1.26" "2.16.840.1.101.3.4.1.46")];
    AesCbc = 0x41, "aes-cbc", AES, [Encrypt Decrypt], ckm 0x1082, fips true, default true, None, Iv,
        [Cipher "AES/CBC/NoPadding" ()];
    AesCbcPad = 0x42, "aes-cbc-pad", AES, [Encrypt Decrypt], ckm 0x1085, fips true, default true, None, Iv,
        [Cipher "AES/CBC/PKCS5Padding" ("AES/CBC/PKCS7Padding")];
    AesCtr = 0x43, "aes-ctr", AES, [Encrypt Decrypt], ckm 0x1086, fips true, default true, None, Iv,
        [Cipher "AES/CTR/NoPadding" ()];
    AesEcb = 0x44, "aes-ecb", AES, [Encrypt Decrypt], ckm 0x1081, fips true, default true, None, None,
        [Cipher "AES/ECB/NoPadding" ()];
    AesEcbPad = 0x45, "aes-ecb-pad", AES, [Encrypt Decrypt], ckm 0x1081, fips true, default true, None, None,
        [Cipher "AES/ECB/PKCS5Padding" ("AES" "AES/ECB/PKCS7Padding")];
    AesKeyWrap = 0x46, "aes-key-wrap", AES, [Wrap Unwrap], ckm 0x2109, fips true, default true, None, None,
        [Cipher "AES/KW/NoPadding" ("AESWrap" "AESWrap/ECB/NoPadding")];
    AesKeyWrapPad = 0x47, "aes-key-wrap-pad", AES, [Wrap Unwrap], ckm 0x210B, fips true, default true, None, None,
        [Cipher "AES/KWP/NoPadding" ("AESWrapPad" "AESWrap/ECB/ZeroPadding")];

    AesCmac = 0x48, "aes-cmac", AES, [Sign Verify], ckm 0x108A, fips true, default true, None, None,
        [Mac "AESCMAC" ("AES-CMAC")];

    HmacSha1 = 0x50, "sha1-hmac", SECRET, [Sign Verify], ckm 0x221, fips true, default true, None, None,
        [Mac "HmacSHA1" ("1.2.840.113549.2.7" "OID.1.2.840.113549.2.7")];
    HmacSha224 = 0x51, "sha224-hmac", SECRET, [Sign Verify], ckm 0x256, fips true, default true, None, None,
        [Mac "HmacSHA224" ("1.2.840.113549.2.8" "OID.1.2.840.113549.2.8")];
    HmacSha256 = 0x52, "sha256-hmac", SECRET, [Sign Verify], ckm 0x251, fips true, default true, None, None,
        [Mac "HmacSHA256" ("1.2.840.113549.2.9" "OID.1.2.840.113549.2.9")];
    HmacSha384 = 0x53, "sha384-hmac", SECRET, [Sign Verify], ckm 0x261, fips true, default true, None, None,
        [Mac "HmacSHA384" ("1.2.840.113549.2.10" "OID.1.2.840.113549.2.10")];
    HmacSha512 = 0x54, "sha512-hmac", SECRET, [Sign Verify], ckm 0x271, fips true, default true, None, None,
        [Mac "HmacSHA512" ("1.2.840.113549.2.11" "OID.1.2.840.113549.2.11")];

    Random = 0x60, "random", Option::None, [Random], ckm 0x0, fips true, default true, None, None,
        [SecureRandom "AES-CTR-DRBG" ()];
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

/// Bytes of a hash's digest.
pub fn digest_bytes(hash: Hash) -> Option<usize> {
    match hash {
        Hash::Unspecified => None,
        Hash::Sha1 => Some(20),
        Hash::Sha224 => Some(28),
        Hash::Sha256 => Some(32),
        Hash::Sha384 => Some(48),
        Hash::Sha512 => Some(64),
    }
}
