//! ML-DSA (FIPS 204) and ML-KEM (FIPS 203): `EVP_PKEY` of the kinds PQDSA and KEM.

use super::pkey::{Context, Kind, Pkey};
use super::{Failed, done, failed, sys};
use crate::crypto::types::{MlDsaSet, MlKemSet};
use std::ffi::c_int;
use std::ptr::{NonNull, null_mut};
use zeroize::Zeroizing;

/// Bytes of an ML-KEM shared secret.
pub(in crate::crypto) const SHARED_SECRET_LEN: usize = 32;

fn dsa_nid(set: MlDsaSet) -> c_int {
    match set {
        MlDsaSet::MlDsa44 => sys::NID_MLDSA44,
        MlDsaSet::MlDsa65 => sys::NID_MLDSA65,
        MlDsaSet::MlDsa87 => sys::NID_MLDSA87,
    }
}

fn kem_nid(set: MlKemSet) -> c_int {
    match set {
        MlKemSet::MlKem512 => sys::NID_MLKEM512,
        MlKemSet::MlKem768 => sys::NID_MLKEM768,
        MlKemSet::MlKem1024 => sys::NID_MLKEM1024,
    }
}

impl Pkey {
    /// A new ML-DSA key; it keeps its seed. In a FIPS build: with the pairwise test.
    pub(in crate::crypto) fn generate_ml_dsa(set: MlDsaSet) -> Result<Self, Failed> {
        let ctx = Context::for_generation(sys::EVP_PKEY_PQDSA)?;
        // SAFETY: the context is ours.
        done(unsafe { sys::EVP_PKEY_CTX_pqdsa_set_params(ctx.as_ptr(), dsa_nid(set)) })?;
        ctx.generate()
    }

    /// An ML-DSA key of its seed of 32 bytes, or of its expanded form; the public key is computed.
    pub(in crate::crypto) fn ml_dsa_private(set: MlDsaSet, bytes: &[u8]) -> Result<Self, Failed> {
        // SAFETY: the slice is valid for its length.
        Self::owned(unsafe {
            sys::EVP_PKEY_pqdsa_new_raw_private_key(dsa_nid(set), bytes.as_ptr(), bytes.len())
        })
    }

    /// A new ML-KEM key. In a FIPS build: with the pairwise test.
    pub(in crate::crypto) fn generate_ml_kem(set: MlKemSet) -> Result<Self, Failed> {
        Self::kem_context(set)?.generate()
    }

    /// The ML-KEM key of a seed (d and z, 64 bytes).
    pub(in crate::crypto) fn ml_kem_of_seed(set: MlKemSet, seed: &[u8]) -> Result<Self, Failed> {
        let ctx = Self::kem_context(set)?;
        let (mut key, mut length) = (null_mut(), seed.len());
        // SAFETY: the context is initialised for generation; the seed is valid for its length, which AWS-LC compares with
        // the one it needs.
        done(unsafe {
            sys::EVP_PKEY_keygen_deterministic(ctx.as_ptr(), &mut key, seed.as_ptr(), &mut length)
        })?;
        Self::owned(key)
    }

    fn kem_context(set: MlKemSet) -> Result<Context, Failed> {
        let ctx = Context::for_generation(sys::EVP_PKEY_KEM)?;
        // SAFETY: the context is ours.
        done(unsafe { sys::EVP_PKEY_CTX_kem_set_params(ctx.as_ptr(), kem_nid(set)) })?;
        Ok(ctx)
    }

    /// The ML-KEM key of an expanded private key and the public key in it.
    pub(in crate::crypto) fn ml_kem_private(
        set: MlKemSet,
        public: &[u8],
        expanded: &[u8],
    ) -> Result<Self, Failed> {
        // SAFETY: both slices are valid for their lengths, which AWS-LC compares with those of the set.
        Self::owned(unsafe {
            sys::EVP_PKEY_kem_new_raw_key(
                kem_nid(set),
                public.as_ptr(),
                public.len(),
                expanded.as_ptr(),
                expanded.len(),
            )
        })
    }

    /// Encapsulates and decapsulates: fails for a public key with numbers out of range, an expanded private key whose
    /// hash is not that of its public key, and halves that do not belong together (FIPS 203, 7.2 and 7.3).
    pub(in crate::crypto) fn check_ml_kem(&self) -> Result<(), Failed> {
        if self.kind() != Kind::MlKem {
            return Err(Failed);
        }
        // SAFETY: a live KEM key.
        done(unsafe { sys::EVP_PKEY_kem_check_key(self.as_ptr()) })
    }

    /// The raw public key.
    pub(in crate::crypto) fn pq_public(&self) -> Result<Vec<u8>, Failed> {
        let mut length = 0;
        // SAFETY: the key is live; without a buffer only the length is asked for.
        done(unsafe { sys::EVP_PKEY_get_raw_public_key(self.as_ptr(), null_mut(), &mut length) })?;
        let mut raw = vec![0; length];
        // SAFETY: `length` is the room in `raw`.
        done(unsafe {
            sys::EVP_PKEY_get_raw_public_key(self.as_ptr(), raw.as_mut_ptr(), &mut length)
        })?;
        Ok(raw)
    }

