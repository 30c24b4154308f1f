//! The key of an operation: one of the HSM, or a public key that came with the request.

use super::aes::AesKey;
use super::chacha20::ChaChaKey;
use super::des3::Des3Key;
use super::ec::EcPublicKey;
use super::edwards::EdwardsPublicKey;
use super::hmac::SecretKey;
use super::ml_dsa::MlDsaPublicKey;
use super::ml_kem::MlKemPublicKey;
use super::rsa::RsaPublicKey;
use super::{CryptoError, KeyMaterial, PublicKey};

/// What verifies, encrypts or wraps: a key of ours (for a key pair its public half), or a public key from the caller.
#[derive(Clone, Copy)]
pub enum AnyKey<'a> {
    /// A key of the HSM.
    Own(&'a KeyMaterial),
    /// A public key that the caller sent.
    Public(&'a PublicKey),
}

impl<'a> AnyKey<'a> {
    pub(super) fn rsa(self) -> Result<&'a RsaPublicKey, CryptoError> {
        match self {
            Self::Own(key) => key.rsa().map(|key| key.public()),
            Self::Public(key) => key.rsa(),
        }
    }

    pub(super) fn ec(self) -> Result<&'a EcPublicKey, CryptoError> {
        match self {
            Self::Own(key) => key.ec().map(|key| key.public()),
            Self::Public(key) => key.ec(),
        }
    }

    pub(super) fn aes(self) -> Result<&'a AesKey, CryptoError> {
        self.secret("an AES key")?.aes()
    }

    pub(super) fn edwards(self) -> Result<&'a EdwardsPublicKey, CryptoError> {
        match self {
            Self::Own(key) => key.edwards().map(|key| key.public()),
            Self::Public(key) => key.edwards(),
        }
    }

    pub(super) fn ml_dsa(self) -> Result<&'a MlDsaPublicKey, CryptoError> {
        match self {
            Self::Own(key) => key.ml_dsa().map(|key| key.public()),
            Self::Public(key) => key.ml_dsa(),
        }
    }

    pub(super) fn ml_kem(self) -> Result<&'a MlKemPublicKey, CryptoError> {
        match self {
            Self::Own(key) => key.ml_kem().map(|key| key.public()),
            Self::Public(key) => key.ml_kem(),
        }
    }

    pub(super) fn chacha20(self) -> Result<&'a ChaChaKey, CryptoError> {
        self.secret("a ChaCha20 key")?.chacha20()
    }

    pub(super) fn des3(self) -> Result<&'a Des3Key, CryptoError> {
        self.secret("a triple DES key")?.des3()
    }

    pub(super) fn generic_secret(self) -> Result<&'a SecretKey, CryptoError> {
        self.secret("a generic secret")?.generic_secret()
    }

    fn secret(self, needed: &'static str) -> Result<&'a KeyMaterial, CryptoError> {
        match self {
            Self::Own(key) => Ok(key),
            Self::Public(_) => Err(CryptoError::WrongKeyType {
                needed,
                actual: "a public key",
            }),
        }
    }
}
