//! The server's cryptography against published vectors and against bad input.
#![allow(clippy::unwrap_used, missing_docs)]

mod derivation;
mod ffi;
mod keys;
mod mechanisms;
mod nist;
mod refused_input;
mod refused_keys;
mod threads;
mod wycheproof_sets;

/// Bytes from hexadecimal digits; blanks do not count.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).unwrap() as u8)
        .collect();
    assert!(digits.len().is_multiple_of(2));
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// What a client computes before it asks for a signature.
fn digest(hash: hsm_server::crypto::Hash, data: &[u8]) -> Vec<u8> {
    use aws_lc_rs::digest;
    use hsm_server::crypto::Hash;
    let algorithm = match hash {
        Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha224 => &digest::SHA224,
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
        Hash::Sha512_256 => &digest::SHA512_256,
        Hash::Sha3_256 => &digest::SHA3_256,
        Hash::Sha3_384 => &digest::SHA3_384,
        Hash::Sha3_512 => &digest::SHA3_512,
        Hash::Sha512_224 => return ffi::sha512_224(data),
        Hash::Sha3_224 => return ffi::sha3_224(data),
    };
    digest::digest(algorithm, data).as_ref().to_vec()
}
