//! `EVP_PKEY`: RSA, EC and X25519 keys, made, parsed, encoded, and the operations that need no padding parameters.

use super::{Curve, Failed, curve_nid, done, failed, sys};
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::{NonNull, null_mut};
use zeroize::Zeroizing;

/// Larger than the PKCS#8 form of the largest key we hold (RSA 4096: 2.4 KiB).
const DER_BYTES_MAX: usize = 8 * 1024;

/// What kind of key an `EVP_PKEY` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crypto) enum Kind {
    /// rsaEncryption; keys marked RSASSA-PSS are `Other`.
    Rsa,
    /// id-ecPublicKey.
    Ec,
    /// id-Ed25519.
    Ed25519,
    /// id-X25519.
    X25519,
    /// ML-DSA.
    MlDsa,
    /// ML-KEM.
    MlKem,
    /// Anything else AWS-LC can parse.
    Other,
}

/// An owned `EVP_PKEY`, public or with its private part, shared freely between threads: every operation makes a
/// context of its own, and what AWS-LC caches inside (Montgomery values, blinding) is under its own locks.
pub(in crate::crypto) struct Pkey(NonNull<sys::EVP_PKEY>);

// SAFETY: an EVP_PKEY has no tie to the thread that made it.
unsafe impl Send for Pkey {}
// SAFETY: AWS-LC documents that functions taking a key may run concurrently as long as none changes it; after
// construction nothing here changes it, and the caches inside are guarded by the library's locks.
unsafe impl Sync for Pkey {}

impl Drop for Pkey {
    fn drop(&mut self) {
        // SAFETY: we own one reference and give it up once. AWS-LC wipes private numbers when it frees them.
        unsafe { sys::EVP_PKEY_free(self.0.as_ptr()) };
    }
}

impl Pkey {
    /// A new RSA key with exponent 65537. In a FIPS build: FIPS 186-5 generation with the pairwise test.
    pub(in crate::crypto) fn generate_rsa(bits: u32) -> Result<Self, Failed> {
        let ctx = Context::for_generation(sys::EVP_PKEY_RSA)?;
        let bits = c_int::try_from(bits).map_err(|_| Failed)?;
        // SAFETY: the context is ours and initialised for key generation.
        done(unsafe { sys::EVP_PKEY_CTX_set_rsa_keygen_bits(ctx.as_ptr(), bits) })?;
        ctx.generate()
    }

