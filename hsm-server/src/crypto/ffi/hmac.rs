//! HMAC with the digests that the safe crate lacks: SHA-512/t and SHA-3.

use super::{Failed, Hash, digest, failed, sys};

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
