//! Why an operation was refused or failed: a status of the table and a sentence for the caller.

use crate::barrier::BarrierError;
use crate::crypto::CryptoError;
use crate::store::StoreError;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::frame::FrameError;
use ferrohsm_protocol::messages::ErrorDetail;
use std::borrow::Cow;
use std::time::Duration;

/// A failed call. The message names cause and remedy and holds no key material, password or plaintext.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {message}")]
pub struct OpError {
    /// What travels in the frame header.
    pub status: Status,
    /// One or two sentences for the caller.
    pub message: Cow<'static, str>,
    /// How long the reply is held back: what fails for its padding is answered slowly.
    pub delay: Duration,
}

impl OpError {
    /// An error with its own message.
    pub fn new(status: Status, message: impl Into<Cow<'static, str>>) -> OpError {
        OpError {
            status,
            message: message.into(),
            delay: Duration::ZERO,
        }
    }

    /// A fault of the HSM. `cause` goes to the log, not to the caller: it may name paths on the host.
    pub fn internal(cause: impl std::fmt::Display) -> OpError {
        tracing::error!(%cause, "internal error");
        Status::Internal.into()
    }

    /// The body of the error reply.
    pub fn detail(&self) -> ErrorDetail {
        ErrorDetail {
            message: self.message.to_string(),
        }
    }
}

impl From<Status> for OpError {
    /// The status with the general message of its row.
    fn from(status: Status) -> OpError {
        OpError::new(status, status.row().message)
    }
}

impl From<BarrierError> for OpError {
    fn from(error: BarrierError) -> OpError {
        let status = match &error {
            BarrierError::Store(StoreError::DiskFull { .. }) => Status::DiskFull,
            BarrierError::Store(StoreError::Closed) => Status::ShuttingDown,
            BarrierError::Store(StoreError::Conflict { .. }) | BarrierError::Busy { .. } => {
                return OpError::new(
                    Status::Busy,
                    "the same object is being changed by someone else: try again",
                );
            }
            BarrierError::Store(StoreError::Invalid { .. }) | BarrierError::Reserved { .. } => {
                return OpError::internal(error);
            }
            _ => Status::StoreUnavailable,
        };
        // Its text names paths of the host, so it is for the log.
        tracing::error!(%error, "the store failed");
        status.into()
    }
}

impl From<FrameError> for OpError {
    fn from(error: FrameError) -> OpError {
        OpError::new(error.status(), error.to_string())
    }
}

impl From<CryptoError> for OpError {
    fn from(error: CryptoError) -> OpError {
        if error.status() == Status::Internal {
            tracing::error!(%error, "the cryptographic module failed");
        }
        OpError::new(error.status(), error.to_string())
    }
}
