//! Reading and making small secret files.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::SealError;

/// No seal file is longer.
const FILE_MAX_BYTES: usize = 4096;

/// Makes the file with mode 0600 and makes it durable. An existing one is never touched; one that
/// cannot be completed is removed.
pub fn create(path: &Path, contents: &[u8]) -> Result<(), SealError> {
    let failed = |error: std::io::Error| SealError::io(path, &error);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut complete = || -> std::io::Result<()> {
        file.write_all(contents)?;
        file.sync_all()?;
        File::open(directory)?.sync_all()
    };
    complete().map_err(|error| {
        // Useless as it is, and in the way of the next attempt.
        let _ = std::fs::remove_file(path);
        failed(error)
    })
}

/// Reads all of a small file.
pub fn read(path: &Path, mut file: File) -> Result<Zeroizing<Vec<u8>>, SealError> {
    // One more than may be: enough to tell, and never reallocated, which would leave a copy.
    let mut bytes = Zeroizing::new(vec![0; FILE_MAX_BYTES + 1]);
    let mut length = 0;
    while length < bytes.len() {
        match file
            .read(&mut bytes[length..])
            .map_err(|error| SealError::io(path, &error))?
        {
            0 => break,
            read => length += read,
        }
    }
    if length > FILE_MAX_BYTES {
        return Err(SealError::malformed(path, "it is far too long"));
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Opens a file to be [`read`].
pub fn open(path: &Path) -> Result<File, SealError> {
    File::open(path).map_err(|error| SealError::io(path, &error))
}
