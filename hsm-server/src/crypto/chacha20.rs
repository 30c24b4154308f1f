//! ChaCha20-Poly1305 (RFC 8439). Not in the FIPS module's approved list.

use super::{CryptoError, ffi};
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, MAX_TAG_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// Most plaintext of one encryption in bytes (RFC 8439, 2.8).
pub const BYTES_MAX: u64 = (1 << 38) - 64;

/// A ChaCha20 key.
pub struct ChaChaKey {
    bytes: Zeroizing<Vec<u8>>,
    key: LessSafeKey,
}

impl ChaChaKey {
    pub(super) fn new(bytes: &[u8]) -> Result<Self, CryptoError> {
        let key =
            UnboundKey::new(&CHACHA20_POLY1305, bytes).map_err(|_| CryptoError::KeyLength {
                what: "ChaCha20 key",
                actual: bytes.len(),
                needed: "32 bytes",
            })?;
        Ok(Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            key: LessSafeKey::new(key),
        })
    }

    pub(super) fn generate(bits: u32) -> Result<Self, CryptoError> {
        if bits as usize != KEY_BYTES * 8 {
            return Err(CryptoError::KeySize {
                kind: "ChaCha20",
                bits,
                possible: "256",
            });
        }
        Self::new(&super::random::bytes(KEY_BYTES)?)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Ciphertext followed by the tag of 16 bytes. The caller answers for a `nonce` that was never used with this key.
    pub fn seal(&self, nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut output = Vec::with_capacity(plaintext.len() + MAX_TAG_LEN);
        output.extend_from_slice(plaintext);
        self.key
            .seal_in_place_append_tag(nonce_of(nonce)?, Aad::from(aad), &mut output)
            .map_err(|_| CryptoError::Module("ChaCha20-Poly1305"))?;
        Ok(output)
    }

    /// The plaintext of ciphertext followed by tag, after the tag was found right; nothing before.
    pub fn open(&self, nonce: &[u8], aad: &[u8], input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut output = input.to_vec();
        let length = self
            .key
            .open_in_place(nonce_of(nonce)?, Aad::from(aad), &mut output)
            .map_err(|_| CryptoError::Authentication)?
            .len();
        output.truncate(length);
        Ok(output)
    }

    /// Encryption or decryption chunk by chunk; `nonce` as for `seal`.
    pub(super) fn stream(
        &self,
        nonce: &[u8],
        direction: ffi::Direction,
    ) -> Result<ffi::AeadStream, CryptoError> {
        nonce_of(nonce)?;
        ffi::AeadStream::chacha20_poly1305(&self.bytes, nonce, direction)
            .map_err(|_| CryptoError::Module("ChaCha20-Poly1305"))
    }
}

fn nonce_of(nonce: &[u8]) -> Result<Nonce, CryptoError> {
    Nonce::try_assume_unique_for_key(nonce)
        .map_err(|_| CryptoError::Parameter("a nonce of ChaCha20-Poly1305 has 12 bytes"))
}
