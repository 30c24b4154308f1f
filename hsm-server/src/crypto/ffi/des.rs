//! Triple DES (SP 800-67) in CBC and ECB, with and without padding.

use super::{Failed, done, failed, sys};
use std::ffi::c_int;
use std::ptr::{NonNull, null, null_mut};

/// Bytes of a block.
pub(in crate::crypto) const DES_BLOCK_LEN: usize = 8;

/// Which way.
#[derive(Clone, Copy)]
pub(in crate::crypto) enum Direction {
    Encrypt = 1,
    Decrypt = 0,
}

/// Encrypts or decrypts in one call; with an `iv` of 8 bytes in CBC, else in ECB. `key` has 24 bytes. With `padded`
/// PKCS#7 is added or taken off: every wrong padding is one error.
pub(in crate::crypto) fn des3(
    direction: Direction,
    key: &[u8],
    iv: Option<&[u8]>,
    padded: bool,
    input: &[u8],
) -> Result<Vec<u8>, Failed> {
    if key.len() != 24 || iv.is_some_and(|iv| iv.len() != DES_BLOCK_LEN) {
        return Err(Failed);
    }
    let length = c_int::try_from(input.len()).map_err(|_| Failed)?;
    // SAFETY: allocation only.
    let ctx = Context(NonNull::new(unsafe { sys::EVP_CIPHER_CTX_new() }).ok_or_else(failed)?);
    let mut output = vec![0; input.len() + DES_BLOCK_LEN];
    let (mut written, mut last) = (0, 0);
    // SAFETY: key and IV have the lengths of the cipher; the output has room for a block more than the input, which is the
    // most that both calls write together; `written` is within it.
    unsafe {
        let cipher = match iv {
            Some(_) => sys::EVP_des_ede3_cbc(),
            None => sys::EVP_des_ede3_ecb(),
        };
        done(sys::EVP_CipherInit_ex(
            ctx.0.as_ptr(),
            cipher,
            null_mut(),
            key.as_ptr(),
            iv.map_or(null(), <[u8]>::as_ptr),
            direction as c_int,
        ))?;
        done(sys::EVP_CIPHER_CTX_set_padding(
            ctx.0.as_ptr(),
            c_int::from(padded),
        ))?;
        done(sys::EVP_CipherUpdate(
            ctx.0.as_ptr(),
            output.as_mut_ptr(),
            &mut written,
            input.as_ptr(),
            length,
        ))?;
        let start = usize::try_from(written).map_err(|_| Failed)?;
        done(sys::EVP_CipherFinal_ex(
            ctx.0.as_ptr(),
            output[start..].as_mut_ptr(),
            &mut last,
        ))?;
    }
    output.truncate(usize::try_from(written + last).map_err(|_| Failed)?);
    Ok(output)
}

/// An owned `EVP_CIPHER_CTX`, wiped when freed.
struct Context(NonNull<sys::EVP_CIPHER_CTX>);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned, freed once.
        unsafe { sys::EVP_CIPHER_CTX_free(self.0.as_ptr()) };
    }
}
