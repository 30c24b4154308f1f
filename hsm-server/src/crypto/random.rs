//! Random bytes from the module's DRBG (SP 800-90A CTR_DRBG).

use super::CryptoError;
use zeroize::Zeroizing;

/// Fills `target`.
pub fn fill(target: &mut [u8]) -> Result<(), CryptoError> {
    aws_lc_rs::rand::fill(target).map_err(|_| CryptoError::Module("the random generator"))
}

/// `length` bytes; the caller bounds it.
pub fn bytes(length: usize) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let mut bytes = Zeroizing::new(vec![0u8; length]);
    fill(&mut bytes)?;
    Ok(bytes)
}
