//! A master key as 64 hexadecimal digits, in a file of its own or a systemd credential.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{MasterKey, SealContext, SealError, files, hex};

const KEY_FORMAT: &str = "a master key is 64 hexadecimal digits (openssl rand -hex 32)";

/// Makes a key file with a new key.
pub fn create(path: &Path, context: &SealContext) -> Result<MasterKey, SealError> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    check_outside(path, parent.unwrap_or(Path::new(".")), context)?;
    let key = MasterKey::generate()?;
    let text = hex::encode(key.expose());
    // Pushing onto `text` would move it and leave a copy.
    let mut line = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    line.extend_from_slice(text.as_bytes());
    line.push(b'\n');
    files::create(path, &line)?;
    Ok(key)
}

/// Reads a key file that only this user can have read or written.
pub fn open(path: &Path, context: &SealContext) -> Result<MasterKey, SealError> {
    let file = files::open(path)?;
    check_outside(path, path, context)?;
    // Of the open file, not of the name, which could change in between.
    let metadata = file
        .metadata()
        .map_err(|error| SealError::io(path, &error))?;
    if !metadata.is_file() {
        return Err(SealError::malformed(path, "it is not a regular file"));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & !0o600 != 0 {
        return Err(SealError::Mode {
            path: path.to_owned(),
            mode,
        });
    }
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        return Err(SealError::Owner {
            path: path.to_owned(),
            owner: metadata.uid(),
            user,
        });
    }
    parse(path, &files::read(path, file)?)
}

/// Reads a credential that systemd decrypted and protects.
pub fn open_credential(name: &str, context: &SealContext) -> Result<MasterKey, SealError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if name.is_empty() || name.starts_with('.') || !name.bytes().all(plain) {
        return Err(SealError::CredentialName {
            name: name.to_owned(),
        });
    }
    let directory = context
        .credentials_directory
        .ok_or_else(|| SealError::NoCredentials {
            name: name.to_owned(),
        })?;
    let path: PathBuf = directory.join(name);
    parse(&path, &files::read(&path, files::open(&path)?)?)
}

fn parse(path: &Path, text: &[u8]) -> Result<MasterKey, SealError> {
    MasterKey::fill_with(|bytes| {
        hex::decode(text.trim_ascii(), bytes).ok_or(SealError::malformed(path, KEY_FORMAT))
    })
}

fn check_outside(path: &Path, place: &Path, context: &SealContext) -> Result<(), SealError> {
    if context.dev {
        return Ok(());
    }
    let resolve = |path: &Path| {
        path.canonicalize()
            .map_err(|error| SealError::io(path, &error))
    };
    if resolve(place)?.starts_with(resolve(context.data_directory)?) {
        return Err(SealError::InsideDataDirectory {
            path: path.to_owned(),
        });
    }
    Ok(())
}
