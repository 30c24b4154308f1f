//! AES-GCM (SP 800-38D) with a tag of 12 to 16 bytes.

use super::{Failed, done, failed, sys};
use std::ptr::{NonNull, null};

/// Shortest tag in bytes (96 bits); SP 800-38D allows less only under conditions no caller can keep.
pub(in crate::crypto) const TAG_LEN_MIN: usize = 12;
/// Longest tag in bytes (128 bits).
pub(in crate::crypto) const TAG_LEN_MAX: usize = 16;

/// An expanded AES key for GCM with one tag length, shared between threads.
pub(in crate::crypto) struct GcmKey {
    ctx: NonNull<sys::EVP_AEAD_CTX>,
    tag_len: usize,
}

// SAFETY: an EVP_AEAD_CTX has no tie to a thread.
unsafe impl Send for GcmKey {}
// SAFETY: sealing and opening take the context as const; AWS-LC documents it as usable concurrently.
unsafe impl Sync for GcmKey {}

impl Drop for GcmKey {
    fn drop(&mut self) {
        // SAFETY: owned, freed once; AWS-LC wipes the key schedule.
        unsafe { sys::EVP_AEAD_CTX_free(self.ctx.as_ptr()) };
    }
}

impl GcmKey {
    /// `key` has 16, 24 or 32 bytes; `tag_len` is in bytes.
    pub(in crate::crypto) fn new(key: &[u8], tag_len: usize) -> Result<Self, Failed> {
        if !(TAG_LEN_MIN..=TAG_LEN_MAX).contains(&tag_len) {
            return Err(Failed);
        }
        // SAFETY: return statics.
        let aead = unsafe {
            match key.len() {
                16 => sys::EVP_aead_aes_128_gcm(),
                24 => sys::EVP_aead_aes_192_gcm(),
                32 => sys::EVP_aead_aes_256_gcm(),
                _ => return Err(Failed),
            }
        };
        // SAFETY: the key slice is valid for its length; the context copies what it needs.
        NonNull::new(unsafe { sys::EVP_AEAD_CTX_new(aead, key.as_ptr(), key.len(), tag_len) })
            .map(|ctx| Self { ctx, tag_len })
            .ok_or_else(failed)
    }

    /// Ciphertext followed by the tag.
    pub(in crate::crypto) fn seal(
        &self,
        iv: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, Failed> {
        let mut output = vec![0u8; plaintext.len() + self.tag_len];
        let (ciphertext, tag) = output.split_at_mut(plaintext.len());
        let mut tag_len = 0;
        // SAFETY: `ciphertext` is as long as the plaintext and `tag` as long as its limit; the input slices are valid
        // for their lengths and do not overlap the output.
        done(unsafe {
            sys::EVP_AEAD_CTX_seal_scatter(
                self.ctx.as_ptr(),
                ciphertext.as_mut_ptr(),
                tag.as_mut_ptr(),
                &mut tag_len,
                tag.len(),
                iv.as_ptr(),
                iv.len(),
                plaintext.as_ptr(),
                plaintext.len(),
                null(),
                0,
                aad.as_ptr(),
                aad.len(),
            )
        })?;
        if tag_len == self.tag_len {
            Ok(output)
        } else {
            Err(Failed)
        }
    }

    /// The plaintext of `input` (ciphertext followed by the tag), or nothing.
    pub(in crate::crypto) fn open(
        &self,
        iv: &[u8],
        aad: &[u8],
        input: &[u8],
    ) -> Result<Vec<u8>, Failed> {
        let length = input.len().checked_sub(self.tag_len).ok_or(Failed)?;
        let (ciphertext, tag) = input.split_at(length);
        let mut plaintext = vec![0u8; length];
        // SAFETY: `plaintext` is as long as `ciphertext`; all slices are valid for their lengths. On failure AWS-LC
        // clears the output, and it is dropped here without being read.
        done(unsafe {
            sys::EVP_AEAD_CTX_open_gather(
                self.ctx.as_ptr(),
                plaintext.as_mut_ptr(),
                iv.as_ptr(),
                iv.len(),
                ciphertext.as_ptr(),
                ciphertext.len(),
                tag.as_ptr(),
                tag.len(),
                aad.as_ptr(),
                aad.len(),
            )
        })?;
        Ok(plaintext)
    }
}
