//! What a call can end with.

use ferrohsm_protocol::Status;

/// A failed call: the status decides the PKCS#11 return value and the Java exception, the message says cause and remedy.
///
/// Messages never hold key material, passwords or plaintext.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What happened, as a row of the status table.
    pub status: Status,
    /// One or two sentences: cause and remedy.
    pub message: String,
}

impl Error {
    /// An error with a message of its own.
    pub fn new(status: Status, message: impl Into<String>) -> Error {
        Error {
            status,
            message: message.into(),
        }
    }

    /// An error with the general message of its status.
    pub fn of(status: Status) -> Error {
        Error::new(status, status.row().message)
    }

    /// An error whose message is the general one of its status, then what exactly happened.
    pub(crate) fn because(status: Status, cause: impl std::fmt::Display) -> Error {
        Error::new(status, format!("{} ({cause})", status.row().message))
    }
}

/// The result of a call.
pub type Result<T> = std::result::Result<T, Error>;
