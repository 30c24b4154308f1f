//! The files of the embedded store: `store.redb`, and `store.lock` held while it is open.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ::redb::backends::FileBackend;
use rustix::fs::{Advice, fadvise};

use super::super::StoreError;
use super::Opening;
use super::database::{Database, database_error};

/// Name of the redb file in the data directory.
pub const FILE_NAME: &str = "store.redb";
/// Name of a redb file that is not complete yet.
const NEW_NAME: &str = "store.redb.new";
/// redb locks its file too, but lets go while the store reopens it: this lock is kept throughout.
const LOCK_NAME: &str = "store.lock";

/// Takes the lock that keeps other processes out for as long as the result lives.
pub fn lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join(LOCK_NAME);
    // A missing or closed directory is a mistake in the configuration, not a failing disk.
    let file = private()
        .create(true)
        .open(&path)
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied => {
                StoreError::Invalid {
                    reason: format!("{} cannot be opened: {error}", path.display()),
                }
            }
            _ => error.into(),
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked {
            directory: directory.display().to_string(),
        }),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Makes the redb file if there is none.
///
/// It is made under another name: a file under the right one was complete once, so that an empty
/// or short one is damage and never taken for a new store.
pub fn make(directory: &Path) -> Result<(), StoreError> {
    let path = directory.join(FILE_NAME);
    if path.try_exists()? {
        return Ok(());
    }
    let new = directory.join(NEW_NAME);
    let file = private().create(true).open(&new)?;
    file.set_len(0)?;
    let backend = FileBackend::new(file).map_err(database_error)?;
    let database = Database::open_or_make(backend)?;
    database.close(0)?;
    std::fs::rename(&new, &path)?;
    // The name must survive power loss too.
    Ok(File::open(directory)?.sync_all()?)
}

/// Opens the redb file.
pub fn open(directory: &Path, opening: Opening) -> Result<FileBackend, StoreError> {
    let file = private().open(directory.join(FILE_NAME))?;
    if opening == Opening::AfterFailure {
        // What could not be written before is written now, or this fails and is tried again. Then
        // the cache is dropped, so that what is read is what the disk has.
        file.sync_all()?;
        fadvise(&file, 0, None, Advice::DontNeed).map_err(std::io::Error::from)?;
    }
    if file.metadata()?.len() == 0 {
        return Err(StoreError::Corrupt {
            detail: format!("{FILE_NAME} is empty"),
        });
    }
    FileBackend::new(file).map_err(database_error)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    options
}
