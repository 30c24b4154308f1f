//! HMAC with the digests that the safe crate lacks (SHA-512/t and SHA-3), and with any in chunks.

use super::{Failed, Hash, digest, done, failed, sys};
use std::ptr::{NonNull, null_mut};

/// The full-length HMAC of `data`.
pub(in crate::crypto) fn hmac(hash: Hash, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut tag = vec![0; hash.len_bytes()];
    let mut written = 0;
    // SAFETY: `tag` is as long as the digest, which is what the function writes; key and data are valid for their
    // lengths.
    let result = unsafe {
        sys::HMAC(
            digest(hash),
            key.as_ptr().cast(),
            key.len(),
            data.as_ptr(),
            data.len(),
            tag.as_mut_ptr(),
            &mut written,
        )
    };
    if result.is_null() {
        return Err(failed());
    }
    if written as usize == tag.len() {
        Ok(tag)
    } else {
        Err(Failed)
    }
}

/// An HMAC under way. Used by one thread at a time.
pub(in crate::crypto) struct HmacStream {
    ctx: NonNull<sys::HMAC_CTX>,
    tag_len: usize,
}

// SAFETY: an HMAC_CTX has no tie to a thread.
unsafe impl Send for HmacStream {}

impl Drop for HmacStream {
    fn drop(&mut self) {
        // SAFETY: owned, freed once; AWS-LC wipes what it frees.
        unsafe { sys::HMAC_CTX_free(self.ctx.as_ptr()) };
    }
}

impl HmacStream {
    pub(in crate::crypto) fn new(hash: Hash, key: &[u8]) -> Result<Self, Failed> {
        // SAFETY: allocation only.
        let ctx = NonNull::new(unsafe { sys::HMAC_CTX_new() }).ok_or_else(failed)?;
        let stream = Self {
            ctx,
            tag_len: hash.len_bytes(),
        };
        // SAFETY: the context is live; the key is valid for its length, and what is needed of it is copied.
        done(unsafe {
            sys::HMAC_Init_ex(
                ctx.as_ptr(),
                key.as_ptr().cast(),
                key.len(),
                digest(hash),
                null_mut(),
            )
        })?;
        Ok(stream)
    }

    /// Takes data.
    pub(in crate::crypto) fn update(&mut self, data: &[u8]) -> Result<(), Failed> {
        // SAFETY: the context was initialized; the slice is valid for its length.
        done(unsafe { sys::HMAC_Update(self.ctx.as_ptr(), data.as_ptr(), data.len()) })
    }

    /// The full-length HMAC.
    pub(in crate::crypto) fn tag(self) -> Result<Vec<u8>, Failed> {
        let mut tag = vec![0; self.tag_len];
        let mut written = 0;
        // SAFETY: `tag` is as long as the digest, which is what the function writes.
        done(unsafe { sys::HMAC_Final(self.ctx.as_ptr(), tag.as_mut_ptr(), &mut written) })?;
        if written as usize == tag.len() {
            Ok(tag)
        } else {
            Err(Failed)
        }
    }
}
