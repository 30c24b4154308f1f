//! Certificates as PEM, one at a time.

use ferrohsm_protocol::Status;
use rustls::pki_types::CertificateDer;

use crate::error::OpError;

/// The one certificate in a PEM text. `what` names it in the error.
///
/// # Errors
/// [`Status::CertificateRefused`] if there is none, more than one, or something else such as a private key.
pub fn one_certificate(text: &str, what: &str) -> Result<CertificateDer<'static>, OpError> {
    let refused = |reason: &str| {
        Err(OpError::new(
            Status::CertificateRefused,
            format!("the {what} {reason}"),
        ))
    };
    let Ok(blocks) = pem::parse_many(text) else {
        return refused("is not PEM: give the file that openssl wrote");
    };
    match blocks.as_slice() {
        [block] if block.tag() == "CERTIFICATE" => {
            Ok(CertificateDer::from(block.contents().to_vec()))
        }
        [block] => refused(&format!("is a PEM {}: give the certificate", block.tag())),
        [] => refused("holds no PEM block: give the file that openssl wrote"),
        _ => refused("holds more than one PEM block: give one certificate"),
    }
}

/// A certificate as PEM.
pub fn certificate_pem(der: &[u8]) -> String {
    let lines = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("CERTIFICATE", der), lines)
}
