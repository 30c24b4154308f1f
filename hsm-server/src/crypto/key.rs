//! A key ready to use, and the ways it comes into being.

use super::aes::AesKey;
use super::chacha20::ChaChaKey;
use super::des3::Des3Key;
use super::ec::{EcKey, EcPublicKey};
use super::edwards::{self, EdwardsKey, EdwardsPublicKey};
use super::ffi::{Kind, Pkey};
use super::hmac::SecretKey;
use super::ml_dsa::{MlDsaKey, MlDsaPublicKey};
use super::ml_kem::{MlKemKey, MlKemPublicKey};
use super::montgomery::{self, MontgomeryKey, MontgomeryPublicKey};
use super::rsa::{RsaKey, RsaPublicKey};
use super::{CryptoError, KEY_DER_BYTES_MAX, KeySpec, KeyType};
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
    /// An Ed25519 private key.
    EcEdwards(EdwardsKey),
    /// An X25519 private key.
    EcMontgomery(MontgomeryKey),
    /// An ML-DSA private key.
    MlDsa(MlDsaKey),
    /// An ML-KEM private key.
    MlKem(MlKemKey),
    /// ChaCha20.
    ChaCha20(ChaChaKey),
    /// Triple DES.
    Des3(Des3Key),
}

impl KeyMaterial {
    /// A new key from the module's random generator. RSA takes 50 ms to seconds: not for the thread of a connection.
    pub fn generate(spec: &KeySpec) -> Result<Self, CryptoError> {
        match *spec {
            KeySpec::Aes { bits } => AesKey::generate(bits).map(Self::Aes),
            KeySpec::GenericSecret { bits } => SecretKey::generate(bits).map(Self::GenericSecret),
            KeySpec::Rsa { bits } => RsaKey::generate(bits).map(Self::Rsa),
            KeySpec::Ec { curve } => EcKey::generate(curve).map(Self::Ec),
            KeySpec::EcEdwards => Ok(Self::EcEdwards(EdwardsKey::generate())),
            KeySpec::EcMontgomery => MontgomeryKey::generate().map(Self::EcMontgomery),
            KeySpec::MlDsa { set } => MlDsaKey::generate(set).map(Self::MlDsa),
            KeySpec::MlKem { set } => MlKemKey::generate(set).map(Self::MlKem),
            KeySpec::ChaCha20 { bits } => ChaChaKey::generate(bits).map(Self::ChaCha20),
            KeySpec::Des3 { bits } => Des3Key::generate(bits).map(Self::Des3),
        }
    }

    /// What `to_stored` gave: the barrier has authenticated it, so only what parsing needs is checked.
    pub fn from_stored(key_type: KeyType, stored: &[u8]) -> Result<Self, CryptoError> {
        match key_type {
            KeyType::Aes => AesKey::new(stored).map(Self::Aes),
            KeyType::GenericSecret => SecretKey::new(stored).map(Self::GenericSecret),
            KeyType::Rsa => RsaKey::from_stored(stored).map(Self::Rsa),
            KeyType::Ec => EcKey::from_stored(stored).map(Self::Ec),
            KeyType::EcEdwards => EdwardsKey::from_pkcs8(stored).map(Self::EcEdwards),
            KeyType::EcMontgomery => MontgomeryKey::from_pkcs8(stored).map(Self::EcMontgomery),
            KeyType::MlDsa => MlDsaKey::from_pkcs8(stored).map(Self::MlDsa),
            KeyType::MlKem => MlKemKey::from_pkcs8(stored).map(Self::MlKem),
            KeyType::ChaCha20 => ChaChaKey::new(stored).map(Self::ChaCha20),
            KeyType::Des3 => Des3Key::new(stored).map(Self::Des3),
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
            KeyType::EcEdwards => EdwardsKey::from_pkcs8(imported).map(Self::EcEdwards),
            KeyType::EcMontgomery => MontgomeryKey::from_pkcs8(imported).map(Self::EcMontgomery),
            KeyType::MlDsa => MlDsaKey::from_pkcs8(imported).map(Self::MlDsa),
            KeyType::MlKem => MlKemKey::from_pkcs8(imported).map(Self::MlKem),
            KeyType::ChaCha20 => ChaChaKey::new(imported).map(Self::ChaCha20),
            KeyType::Des3 => Des3Key::new(imported).map(Self::Des3),
        }
    }

