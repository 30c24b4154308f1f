use std::path::{Path, PathBuf};

/// Why a master key could not be made or had. Names files, never contents.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    /// A file is there already; it was not touched.
    #[error(
        "{path} exists already: a new master key never replaces an old one; name another file, or \
         move this one away if nothing was ever sealed with it"
    )]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{path}: {detail}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        detail: String,
    },
    /// Others than the HSM's user may read or change the key file.
    #[error("{path} has mode {mode:04o}: make it readable by its owner only (chmod 600)")]
    Mode {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file belongs to someone else.
    #[error("{path} belongs to user {owner}, but the HSM runs as user {user}: change its owner")]
    Owner {
        /// Which.
        path: PathBuf,
        /// Owner of the file.
        owner: u32,
        /// User the HSM runs as.
        user: u32,
    },
    /// The key file would be stolen together with what it protects.
    #[error(
        "{path} is inside the data directory, where a thief or a backup finds it beside what it \
         protects: keep the key file elsewhere"
    )]
    InsideDataDirectory {
        /// Which.
        path: PathBuf,
    },
    /// A file or credential is not in its format.
    #[error("{path} is not usable: {reason}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What it should be.
        reason: &'static str,
    },
    /// The passphrase seal needs one.
    #[error("this seal needs its passphrase")]
    PassphraseMissing,
    /// A new passphrase is too short.
    #[error(
        "the passphrase is too short: use at least {min} characters, such as five random words"
    )]
    PassphraseTooShort {
        /// Least number of characters.
        min: usize,
    },
    /// The passphrase does not open the seal file.
    #[error("{path} does not open: the passphrase is wrong, or the file was changed")]
    WrongPassphrase {
        /// The seal file.
        path: PathBuf,
    },
    /// Not started by systemd with credentials.
    #[error(
        "systemd gave no credentials (CREDENTIALS_DIRECTORY is not set): start the HSM as a unit \
         with LoadCredentialEncrypted={name}:FILE"
    )]
    NoCredentials {
        /// The credential's name.
        name: String,
    },
    /// A credential's name must be a plain file name.
    #[error("{name:?} is not a credential's name: use letters, digits, - _ and .")]
    CredentialName {
        /// The name configured.
        name: String,
    },
    /// The cryptographic module or Argon2 failed.
    #[error("the cryptographic module failed: {0}")]
    Crypto(&'static str),
}

impl SealError {
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return Self::Exists {
                path: path.to_owned(),
            };
        }
        Self::Io {
            path: path.to_owned(),
            detail: error.to_string(),
        }
    }

    pub(super) fn malformed(path: &Path, reason: &'static str) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            reason,
        }
    }
}
