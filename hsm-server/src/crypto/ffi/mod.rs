//! The only place of the server that calls AWS-LC's C interface: RSA, EC, X25519 keys (`EVP_PKEY`), Ed25519, AES-GCM with
//! a chosen tag length and in chunks, AES key wrap. Everything it offers is a safe function over slices and owners.
//!
//! What the safe crate (`aws-lc-rs`) lacks and this module adds: P-224, SHA-224, every pair of curve and digest, PSS
//! salt lengths, OAEP with two digests and a label, raw RSA, Ed25519 with context or prehash,
//! HMAC with SHA-3, ML-DSA over mu, ML-KEM from a seed, triple DES, GCM tags below 128 bits, key wrap with AES-192.
//!
//! Rules held here: an owner frees what it holds exactly once; no pointer leaves the module; the thread's error queue
//! is cleared after every failed call, so that nothing is left for another operation to trip over; out-parameters are
//! only read after success.
#![allow(unsafe_code)]

#[cfg(feature = "fips")]
use aws_lc_fips_sys as sys;
#[cfg(all(feature = "non-fips", not(feature = "fips")))]
use aws_lc_sys as sys;
#[cfg(not(any(feature = "fips", feature = "non-fips")))]
compile_error!("choose the AWS-LC build: feature `fips` (default) or `non-fips`");

mod aead_stream;
mod check;
mod des;
mod edwards;
mod gcm;
mod hmac;
mod kdf;
mod pkey;
mod pq;
mod rsa_op;
mod wrap;

pub(super) use aead_stream::AeadStream;
pub(super) use des::{DES_BLOCK_LEN, Direction, des3};
pub(super) use edwards::{
    DIGEST_LEN as PREHASH_LEN, EdwardsForm, EdwardsPrivate, PUBLIC_LEN as EDWARDS_PUBLIC_LEN,
    SIGNATURE_LEN as EDWARDS_SIGNATURE_LEN, edwards_verify,
};
pub(super) use gcm::{GcmKey, TAG_LEN_MAX, TAG_LEN_MIN};
pub(super) use hmac::{HmacStream, hmac};
pub(super) use kdf::{hash, hkdf_expand, hkdf_extract, pbkdf2};
pub(super) use pkey::{Kind, Pkey};
pub(super) use pq::{SHARED_SECRET_LEN, shake256};
pub(super) use rsa_op::{EncryptionPadding, SignaturePadding};
pub(super) use wrap::{unwrap, unwrap_padded, wrap, wrap_padded};

use super::{Curve, Hash};
use std::ffi::c_int;

/// A call into AWS-LC failed. Carries nothing: the reasons in AWS-LC's queue must not reach a caller (they would tell
/// padding failures apart), and every check with a reason worth telling is made before the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed;

/// Turns AWS-LC's "1 is success" into a result and leaves no entry in the thread's error queue.
fn done(return_code: c_int) -> Result<(), Failed> {
    if return_code == 1 {
        Ok(())
    } else {
        Err(failed())
    }
}

/// Clears the thread's error queue.
fn failed() -> Failed {
    // SAFETY: takes no argument, works on the calling thread's own queue.
    unsafe { sys::ERR_clear_error() };
    Failed
}

/// AWS-LC's object for a digest; static for the life of the process.
fn digest(hash: Hash) -> *const sys::EVP_MD {
    // SAFETY: these take no argument and return a pointer to a static.
    unsafe {
        match hash {
            Hash::Sha1 => sys::EVP_sha1(),
            Hash::Sha224 => sys::EVP_sha224(),
            Hash::Sha256 => sys::EVP_sha256(),
            Hash::Sha384 => sys::EVP_sha384(),
            Hash::Sha512 => sys::EVP_sha512(),
            Hash::Sha512_224 => sys::EVP_sha512_224(),
            Hash::Sha512_256 => sys::EVP_sha512_256(),
            Hash::Sha3_224 => sys::EVP_sha3_224(),
            Hash::Sha3_256 => sys::EVP_sha3_256(),
            Hash::Sha3_384 => sys::EVP_sha3_384(),
            Hash::Sha3_512 => sys::EVP_sha3_512(),
        }
    }
}

/// AWS-LC's number for a curve.
fn curve_nid(curve: Curve) -> c_int {
    match curve {
        Curve::P224 => sys::NID_secp224r1,
        Curve::P256 => sys::NID_X9_62_prime256v1,
        Curve::P384 => sys::NID_secp384r1,
        Curve::P521 => sys::NID_secp521r1,
        Curve::Secp256k1 => sys::NID_secp256k1,
    }
}
