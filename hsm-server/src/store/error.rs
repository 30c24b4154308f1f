use std::io;

/// Why a store refused or failed. Names paths, never contents.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum StoreError {
    /// A compare of the transaction does not hold; nothing was changed.
    #[error("{path} was changed by someone else: read it again and repeat")]
    Conflict {
        /// The path whose compare failed.
        path: String,
        /// Its revision now; `None` if nothing is stored there.
        revision: Option<u64>,
    },
    /// The request breaks a limit or a rule; nothing was changed.
    #[error("refused: {reason}")]
    Invalid {
        /// Which rule.
        reason: String,
    },
    /// The disk is full; nothing was changed.
    #[error(
        "the disk that holds the store is full, nothing was changed ({detail}): free some space; \
         the store goes on by itself"
    )]
    DiskFull {
        /// What the operating system said.
        detail: String,
    },
    /// The disk failed; nothing was changed.
    #[error(
        "the disk that holds the store failed, nothing was changed ({detail}): look at the \
         system log; the store goes on by itself once the disk works"
    )]
    Io {
        /// What the operating system said.
        detail: String,
    },
    /// The disk failed during a commit and cannot be read back yet: the transaction was either
    /// applied whole or not at all.
    #[error(
        "the disk that holds the store failed during a commit ({detail}): whether the change was \
         kept shows once the disk works; repeat the request"
    )]
    InDoubt {
        /// What the operating system said.
        detail: String,
    },
    /// The stored data is damaged. The store never repairs by forgetting.
    #[error(
        "the store is damaged ({detail}): stop the HSM, keep a copy of its data directory and \
         restore a backup"
    )]
    Corrupt {
        /// What does not fit.
        detail: String,
    },
    /// Another process has the store open.
    #[error("{directory} is in use by another hsm-server: stop that one, or use another directory")]
    Locked {
        /// The data directory.
        directory: String,
    },
    /// The store was closed.
    #[error("the store is closed: the HSM is shutting down")]
    Closed,
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        let detail = error.to_string();
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull { detail },
            _ => Self::Io { detail },
        }
    }
}
