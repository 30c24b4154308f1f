//! A key ready to use, and the ways it comes into being.

use super::aes::AesKey;
use super::ec::{EcKey, EcPublicKey};
use super::ffi::{Kind, Pkey};
use super::hmac::SecretKey;
use super::rsa::{RsaKey, RsaPublicKey};
use super::{CryptoError, Curve, KEY_DER_BYTES_MAX, KeySpec, KeyType};
use zeroize::Zeroizing;

/// A key, parsed and with whatever is worth computing once: made when a key is first used, kept in the server's cache,
/// used by many threads at once. Neither `Clone` nor `Debug`; wiped when dropped.
pub enum KeyMaterial {
    /// AES.
    Aes(AesKey),
    /// Bytes for HMAC and derivation.
    GenericSecret(SecretKey),
    /// An RSA private key.
    Rsa(RsaKey),
    /// An EC private key.
    Ec(EcKey),
}

impl KeyMaterial {
    /// A new key from the module's random generator. RSA takes 50 ms to seconds: not for the thread of a connection.
    pub fn generate(spec: &KeySpec) -> Result<Self, CryptoError> {
        match *spec {
            KeySpec::Aes { bits } => AesKey::generate(bits).map(Self::Aes),
            KeySpec::GenericSecret { bits } => SecretKey::generate(bits).map(Self::GenericSecret),
            KeySpec::Rsa { bits } => RsaKey::generate(bits).map(Self::Rsa),
            KeySpec::Ec { curve } => EcKey::generate(curve).map(Self::Ec),
        }
    }

    /// What `to_stored` gave: the barrier has authenticated it, so only what parsing needs is checked.
    pub fn from_stored(key_type: KeyType, stored: &[u8]) -> Result<Self, CryptoError> {
        match key_type {
            KeyType::Aes => AesKey::new(stored).map(Self::Aes),
            KeyType::GenericSecret => SecretKey::new(stored).map(Self::GenericSecret),
            KeyType::Rsa => RsaKey::from_stored(stored).map(Self::Rsa),
            KeyType::Ec => EcKey::from_stored(stored).map(Self::Ec),
        }
    }

    /// A key from outside: PKCS#8 DER for private keys, the bytes for secrets. Private keys are checked in full
    /// (sizes, consistency, primes; curve, point, scalar): RSA takes 30 to 200 ms of CPU, so not on the thread of a
    /// connection.
    pub fn from_import(key_type: KeyType, imported: &[u8]) -> Result<Self, CryptoError> {
        match key_type {
            KeyType::Aes => AesKey::new(imported).map(Self::Aes),
            KeyType::GenericSecret => SecretKey::new(imported).map(Self::GenericSecret),
            KeyType::Rsa => RsaKey::from_import(imported).map(Self::Rsa),
            KeyType::Ec => EcKey::from_import(imported).map(Self::Ec),
        }
    }

    /// The form that is stored and wrapped: PKCS#8 DER for private keys, the bytes for secrets.
    pub fn to_stored(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        match self {
            Self::Aes(key) => Ok(Zeroizing::new(key.bytes().to_vec())),
            Self::GenericSecret(key) => Ok(Zeroizing::new(key.bytes().to_vec())),
            Self::Rsa(key) => key.private_der(),
            Self::Ec(key) => key.private_der(),
        }
    }

    /// SubjectPublicKeyInfo DER of a private key's public half.
    pub fn public_key_info(&self) -> Result<Vec<u8>, CryptoError> {
        match self {
            Self::Rsa(key) => key.public().spki(),
            Self::Ec(key) => key.public().spki(),
            Self::Aes(_) | Self::GenericSecret(_) => Err(self.not("a key pair")),
        }
    }

    /// What it is.
    pub fn key_type(&self) -> KeyType {
        match self {
            Self::Aes(_) => KeyType::Aes,
            Self::GenericSecret(_) => KeyType::GenericSecret,
            Self::Rsa(_) => KeyType::Rsa,
            Self::Ec(_) => KeyType::Ec,
        }
    }

    /// Size in bits: of the secret, the modulus or the group order.
    pub fn bits(&self) -> u32 {
        match self {
            Self::Aes(key) => key.bits(),
            Self::GenericSecret(key) => key.bits(),
            Self::Rsa(key) => key.public().bits(),
            Self::Ec(key) => key.public().curve().bits(),
        }
    }

