//! Setting up a data directory, and opening it: from a seal to an [`Hsm`].

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;

use crate::barrier::{Barrier, BarrierError, CLUSTER_ID_BYTES};
use crate::cluster::Cluster;
use crate::error::OpError;
use crate::files;
use crate::hsm::{Clock, Hsm};
use crate::policy::Mode;
use crate::seal::{SealConfig, SealContext, SealError};
use crate::store::redb::RedbStore;
use crate::store::{Store, StoreError};

/// Names the seal of a data directory.
pub const SEAL_FILE_NAME: &str = "seal.toml";

/// Why a data directory cannot be set up or opened.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A file or directory.
    #[error("{path}: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The seal.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The barrier or the store under it.
    #[error(transparent)]
    Barrier(#[from] BarrierError),
    /// What is stored behind the barrier.
    #[error("{0} (the log says more)")]
    Records(#[from] OpError),
    /// `seal.toml` cannot be read as one.
    #[error("{path} is no seal configuration: {detail}")]
    SealFile {
        /// Where.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// The set-up was cut short before the cluster was made.
    #[error(
        "the set-up of this data directory was cut short: run `hsm-server init` again, which goes on with it"
    )]
    CutShort,
    /// A dev cluster was to be run as a real one, or the other way round.
    #[error("{0}")]
    Dev(&'static str),
}

impl From<StoreError> for SetupError {
    fn from(error: StoreError) -> SetupError {
        SetupError::Barrier(error.into())
    }
}

/// How a data directory is opened.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// Where.
    pub directory: &'a Path,
    /// By `hsm-server dev`.
    pub dev: bool,
    /// For a passphrase seal.
    pub passphrase: Option<&'a str>,
    /// `$CREDENTIALS_DIRECTORY`, for a systemd credential seal.
    pub credentials_directory: Option<&'a Path>,
    /// Whether triple DES is on; never in FIPS mode.
    pub legacy_des3: bool,
}

/// Sets up a new HSM of a new cluster, UNINITIALIZED, in an empty directory (made if it is missing).
///
/// # Errors
/// [`SetupError`]; a directory that holds an HSM already is left as it is.
pub fn init(opening: Opening<'_>, seal: &SealConfig, mode: Mode) -> Result<(), SetupError> {
    let directory = opening.directory;
    files::create_private_directory(directory).map_err(|error| io(directory, error))?;
    let store: Arc<dyn Store> = Arc::new(RedbStore::open(directory)?);
    if Cluster::is_in(&*store)? {
        return Err(BarrierError::AlreadyCreated.into());
    }
    let barrier = match Barrier::cluster_id_of(&*store)? {
        None => create_barrier(opening, seal, store)?,
        // A set-up that was cut short behind its seal, which is what seal.toml says.
        Some(_) => {
            let master_key = read_seal(directory)?.open(&context(opening))?;
            Barrier::open(store, &master_key)?
        }
    };
    Cluster::create(&barrier, mode, opening.dev, Clock::default().now_unix_ms())?;
    Ok(barrier.close()?)
}

fn create_barrier(
    opening: Opening<'_>,
    seal: &SealConfig,
    store: Arc<dyn Store>,
) -> Result<Barrier, SetupError> {
    let master_key = match seal.create(&context(opening)) {
        // A set-up that was cut short: nothing was sealed with the key yet. A key file elsewhere may be another HSM's.
        Err(SealError::Exists { .. })
            if opening.dev || matches!(seal, SealConfig::Passphrase {}) =>
        {
            seal.open(&context(opening))?
        }
        result => result?,
    };
    let path = opening.directory.join(SEAL_FILE_NAME);
    let text = toml::to_string(seal).map_err(|error| SetupError::SealFile {
        path: path.clone(),
        detail: error.to_string(),
    })?;
    files::write_private(&path, text.as_bytes()).map_err(|error| io(&path, error))?;
    let mut cluster_id = [0; CLUSTER_ID_BYTES];
    rand::fill(&mut cluster_id).map_err(OpError::internal)?;
    Ok(Barrier::create(store, &master_key, cluster_id)?)
}

/// Whether a data directory has been set up.
///
/// # Errors
/// What the store says.
pub fn is_set_up(directory: &Path) -> Result<bool, SetupError> {
    if !directory.join(crate::store::redb::FILE_NAME).exists() {
        return Ok(false);
    }
    let store = RedbStore::open(directory)?;
    let set_up = Cluster::is_in(&store)?;
    store.close()?;
    Ok(set_up)
}

/// Opens the HSM of a data directory.
///
/// # Errors
/// [`SetupError`].
pub fn open(opening: Opening<'_>, login_lifetime: Duration) -> Result<Arc<Hsm>, SetupError> {
    let seal = read_seal(opening.directory)?;
    let master_key = seal.open(&context(opening))?;
    let store = Arc::new(RedbStore::open(opening.directory)?);
    let barrier = Arc::new(Barrier::open(
        Arc::clone(&store) as Arc<dyn Store>,
        &master_key,
    )?);
    if !Cluster::is_in(&*store)? {
        return Err(SetupError::CutShort);
    }
    let hsm = Hsm::open(
        opening.directory,
        barrier,
        login_lifetime,
        opening.legacy_des3,
    )?;
    match (hsm.cluster.dev(), opening.dev) {
        (true, false) => Err(SetupError::Dev(
            "this is a dev cluster, which stays on loopback for ever: start it with `hsm-server dev`",
        )),
        (false, true) => Err(SetupError::Dev(
            "this is no dev cluster: start it with `hsm-server run`, or give `hsm-server dev` a directory of its own",
        )),
        _ => Ok(hsm),
    }
}

/// The seal that a data directory names.
///
/// # Errors
/// [`SetupError::Io`], [`SetupError::SealFile`].
pub fn read_seal(directory: &Path) -> Result<SealConfig, SetupError> {
    let path = directory.join(SEAL_FILE_NAME);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(BarrierError::NotCreated.into());
        }
        result => result.map_err(|error| io(&path, error))?,
    };
    toml::from_str(&text).map_err(|error| SetupError::SealFile {
        path,
        detail: error.to_string(),
    })
}

fn context(opening: Opening<'_>) -> SealContext<'_> {
    SealContext {
        data_directory: opening.directory,
        dev: opening.dev,
        passphrase: opening.passphrase,
        credentials_directory: opening.credentials_directory,
    }
}

fn io(path: &Path, error: std::io::Error) -> SetupError {
    SetupError::Io {
        path: path.to_owned(),
        error,
    }
}