    /// The expanded private key.
    pub(in crate::crypto) fn pq_private(&self) -> Result<Zeroizing<Vec<u8>>, Failed> {
        let mut length = 0;
        // SAFETY: as above.
        done(unsafe { sys::EVP_PKEY_get_raw_private_key(self.as_ptr(), null_mut(), &mut length) })?;
        let mut raw = Zeroizing::new(vec![0; length]);
        // SAFETY: as above.
        done(unsafe {
            sys::EVP_PKEY_get_raw_private_key(self.as_ptr(), raw.as_mut_ptr(), &mut length)
        })?;
        Ok(raw)
    }

    /// ML-DSA over a message with an empty context, hedged.
    pub(in crate::crypto) fn ml_dsa_sign(&self, message: &[u8]) -> Result<Vec<u8>, Failed> {
        let ctx = DigestContext::new()?;
        let mut signature = vec![0; self.output_bytes_max()];
        let mut length = signature.len();
        // SAFETY: context and key are live; `length` is the room in `signature`, the message is valid for its length.
        done(unsafe {
            match sys::EVP_DigestSignInit(
                ctx.0.as_ptr(),
                null_mut(),
                null_mut(),
                null_mut(),
                self.as_ptr(),
            ) {
                1 => sys::EVP_DigestSign(
                    ctx.0.as_ptr(),
                    signature.as_mut_ptr(),
                    &mut length,
                    message.as_ptr(),
                    message.len(),
                ),
                other => other,
            }
        })?;
        signature.truncate(length);
        Ok(signature)
    }

    /// True when `signature` is this key's over a message with an empty context.
    pub(in crate::crypto) fn ml_dsa_verify(
        &self,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, Failed> {
        let ctx = DigestContext::new()?;
        // SAFETY: context and key are live; both slices are valid for their lengths.
        unsafe {
            done(sys::EVP_DigestVerifyInit(
                ctx.0.as_ptr(),
                null_mut(),
                null_mut(),
                null_mut(),
                self.as_ptr(),
            ))?;
            Ok(done(sys::EVP_DigestVerify(
                ctx.0.as_ptr(),
                signature.as_ptr(),
                signature.len(),
                message.as_ptr(),
                message.len(),
            ))
            .is_ok())
        }
    }

    /// A ciphertext for this public key and the secret in it.
    pub(in crate::crypto) fn encapsulate(&self) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), Failed> {
        let ctx = Context::for_key(self)?;
        let (mut ciphertext_len, mut secret_len) = (0, 0);
        // SAFETY: the context is ours; without buffers only the lengths are asked for.
        done(unsafe {
            sys::EVP_PKEY_encapsulate(
                ctx.as_ptr(),
                null_mut(),
                &mut ciphertext_len,
                null_mut(),
                &mut secret_len,
            )
        })?;
        let mut ciphertext = vec![0; ciphertext_len];
        let mut secret = Zeroizing::new(vec![0; secret_len]);
        // SAFETY: the lengths are the room in the two buffers.
        done(unsafe {
            sys::EVP_PKEY_encapsulate(
                ctx.as_ptr(),
                ciphertext.as_mut_ptr(),
                &mut ciphertext_len,
                secret.as_mut_ptr(),
                &mut secret_len,
            )
        })?;
        Ok((ciphertext, secret))
    }

    /// The secret in a ciphertext of the right length; of a wrong one another secret (FIPS 203: implicit rejection).
    pub(in crate::crypto) fn decapsulate(
        &self,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Failed> {
        let ctx = Context::for_key(self)?;
        let mut secret = Zeroizing::new(vec![0; SHARED_SECRET_LEN]);
        let mut length = secret.len();
        // SAFETY: `length` is the room in `secret`; the ciphertext is valid for its length.
        done(unsafe {
            sys::EVP_PKEY_decapsulate(
                ctx.as_ptr(),
                secret.as_mut_ptr(),
                &mut length,
                ciphertext.as_ptr(),
                ciphertext.len(),
            )
        })?;
        if length == secret.len() {
            Ok(secret)
        } else {
            Err(Failed)
        }
    }
}

/// Fills `output` with SHAKE256 (FIPS 202) of `parts`, one after the other.
pub(in crate::crypto) fn shake256(parts: &[&[u8]], output: &mut [u8]) -> Result<(), Failed> {
    let ctx = DigestContext::new()?;
    // SAFETY: the context is ours, the digest a static; no engine.
    done(unsafe { sys::EVP_DigestInit_ex(ctx.0.as_ptr(), sys::EVP_shake256(), null_mut()) })?;
    for part in parts {
        // SAFETY: the context is initialised; the slice is valid for its length.
        done(unsafe { sys::EVP_DigestUpdate(ctx.0.as_ptr(), part.as_ptr().cast(), part.len()) })?;
    }
    // SAFETY: `output.len()` is the room in `output`.
    done(unsafe { sys::EVP_DigestFinalXOF(ctx.0.as_ptr(), output.as_mut_ptr(), output.len()) })
}

/// An owned `EVP_MD_CTX`: one signature or digest, one thread.
struct DigestContext(NonNull<sys::EVP_MD_CTX>);

impl DigestContext {
    fn new() -> Result<Self, Failed> {
        // SAFETY: allocation only.
        NonNull::new(unsafe { sys::EVP_MD_CTX_new() })
            .map(Self)
            .ok_or_else(failed)
    }
}

impl Drop for DigestContext {
    fn drop(&mut self) {
        // SAFETY: owned, freed once.
        unsafe { sys::EVP_MD_CTX_free(self.0.as_ptr()) };
    }
}
