//! Ed25519 (RFC 8032, FIPS 186-5). AWS-LC's own functions rather than `EVP_PKEY`, which has no context.

use super::{Failed, Pkey, done, sys};
use zeroize::Zeroizing;

/// Bytes of a seed, the private key of RFC 8032.
pub(in crate::crypto) const SEED_LEN: usize = 32;
/// Bytes of a public key.
pub(in crate::crypto) const PUBLIC_LEN: usize = 32;
/// Bytes of a signature.
pub(in crate::crypto) const SIGNATURE_LEN: usize = 64;
/// Bytes of a SHA-512 digest, which Ed25519ph signs.
pub(in crate::crypto) const DIGEST_LEN: usize = 64;

/// Which form of Ed25519; contexts have at most 255 bytes.
#[derive(Clone, Copy)]
pub(in crate::crypto) enum EdwardsForm<'a> {
    /// Ed25519.
    Pure,
    /// Ed25519ctx.
    Context(&'a [u8]),
    /// Ed25519ph over a SHA-512 digest.
    Prehashed(&'a [u8]),
}

/// Seed and public key in the form that AWS-LC signs with. The public half is always computed from the seed, here: with
/// another one a signature would give the seed away (RUSTSEC-2022-0093).
pub(in crate::crypto) struct EdwardsPrivate(Zeroizing<[u8; SEED_LEN + PUBLIC_LEN]>);

impl EdwardsPrivate {
    /// A new key, tested with a signature in a FIPS build.
    pub(in crate::crypto) fn generate() -> Self {
        let mut public = [0; PUBLIC_LEN];
        let mut private = Zeroizing::new([0; SEED_LEN + PUBLIC_LEN]);
        // SAFETY: both arrays have the lengths that the function writes.
        unsafe { sys::ED25519_keypair(public.as_mut_ptr(), private.as_mut_ptr()) };
        Self(private)
    }

    pub(in crate::crypto) fn from_seed(seed: &[u8; SEED_LEN]) -> Self {
        let mut public = [0; PUBLIC_LEN];
        let mut private = Zeroizing::new([0; SEED_LEN + PUBLIC_LEN]);
        // SAFETY: all three arrays have the lengths that the function works with.
        unsafe {
            sys::ED25519_keypair_from_seed(
                public.as_mut_ptr(),
                private.as_mut_ptr(),
                seed.as_ptr(),
            );
        };
        Self(private)
    }

    pub(in crate::crypto) fn seed(&self) -> &[u8] {
        &self.0[..SEED_LEN]
    }

    pub(in crate::crypto) fn public(&self) -> [u8; PUBLIC_LEN] {
        let mut public = [0; PUBLIC_LEN];
        public.copy_from_slice(&self.0[SEED_LEN..]);
        public
    }

    /// `input` is the message, or for `Prehashed` its digest of `DIGEST_LEN` bytes.
    pub(in crate::crypto) fn sign(
        &self,
        form: EdwardsForm<'_>,
        input: &[u8],
    ) -> Result<Vec<u8>, Failed> {
        let mut signature = vec![0; SIGNATURE_LEN];
        let (out, key) = (signature.as_mut_ptr(), self.0.as_ptr());
        // SAFETY: the output has the length of a signature, the key seed and public half; message and context are valid
        // for their lengths, and a digest has its length.
        done(unsafe {
            match form {
                EdwardsForm::Pure => sys::ED25519_sign(out, input.as_ptr(), input.len(), key),
                EdwardsForm::Context(context) => sys::ED25519ctx_sign(
                    out,
                    input.as_ptr(),
                    input.len(),
                    key,
                    context.as_ptr(),
                    context.len(),
                ),
                EdwardsForm::Prehashed(context) => sys::ED25519ph_sign_digest(
                    out,
                    digest(input)?.as_ptr(),
                    key,
                    context.as_ptr(),
                    context.len(),
                ),
            }
        })?;
        Ok(signature)
    }
}

/// True when `signature` is this public key's over `input`, as for `EdwardsPrivate::sign`.
pub(in crate::crypto) fn edwards_verify(
    public: &[u8; PUBLIC_LEN],
    form: EdwardsForm<'_>,
    input: &[u8],
    signature: &[u8; SIGNATURE_LEN],
) -> Result<bool, Failed> {
    let (signature, key) = (signature.as_ptr(), public.as_ptr());
    // SAFETY: signature, key and digest have their lengths; message and context are valid for theirs.
    Ok(done(unsafe {
        match form {
            EdwardsForm::Pure => sys::ED25519_verify(input.as_ptr(), input.len(), signature, key),
            EdwardsForm::Context(context) => sys::ED25519ctx_verify(
                input.as_ptr(),
                input.len(),
                signature,
                key,
                context.as_ptr(),
                context.len(),
            ),
            EdwardsForm::Prehashed(context) => sys::ED25519ph_verify_digest(
                digest(input)?.as_ptr(),
                signature,
                key,
                context.as_ptr(),
                context.len(),
            ),
        }
    })
    .is_ok())
}

fn digest(input: &[u8]) -> Result<&[u8; DIGEST_LEN], Failed> {
    input.try_into().map_err(|_| Failed)
}

impl Pkey {
    /// The raw private key of an Ed25519 or X25519 key, 32 bytes.
    pub(in crate::crypto) fn raw_private(&self) -> Result<Zeroizing<[u8; SEED_LEN]>, Failed> {
        let mut raw = Zeroizing::new([0; SEED_LEN]);
        let mut length = raw.len();
        // SAFETY: the key is live; `length` is the room in `raw`.
        done(unsafe {
            sys::EVP_PKEY_get_raw_private_key(self.as_ptr(), raw.as_mut_ptr(), &mut length)
        })?;
        if length == raw.len() {
            Ok(raw)
        } else {
            Err(Failed)
        }
    }

    /// The raw public key of an Ed25519 or X25519 key, 32 bytes.
    pub(in crate::crypto) fn raw_public(&self) -> Result<[u8; PUBLIC_LEN], Failed> {
        let mut raw = [0; PUBLIC_LEN];
        let mut length = raw.len();
        // SAFETY: as above.
        done(unsafe {
            sys::EVP_PKEY_get_raw_public_key(self.as_ptr(), raw.as_mut_ptr(), &mut length)
        })?;
        if length == raw.len() {
            Ok(raw)
        } else {
            Err(Failed)
        }
    }

    /// An Ed25519 key of its seed, to be encoded.
    pub(in crate::crypto) fn from_edwards_seed(seed: &[u8]) -> Result<Self, Failed> {
        Self::from_raw_private(sys::EVP_PKEY_ED25519, seed)
    }

    /// An Ed25519 public key.
    pub(in crate::crypto) fn from_edwards_public(public: &[u8]) -> Result<Self, Failed> {
        // SAFETY: the slice is valid for its length; no engine.
        Self::owned(unsafe {
            sys::EVP_PKEY_new_raw_public_key(
                sys::EVP_PKEY_ED25519,
                std::ptr::null_mut(),
                public.as_ptr(),
                public.len(),
            )
        })
    }

    fn from_raw_private(kind: std::ffi::c_int, private: &[u8]) -> Result<Self, Failed> {
        // SAFETY: the slice is valid for its length; no engine.
        Self::owned(unsafe {
            sys::EVP_PKEY_new_raw_private_key(
                kind,
                std::ptr::null_mut(),
                private.as_ptr(),
                private.len(),
            )
        })
    }
}
