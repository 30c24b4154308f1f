//! The names this folder works with: digests, curves, key types.

/// A digest of FIPS 180-4 or FIPS 202.
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
    /// SHA-512/224.
    Sha512_224,
    /// SHA-512/256.
    Sha512_256,
    /// SHA3-224.
    Sha3_224,
    /// SHA3-256.
    Sha3_256,
    /// SHA3-384.
    Sha3_384,
    /// SHA3-512.
    Sha3_512,
}

impl Hash {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha512_224,
        Self::Sha512_256,
        Self::Sha3_224,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
    ];

    /// Length of a digest in bytes.
    pub const fn len_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha512_256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
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
    /// RSA of 2048 to 4096 bits, private.
    Rsa,
    /// EC, private.
    Ec,
    /// Ed25519, private.
    EcEdwards,
    /// X25519, private.
    EcMontgomery,
    /// ML-DSA, private.
    MlDsa,
    /// ML-KEM, private.
    MlKem,
    /// ChaCha20.
    ChaCha20,
    /// Triple DES.
    Des3,
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
    /// 2048 to 4096 bits in steps of 256, exponent 65537.
    Rsa {
        /// Modulus length in bits.
        bits: u32,
    },
    /// One of the named curves.
    Ec {
        /// The curve.
        curve: Curve,
    },
    /// Ed25519.
    EcEdwards,
    /// X25519.
    EcMontgomery,
    /// One of ML-DSA's parameter sets.
    MlDsa {
        /// The set.
        set: MlDsaSet,
    },
    /// One of ML-KEM's parameter sets.
    MlKem {
        /// The set.
        set: MlKemSet,
    },
    /// 256 bits.
    ChaCha20 {
        /// Size in bits.
        bits: u32,
    },
    /// 168 bits, or 192 with the parity bits.
    Des3 {
        /// Size in bits.
        bits: u32,
    },
}

/// A parameter set of ML-DSA (FIPS 204).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MlDsaSet {
    /// ML-DSA-44.
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
}

impl MlDsaSet {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MlDsa44, Self::MlDsa65, Self::MlDsa87];

    /// The number in its name.
    pub const fn level(self) -> u32 {
        match self {
            Self::MlDsa44 => 44,
            Self::MlDsa65 => 65,
            Self::MlDsa87 => 87,
        }
    }

    /// Length of a public key in bytes.
    pub const fn public_bytes(self) -> usize {
        match self {
            Self::MlDsa44 => 1312,
            Self::MlDsa65 => 1952,
            Self::MlDsa87 => 2592,
        }
    }

    /// How many numbers the secret vectors have, and eta, which bounds them (FIPS 204, table 1).
    pub(super) const fn secrets(self) -> (usize, u32) {
        match self {
            Self::MlDsa44 => (256 * (4 + 4), 2),
            Self::MlDsa65 => (256 * (6 + 5), 4),
            Self::MlDsa87 => (256 * (8 + 7), 2),
        }
    }

    /// Last number of its object identifier, under NIST's signature algorithms.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::MlDsa44 => 17,
            Self::MlDsa65 => 18,
            Self::MlDsa87 => 19,
        }
    }

    pub(super) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.number() == number)
    }
}

/// A parameter set of ML-KEM (FIPS 203).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MlKemSet {
    /// ML-KEM-512.
    MlKem512,
    /// ML-KEM-768.
    MlKem768,
    /// ML-KEM-1024.
    MlKem1024,
}

impl MlKemSet {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MlKem512, Self::MlKem768, Self::MlKem1024];

    /// The number in its name.
    pub const fn level(self) -> u32 {
        match self {
            Self::MlKem512 => 512,
            Self::MlKem768 => 768,
            Self::MlKem1024 => 1024,
        }
    }

    /// Length of a public key in bytes.
    pub const fn public_bytes(self) -> usize {
        match self {
            Self::MlKem512 => 800,
            Self::MlKem768 => 1184,
            Self::MlKem1024 => 1568,
        }
    }

    /// Length of a ciphertext in bytes.
    pub const fn ciphertext_bytes(self) -> usize {
        match self {
            Self::MlKem512 => 768,
            Self::MlKem768 => 1088,
            Self::MlKem1024 => 1568,
        }
    }

    /// Last number of its object identifier, under NIST's key encapsulation mechanisms.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::MlKem512 => 1,
            Self::MlKem768 => 2,
            Self::MlKem1024 => 3,
        }
    }

    pub(super) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.number() == number)
    }
}