    /// A new EC key. In a FIPS build: with the pairwise test.
    pub(in crate::crypto) fn generate_ec(curve: Curve) -> Result<Self, Failed> {
        let ctx = Context::for_generation(sys::EVP_PKEY_EC)?;
        // SAFETY: as above.
        done(unsafe {
            sys::EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx.as_ptr(), curve_nid(curve))
        })?;
        ctx.generate()
    }

    /// A new X25519 key.
    pub(in crate::crypto) fn generate_x25519() -> Result<Self, Failed> {
        Context::for_generation(sys::EVP_PKEY_X25519)?.generate()
    }

    /// Takes over a key that AWS-LC made, or null.
    pub(super) fn owned(key: *mut sys::EVP_PKEY) -> Result<Self, Failed> {
        NonNull::new(key).map(Self).ok_or_else(failed)
    }

    /// Parses PKCS#8 PrivateKeyInfo (RFC 5208, DER). Trailing bytes are refused.
    pub(in crate::crypto) fn parse_private(der: &[u8]) -> Result<Self, Failed> {
        Self::parse(der, sys::EVP_parse_private_key)
    }

    /// Parses SubjectPublicKeyInfo (RFC 5280, DER). Trailing bytes are refused.
    pub(in crate::crypto) fn parse_public(der: &[u8]) -> Result<Self, Failed> {
        Self::parse(der, sys::EVP_parse_public_key)
    }

    fn parse(
        der: &[u8],
        parser: unsafe extern "C" fn(*mut sys::CBS) -> *mut sys::EVP_PKEY,
    ) -> Result<Self, Failed> {
        let mut cbs = MaybeUninit::<sys::CBS>::uninit();
        // SAFETY: CBS_init fills the struct; it borrows `der`, which outlives every use of it below.
        let mut cbs = unsafe {
            sys::CBS_init(cbs.as_mut_ptr(), der.as_ptr(), der.len());
            cbs.assume_init()
        };
        // SAFETY: both parsers read from the CBS within its bounds and return an owned key or null.
        let key = NonNull::new(unsafe { parser(&mut cbs) })
            .map(Self)
            .ok_or_else(failed)?;
        // SAFETY: the CBS is still valid.
        if unsafe { sys::CBS_len(&cbs) } == 0 {
            Ok(key)
        } else {
            Err(failed())
        }
    }

    /// PKCS#8 DER with the private part.
    pub(in crate::crypto) fn private_der(&self) -> Result<Zeroizing<Vec<u8>>, Failed> {
        self.marshal(sys::EVP_marshal_private_key)
    }

    /// SubjectPublicKeyInfo DER; EC points uncompressed.
    pub(in crate::crypto) fn public_der(&self) -> Result<Vec<u8>, Failed> {
        self.marshal(sys::EVP_marshal_public_key)
            .map(|der| der.to_vec())
    }

    fn marshal(
        &self,
        encoder: unsafe extern "C" fn(*mut sys::CBB, *const sys::EVP_PKEY) -> c_int,
    ) -> Result<Zeroizing<Vec<u8>>, Failed> {
        // A fixed buffer: nothing grows, so no copy of a private key is left behind in freed memory.
        let mut buffer = Zeroizing::new(vec![0u8; DER_BYTES_MAX]);
        let mut cbb = MaybeUninit::<sys::CBB>::uninit();
        // SAFETY: the CBB writes into `buffer` within its length and is not used after this function.
        done(unsafe { sys::CBB_init_fixed(cbb.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len()) })?;
        // SAFETY: initialised above.
        let mut cbb = unsafe { cbb.assume_init() };
        let mut written = 0;
        // SAFETY: `self` holds a live key; a fixed CBB is finished without handing out its buffer.
        done(unsafe {
            match encoder(&mut cbb, self.as_ptr()) {
                1 => sys::CBB_finish(&mut cbb, null_mut(), &mut written),
                other => other,
            }
        })?;
        Ok(Zeroizing::new(buffer[..written].to_vec()))
    }

    pub(in crate::crypto) fn kind(&self) -> Kind {
        // SAFETY: `self` holds a live key.
        match unsafe { sys::EVP_PKEY_id(self.as_ptr()) } {
            sys::EVP_PKEY_RSA => Kind::Rsa,
            sys::EVP_PKEY_EC => Kind::Ec,
            sys::EVP_PKEY_ED25519 => Kind::Ed25519,
            sys::EVP_PKEY_X25519 => Kind::X25519,
            sys::EVP_PKEY_PQDSA => Kind::MlDsa,
            sys::EVP_PKEY_KEM => Kind::MlKem,
            _ => Kind::Other,
        }
    }

    /// Modulus length or group order length in bits.
    pub(in crate::crypto) fn bits(&self) -> u32 {
        // SAFETY: `self` holds a live key.
        u32::try_from(unsafe { sys::EVP_PKEY_bits(self.as_ptr()) }).unwrap_or(0)
    }

    /// Upper bound of a signature or ciphertext in bytes; for RSA the modulus length.
    pub(in crate::crypto) fn output_bytes_max(&self) -> usize {
        // SAFETY: `self` holds a live key.
        usize::try_from(unsafe { sys::EVP_PKEY_size(self.as_ptr()) }).unwrap_or(0)
    }

    /// ECDSA over `digest`, DER signature (SEQUENCE of r and s): AWS-LC truncates a digest longer than the order. ML-DSA
    /// over mu.
    pub(in crate::crypto) fn digest_sign(&self, digest: &[u8]) -> Result<Vec<u8>, Failed> {
        let ctx = Context::for_key(self)?;
        // SAFETY: the context is ours.
        done(unsafe { sys::EVP_PKEY_sign_init(ctx.as_ptr()) })?;
        ctx.sign(digest, self.output_bytes_max())
    }

    /// True when `signature` is this key's over `digest`, as for `digest_sign`.
    pub(in crate::crypto) fn digest_verify(
        &self,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, Failed> {
        let ctx = Context::for_key(self)?;
        // SAFETY: the context is ours.
        done(unsafe { sys::EVP_PKEY_verify_init(ctx.as_ptr()) })?;
        Ok(ctx.verify(digest, signature))
    }

    /// ECDH (the x coordinate, as many bytes as the field has) or X25519. The peer must be on the same curve.
    pub(in crate::crypto) fn ecdh(&self, peer: &Pkey) -> Result<Zeroizing<Vec<u8>>, Failed> {
        let ctx = Context::for_key(self)?;
        let mut length = 0;
        // SAFETY: context and both keys are live; a null output asks for the length only.
        unsafe {
            done(sys::EVP_PKEY_derive_init(ctx.as_ptr()))?;
            done(sys::EVP_PKEY_derive_set_peer(ctx.as_ptr(), peer.as_ptr()))?;
            done(sys::EVP_PKEY_derive(ctx.as_ptr(), null_mut(), &mut length))?;
        }
        let mut secret = Zeroizing::new(vec![0u8; length]);
        // SAFETY: `secret` has room for `length` bytes, which is passed as the limit.
        done(unsafe { sys::EVP_PKEY_derive(ctx.as_ptr(), secret.as_mut_ptr(), &mut length) })?;
        if length == secret.len() {
            Ok(secret)
        } else {
            Err(Failed)
        }
    }

    pub(super) fn as_ptr(&self) -> *mut sys::EVP_PKEY {
        self.0.as_ptr()
    }
}

