//! Ed25519 keys (RFC 8032, FIPS 186-5): Ed25519, Ed25519ctx and Ed25519ph.

use super::ffi::{
    EDWARDS_PUBLIC_LEN, EDWARDS_SIGNATURE_LEN, EdwardsForm, EdwardsPrivate, Kind, PREHASH_LEN,
    Pkey, edwards_verify,
};
use super::key::key_der_bounded;
use super::{CryptoError, expect_length};
use zeroize::Zeroizing;

/// Longest context in bytes (RFC 8032, section 8.3).
pub const CONTEXT_BYTES_MAX: usize = 255;
/// Strength-like size that is shown: the group order's, as for the other curves.
pub const BITS: u32 = 255;

/// How an Ed25519 signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdwardsSignature<'a> {
    /// Ed25519 over a message.
    Pure,
    /// Ed25519ctx over a message; the context has 1 to 255 bytes.
    Context(&'a [u8]),
    /// Ed25519ph over a SHA-512 digest; the context may be empty.
    Prehashed(&'a [u8]),
}

impl<'a> EdwardsSignature<'a> {
    fn checked(self, input: &[u8]) -> Result<EdwardsForm<'a>, CryptoError> {
        match self {
            Self::Pure => Ok(EdwardsForm::Pure),
            Self::Context([]) => Err(CryptoError::Parameter(
                "Ed25519ctx needs a context of 1 to 255 bytes; without one it is ed25519",
            )),
            Self::Context(context) | Self::Prehashed(context)
                if context.len() > CONTEXT_BYTES_MAX =>
            {
                Err(CryptoError::Parameter("a context has at most 255 bytes"))
            }
            Self::Context(context) => Ok(EdwardsForm::Context(context)),
            Self::Prehashed(context) => {
                expect_length("digest", input, PREHASH_LEN)?;
                Ok(EdwardsForm::Prehashed(context))
            }
        }
    }
}

/// An Ed25519 public key.
pub struct EdwardsPublicKey([u8; EDWARDS_PUBLIC_LEN]);

impl EdwardsPublicKey {
    /// Accepts a parsed key. Whether the point is on the curve is found when it verifies: nothing then verifies.
    pub(super) fn checked(pkey: &Pkey) -> Result<Self, CryptoError> {
        pkey.raw_public()
            .map(Self)
            .map_err(|_| CryptoError::Module("reading an Ed25519 public key"))
    }

    /// SubjectPublicKeyInfo DER (RFC 8410).
    pub fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        Pkey::from_edwards_public(&self.0)
            .and_then(|pkey| pkey.public_der())
            .map_err(|_| CryptoError::Module("encoding an Ed25519 public key"))
    }

    /// True when `signature` is this key's over `input` (for Ed25519ph a SHA-512 digest). A signature of the wrong
    /// length is simply wrong.
    pub fn verify(
        &self,
        how: EdwardsSignature<'_>,
        input: &[u8],
        signature: &[u8],
    ) -> Result<bool, CryptoError> {
        let form = how.checked(input)?;
        let Ok(signature) = <&[u8; EDWARDS_SIGNATURE_LEN]>::try_from(signature) else {
            return Ok(false);
        };
        edwards_verify(&self.0, form, input, signature)
            .map_err(|_| CryptoError::Module("Ed25519 verification"))
    }
}

/// An Ed25519 private key. Its public half is computed from it and never taken from anybody.
pub struct EdwardsKey {
    private: EdwardsPrivate,
    public: EdwardsPublicKey,
}

impl EdwardsKey {
    pub(super) fn generate() -> Self {
        Self::new(EdwardsPrivate::generate())
    }

    /// PKCS#8 (RFC 8410, RFC 5958); a public key in it that does not belong to the private one is refused.
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        const REFUSED: CryptoError = CryptoError::KeyRefused(
            "not a well-formed, unencrypted PKCS#8 Ed25519 private key (DER)",
        );
        key_der_bounded(pkcs8)?;
        let pkey = Pkey::parse_private(pkcs8).map_err(|_| REFUSED)?;
        if pkey.kind() != Kind::Ed25519 {
            return Err(REFUSED);
        }
        let seed = pkey
            .raw_private()
            .map_err(|_| CryptoError::Module("reading an Ed25519 private key"))?;
        Ok(Self::new(EdwardsPrivate::from_seed(&seed)))
    }

    fn new(private: EdwardsPrivate) -> Self {
        let public = EdwardsPublicKey(private.public());
        Self { private, public }
    }

    /// The public half.
    pub fn public(&self) -> &EdwardsPublicKey {
        &self.public
    }

    /// PKCS#8 DER (RFC 8410), without the public key.
    pub(super) fn private_der(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Pkey::from_edwards_seed(self.private.seed())
            .and_then(|pkey| pkey.private_der())
            .map_err(|_| CryptoError::Module("encoding an Ed25519 private key"))
    }

    /// Signs a message, or for Ed25519ph a SHA-512 digest: 64 bytes.
    pub fn sign(&self, how: EdwardsSignature<'_>, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let form = how.checked(input)?;
        self.private
            .sign(form, input)
            .map_err(|_| CryptoError::Module("Ed25519 signing"))
    }
}
