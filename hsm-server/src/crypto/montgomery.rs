//! X25519 keys (RFC 7748): key agreement.

use super::CryptoError;
use super::ffi::{Kind, Pkey};
use super::key::key_der_bounded;
use zeroize::Zeroizing;

/// Size that is shown, as of the other curves.
pub const BITS: u32 = 255;

/// An X25519 public key. Any 32 bytes are one (RFC 7748); what they are worth shows in the agreement.
pub struct MontgomeryPublicKey(Pkey);

impl MontgomeryPublicKey {
    /// Accepts a parsed key.
    pub(super) fn new(pkey: Pkey) -> Self {
        Self(pkey)
    }

    /// SubjectPublicKeyInfo DER (RFC 8410).
    pub fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        self.0
            .public_der()
            .map_err(|_| CryptoError::Module("encoding an X25519 public key"))
    }
}

/// An X25519 private key. Its public half is computed from it.
pub struct MontgomeryKey(MontgomeryPublicKey);

impl MontgomeryKey {
    pub(super) fn generate() -> Result<Self, CryptoError> {
        Pkey::generate_x25519()
            .map(|pkey| Self(MontgomeryPublicKey(pkey)))
            .map_err(|_| CryptoError::Module("X25519 key generation"))
    }

    /// PKCS#8 (RFC 8410, RFC 5958); a public key in it that does not belong to the private one is refused.
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        const REFUSED: CryptoError = CryptoError::KeyRefused(
            "not a well-formed, unencrypted PKCS#8 X25519 private key (DER)",
        );
        key_der_bounded(pkcs8)?;
        let pkey = Pkey::parse_private(pkcs8).map_err(|_| REFUSED)?;
        if pkey.kind() != Kind::X25519 {
            return Err(REFUSED);
        }
        Ok(Self(MontgomeryPublicKey(pkey)))
    }

    /// The public half.
    pub fn public(&self) -> &MontgomeryPublicKey {
        &self.0
    }

    /// PKCS#8 DER (RFC 8410), without the public key.
    pub(super) fn private_der(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.0
            .0
            .private_der()
            .map_err(|_| CryptoError::Module("encoding an X25519 private key"))
    }

    /// The shared secret of 32 bytes, without a key derivation.
    ///
    /// # Errors
    /// [`CryptoError::PublicKeyRefused`] where it would be all zeros (RFC 7748, 6.1): the peer's point has a low order.
    pub fn agree(&self, peer: &MontgomeryPublicKey) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let refused = CryptoError::PublicKeyRefused(
            "the agreed secret would be all zeros: the peer's X25519 key is a point of low order",
        );
        let secret = self.0.0.ecdh(&peer.0).map_err(|_| refused.clone())?;
        if secret.iter().fold(0, |all, byte| all | byte) == 0 {
            return Err(refused);
        }
        Ok(secret)
    }
}
