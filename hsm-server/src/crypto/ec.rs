//! EC keys on named curves: ECDSA (FIPS 186-5) and ECDH (SP 800-56A).

use super::ffi::{Kind, Pkey};
use super::key::key_der_bounded;
use super::rsa::SHA1_SIGNATURE;
use super::{CryptoError, Curve, Hash, bounded, expect_length};
use zeroize::Zeroizing;

/// Longest input of a raw (NONEwithECDSA) signature in bytes: the longest digest.
pub const RAW_DIGEST_BYTES_MAX: usize = 64;

/// What an ECDSA signature is made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EcdsaInput {
    /// A digest of this kind; any may be used with any curve, AWS-LC truncates it to the order.
    Digest(Hash),
    /// 1 to 64 bytes that the caller says are a digest (NONEwithECDSA, CKM_ECDSA).
    Raw,
}

impl EcdsaInput {
    fn check(self, input: &[u8]) -> Result<(), CryptoError> {
        match self {
            Self::Digest(hash) => expect_length("digest", input, hash.len_bytes()),
            Self::Raw if input.is_empty() => Err(CryptoError::DataLength {
                what: "digest",
                actual: 0,
                needed: format!("1 to {RAW_DIGEST_BYTES_MAX}"),
            }),
            Self::Raw => bounded("digest", input, RAW_DIGEST_BYTES_MAX),
        }
    }
}

/// A point on a named curve.
pub struct EcPublicKey {
    pkey: Pkey,
    curve: Curve,
}

impl EcPublicKey {
    /// Accepts a parsed key that satisfies our limits: named curve, point on it and not at infinity.
    pub(super) fn checked(pkey: Pkey) -> Result<Self, CryptoError> {
        let key = Self::on_named_curve(pkey)?;
        key.pkey.check_ec().map_err(|_| {
            CryptoError::KeyRefused("the numbers of the EC key do not fit together")
        })?;
        Ok(key)
    }

    fn on_named_curve(pkey: Pkey) -> Result<Self, CryptoError> {
        if pkey.kind() != Kind::Ec {
            return Err(CryptoError::KeyRefused("not an EC key (id-ecPublicKey)"));
        }
        let curve = pkey.ec_named_curve().ok_or(CryptoError::KeyRefused(
            "EC keys must be on a named curve: P-224, P-256, P-384, P-521 or secp256k1",
        ))?;
        Ok(Self { pkey, curve })
    }

    /// SubjectPublicKeyInfo DER, uncompressed point.
    pub fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        self.pkey
            .public_der()
            .map_err(|_| CryptoError::Module("encoding an EC public key"))
    }

    /// The curve.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// True when `signature` (DER) is this key's over `input`.
    pub fn verify(
        &self,
        what: EcdsaInput,
        input: &[u8],
        signature: &[u8],
    ) -> Result<bool, CryptoError> {
        what.check(input)?;
        self.pkey
            .digest_verify(input, signature)
            .map_err(|_| CryptoError::Module("ECDSA verification"))
    }
}

/// An EC private key.
pub struct EcKey(EcPublicKey);

impl EcKey {
    pub(super) fn generate(curve: Curve) -> Result<Self, CryptoError> {
        let pkey =
            Pkey::generate_ec(curve).map_err(|_| CryptoError::Module("EC key generation"))?;
        // Also the pairwise test that the non-FIPS build does not make by itself.
        EcPublicKey::checked(pkey).map(Self)
    }

    pub(super) fn from_stored(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        EcPublicKey::on_named_curve(parse(pkcs8)?).map(Self)
    }

    pub(super) fn from_import(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        EcPublicKey::checked(parse(pkcs8)?).map(Self)
    }

    /// The public half.
    pub fn public(&self) -> &EcPublicKey {
        &self.0
    }

    /// PKCS#8 DER.
    pub(super) fn private_der(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.0
            .pkey
            .private_der()
            .map_err(|_| CryptoError::Module("encoding an EC private key"))
    }

    /// ECDSA, DER signature. SHA-1 signatures are not made. The signature is not verified again: that would cost two
    /// thirds of the speed, and a fault here does not give the key away as it does with RSA-CRT.
    pub fn sign(&self, what: EcdsaInput, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if what == EcdsaInput::Digest(Hash::Sha1) {
            return Err(SHA1_SIGNATURE);
        }
        what.check(input)?;
        self.0
            .pkey
            .digest_sign(input)
            .map_err(|_| CryptoError::Module("ECDSA signing"))
    }

    /// ECDH without a key derivation: the x coordinate, 28 to 66 bytes. `peer` has been validated when it was parsed.
    pub fn agree(&self, peer: &EcPublicKey) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        if peer.curve != self.0.curve {
            return Err(CryptoError::WrongCurve {
                own: self.0.curve.name(),
                peer: peer.curve.name(),
            });
        }
        self.0
            .pkey
            .ecdh(&peer.pkey)
            .map_err(|_| CryptoError::Module("ECDH"))
    }
}

fn parse(pkcs8: &[u8]) -> Result<Pkey, CryptoError> {
    key_der_bounded(pkcs8)?;
    Pkey::parse_private(pkcs8).map_err(|_| {
        CryptoError::KeyRefused("not a well-formed, unencrypted PKCS#8 EC private key (DER) on P-224, P-256, P-384, P-521 or secp256k1")
    })
}
