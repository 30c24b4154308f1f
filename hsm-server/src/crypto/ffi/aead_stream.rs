//! Authenticated encryption chunk by chunk, through `EVP_CIPHER`: `EVP_AEAD` takes whole messages only.

use super::{Direction, Failed, done, failed, sys};
use std::ffi::c_int;
use std::ptr::{NonNull, null, null_mut};

/// One encryption or decryption under way. Associated data goes in before data. Used by one thread at a time.
pub(in crate::crypto) struct AeadStream {
    ctx: NonNull<sys::EVP_CIPHER_CTX>,
}

// SAFETY: an EVP_CIPHER_CTX has no tie to a thread.
unsafe impl Send for AeadStream {}

impl Drop for AeadStream {
    fn drop(&mut self) {
        // SAFETY: owned, freed once; AWS-LC wipes what it frees, key schedule and state with it.
        unsafe { sys::EVP_CIPHER_CTX_free(self.ctx.as_ptr()) };
    }
}

impl AeadStream {
    /// AES-GCM (SP 800-38D); `key` has 16, 24 or 32 bytes.
    pub(in crate::crypto) fn aes_gcm(
        key: &[u8],
        iv: &[u8],
        direction: Direction,
    ) -> Result<Self, Failed> {
        // SAFETY: these take no argument and return a pointer to a static.
        let cipher = unsafe {
            match key.len() {
                16 => sys::EVP_aes_128_gcm(),
                24 => sys::EVP_aes_192_gcm(),
                32 => sys::EVP_aes_256_gcm(),
                _ => return Err(Failed),
            }
        };
        Self::new(cipher, key, iv, direction)
    }

    /// ChaCha20-Poly1305 (RFC 8439); `key` has 32 bytes, `iv` 12.
    pub(in crate::crypto) fn chacha20_poly1305(
        key: &[u8],
        iv: &[u8],
        direction: Direction,
    ) -> Result<Self, Failed> {
        if key.len() != 32 || iv.len() != 12 {
            return Err(Failed);
        }
        // SAFETY: takes no argument and returns a pointer to a static.
        Self::new(unsafe { sys::EVP_chacha20_poly1305() }, key, iv, direction)
    }

    /// `key` is as long as `cipher` wants it.
    fn new(
        cipher: *const sys::EVP_CIPHER,
        key: &[u8],
        iv: &[u8],
        direction: Direction,
    ) -> Result<Self, Failed> {
        // SAFETY: allocation only.
        let ctx = NonNull::new(unsafe { sys::EVP_CIPHER_CTX_new() }).ok_or_else(failed)?;
        let stream = Self { ctx };
        let iv_len = length(iv)?;
        let encrypts = direction as c_int;
        // SAFETY: the context is live; the length of the IV is set before the IV is read, and the key is as long as the
        // cipher reads.
        unsafe {
            let ctx = ctx.as_ptr();
            done(sys::EVP_CipherInit_ex(
                ctx,
                cipher,
                null_mut(),
                null(),
                null(),
                encrypts,
            ))?;
            done(sys::EVP_CIPHER_CTX_ctrl(
                ctx,
                sys::EVP_CTRL_AEAD_SET_IVLEN,
                iv_len,
                null_mut(),
            ))?;
            done(sys::EVP_CipherInit_ex(
                ctx,
                null(),
                null_mut(),
                key.as_ptr(),
                iv.as_ptr(),
                encrypts,
            ))?;
        }
        Ok(stream)
    }

    /// Takes associated data.
    pub(in crate::crypto) fn aad(&mut self, aad: &[u8]) -> Result<(), Failed> {
        if aad.is_empty() {
            return Ok(());
        }
        let mut taken = 0;
        // SAFETY: a null output means associated data; the slice is valid for its length.
        done(unsafe {
            sys::EVP_CipherUpdate(
                self.ctx.as_ptr(),
                null_mut(),
                &mut taken,
                aad.as_ptr(),
                length(aad)?,
            )
        })
    }

    /// Appends as much output as there is input.
    pub(in crate::crypto) fn update(
        &mut self,
        data: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(), Failed> {
        // A null or dangling output would mean associated data.
        if data.is_empty() {
            return Ok(());
        }
        let start = output.len();
        output.resize(start + data.len(), 0);
        let mut written = 0;
        // SAFETY: these are stream ciphers, which write as much as they read; the output has that many bytes and does
        // not overlap the input.
        done(unsafe {
            sys::EVP_CipherUpdate(
                self.ctx.as_ptr(),
                output[start..].as_mut_ptr(),
                &mut written,
                data.as_ptr(),
                length(data)?,
            )
        })?;
        if usize::try_from(written) == Ok(data.len()) {
            Ok(())
        } else {
            Err(Failed)
        }
    }

    /// The full tag of an encryption, 16 bytes.
    pub(in crate::crypto) fn tag(self) -> Result<[u8; 16], Failed> {
        self.end()?;
        let mut tag = [0; 16];
        // SAFETY: `tag` has as many bytes as are asked for.
        done(unsafe {
            sys::EVP_CIPHER_CTX_ctrl(
                self.ctx.as_ptr(),
                sys::EVP_CTRL_AEAD_GET_TAG,
                16,
                tag.as_mut_ptr().cast(),
            )
        })?;
        Ok(tag)
    }

    /// Ends a decryption: fails unless `tag`, of up to 16 bytes, is right. Compared in constant time.
    pub(in crate::crypto) fn check(self, tag: &[u8]) -> Result<(), Failed> {
        let mut tag = tag.to_vec();
        // SAFETY: `tag` has as many bytes as are said; AWS-LC copies them.
        done(unsafe {
            sys::EVP_CIPHER_CTX_ctrl(
                self.ctx.as_ptr(),
                sys::EVP_CTRL_AEAD_SET_TAG,
                length(&tag)?,
                tag.as_mut_ptr().cast(),
            )
        })?;
        self.end()
    }

    fn end(&self) -> Result<(), Failed> {
        let mut block = [0; sys::EVP_MAX_BLOCK_LENGTH as usize];
        let mut written = 0;
        // SAFETY: the output has room for a block; these ciphers write nothing at the end.
        done(unsafe {
            sys::EVP_CipherFinal_ex(self.ctx.as_ptr(), block.as_mut_ptr(), &mut written)
        })
    }
}

fn length(bytes: &[u8]) -> Result<c_int, Failed> {
    c_int::try_from(bytes.len()).map_err(|_| Failed)
}
