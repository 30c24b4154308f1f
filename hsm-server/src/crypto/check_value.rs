//! Check values: three bytes that tell keys apart without giving them away (PKCS#11 3.0, 4.3.1, 4.10.2).

use super::aes::{BLOCK_BYTES, Padding};
use super::{CryptoError, Hash, KeyMaterial, des3, ffi};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};

/// Length of a check value in bytes.
pub const CHECK_VALUE_BYTES: usize = 3;

/// Of a secret key: AES and triple DES the start of an encrypted block of zeros, others the start of their SHA-1. `None` for a private
/// key: it has that of its public key.
pub fn check_value(key: &KeyMaterial) -> Result<Option<Vec<u8>>, CryptoError> {
    if let Ok(key) = key.aes() {
        let block = key.ecb_encrypt(Padding::None, &[0; BLOCK_BYTES])?;
        return Ok(Some(block[..CHECK_VALUE_BYTES].to_vec()));
    }
    if let Ok(key) = key.des3() {
        let block = key.ecb_encrypt(Padding::None, &[0; des3::BLOCK_BYTES])?;
        return Ok(Some(block[..CHECK_VALUE_BYTES].to_vec()));
    }
    match key.public_key_info() {
        Ok(_) => Ok(None),
        Err(_) => sha1_start(&key.to_stored()?).map(Some),
    }
}

/// Of a public key: the start of the SHA-1 of its subjectPublicKey bits, as a key identifier of RFC 5280, 4.2.1.2 (1).
/// `None` if this is no SubjectPublicKeyInfo.
pub fn public_check_value(public_key_info: &[u8]) -> Result<Option<Vec<u8>>, CryptoError> {
    match SubjectPublicKeyInfo::from_der(public_key_info) {
        Ok((_, info)) => sha1_start(&info.subject_public_key.data).map(Some),
        Err(_) => Ok(None),
    }
}

fn sha1_start(data: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let digest = ffi::hash(Hash::Sha1, data).map_err(|_| CryptoError::Module("SHA-1"))?;
    Ok(digest[..CHECK_VALUE_BYTES].to_vec())
}
