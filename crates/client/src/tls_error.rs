//! What TLS failures mean for the user.

use ferrohsm_protocol::Status;
use rustls::{AlertDescription, CertificateError, Error as TlsError};

use crate::error::Error;

/// A failure while the server's identity was being checked. True: trying again will not help.
pub(crate) fn in_handshake(error: &TlsError) -> (Error, bool) {
    let message = match error {
        TlsError::InvalidCertificate(CertificateError::Other(cause)) => cause.to_string(),
        TlsError::InvalidCertificate(CertificateError::NotValidForName)
        | TlsError::InvalidCertificate(CertificateError::NotValidForNameContext { .. }) => {
            "it belongs to another cluster than cluster-id names".to_owned()
        }
        TlsError::InvalidCertificate(cause) => format!("its certificate is refused: {cause}"),
        TlsError::AlertReceived(AlertDescription::ProtocolVersion)
        | TlsError::PeerIncompatible(_) => {
            "it does not offer TLS 1.3 as an HSM does: check the address".to_owned()
        }
        TlsError::InvalidMessage(_) | TlsError::InappropriateMessage { .. } => {
            format!("it does not speak TLS: check the address ({error})")
        }
        TlsError::AlertReceived(_) => return (after_handshake(error), true),
        other => other.to_string(),
    };
    (Error::because(Status::ServerUntrusted, message), true)
}

/// A failure on a connection whose handshake this side finished. In TLS 1.3 a server judges the client's certificate
/// after that.
pub(crate) fn after_handshake(error: &TlsError) -> Error {
    match error {
        TlsError::AlertReceived(
            alert @ (AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied),
        ) => Error::new(
            Status::CertificateRefused,
            format!(
                "the HSM refused the client certificate (TLS alert {alert:?}): use one under a trust anchor that a \
                 crypto officer registered with `ferrohsm cluster mtls register-trust-anchor`"
            ),
        ),
        other => Error::new(
            Status::ConnectionLost,
            format!("the TLS connection to the HSM failed: {other}"),
        ),
    }
}
