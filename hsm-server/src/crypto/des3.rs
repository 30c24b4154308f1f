//! Triple DES with three keys (SP 800-67), for what has to be read or talked to still. NIST disallows it since 2024; it is
//! behind the legacy switch and never in FIPS mode.

use super::aes::Padding;
use super::ffi::{DES_BLOCK_LEN, Direction, des3};
use super::{CryptoError, whole_blocks};
use zeroize::Zeroizing;

/// Bytes of a block and of an IV.
pub const BLOCK_BYTES: usize = DES_BLOCK_LEN;
/// Bytes of a key: three DES keys with their parity bits.
pub const KEY_BYTES: usize = 24;

/// A triple DES key.
pub struct Des3Key(Zeroizing<Vec<u8>>);

impl Des3Key {
    /// Parity bits may be anything, as in the JDK; keys of which two are equal are refused, they are single DES.
    pub(super) fn new(bytes: &[u8]) -> Result<Self, CryptoError> {
        if bytes.len() != KEY_BYTES {
            return Err(CryptoError::KeyLength {
                what: "triple DES key",
                actual: bytes.len(),
                needed: "24 bytes",
            });
        }
        let significant = |index: usize| bytes[8 * index..8 * index + 8].iter().map(|b| b & 0xfe);
        if significant(0).eq(significant(1)) || significant(1).eq(significant(2)) {
            return Err(CryptoError::KeyRefused(
                "two neighbours of its three DES keys are equal, which is no more than single DES",
            ));
        }
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    pub(super) fn generate(bits: u32) -> Result<Self, CryptoError> {
        // 168 without the parity bits is what the JDK calls it.
        if !matches!(bits, 168 | 192) {
            return Err(CryptoError::KeySize {
                kind: "triple DES",
                bits,
                possible: "168 (which is 192 with parity bits)",
            });
        }
        let mut bytes = super::random::bytes(KEY_BYTES)?;
        for byte in bytes.iter_mut() {
            let seven = *byte & 0xfe;
            *byte = seven | u8::from(seven.count_ones().is_multiple_of(2));
        }
        Self::new(&bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// CBC with an IV of 8 bytes. Without padding `data` is whole blocks; the last ciphertext block is the IV of the next
    /// chunk.
    pub fn cbc_encrypt(
        &self,
        iv: &[u8],
        padding: Padding,
        data: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.encrypt(Some(iv_of(iv)?), padding, data)
    }

    /// CBC backwards. One error for every wrong padding.
    pub fn cbc_decrypt(
        &self,
        iv: &[u8],
        padding: Padding,
        data: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.decrypt(Some(iv_of(iv)?), padding, data)
    }

    /// ECB: equal blocks show.
    pub fn ecb_encrypt(&self, padding: Padding, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.encrypt(None, padding, data)
    }

    /// ECB backwards. One error for every wrong padding.
    pub fn ecb_decrypt(&self, padding: Padding, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.decrypt(None, padding, data)
    }

    fn encrypt(
        &self,
        iv: Option<&[u8]>,
        padding: Padding,
        data: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let padded = padding == Padding::Pkcs7;
        if !padded {
            whole_blocks(data, BLOCK_BYTES)?;
        }
        des3(Direction::Encrypt, &self.0, iv, padded, data)
            .map_err(|_| CryptoError::Module("triple DES"))
    }

    fn decrypt(
        &self,
        iv: Option<&[u8]>,
        padding: Padding,
        data: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        whole_blocks(data, BLOCK_BYTES)?;
        if padding == Padding::None {
            return des3(Direction::Decrypt, &self.0, iv, false, data)
                .map_err(|_| CryptoError::Module("triple DES"));
        }
        if data.is_empty() {
            return Err(CryptoError::DataLength {
                what: "ciphertext",
                actual: 0,
                needed: "8 or more".to_owned(),
            });
        }
        des3(Direction::Decrypt, &self.0, iv, true, data).map_err(|_| CryptoError::Decryption)
    }
}

fn iv_of(iv: &[u8]) -> Result<&[u8], CryptoError> {
    match iv.len() {
        BLOCK_BYTES => Ok(iv),
        _ => Err(CryptoError::Parameter("the IV must have 8 bytes")),
    }
}
