//! RSA operations with their paddings (RFC 8017).
//!
//! Every private operation goes through AWS-LC's `rsa_default_private_transform`: blinded, constant time, and its
//! result raised to e again and compared before it is released, so a faulty CRT result never leaves (Boneh, DeMillo,
//! Lipton 1997). The padding checks of both decryptions are AWS-LC's constant-time ones.

use super::pkey::{Context, Pkey};
use super::{Failed, Hash, digest, done, sys};
use std::ffi::c_int;
use zeroize::Zeroizing;

/// How a signature is padded.
#[derive(Clone, Copy)]
pub(in crate::crypto) enum SignaturePadding {
    /// RSASSA-PKCS1-v1_5 over a digest; AWS-LC builds DigestInfo.
    Pkcs1(Hash),
    /// PKCS#1 type 1 block around the caller's bytes.
    Pkcs1Raw,
    /// RSASSA-PSS; `salt_len` in bytes, exact on both sides.
    Pss {
        hash: Hash,
        mgf_hash: Hash,
        salt_len: u16,
    },
}

/// How a plaintext is padded.
#[derive(Clone, Copy)]
pub(in crate::crypto) enum EncryptionPadding<'a> {
    /// RSAES-PKCS1-v1_5.
    Pkcs1,
    /// RSAES-OAEP.
    Oaep {
        hash: Hash,
        mgf_hash: Hash,
        label: &'a [u8],
    },
    /// None: the input is as long as the modulus and below it.
    None,
}

impl Pkey {
    pub(in crate::crypto) fn rsa_sign(
        &self,
        padding: SignaturePadding,
        input: &[u8],
    ) -> Result<Vec<u8>, Failed> {
        let ctx = Context::for_key(self)?;
        // SAFETY: the context is ours.
        done(unsafe { sys::EVP_PKEY_sign_init(ctx.as_ptr()) })?;
        ctx.set_signature_padding(padding)?;
        ctx.sign(input, self.output_bytes_max())
    }

    pub(in crate::crypto) fn rsa_verify(
        &self,
        padding: SignaturePadding,
        input: &[u8],
        signature: &[u8],
    ) -> Result<bool, Failed> {
        let ctx = Context::for_key(self)?;
        // SAFETY: the context is ours.
        done(unsafe { sys::EVP_PKEY_verify_init(ctx.as_ptr()) })?;
        ctx.set_signature_padding(padding)?;
        Ok(ctx.verify(input, signature))
    }

    /// One error for every cause: the caller cannot tell a wrong padding from anything else.
    pub(in crate::crypto) fn rsa_decrypt(
        &self,
        padding: EncryptionPadding<'_>,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Failed> {
        let ctx = Context::for_key(self)?;
        // SAFETY: the context is ours.
        done(unsafe { sys::EVP_PKEY_decrypt_init(ctx.as_ptr()) })?;
        ctx.set_encryption_padding(padding)?;
        let mut plaintext = Zeroizing::new(vec![0u8; self.output_bytes_max()]);
        let mut length = plaintext.len();
        // SAFETY: `length` is the room in `plaintext`; the input slice is valid for its length.
        done(unsafe {
            sys::EVP_PKEY_decrypt(
                ctx.as_ptr(),
                plaintext.as_mut_ptr(),
                &mut length,
                ciphertext.as_ptr(),
                ciphertext.len(),
            )
        })?;
        plaintext.truncate(length);
        Ok(plaintext)
    }

    pub(in crate::crypto) fn rsa_encrypt(
        &self,
        padding: EncryptionPadding<'_>,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, Failed> {
        let ctx = Context::for_key(self)?;
        // SAFETY: the context is ours.
        done(unsafe { sys::EVP_PKEY_encrypt_init(ctx.as_ptr()) })?;
        ctx.set_encryption_padding(padding)?;
        let mut ciphertext = vec![0u8; self.output_bytes_max()];
        let mut length = ciphertext.len();
        // SAFETY: `length` is the room in `ciphertext`; the input slice is valid for its length.
        done(unsafe {
            sys::EVP_PKEY_encrypt(
                ctx.as_ptr(),
                ciphertext.as_mut_ptr(),
                &mut length,
                plaintext.as_ptr(),
                plaintext.len(),
            )
        })?;
        ciphertext.truncate(length);
        Ok(ciphertext)
    }
}

impl Context {
    fn set_signature_padding(&self, padding: SignaturePadding) -> Result<(), Failed> {
        let ctx = self.as_ptr();
        // SAFETY: the context is ours and initialised for signing or verifying; digests are statics.
        unsafe {
            match padding {
                SignaturePadding::Pkcs1(hash) => {
                    done(sys::EVP_PKEY_CTX_set_rsa_padding(
                        ctx,
                        sys::RSA_PKCS1_PADDING,
                    ))?;
                    done(sys::EVP_PKEY_CTX_set_signature_md(ctx, digest(hash)))
                }
                SignaturePadding::Pkcs1Raw => done(sys::EVP_PKEY_CTX_set_rsa_padding(
                    ctx,
                    sys::RSA_PKCS1_PADDING,
                )),
                SignaturePadding::Pss {
                    hash,
                    mgf_hash,
                    salt_len,
                } => {
                    done(sys::EVP_PKEY_CTX_set_rsa_padding(
                        ctx,
                        sys::RSA_PKCS1_PSS_PADDING,
                    ))?;
                    done(sys::EVP_PKEY_CTX_set_signature_md(ctx, digest(hash)))?;
                    done(sys::EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, digest(mgf_hash)))?;
                    // Never negative: -1 and -2 would mean "as the digest" and "any".
                    done(sys::EVP_PKEY_CTX_set_rsa_pss_saltlen(
                        ctx,
                        c_int::from(salt_len),
                    ))
                }
            }
        }
    }

    fn set_encryption_padding(&self, padding: EncryptionPadding<'_>) -> Result<(), Failed> {
        let ctx = self.as_ptr();
        // SAFETY: the context is ours and initialised for encryption or decryption; digests are statics.
        unsafe {
            match padding {
                EncryptionPadding::Pkcs1 => done(sys::EVP_PKEY_CTX_set_rsa_padding(
                    ctx,
                    sys::RSA_PKCS1_PADDING,
                )),
                EncryptionPadding::None => {
                    done(sys::EVP_PKEY_CTX_set_rsa_padding(ctx, sys::RSA_NO_PADDING))
                }
                EncryptionPadding::Oaep {
                    hash,
                    mgf_hash,
                    label,
                } => {
                    done(sys::EVP_PKEY_CTX_set_rsa_padding(
                        ctx,
                        sys::RSA_PKCS1_OAEP_PADDING,
                    ))?;
                    done(sys::EVP_PKEY_CTX_set_rsa_oaep_md(ctx, digest(hash)))?;
                    done(sys::EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, digest(mgf_hash)))?;
                    self.set_label(label)
                }
            }
        }
    }

    fn set_label(&self, label: &[u8]) -> Result<(), Failed> {
        if label.is_empty() {
            return Ok(());
        }
        // SAFETY: AWS-LC copies the label; on success the context owns the copy, otherwise it is freed here.
        unsafe {
            let copy = sys::OPENSSL_memdup(label.as_ptr().cast(), label.len());
            if copy.is_null() {
                return Err(super::failed());
            }
            done(sys::EVP_PKEY_CTX_set0_rsa_oaep_label(
                self.as_ptr(),
                copy.cast(),
                label.len(),
            ))
            .inspect_err(|_| sys::OPENSSL_free(copy))
        }
    }
}
