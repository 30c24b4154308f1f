//! Key derivation: X9.63, HKDF, SP 800-108 in counter mode, PBKDF2. Derived keys have 16 bytes or more: with shorter ones
//! a key could be guessed a byte at a time, since most of these functions give the same first bytes for every length.

use super::aes::AesKey;
use super::ec::{EcKey, EcPublicKey};
use super::{CryptoError, Hash, bounded, ffi};
use ferrohsm_protocol::messages::HkdfStep;
use std::ops::RangeInclusive;
use zeroize::Zeroizing;

/// Lengths of a derived key in bytes.
pub const DERIVED_BYTES: RangeInclusive<usize> = 16..=super::hmac::SECRET_BYTES_MAX;
/// Longest salt, info or fixed input in bytes.
pub const DERIVE_INPUT_BYTES_MAX: usize = 16 * 1024;
/// Longest password in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// Most HMACs that one PBKDF2 may cost: about 3 seconds. Each block of output takes all iterations.
pub const PBKDF2_WORK_MAX: u64 = 10_000_000;

type Secret = Zeroizing<Vec<u8>>;

/// Refuses a length that is not in [`DERIVED_BYTES`].
fn checked_length(length_bytes: usize) -> Result<usize, CryptoError> {
    if DERIVED_BYTES.contains(&length_bytes) {
        return Ok(length_bytes);
    }
    Err(CryptoError::Parameter(
        "a derived key has 128 to 6400 bits, in steps of 8",
    ))
}

/// ECDH, then the KDF of ANSI X9.63 (SEC 1, 3.6.1).
pub(super) fn x963(
    key: &EcKey,
    peer: &EcPublicKey,
    hash: Hash,
    shared_info: &[u8],
    length_bytes: usize,
) -> Result<Secret, CryptoError> {
    bounded("shared info", shared_info, DERIVE_INPUT_BYTES_MAX)?;
    let length_bytes = checked_length(length_bytes)?;
    let shared = key.agree(peer)?;
    x963_kdf(hash, &shared, shared_info, length_bytes)
}

fn x963_kdf(
    hash: Hash,
    shared: &[u8],
    shared_info: &[u8],
    length_bytes: usize,
) -> Result<Secret, CryptoError> {
    blocks(length_bytes, hash.len_bytes(), |counter| {
        let input = Zeroizing::new([shared, &counter.to_be_bytes(), shared_info].concat());
        ffi::hash(hash, &input).map_err(|_| CryptoError::Module("X9.63"))
    })
}

/// HKDF (RFC 5869) or one of its halves.
pub(super) fn hkdf(
    secret: &[u8],
    hash: Hash,
    step: HkdfStep,
    salt: &[u8],
    info: &[u8],
    length_bytes: usize,
) -> Result<Secret, CryptoError> {
    bounded("salt", salt, DERIVE_INPUT_BYTES_MAX)?;
    bounded("info", info, DERIVE_INPUT_BYTES_MAX)?;
    let length_bytes = checked_length(length_bytes)?;
    let module = |_| CryptoError::Module("HKDF");
    match step {
        HkdfStep::Extract if length_bytes != hash.len_bytes() => Err(CryptoError::Parameter(
            "HKDF-Extract gives a key as long as the hash: ask for that size",
        )),
        HkdfStep::Extract if !info.is_empty() => Err(CryptoError::Parameter(
            "HKDF-Extract takes no info: leave it out",
        )),
        HkdfStep::Expand if !salt.is_empty() => Err(CryptoError::Parameter(
            "HKDF-Expand takes no salt: leave it out",
        )),
        // RFC 5869, 2.3: "a pseudorandom key of at least HashLen octets".
        HkdfStep::Expand if secret.len() < hash.len_bytes() => Err(CryptoError::Parameter(
            "HKDF-Expand needs a key at least as long as the hash: extract one first",
        )),
        HkdfStep::Extract => ffi::hkdf_extract(hash, salt, secret).map_err(module),
        HkdfStep::Expand => ffi::hkdf_expand(hash, secret, info, length_bytes).map_err(module),
        HkdfStep::ExtractAndExpand => {
            let key = ffi::hkdf_extract(hash, salt, secret).map_err(module)?;
            ffi::hkdf_expand(hash, &key, info, length_bytes).map_err(module)
        }
    }
}

