//! Hashes and what derives keys from them, with any digest AWS-LC has. Results go into buffers that wipe themselves.

use super::{Failed, Hash, digest, done, sys};
use std::ptr::null_mut;
use zeroize::Zeroizing;

type Secret = Zeroizing<Vec<u8>>;

/// The digest of `data`.
pub(in crate::crypto) fn hash(hash: Hash, data: &[u8]) -> Result<Secret, Failed> {
    let mut output = Zeroizing::new(vec![0u8; hash.len_bytes()]);
    // SAFETY: `output` is as long as the digest; a null length and engine are allowed.
    done(unsafe {
        sys::EVP_Digest(
            data.as_ptr().cast(),
            data.len(),
            output.as_mut_ptr(),
            null_mut(),
            digest(hash),
            null_mut(),
        )
    })?;
    Ok(output)
}

/// HKDF-Extract (RFC 5869, 2.2): as long as the digest.
pub(in crate::crypto) fn hkdf_extract(
    hash: Hash,
    salt: &[u8],
    secret: &[u8],
) -> Result<Secret, Failed> {
    let mut output = Zeroizing::new(vec![0u8; hash.len_bytes()]);
    let mut length = 0;
    // SAFETY: `output` is as long as the digest; the slices are valid for their lengths.
    done(unsafe {
        sys::HKDF_extract(
            output.as_mut_ptr(),
            &mut length,
            digest(hash),
            secret.as_ptr(),
            secret.len(),
            salt.as_ptr(),
            salt.len(),
        )
    })?;
    if length == output.len() {
        Ok(output)
    } else {
        Err(Failed)
    }
}

/// HKDF-Expand (RFC 5869, 2.3); fails above 255 digests.
pub(in crate::crypto) fn hkdf_expand(
    hash: Hash,
    pseudorandom_key: &[u8],
    info: &[u8],
    length_bytes: usize,
) -> Result<Secret, Failed> {
    let mut output = Zeroizing::new(vec![0u8; length_bytes]);
    // SAFETY: `output.len()` is given as its length; the slices are valid for their lengths.
    done(unsafe {
        sys::HKDF_expand(
            output.as_mut_ptr(),
            output.len(),
            digest(hash),
            pseudorandom_key.as_ptr(),
            pseudorandom_key.len(),
            info.as_ptr(),
            info.len(),
        )
    })?;
    Ok(output)
}

/// PBKDF2 with HMAC (RFC 8018, 5.2).
pub(in crate::crypto) fn pbkdf2(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length_bytes: usize,
) -> Result<Secret, Failed> {
    let mut output = Zeroizing::new(vec![0u8; length_bytes]);
    // SAFETY: `output.len()` is given as its length; the slices are valid for their lengths.
    done(unsafe {
        sys::PKCS5_PBKDF2_HMAC(
            password.as_ptr().cast(),
            password.len(),
            salt.as_ptr(),
            salt.len(),
            iterations,
            digest(hash),
            output.len(),
            output.as_mut_ptr(),
        )
    })?;
    Ok(output)
}
