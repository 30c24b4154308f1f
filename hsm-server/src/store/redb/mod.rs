//! The embedded store of a single HSM: one redb file under its data directory.
//!
//! Reads run in the caller's thread. Commits go to one writer thread, which applies all that wait
//! in one redb transaction: the cost of a durable commit is the sync, and it is shared.

mod database;
mod file;
mod writer;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use ::redb::StorageBackend;

use self::database::Database;
pub use self::file::FILE_NAME;
use self::writer::{Job, Writer};
use super::{Entry, Store, StoreError, Transaction};

/// Commits that may wait for the writer; more callers than that block before they queue.
const QUEUE_LENGTH: usize = 1024;

/// Why a backend is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The store is opened.
    First,
    /// An I/O error happened: what the operating system cached of the file must not be trusted,
    /// because a failed sync marks pages as written that are not.
    AfterFailure,
}

/// State that readers and the writer thread share.
struct Shared {
    /// `None` while the disk has failed and reopening did not succeed yet.
    database: RwLock<Option<Database>>,
    revision: AtomicU64,
}

/// A [`Store`] in one redb file. Dropping it closes it.
pub struct RedbStore {
    shared: Arc<Shared>,
    queue: Mutex<Option<SyncSender<Job>>>,
    writer: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
}

impl RedbStore {
    /// Opens the store in `directory`, which must exist; makes the file if there is none.
    /// The whole file is verified, so the time grows with its size.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another process has it open, [`StoreError::Corrupt`] if it is
    /// damaged, otherwise what the disk says.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let lock = file::lock(directory)?;
        file::make(directory)?;
        let directory = directory.to_owned();
        let open = move |opening| {
            // The lock lives as long as this closure, so as long as the store.
            let _ = &lock;
            Database::open(file::open(&directory, opening)?)
        };
        Self::start(open(Opening::First)?, Box::new(open))
    }

    /// Opens the store on what `backend` gives, or makes it there; it is called again after each
    /// I/O error.
    ///
    /// # Errors
    /// As [`RedbStore::open`].
    pub fn open_with<B: StorageBackend>(
        backend: impl Fn(Opening) -> Result<B, StoreError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let database = Database::open_or_make(backend(Opening::First)?)?;
        Self::start(
            database,
            Box::new(move |opening| Database::open(backend(opening)?)),
        )
    }

    fn start(database: Database, open: writer::Open) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            revision: AtomicU64::new(database.revision()),
            database: RwLock::new(Some(database)),
        });
        let (queue, jobs) = sync_channel(QUEUE_LENGTH);
        let writer = Writer::new(Arc::clone(&shared), open, jobs);
        let writer = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run())?;
        Ok(Self {
            shared,
            queue: Mutex::new(Some(queue)),
            writer: Mutex::new(Some(writer)),
        })
    }

    /// Runs a read; if the disk failed, has the writer reopen the file and tries once more.
    fn read<T>(&self, read: impl Fn(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let attempt = || {
            let guard = self
                .shared
                .database
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            guard.as_ref().map(|database| {
                // redb asserts on some kinds of damage.
                catch_unwind(AssertUnwindSafe(|| read(database))).unwrap_or_else(|_| {
                    Err(StoreError::Corrupt {
                        detail: "reading it failed an assertion".into(),
                    })
                })
            })
        };
        match attempt() {
            Some(Ok(value)) => return Ok(value),
            Some(Err(error @ StoreError::Corrupt { .. })) => return Err(error),
            Some(Err(_)) | None => {}
        }
        self.ask(Job::recover)?;
        attempt().unwrap_or(Err(StoreError::Closed))
    }

    /// Hands the writer a job and waits for its answer.
    fn ask<T>(
        &self,
        job: impl FnOnce(SyncSender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let queue = self
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let queue = queue.ok_or(StoreError::Closed)?;
        let (reply, answer) = sync_channel(1);
        queue.send(job(reply)).map_err(|_| StoreError::Closed)?;
        drop(queue);
        answer.recv().map_err(|_| StoreError::Closed)?
    }
}

impl Store for RedbStore {
    fn get(&self, path: &str) -> Result<Option<Entry>, StoreError> {
        self.read(|database| database.get(path))
    }

    fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Entry)>, StoreError> {
        self.read(|database| database.scan(prefix, after, limit))
    }

    fn commit(&self, transaction: Transaction) -> Result<u64, StoreError> {
        transaction.check()?;
        self.ask(|reply| Job::Commit { transaction, reply })
    }

    fn revision(&self) -> u64 {
        self.shared.revision.load(Ordering::Acquire)
    }

    fn close(&self) -> Result<(), StoreError> {
        // Without its last sender the writer finishes what waits, closes the file and ends.
        drop(
            self.queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match writer.map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(StoreError::InDoubt {
                detail: "the writer thread failed".into(),
            }),
        }
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the store did not close cleanly");
        }
    }
}
