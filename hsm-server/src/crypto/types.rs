//! The names this folder works with: digests, curves, key types.

/// A digest of FIPS 180-4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// Only to verify, in HMAC, and in OAEP and MGF1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// All of them, weakest first.
    pub const ALL: [Self; 5] = [
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    /// Length of a digest in bytes.
    pub const fn len_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A named curve (FIPS 186-5, SEC 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Curve {
    /// secp224r1.
    P224,
    /// secp256r1, prime256v1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
    /// secp256k1; not for clusters in FIPS mode.
    Secp256k1,
}

impl Curve {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::P224,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Secp256k1,
    ];

    /// Its name in SEC 2.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P224 => "secp224r1",
            Self::P256 => "secp256r1",
            Self::P384 => "secp384r1",
            Self::P521 => "secp521r1",
            Self::Secp256k1 => "secp256k1",
        }
    }

    /// Length of the group order in bits.
    pub const fn bits(self) -> u32 {
        match self {
            Self::P224 => 224,
            Self::P256 | Self::Secp256k1 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }
}

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// AES 128, 192 or 256.
    Aes,
    /// Bytes for HMAC and derivation.
    GenericSecret,
    /// RSA 2048, 3072 or 4096, private.
    Rsa,
    /// EC, private.
    Ec,
}

/// What key to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySpec {
    /// 128, 192 or 256 bits.
    Aes {
        /// Size in bits.
        bits: u32,
    },
    /// 8 to 6,400 bits in whole bytes, as in CloudHSM.
    GenericSecret {
        /// Size in bits.
        bits: u32,
    },
    /// 2048, 3072 or 4096 bits, exponent 65537.
    Rsa {
        /// Modulus length in bits.
        bits: u32,
    },
    /// One of the named curves.
    Ec {
        /// The curve.
        curve: Curve,
    },
}