    /// The curve of an EC key.
    pub fn curve(&self) -> Option<Curve> {
        match self {
            Self::Ec(key) => Some(key.public().curve()),
            Self::Aes(_) | Self::GenericSecret(_) | Self::Rsa(_) => None,
        }
    }

    /// The AES key, or the error that says what it is instead.
    pub fn aes(&self) -> Result<&AesKey, CryptoError> {
        if let Self::Aes(key) = self {
            Ok(key)
        } else {
            Err(self.not("an AES key"))
        }
    }

    /// The generic secret, or the error that says what it is instead.
    pub fn generic_secret(&self) -> Result<&SecretKey, CryptoError> {
        if let Self::GenericSecret(key) = self {
            Ok(key)
        } else {
            Err(self.not("a generic secret"))
        }
    }

    /// The RSA private key, or the error that says what it is instead.
    pub fn rsa(&self) -> Result<&RsaKey, CryptoError> {
        if let Self::Rsa(key) = self {
            Ok(key)
        } else {
            Err(self.not("an RSA key"))
        }
    }

    /// The EC private key, or the error that says what it is instead.
    pub fn ec(&self) -> Result<&EcKey, CryptoError> {
        if let Self::Ec(key) = self {
            Ok(key)
        } else {
            Err(self.not("an EC key"))
        }
    }

    fn not(&self, needed: &'static str) -> CryptoError {
        let actual = match self {
            Self::Aes(_) => "an AES key",
            Self::GenericSecret(_) => "a generic secret",
            Self::Rsa(_) => "an RSA key",
            Self::Ec(_) => "an EC key",
        };
        CryptoError::WrongKeyType { needed, actual }
    }
}

/// A public key that a caller supplied, or the public half of a key pair.
pub enum PublicKey {
    /// RSA.
    Rsa(RsaPublicKey),
    /// EC.
    Ec(EcPublicKey),
}

impl PublicKey {
    /// Parses SubjectPublicKeyInfo DER. The same sizes and curves as for private keys; the point is validated.
    pub fn from_spki(der: &[u8]) -> Result<Self, CryptoError> {
        if der.len() > KEY_DER_BYTES_MAX {
            return Err(CryptoError::PublicKeyRefused(
                "it is longer than any key we support",
            ));
        }
        let refused = CryptoError::PublicKeyRefused(
            "not a SubjectPublicKeyInfo (X.509, DER) of an RSA key or of a point on a named curve",
        );
        let pkey = Pkey::parse_public(der).map_err(|_| refused.clone())?;
        let checked = match pkey.kind() {
            Kind::Rsa => RsaPublicKey::checked(pkey).map(Self::Rsa),
            Kind::Ec => EcPublicKey::checked(pkey).map(Self::Ec),
            Kind::Other => return Err(refused),
        };
        checked.map_err(|error| match error {
            CryptoError::KeyRefused(reason) => CryptoError::PublicKeyRefused(reason),
            other => other,
        })
    }

    /// SubjectPublicKeyInfo DER; EC points uncompressed.
    pub fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        match self {
            Self::Rsa(key) => key.spki(),
            Self::Ec(key) => key.spki(),
        }
    }

    /// Size in bits of the modulus or the group order.
    pub fn bits(&self) -> u32 {
        match self {
            Self::Rsa(key) => key.bits(),
            Self::Ec(key) => key.curve().bits(),
        }
    }

    /// The RSA key, or the error that says what it is instead.
    pub fn rsa(&self) -> Result<&RsaPublicKey, CryptoError> {
        match self {
            Self::Rsa(key) => Ok(key),
            Self::Ec(_) => Err(CryptoError::WrongKeyType {
                needed: "an RSA key",
                actual: "an EC key",
            }),
        }
    }

    /// The EC key, or the error that says what it is instead.
    pub fn ec(&self) -> Result<&EcPublicKey, CryptoError> {
        match self {
            Self::Ec(key) => Ok(key),
            Self::Rsa(_) => Err(CryptoError::WrongKeyType {
                needed: "an EC key",
                actual: "an RSA key",
            }),
        }
    }
}

/// Refuses an encoded private key above the limit before it is parsed.
pub(super) fn key_der_bounded(der: &[u8]) -> Result<(), CryptoError> {
    if der.len() <= KEY_DER_BYTES_MAX {
        return Ok(());
    }
    Err(CryptoError::KeyRefused(
        "it is longer than any key we support",
    ))
}