/// An owned `EVP_PKEY_CTX`: one operation, one thread.
pub(super) struct Context(NonNull<sys::EVP_PKEY_CTX>);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned, freed once.
        unsafe { sys::EVP_PKEY_CTX_free(self.0.as_ptr()) };
    }
}

impl Context {
    pub(super) fn for_key(key: &Pkey) -> Result<Self, Failed> {
        // SAFETY: the key is live; the context takes a reference of its own.
        NonNull::new(unsafe { sys::EVP_PKEY_CTX_new(key.as_ptr(), null_mut()) })
            .map(Self)
            .ok_or_else(failed)
    }

    pub(super) fn for_generation(kind: c_int) -> Result<Self, Failed> {
        // SAFETY: no pointers but the null engine.
        let ctx = NonNull::new(unsafe { sys::EVP_PKEY_CTX_new_id(kind, null_mut()) })
            .map(Self)
            .ok_or_else(failed)?;
        // SAFETY: the context is ours.
        done(unsafe { sys::EVP_PKEY_keygen_init(ctx.as_ptr()) })?;
        Ok(ctx)
    }

    pub(super) fn generate(self) -> Result<Pkey, Failed> {
        let mut key = null_mut();
        // SAFETY: the context is initialised for generation; on success `key` is an owned reference.
        done(unsafe { sys::EVP_PKEY_keygen(self.as_ptr(), &mut key) })?;
        NonNull::new(key).map(Pkey).ok_or(Failed)
    }

    /// Finishes a signature whose parameters are set.
    pub(super) fn sign(&self, input: &[u8], output_bytes_max: usize) -> Result<Vec<u8>, Failed> {
        let mut signature = vec![0u8; output_bytes_max];
        let mut length = signature.len();
        // SAFETY: `length` is the room in `signature`; the input slice is valid for its length.
        done(unsafe {
            sys::EVP_PKEY_sign(
                self.as_ptr(),
                signature.as_mut_ptr(),
                &mut length,
                input.as_ptr(),
                input.len(),
            )
        })?;
        signature.truncate(length);
        Ok(signature)
    }

    /// Finishes a verification whose parameters are set.
    pub(super) fn verify(&self, input: &[u8], signature: &[u8]) -> bool {
        // SAFETY: both slices are valid for their lengths.
        done(unsafe {
            sys::EVP_PKEY_verify(
                self.as_ptr(),
                signature.as_ptr(),
                signature.len(),
                input.as_ptr(),
                input.len(),
            )
        })
        .is_ok()
    }

    pub(super) fn as_ptr(&self) -> *mut sys::EVP_PKEY_CTX {
        self.0.as_ptr()
    }
}
