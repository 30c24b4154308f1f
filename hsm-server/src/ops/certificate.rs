//! Certificates that are stored beside keys, or on their own.

use crate::crypto::PublicKey;
use crate::error::OpError;
use ferrohsm_protocol::{MAX_CHAIN_BYTES, MAX_CHAIN_CERTIFICATES, Status};
use x509_parser::prelude::{FromDer, X509Certificate};

/// The SubjectPublicKeyInfo (DER) of a certificate.
///
/// # Errors
/// [`Status::CertificateInvalid`] if it is too long or no X.509 certificate.
pub fn public_key_info(certificate: &[u8]) -> Result<Vec<u8>, OpError> {
    if certificate.len() > MAX_CHAIN_BYTES {
        return Err(invalid(format!(
            "a certificate has at most {MAX_CHAIN_BYTES} bytes"
        )));
    }
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) => Ok(parsed.public_key().raw.to_vec()),
        Ok(_) => Err(invalid(
            "bytes follow the certificate: give its DER only".to_owned(),
        )),
        Err(_) => Err(invalid("this is no X.509 certificate in DER".to_owned())),
    }
}

/// Checks a chain, end entity first: its size, that it holds certificates, and that the first one is for the key whose
/// SubjectPublicKeyInfo is given. Whether they sign each other is for those who verify the chain.
///
/// # Errors
/// [`Status::CertificateInvalid`].
pub fn check_chain(chain: &[Vec<u8>], key: &[u8]) -> Result<(), OpError> {
    if chain.is_empty() {
        return Ok(());
    }
    if key.is_empty() {
        return Err(invalid("a secret key has no certificates".to_owned()));
    }
    if chain.len() > MAX_CHAIN_CERTIFICATES {
        return Err(invalid(format!(
            "a chain has at most {MAX_CHAIN_CERTIFICATES} certificates"
        )));
    }
    if chain.iter().map(Vec::len).sum::<usize>() > MAX_CHAIN_BYTES {
        return Err(invalid(format!(
            "a chain has at most {MAX_CHAIN_BYTES} bytes"
        )));
    }
    for (index, certificate) in chain.iter().enumerate() {
        let certified = public_key_info(certificate)?;
        if index == 0 && !is_same_key(&certified, key) {
            return Err(invalid(
                "the first certificate is for another key".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Compares keys, not encodings: a certificate may have its point compressed.
fn is_same_key(certified: &[u8], key: &[u8]) -> bool {
    certified == key
        || PublicKey::from_spki(certified)
            .and_then(|certified| certified.spki())
            .is_ok_and(|certified| certified == key)
}

fn invalid(message: String) -> OpError {
    OpError::new(Status::CertificateInvalid, message)
}
