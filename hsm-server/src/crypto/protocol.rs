//! Between the protocol's enumerations and this folder's.

use super::{
    CryptoError, Curve, Hash, KeyMaterial, KeySpec, KeyType, MlDsaSet, MlKemSet, PublicKey,
};
use ferrohsm_protocol::messages;

impl TryFrom<messages::Hash> for Hash {
    type Error = CryptoError;

    fn try_from(hash: messages::Hash) -> Result<Self, CryptoError> {
        match hash {
            messages::Hash::Unspecified => Err(CryptoError::Parameter(
                "no hash, or an unknown one, was named",
            )),
            messages::Hash::Sha1 => Ok(Self::Sha1),
            messages::Hash::Sha224 => Ok(Self::Sha224),
            messages::Hash::Sha256 => Ok(Self::Sha256),
            messages::Hash::Sha384 => Ok(Self::Sha384),
            messages::Hash::Sha512 => Ok(Self::Sha512),
            messages::Hash::Sha512224 => Ok(Self::Sha512_224),
            messages::Hash::Sha512256 => Ok(Self::Sha512_256),
            messages::Hash::Sha3224 => Ok(Self::Sha3_224),
            messages::Hash::Sha3256 => Ok(Self::Sha3_256),
            messages::Hash::Sha3384 => Ok(Self::Sha3_384),
            messages::Hash::Sha3512 => Ok(Self::Sha3_512),
        }
    }
}

impl TryFrom<messages::Curve> for Curve {
    type Error = CryptoError;

    fn try_from(curve: messages::Curve) -> Result<Self, CryptoError> {
        match curve {
            messages::Curve::Unspecified | messages::Curve::Ed25519 | messages::Curve::X25519 => {
                Err(CryptoError::Parameter(
                    "no curve, or one other than P-224, P-256, P-384, P-521, secp256k1, was named",
                ))
            }
            messages::Curve::P224 => Ok(Self::P224),
            messages::Curve::P256 => Ok(Self::P256),
            messages::Curve::P384 => Ok(Self::P384),
            messages::Curve::P521 => Ok(Self::P521),
            messages::Curve::Secp256k1 => Ok(Self::Secp256k1),
        }
    }
}

impl From<Curve> for messages::Curve {
    fn from(curve: Curve) -> Self {
        match curve {
            Curve::P224 => Self::P224,
            Curve::P256 => Self::P256,
            Curve::P384 => Self::P384,
            Curve::P521 => Self::P521,
            Curve::Secp256k1 => Self::Secp256k1,
        }
    }
}

impl TryFrom<messages::KeyType> for KeyType {
    type Error = CryptoError;

    fn try_from(key_type: messages::KeyType) -> Result<Self, CryptoError> {
        match key_type {
            messages::KeyType::Unspecified | messages::KeyType::Certificate => Err(
                CryptoError::Parameter("no type of key, or an unknown one, was named"),
            ),
            messages::KeyType::Rsa => Ok(Self::Rsa),
            messages::KeyType::Ec => Ok(Self::Ec),
            messages::KeyType::Aes => Ok(Self::Aes),
            messages::KeyType::GenericSecret => Ok(Self::GenericSecret),
            messages::KeyType::EcEdwards => Ok(Self::EcEdwards),
            messages::KeyType::EcMontgomery => Ok(Self::EcMontgomery),
            messages::KeyType::MlDsa => Ok(Self::MlDsa),
            messages::KeyType::MlKem => Ok(Self::MlKem),
            messages::KeyType::Chacha20 => Ok(Self::ChaCha20),
            messages::KeyType::Des3 => Ok(Self::Des3),
        }
    }
}

impl From<KeyType> for messages::KeyType {
    fn from(key_type: KeyType) -> Self {
        match key_type {
            KeyType::Rsa => Self::Rsa,
            KeyType::Ec => Self::Ec,
            KeyType::Aes => Self::Aes,
            KeyType::GenericSecret => Self::GenericSecret,
            KeyType::EcEdwards => Self::EcEdwards,
            KeyType::EcMontgomery => Self::EcMontgomery,
            KeyType::MlDsa => Self::MlDsa,
            KeyType::MlKem => Self::MlKem,
            KeyType::ChaCha20 => Self::Chacha20,
            KeyType::Des3 => Self::Des3,
        }
    }
}

impl KeySpec {
    /// What GenerateKey and GenerateKeyPair ask for: `size_bits` counts where there is no curve.
    pub fn from_request(
        key_type: messages::KeyType,
        size_bits: u32,
        curve: messages::Curve,
    ) -> Result<Self, CryptoError> {
        Ok(match KeyType::try_from(key_type)? {
            KeyType::Aes => Self::Aes { bits: size_bits },
            KeyType::GenericSecret => Self::GenericSecret { bits: size_bits },
            KeyType::Rsa => Self::Rsa { bits: size_bits },
            KeyType::Ec => Self::Ec {
                curve: curve.try_into()?,
            },
            KeyType::MlDsa => Self::MlDsa {
                set: set(MlDsaSet::ALL, MlDsaSet::level, size_bits).ok_or(
                    CryptoError::KeySize {
                        kind: "ML-DSA",
                        bits: size_bits,
                        possible: "the numbers of its parameter sets: 44, 65, 87",
                    },
                )?,
            },
            KeyType::MlKem => Self::MlKem {
                set: set(MlKemSet::ALL, MlKemSet::level, size_bits).ok_or(
                    CryptoError::KeySize {
                        kind: "ML-KEM",
                        bits: size_bits,
                        possible: "the numbers of its parameter sets: 512, 768, 1024",
                    },
                )?,
            },
            KeyType::ChaCha20 => Self::ChaCha20 { bits: size_bits },
            KeyType::Des3 => Self::Des3 { bits: size_bits },
            KeyType::EcEdwards if curve == messages::Curve::Ed25519 => Self::EcEdwards,
            KeyType::EcMontgomery if curve == messages::Curve::X25519 => Self::EcMontgomery,
            KeyType::EcEdwards | KeyType::EcMontgomery => {
                return Err(CryptoError::Parameter(
                    "the curve of this key type is Ed25519 (EC_EDWARDS) or X25519 (EC_MONTGOMERY)",
                ));
            }
        })
    }
}

fn set<S: Copy>(all: [S; 3], level: fn(S) -> u32, wanted: u32) -> Option<S> {
    all.into_iter().find(|set| level(*set) == wanted)
}

impl KeyMaterial {
    /// The protocol's name for the curve of an EC, Ed25519 or X25519 key.
    pub fn curve(&self) -> messages::Curve {
        match self {
            Self::Ec(key) => key.public().curve().into(),
            Self::EcEdwards(_) => messages::Curve::Ed25519,
            Self::EcMontgomery(_) => messages::Curve::X25519,
            Self::Aes(_)
            | Self::GenericSecret(_)
            | Self::Rsa(_)
            | Self::MlDsa(_)
            | Self::MlKem(_)
            | Self::ChaCha20(_)
            | Self::Des3(_) => messages::Curve::Unspecified,
        }
    }
}

impl PublicKey {
    /// The protocol's name for what it is.
    pub fn key_type(&self) -> messages::KeyType {
        match self {
            Self::Rsa(_) => messages::KeyType::Rsa,
            Self::Ec(_) => messages::KeyType::Ec,
            Self::EcEdwards(_) => messages::KeyType::EcEdwards,
            Self::EcMontgomery(_) => messages::KeyType::EcMontgomery,
            Self::MlDsa(_) => messages::KeyType::MlDsa,
            Self::MlKem(_) => messages::KeyType::MlKem,
        }
    }
}