/// What SP 800-108 calls the fixed input, around the counter.
#[derive(Clone, Copy)]
pub(super) struct FixedInput<'a> {
    /// Before the counter.
    pub prefix: &'a [u8],
    /// Width of the counter in bits: 8, 16, 24 or 32.
    pub counter_bits: u32,
    /// After the counter.
    pub suffix: &'a [u8],
}

/// The function that SP 800-108 iterates.
#[derive(Clone, Copy)]
pub(super) enum Prf<'a> {
    Hmac(Hash, &'a [u8]),
    Cmac(&'a AesKey),
}

impl Prf<'_> {
    fn block_bytes(self) -> usize {
        match self {
            Prf::Hmac(hash, _) => hash.len_bytes(),
            Prf::Cmac(_) => super::aes::BLOCK_BYTES,
        }
    }

    fn apply(self, input: &[u8]) -> Result<Secret, CryptoError> {
        match self {
            Prf::Hmac(hash, key) => ffi::hmac(hash, key, input)
                .map(Zeroizing::new)
                .map_err(|_| CryptoError::Module("HMAC")),
            Prf::Cmac(key) => key.cmac_sign(input).map(Zeroizing::new),
        }
    }
}

/// The KDF in counter mode of SP 800-108r1, 4.1. Label, context and length are the caller's to put into the fixed input.
pub(super) fn counter_kdf(
    prf: Prf<'_>,
    fixed: FixedInput<'_>,
    length_bytes: usize,
) -> Result<Secret, CryptoError> {
    bounded("fixed input", fixed.prefix, DERIVE_INPUT_BYTES_MAX)?;
    bounded("fixed input", fixed.suffix, DERIVE_INPUT_BYTES_MAX)?;
    let length_bytes = checked_length(length_bytes)?;
    if !matches!(fixed.counter_bits, 8 | 16 | 24 | 32) {
        return Err(CryptoError::Parameter(
            "the counter has 8, 16, 24 or 32 bits",
        ));
    }
    // At most 50 blocks, which fit 8 bits.
    let skipped = 4 - fixed.counter_bits as usize / 8;
    blocks(length_bytes, prf.block_bytes(), |counter| {
        let counter = counter.to_be_bytes();
        let input = [fixed.prefix, &counter[skipped..], fixed.suffix].concat();
        prf.apply(&input)
    })
}

/// PBKDF2 (RFC 8018) from a password that the caller knows.
pub(super) fn pbkdf2(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length_bytes: usize,
) -> Result<Secret, CryptoError> {
    bounded("password", password, PASSWORD_BYTES_MAX)?;
    bounded("salt", salt, DERIVE_INPUT_BYTES_MAX)?;
    let length_bytes = checked_length(length_bytes)?;
    if password.is_empty() || salt.is_empty() || iterations == 0 {
        return Err(CryptoError::Parameter(
            "PBKDF2 needs a password, a salt and a number of iterations",
        ));
    }
    let work = u64::from(iterations) * length_bytes.div_ceil(hash.len_bytes()) as u64;
    if work > PBKDF2_WORK_MAX {
        return Err(CryptoError::Parameter(
            "PBKDF2 takes at most 10,000,000 iterations times blocks of the hash's length",
        ));
    }
    ffi::pbkdf2(hash, password, salt, iterations, length_bytes)
        .map_err(|_| CryptoError::Module("PBKDF2"))
}

/// `length_bytes` bytes of blocks numbered from 1.
fn blocks(
    length_bytes: usize,
    block_bytes: usize,
    mut block: impl FnMut(u32) -> Result<Secret, CryptoError>,
) -> Result<Secret, CryptoError> {
    let mut output = Zeroizing::new(vec![0u8; length_bytes]);
    for (counter, part) in (1..).zip(output.chunks_mut(block_bytes)) {
        part.copy_from_slice(&block(counter)?[..part.len()]);
    }
    Ok(output)
}

#[cfg(test)]
mod tests;
