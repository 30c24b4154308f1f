//! HMAC (FIPS 198-1) and the generic secrets it works with.

use super::{CryptoError, Hash, ffi};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// Longest generic secret in bytes, as in CloudHSM.
pub const SECRET_BYTES_MAX: usize = 800;

/// Digests whose HMAC state is kept: SHA-1 and the common SHA-2.
const STATES: usize = 5;

/// A secret of 1 to 800 bytes, with an HMAC state for each of the commoner digests it has been used with.
pub struct SecretKey {
    bytes: Zeroizing<Vec<u8>>,
    hmac: [OnceLock<Box<hmac::Key>>; STATES],
}

impl SecretKey {
    pub(super) fn new(bytes: &[u8]) -> Result<Self, CryptoError> {
        if bytes.is_empty() || bytes.len() > SECRET_BYTES_MAX {
            return Err(CryptoError::KeyLength {
                what: "generic secret",
                actual: bytes.len(),
                needed: "1 to 800 bytes",
            });
        }
        Ok(Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            hmac: Default::default(),
        })
    }

    pub(super) fn generate(bits: u32) -> Result<Self, CryptoError> {
        let length = bits as usize / 8;
        if !bits.is_multiple_of(8) || !(1..=SECRET_BYTES_MAX).contains(&length) {
            return Err(CryptoError::KeySize {
                kind: "generic secret",
                bits,
                possible: "8 to 6400 in steps of 8",
            });
        }
        Self::new(&super::random::bytes(length)?)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Size in bits.
    pub fn bits(&self) -> u32 {
        self.bytes.len() as u32 * 8
    }

    /// The full-length HMAC of `data`.
    pub fn sign(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        match self.key(hash) {
            Some(key) => Ok(hmac::sign(key, data).as_ref().to_vec()),
            None => ffi::hmac(hash, &self.bytes, data).map_err(|_| CryptoError::Module("HMAC")),
        }
    }

    /// True when `tag` is the full-length HMAC of `data`; compared in constant time.
    pub fn verify(&self, hash: Hash, data: &[u8], tag: &[u8]) -> Result<bool, CryptoError> {
        Ok(verify_slices_are_equal(&self.sign(hash, data)?, tag).is_ok())
    }

    /// An HMAC under way.
    pub(super) fn stream(&self, hash: Hash) -> Result<ffi::HmacStream, CryptoError> {
        ffi::HmacStream::new(hash, &self.bytes).map_err(|_| CryptoError::Module("HMAC"))
    }

    /// The state for a digest that the safe crate has.
    fn key(&self, hash: Hash) -> Option<&hmac::Key> {
        let (slot, algorithm) = match hash {
            Hash::Sha1 => (0, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            Hash::Sha224 => (1, hmac::HMAC_SHA224),
            Hash::Sha256 => (2, hmac::HMAC_SHA256),
            Hash::Sha384 => (3, hmac::HMAC_SHA384),
            Hash::Sha512 => (4, hmac::HMAC_SHA512),
            Hash::Sha512_224
            | Hash::Sha512_256
            | Hash::Sha3_224
            | Hash::Sha3_256
            | Hash::Sha3_384
            | Hash::Sha3_512 => return None,
        };
        Some(self.hmac[slot].get_or_init(|| Box::new(hmac::Key::new(algorithm, &self.bytes))))
    }
}
