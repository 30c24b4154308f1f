//! `hsm-server dev --throwaway`: an HSM for tests, which lives as long as whoever holds its standard input.
//!
//! A test process may be killed without having a chance to clean up. The kernel closes its end of the pipe all the same, so
//! the HSM ends and takes its directory along.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Signal, getpid, kill_process};

use crate::dev::DevError;
use crate::files::{create_private_directory, write_private};

/// Marks a directory that may be deleted: it was new or empty when it was claimed.
const MARKER: &str = "throwaway";

/// A claimed directory.
pub struct Throwaway {
    directory: PathBuf,
    input_closed: Arc<AtomicBool>,
}

impl Throwaway {
    /// Makes the directory, or takes one that is empty or was claimed before.
    ///
    /// # Errors
    /// [`DevError::NotThrowaway`] if it has other files, which stay as they are; [`DevError::File`].
    pub fn claim(directory: &Path) -> Result<Throwaway, DevError> {
        let failed = |error| DevError::File(directory.into(), error);
        create_private_directory(directory).map_err(failed)?;
        let marker = directory.join(MARKER);
        if !marker.exists() {
            if fs::read_dir(directory).map_err(failed)?.next().is_some() {
                return Err(DevError::NotThrowaway(directory.into()));
            }
            write_private(&marker, b"").map_err(failed)?;
        }
        Ok(Throwaway {
            directory: directory.into(),
            input_closed: Arc::default(),
        })
    }

    /// From now on the end of standard input is as good as SIGTERM.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn watch_input(&self) -> io::Result<()> {
        let closed = Arc::clone(&self.input_closed);
        let watch = move || {
            // What is written there means nothing; an error is as good as the end.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            closed.store(true, Ordering::Release);
            if let Err(error) = kill_process(getpid(), Signal::TERM) {
                tracing::error!(%error, "standard input closed, but there is no ending");
            }
        };
        std::thread::Builder::new()
            .name("input".into())
            .spawn(watch)
            .map(drop)
    }

    /// Whether the end of standard input ended it. After SIGTERM or SIGINT the directory is to be served again.
    pub fn is_over(&self) -> bool {
        self.input_closed.load(Ordering::Acquire)
    }

    /// Deletes the directory.
    ///
    /// # Errors
    /// Something in it cannot be deleted.
    pub fn delete(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.directory)
    }
}