    /// The form that is stored and wrapped: PKCS#8 DER for private keys, the bytes for secrets.
    pub fn to_stored(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        match self {
            Self::Aes(key) => Ok(Zeroizing::new(key.bytes().to_vec())),
            Self::GenericSecret(key) => Ok(Zeroizing::new(key.bytes().to_vec())),
            Self::Rsa(key) => key.private_der(),
            Self::Ec(key) => key.private_der(),
            Self::EcEdwards(key) => key.private_der(),
            Self::EcMontgomery(key) => key.private_der(),
            Self::MlDsa(key) => Ok(key.private_der()),
            Self::MlKem(key) => Ok(key.private_der()),
            Self::ChaCha20(key) => Ok(Zeroizing::new(key.bytes().to_vec())),
            Self::Des3(key) => Ok(Zeroizing::new(key.bytes().to_vec())),
        }
    }

    /// SubjectPublicKeyInfo DER of a private key's public half.
    pub fn public_key_info(&self) -> Result<Vec<u8>, CryptoError> {
        match self {
            Self::Rsa(key) => key.public().spki(),
            Self::Ec(key) => key.public().spki(),
            Self::EcEdwards(key) => key.public().spki(),
            Self::EcMontgomery(key) => key.public().spki(),
            Self::MlDsa(key) => key.public().spki(),
            Self::MlKem(key) => key.public().spki(),
            Self::Aes(_) | Self::GenericSecret(_) | Self::ChaCha20(_) | Self::Des3(_) => {
                Err(self.not("a key pair"))
            }
        }
    }

    /// What it is.
    pub fn key_type(&self) -> KeyType {
        match self {
            Self::Aes(_) => KeyType::Aes,
            Self::GenericSecret(_) => KeyType::GenericSecret,
            Self::Rsa(_) => KeyType::Rsa,
            Self::Ec(_) => KeyType::Ec,
            Self::EcEdwards(_) => KeyType::EcEdwards,
            Self::EcMontgomery(_) => KeyType::EcMontgomery,
            Self::MlDsa(_) => KeyType::MlDsa,
            Self::MlKem(_) => KeyType::MlKem,
            Self::ChaCha20(_) => KeyType::ChaCha20,
            Self::Des3(_) => KeyType::Des3,
        }
    }

