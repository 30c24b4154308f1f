//! AES 128, 192 and 256: GCM, CBC, CTR, ECB, key wrap.

use super::ffi::{self, GcmKey};
use super::{CryptoError, bounded, whole_blocks};
use aws_lc_rs::cipher::{
    self, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext,
    PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::cmac;
use aws_lc_rs::iv::FixedLength;
use std::ops::RangeInclusive;
use zeroize::Zeroizing;

/// Length of a block and of an IV for CBC and CTR in bytes.
pub const BLOCK_BYTES: usize = 16;

/// Lengths of a GCM IV in bytes; we make 12. Shorter ones are refused, they collide too early.
pub const GCM_IV_BYTES: RangeInclusive<usize> = 12..=128;

/// Most plaintext of one GCM encryption in bytes (SP 800-38D, 5.2.1.1).
pub const GCM_BYTES_MAX: u64 = (1 << 36) - 32;

/// Most that KW and KWP wrap in bytes; the longest key we hold is below 3 KiB.
pub const WRAP_BYTES_MAX: usize = 64 * 1024;

/// What key wrap counts in, in bytes.
const SEMIBLOCK_BYTES: usize = 8;
/// Tells the derived key of the attribute-bound wrap from any other.
const ATTRIBUTE_WRAP_LABEL: &[u8] = b"FerroHSM attribute-bound wrap 1";
const ATTRIBUTE_WRAP_TAG_BITS: u32 = 128;

/// PKCS#7 padding (RFC 5652, 6.3) or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Whole blocks only.
    None,
    /// One to sixteen bytes.
    Pkcs7,
}

/// An AES key: the bytes, and the expanded key for GCM with a full tag. The other modes expand it for each call, which
/// costs less than a microsecond.
pub struct AesKey {
    bytes: Zeroizing<Vec<u8>>,
    gcm: GcmKey,
}

