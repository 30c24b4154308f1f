//! Everything cryptographic the server does with keys, on AWS-LC (its FIPS module by default).
//!
//! `KeyMaterial` is a key ready to use; the families `rsa`, `ec`, `edwards`, `montgomery`, `ml_dsa`, `ml_kem`, `aes`,
//! `chacha20`, `des3`, `hmac`, `derive` hold the operations; `iv` makes GCM's IVs; `mechanism` picks the operation for a
//! row of the mechanisms table, `stream` does so for data in chunks; `ffi` is the only folder with `unsafe`. What may be
//! done with which key is decided elsewhere: nothing in here looks at attributes, users or the cluster's mode.

pub mod aes;
mod any_key;
pub mod chacha20;
mod check_value;
pub mod derive;
pub mod des3;
pub mod ec;
pub mod edwards;
mod error;
mod ffi;
pub mod hmac;
mod iv;
mod key;
mod mechanism;
pub mod ml_dsa;
pub mod ml_kem;
mod module;
pub mod montgomery;
mod pq_private;
mod protocol;
pub mod random;
mod roca;
pub mod rsa;
mod stream;
mod types;

pub use any_key::AnyKey;
pub use check_value::{check_value, public_check_value};
pub use error::CryptoError;
pub use iv::{GCM_IV_LEN, IvSource};
pub use key::{KeyMaterial, PublicKey};
pub use mechanism::{
    decapsulate, decrypt, derive_key, derive_secret, encapsulate, encrypt, fresh_iv, sign,
    unwrap_key, verify, wrap_key,
};
pub use module::{Module, module};
pub use stream::{Finished, Plaintext, Stream, holds};
pub use types::{Curve, Hash, KeySpec, KeyType, MlDsaSet, MlKemSet};

/// Longest encoded key that is looked at, in bytes; RSA 4096 needs 2,400.
pub const KEY_DER_BYTES_MAX: usize = 16 * 1024;

/// Refuses input above a limit before anything is done with it.
fn bounded(what: &'static str, input: &[u8], limit_bytes: usize) -> Result<(), CryptoError> {
    if input.len() <= limit_bytes {
        return Ok(());
    }
    Err(CryptoError::DataLength {
        what,
        actual: input.len(),
        needed: format!("at most {limit_bytes}"),
    })
}

/// Refuses data that is no whole number of a block cipher's blocks.
fn whole_blocks(data: &[u8], block_bytes: usize) -> Result<(), CryptoError> {
    if data.len().is_multiple_of(block_bytes) {
        return Ok(());
    }
    Err(CryptoError::DataLength {
        what: "data",
        actual: data.len(),
        needed: format!("a multiple of {block_bytes}"),
    })
}

/// Refuses input of any other length.
fn expect_length(what: &'static str, input: &[u8], length_bytes: usize) -> Result<(), CryptoError> {
    if input.len() == length_bytes {
        return Ok(());
    }
    Err(CryptoError::DataLength {
        what,
        actual: input.len(),
        needed: length_bytes.to_string(),
    })
}