    /// Size in bits: of the secret, the modulus or the group order. Of ML-DSA and ML-KEM the number of the parameter set.
    pub fn bits(&self) -> u32 {
        match self {
            Self::Aes(key) => key.bits(),
            Self::GenericSecret(key) => key.bits(),
            Self::Rsa(key) => key.public().bits(),
            Self::Ec(key) => key.public().curve().bits(),
            Self::EcEdwards(_) => edwards::BITS,
            Self::EcMontgomery(_) => montgomery::BITS,
            Self::MlDsa(key) => key.public().set().level(),
            Self::MlKem(key) => key.public().set().level(),
            Self::ChaCha20(key) => key.bytes().len() as u32 * 8,
            Self::Des3(key) => key.bytes().len() as u32 * 8,
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

    /// The Ed25519 private key, or the error that says what it is instead.
    pub fn edwards(&self) -> Result<&EdwardsKey, CryptoError> {
        if let Self::EcEdwards(key) = self {
            Ok(key)
        } else {
            Err(self.not("an Ed25519 key"))
        }
    }

    /// The X25519 private key, or the error that says what it is instead.
    pub fn montgomery(&self) -> Result<&MontgomeryKey, CryptoError> {
        if let Self::EcMontgomery(key) = self {
            Ok(key)
        } else {
            Err(self.not("an X25519 key"))
        }
    }

    /// The ML-DSA private key, or the error that says what it is instead.
    pub fn ml_dsa(&self) -> Result<&MlDsaKey, CryptoError> {
        if let Self::MlDsa(key) = self {
            Ok(key)
        } else {
            Err(self.not("an ML-DSA key"))
        }
    }

    /// The ML-KEM private key, or the error that says what it is instead.
    pub fn ml_kem(&self) -> Result<&MlKemKey, CryptoError> {
        if let Self::MlKem(key) = self {
            Ok(key)
        } else {
            Err(self.not("an ML-KEM key"))
        }
    }

    /// The ChaCha20 key, or the error that says what it is instead.
    pub fn chacha20(&self) -> Result<&ChaChaKey, CryptoError> {
        if let Self::ChaCha20(key) = self {
            Ok(key)
        } else {
            Err(self.not("a ChaCha20 key"))
        }
    }

    /// The triple DES key, or the error that says what it is instead.
    pub fn des3(&self) -> Result<&Des3Key, CryptoError> {
        if let Self::Des3(key) = self {
            Ok(key)
        } else {
            Err(self.not("a triple DES key"))
        }
    }

    fn not(&self, needed: &'static str) -> CryptoError {
        let actual = match self {
            Self::Aes(_) => "an AES key",
            Self::GenericSecret(_) => "a generic secret",
            Self::Rsa(_) => "an RSA key",
            Self::Ec(_) => "an EC key",
            Self::EcEdwards(_) => "an Ed25519 key",
            Self::EcMontgomery(_) => "an X25519 key",
            Self::MlDsa(_) => "an ML-DSA key",
            Self::MlKem(_) => "an ML-KEM key",
            Self::ChaCha20(_) => "a ChaCha20 key",
            Self::Des3(_) => "a triple DES key",
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
    /// Ed25519.
    EcEdwards(EdwardsPublicKey),
    /// X25519.
    EcMontgomery(MontgomeryPublicKey),
    /// ML-DSA.
    MlDsa(MlDsaPublicKey),
    /// ML-KEM.
    MlKem(MlKemPublicKey),
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
            "not a SubjectPublicKeyInfo (X.509, DER) of an RSA key, a point on a named curve, or an Ed25519, X25519, ML-DSA or ML-KEM key",
        );
        let pkey = Pkey::parse_public(der).map_err(|_| refused.clone())?;
        let checked = match pkey.kind() {
            Kind::Rsa => RsaPublicKey::checked(pkey).map(Self::Rsa),
            Kind::Ec => EcPublicKey::checked(pkey).map(Self::Ec),
            Kind::Ed25519 => EdwardsPublicKey::checked(&pkey).map(Self::EcEdwards),
            Kind::X25519 => Ok(Self::EcMontgomery(MontgomeryPublicKey::new(pkey))),
            Kind::MlDsa => MlDsaPublicKey::checked(pkey).map(Self::MlDsa),
            Kind::MlKem => MlKemPublicKey::checked(pkey).map(Self::MlKem),
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
            Self::EcEdwards(key) => key.spki(),
            Self::EcMontgomery(key) => key.spki(),
            Self::MlDsa(key) => key.spki(),
            Self::MlKem(key) => key.spki(),
        }
    }

    /// Size in bits of the modulus or the group order; of ML-DSA and ML-KEM the number of the parameter set.
    pub fn bits(&self) -> u32 {
        match self {
            Self::Rsa(key) => key.bits(),
            Self::Ec(key) => key.curve().bits(),
            Self::EcEdwards(_) => edwards::BITS,
            Self::EcMontgomery(_) => montgomery::BITS,
            Self::MlDsa(key) => key.set().level(),
            Self::MlKem(key) => key.set().level(),
        }
    }

    /// The RSA key, or the error that says what it is instead.
    pub fn rsa(&self) -> Result<&RsaPublicKey, CryptoError> {
        if let Self::Rsa(key) = self {
            Ok(key)
        } else {
            Err(self.not("an RSA key"))
        }
    }

    /// The EC key, or the error that says what it is instead.
    pub fn ec(&self) -> Result<&EcPublicKey, CryptoError> {
        if let Self::Ec(key) = self {
            Ok(key)
        } else {
            Err(self.not("an EC key"))
        }
    }

    /// The Ed25519 key, or the error that says what it is instead.
    pub fn edwards(&self) -> Result<&EdwardsPublicKey, CryptoError> {
        if let Self::EcEdwards(key) = self {
            Ok(key)
        } else {
            Err(self.not("an Ed25519 key"))
        }
    }

    /// The X25519 key, or the error that says what it is instead.
    pub fn montgomery(&self) -> Result<&MontgomeryPublicKey, CryptoError> {
        if let Self::EcMontgomery(key) = self {
            Ok(key)
        } else {
            Err(self.not("an X25519 key"))
        }
    }

    /// The ML-DSA key, or the error that says what it is instead.
    pub fn ml_dsa(&self) -> Result<&MlDsaPublicKey, CryptoError> {
        if let Self::MlDsa(key) = self {
            Ok(key)
        } else {
            Err(self.not("an ML-DSA key"))
        }
    }

    /// The ML-KEM key, or the error that says what it is instead.
    pub fn ml_kem(&self) -> Result<&MlKemPublicKey, CryptoError> {
        if let Self::MlKem(key) = self {
            Ok(key)
        } else {
            Err(self.not("an ML-KEM key"))
        }
    }

    fn not(&self, needed: &'static str) -> CryptoError {
        let actual = match self {
            Self::Rsa(_) => "an RSA key",
            Self::Ec(_) => "an EC key",
            Self::EcEdwards(_) => "an Ed25519 key",
            Self::EcMontgomery(_) => "an X25519 key",
            Self::MlDsa(_) => "an ML-DSA key",
            Self::MlKem(_) => "an ML-KEM key",
        };
        CryptoError::WrongKeyType { needed, actual }
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
