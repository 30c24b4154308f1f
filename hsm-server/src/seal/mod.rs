//! What protects the copy of the master key that an HSM keeps at rest.

mod error;
mod files;
pub(crate) mod hex;
mod key_file;
mod master_key;
mod passphrase;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use self::error::SealError;
pub use self::master_key::{MASTER_KEY_BYTES, MasterKey};
pub use self::passphrase::FILE_NAME as PASSPHRASE_FILE_NAME;

/// Which seal an HSM has, as its configuration says it: `kind = "key-file"` and so on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SealConfig {
    /// The key itself, in a file outside the data directory that only the HSM's user may read.
    KeyFile {
        /// Where.
        path: PathBuf,
    },
    /// Wrapped under a passphrase (Argon2id), in `seal.json` in the data directory.
    Passphrase {},
    /// A credential that systemd decrypts and hands to the unit.
    SystemdCredential {
        /// Its name.
        name: String,
    },
}

/// What a seal needs besides its configuration.
#[derive(Clone, Copy)]
pub struct SealContext<'a> {
    /// Where the HSM keeps its store; must exist.
    pub data_directory: &'a Path,
    /// A throwaway HSM: allows a key file inside the data directory.
    pub dev: bool,
    /// For [`SealConfig::Passphrase`].
    pub passphrase: Option<&'a str>,
    /// `$CREDENTIALS_DIRECTORY`, for [`SealConfig::SystemdCredential`].
    pub credentials_directory: Option<&'a Path>,
}

impl SealConfig {
    /// Makes a new master key and the seal that protects it, durably. A credential is made by the
    /// operator beforehand (`openssl rand -hex 32 | systemd-creds encrypt …`) and only read here.
    ///
    /// # Errors
    /// [`SealError::Exists`] if there is a seal already; the others as they say.
    pub fn create(&self, context: &SealContext) -> Result<MasterKey, SealError> {
        match self {
            Self::KeyFile { path } => key_file::create(path, context),
            Self::Passphrase {} => passphrase::create(context),
            Self::SystemdCredential { name } => key_file::open_credential(name, context),
        }
    }

    /// Has the master key from the seal.
    ///
    /// # Errors
    /// [`SealError`] as it says. Whether it is the right key, [`crate::barrier::Barrier::open`]
    /// tells.
    pub fn open(&self, context: &SealContext) -> Result<MasterKey, SealError> {
        match self {
            Self::KeyFile { path } => key_file::open(path, context),
            Self::Passphrase {} => passphrase::open(context),
            Self::SystemdCredential { name } => key_file::open_credential(name, context),
        }
    }
}