impl AesKey {
    pub(super) fn new(bytes: &[u8]) -> Result<Self, CryptoError> {
        if !matches!(bytes.len(), 16 | 24 | 32) {
            return Err(CryptoError::KeyLength {
                what: "AES key",
                actual: bytes.len(),
                needed: "16, 24 or 32 bytes",
            });
        }
        let gcm = GcmKey::new(bytes, ffi::TAG_LEN_MAX)
            .map_err(|_| CryptoError::Module("AES key expansion"))?;
        Ok(Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            gcm,
        })
    }

    pub(super) fn generate(bits: u32) -> Result<Self, CryptoError> {
        if !matches!(bits, 128 | 192 | 256) {
            return Err(CryptoError::KeySize {
                kind: "AES",
                bits,
                possible: "128, 192, 256",
            });
        }
        Self::new(&super::random::bytes(bits as usize / 8)?)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Size in bits.
    pub fn bits(&self) -> u32 {
        self.bytes.len() as u32 * 8
    }

    /// CMAC (SP 800-38B): the full tag of 16 bytes.
    pub fn cmac_sign(&self, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        cmac::sign(&self.cmac()?, data)
            .map(|tag| tag.as_ref().to_vec())
            .map_err(|_| CryptoError::Module("AES-CMAC"))
    }

    /// True when `tag` is the full CMAC of `data`; compared in constant time.
    pub fn cmac_verify(&self, data: &[u8], tag: &[u8]) -> Result<bool, CryptoError> {
        Ok(cmac::verify(&self.cmac()?, data, tag).is_ok())
    }

    /// A CMAC under way.
    pub(super) fn cmac_context(&self) -> Result<cmac::Context, CryptoError> {
        Ok(cmac::Context::with_key(&self.cmac()?))
    }

    fn cmac(&self) -> Result<cmac::Key, CryptoError> {
        let algorithm = match self.bytes.len() {
            16 => cmac::AES_128,
            24 => cmac::AES_192,
            _ => cmac::AES_256,
        };
        cmac::Key::new(algorithm, &self.bytes).map_err(|_| CryptoError::Module("AES-CMAC"))
    }

    /// GCM: ciphertext followed by the tag of `tag_bits` (96 to 128 in steps of 8). The caller answers for an `iv` that
    /// was never used with this key: it comes from an `IvSource`, or from a caller whom the key's attributes trust.
    pub fn gcm_encrypt(
        &self,
        iv: &[u8],
        aad: &[u8],
        tag_bits: u32,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.with_gcm(iv, tag_bits, |key| {
            key.seal(iv, aad, plaintext)
                .map_err(|_| CryptoError::Module("AES-GCM"))
        })
    }

    /// GCM: the plaintext of ciphertext followed by tag, after the tag was found right; nothing before.
    pub fn gcm_decrypt(
        &self,
        iv: &[u8],
        aad: &[u8],
        tag_bits: u32,
        input: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.with_gcm(iv, tag_bits, |key| {
            key.open(iv, aad, input)
                .map_err(|_| CryptoError::Authentication)
        })
    }

    fn with_gcm<T>(
        &self,
        iv: &[u8],
        tag_bits: u32,
        operation: impl FnOnce(&GcmKey) -> Result<T, CryptoError>,
    ) -> Result<T, CryptoError> {
        let tag_len = gcm_tag_len(iv, tag_bits)?;
        if tag_len == ffi::TAG_LEN_MAX {
            return operation(&self.gcm);
        }
        let key = GcmKey::new(&self.bytes, tag_len)
            .map_err(|_| CryptoError::Module("AES key expansion"))?;
        operation(&key)
    }

    /// GCM chunk by chunk, and the length of its tag in bytes. `iv` as for `gcm_encrypt`.
    pub(super) fn gcm_stream(
        &self,
        iv: &[u8],
        tag_bits: u32,
        direction: ffi::Direction,
    ) -> Result<(ffi::AeadStream, usize), CryptoError> {
        let tag_len = gcm_tag_len(iv, tag_bits)?;
        let stream = ffi::AeadStream::aes_gcm(&self.bytes, iv, direction)
            .map_err(|_| CryptoError::Module("AES-GCM"))?;
        Ok((stream, tag_len))
    }

    /// CBC. Without padding `data` is whole blocks; the last ciphertext block is the IV of the next chunk.
    pub fn cbc_encrypt(
        &self,
        iv: &[u8],
        padding: Padding,
        data: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let context = EncryptionContext::Iv128(iv_of(iv)?);
        match padding {
            Padding::None => self.blocks(EncryptingKey::cbc, data, |key, data| {
                key.less_safe_encrypt(data, context)
            }),
            Padding::Pkcs7 => self.pad(PaddedBlockEncryptingKey::cbc_pkcs7, data, context),
        }
    }

    /// CBC backwards. The last ciphertext block is the IV of the next chunk; only the last chunk has padding. One
    /// error for every wrong padding.
    pub fn cbc_decrypt(
        &self,
        iv: &[u8],
        padding: Padding,
        data: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let context = DecryptionContext::Iv128(iv_of(iv)?);
        match padding {
            Padding::None => self.blocks(DecryptingKey::cbc, data, |key, data| {
                key.decrypt(data, context).map(|_| ())
            }),
            Padding::Pkcs7 => self.unpad(PaddedBlockDecryptingKey::cbc_pkcs7, data, context),
        }
    }

    /// CTR, both ways. `iv` is the first counter block, counting up in all 128 bits (SP 800-38A); a next chunk starts
    /// at this one plus its number of blocks, so all chunks but the last are whole blocks.
    pub fn ctr(&self, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let context = EncryptionContext::Iv128(iv_of(iv)?);
        let mut output = data.to_vec();
        self.cipher(EncryptingKey::ctr)?
            .less_safe_encrypt(&mut output, context)
            .map_err(|_| CryptoError::Module("AES-CTR"))?;
        Ok(output)
    }

    /// ECB: for compatibility; equal blocks show.
    pub fn ecb_encrypt(&self, padding: Padding, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let context = EncryptionContext::None;
        match padding {
            Padding::None => self.blocks(EncryptingKey::ecb, data, |key, data| {
                key.less_safe_encrypt(data, context)
            }),
            Padding::Pkcs7 => self.pad(PaddedBlockEncryptingKey::ecb_pkcs7, data, context),
        }
    }

    /// ECB backwards. One error for every wrong padding.
    pub fn ecb_decrypt(&self, padding: Padding, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let context = DecryptionContext::None;
        match padding {
            Padding::None => self.blocks(DecryptingKey::ecb, data, |key, data| {
                key.decrypt(data, context).map(|_| ())
            }),
            Padding::Pkcs7 => self.unpad(PaddedBlockDecryptingKey::ecb_pkcs7, data, context),
        }
    }

    /// KW (RFC 3394): `input` is a multiple of 8 bytes, 16 or more.
    pub fn wrap(&self, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        bounded("key to wrap", input, WRAP_BYTES_MAX)?;
        ffi::wrap(&self.bytes, input).map_err(|_| CryptoError::DataLength {
            what: "key to wrap",
            actual: input.len(),
            needed: "a multiple of 8, at least 16 (key wrap with padding takes any)".to_owned(),
        })
    }

    /// KW backwards.
    pub fn unwrap(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        bounded("wrapped key", input, WRAP_BYTES_MAX + 8)?;
        ffi::unwrap(&self.bytes, input).map_err(|_| CryptoError::WrappedKey)
    }

    /// KWP (RFC 5649): any length from 1 byte.
    pub fn wrap_padded(&self, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        bounded("key to wrap", input, WRAP_BYTES_MAX)?;
        ffi::wrap_padded(&self.bytes, input).map_err(|_| CryptoError::DataLength {
            what: "key to wrap",
            actual: input.len(),
            needed: "at least 1".to_owned(),
        })
    }

    /// KWP backwards.
    pub fn unwrap_padded(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        bounded("wrapped key", input, WRAP_BYTES_MAX + 8)?;
        ffi::unwrap_padded(&self.bytes, input).map_err(|_| CryptoError::WrappedKey)
    }

    /// KW over PKCS#7 padding to whole semiblocks (CKM_AES_KEY_WRAP_PKCS7, the JDK's AES/KW/PKCS5Padding).
    pub fn wrap_pkcs7(&self, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        bounded("key to wrap", input, WRAP_BYTES_MAX - SEMIBLOCK_BYTES)?;
        let padding = SEMIBLOCK_BYTES - input.len() % SEMIBLOCK_BYTES;
        let mut padded = Zeroizing::new(Vec::with_capacity(input.len() + padding));
        padded.extend_from_slice(input);
        padded.resize(input.len() + padding, padding as u8);
        self.wrap(&padded)
    }

    /// The same backwards. The padding is looked at after the integrity check, so it tells nothing. Up to 16 bytes, as JDK 17
    /// pads to whole blocks.
    pub fn unwrap_pkcs7(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let mut padded = self.unwrap(input)?;
        let padding = padded.last().copied().unwrap_or_default();
        let length = padded.len().checked_sub(usize::from(padding));
        match length {
            Some(length)
                if length > 0
                    && (1..=BLOCK_BYTES).contains(&usize::from(padding))
                    && padded[length..].iter().all(|byte| *byte == padding) =>
            {
                padded.truncate(length);
                Ok(padded)
            }
            _ => Err(CryptoError::WrappedKey),
        }
    }

    /// Wraps under a key that is derived from this one for nothing else, so that no other use of this key can make or
    /// open such a wrap. `iv` has 12 bytes and is new; `header` is authenticated.
    pub fn attribute_wrap(
        &self,
        iv: &[u8],
        header: &[u8],
        material: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        bounded("key to wrap", material, WRAP_BYTES_MAX)?;
        let key = self.attribute_wrap_key()?;
        key.gcm_encrypt(iv, header, ATTRIBUTE_WRAP_TAG_BITS, material)
    }

    /// The same backwards; nothing is given out unless everything is right.
    pub fn attribute_unwrap(
        &self,
        iv: &[u8],
        header: &[u8],
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        bounded("wrapped key", wrapped, WRAP_BYTES_MAX + BLOCK_BYTES)?;
        let key = self.attribute_wrap_key()?;
        key.gcm_decrypt(iv, header, ATTRIBUTE_WRAP_TAG_BITS, wrapped)
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::WrappedKey)
    }

    /// One block of SP 800-108 in counter mode with HMAC-SHA-256, as docs/formats.md says. HMAC, because no operation
    /// computes HMACs with an AES key: CMAC or GCM could be asked for the same values.
    fn attribute_wrap_key(&self) -> Result<AesKey, CryptoError> {
        let mut input = 1u32.to_be_bytes().to_vec();
        input.extend_from_slice(ATTRIBUTE_WRAP_LABEL);
        input.push(0);
        input.extend_from_slice(&256u32.to_be_bytes());
        let key = ffi::hmac(super::Hash::Sha256, &self.bytes, &input)
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::Module("HMAC"))?;
        AesKey::new(&key)
    }

    /// A key for one call in one mode.
    fn cipher<K, E>(&self, mode: fn(UnboundCipherKey) -> Result<K, E>) -> Result<K, CryptoError> {
        let algorithm = match self.bytes.len() {
            16 => &cipher::AES_128,
            24 => &cipher::AES_192,
            _ => &cipher::AES_256,
        };
        UnboundCipherKey::new(algorithm, &self.bytes)
            .ok()
            .and_then(|key| mode(key).ok())
            .ok_or(CryptoError::Module("AES key expansion"))
    }

    fn blocks<K, T>(
        &self,
        mode: fn(UnboundCipherKey) -> Result<K, aws_lc_rs::error::Unspecified>,
        data: &[u8],
        operation: impl FnOnce(&K, &mut [u8]) -> Result<T, aws_lc_rs::error::Unspecified>,
    ) -> Result<Vec<u8>, CryptoError> {
        whole_blocks(data, BLOCK_BYTES)?;
        let mut output = data.to_vec();
        operation(&self.cipher(mode)?, &mut output).map_err(|_| CryptoError::Module("AES"))?;
        Ok(output)
    }

    fn pad(
        &self,
        mode: fn(
            UnboundCipherKey,
        ) -> Result<PaddedBlockEncryptingKey, aws_lc_rs::error::Unspecified>,
        data: &[u8],
        context: EncryptionContext,
    ) -> Result<Vec<u8>, CryptoError> {
        let mut output = Vec::with_capacity(data.len() + BLOCK_BYTES);
        output.extend_from_slice(data);
        self.cipher(mode)?
            .less_safe_encrypt(&mut output, context)
            .map_err(|_| CryptoError::Module("AES"))?;
        Ok(output)
    }

    fn unpad(
        &self,
        mode: fn(
            UnboundCipherKey,
        ) -> Result<PaddedBlockDecryptingKey, aws_lc_rs::error::Unspecified>,
        data: &[u8],
        context: DecryptionContext,
    ) -> Result<Vec<u8>, CryptoError> {
        whole_blocks(data, BLOCK_BYTES)?;
        if data.is_empty() {
            return Err(CryptoError::DataLength {
                what: "ciphertext",
                actual: 0,
                needed: "16 or more".to_owned(),
            });
        }
        let mut output = data.to_vec();
        let length = self
            .cipher(mode)?
            .decrypt(&mut output, context)
            .map_err(|_| CryptoError::Decryption)?
            .len();
        output.truncate(length);
        Ok(output)
    }
}

/// Bytes of a GCM tag, after a check of IV and tag length.
fn gcm_tag_len(iv: &[u8], tag_bits: u32) -> Result<usize, CryptoError> {
    if !GCM_IV_BYTES.contains(&iv.len()) {
        return Err(CryptoError::Parameter("a GCM IV has 12 to 128 bytes"));
    }
    let tag_len = tag_bits as usize / 8;
    if !tag_bits.is_multiple_of(8) || !(ffi::TAG_LEN_MIN..=ffi::TAG_LEN_MAX).contains(&tag_len) {
        return Err(CryptoError::Parameter(
            "a GCM tag has 96, 104, 112, 120 or 128 bits",
        ));
    }
    Ok(tag_len)
}

fn iv_of(iv: &[u8]) -> Result<FixedLength<BLOCK_BYTES>, CryptoError> {
    FixedLength::try_from(iv).map_err(|_| CryptoError::Parameter("the IV must have 16 bytes"))
}
