//! Between the protocol's enumerations and this folder's.

use super::{CryptoError, Curve, Hash, KeySpec, KeyType};
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
        }
    }
}

impl TryFrom<messages::Curve> for Curve {
    type Error = CryptoError;

    fn try_from(curve: messages::Curve) -> Result<Self, CryptoError> {
        match curve {
            messages::Curve::Unspecified => Err(CryptoError::Parameter(
                "no curve, or one other than P-224, P-256, P-384, P-521, secp256k1, was named",
            )),
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
                CryptoError::Parameter("the key type must be RSA, EC, AES or generic secret"),
            ),
            messages::KeyType::Rsa => Ok(Self::Rsa),
            messages::KeyType::Ec => Ok(Self::Ec),
            messages::KeyType::Aes => Ok(Self::Aes),
            messages::KeyType::GenericSecret => Ok(Self::GenericSecret),
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
        }
    }
}

impl KeySpec {
    /// What GenerateKey and GenerateKeyPair ask for: `size_bits` counts for all types but EC, `curve` for EC.
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
        })
    }
}
