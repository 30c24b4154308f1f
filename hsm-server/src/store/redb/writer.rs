//! The one thread that writes: group commit, the flush of deferred commits, reopening.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, PoisonError, RwLockWriteGuard};
use std::time::{Duration, Instant};

use super::super::{StoreError, Transaction};
use super::database::Database;
use super::{Opening, Shared};

/// Most transactions in one redb transaction.
const BATCH_MAX_TRANSACTIONS: usize = 256;
/// A batch is closed once it has this many bytes.
const BATCH_CLOSE_BYTES: usize = 8 * 1024 * 1024;
/// Deferred commits wait at most this long before they are flushed; the promise is one second, and
/// the sync itself takes time too.
const DEFERRED_WAIT: Duration = Duration::from_millis(500);
/// After the store was reopened, or could not be, commits are refused for this many times as long
/// as that took: reading stops meanwhile, and a disk that stays full must not stop it for good.
const HOLD_OFF: u32 = 10;

/// Where an answer goes. A caller that went away does not matter.
type Reply<T> = SyncSender<Result<T, StoreError>>;

/// What the writer is asked to do.
pub enum Job {
    /// Commits, and answers with the revision.
    Commit {
        transaction: Transaction,
        reply: Reply<u64>,
    },
    /// Answers once the store is open and healthy, after reopening it if need be.
    Recover { reply: Reply<()> },
}

impl Job {
    /// A [`Job::Recover`].
    pub fn recover(reply: Reply<()>) -> Self {
        Self::Recover { reply }
    }
}

/// Opens the database anew.
pub type Open = Box<dyn Fn(Opening) -> Result<Database, StoreError> + Send>;

/// State of the writer thread.
pub struct Writer {
    shared: Arc<Shared>,
    open: Open,
    jobs: Receiver<Job>,
    /// The last revision given out, also if its transaction was lost since.
    revision: u64,
    /// Deferred transactions that a crash would lose, and when the first was committed.
    deferred: u64,
    deferred_since: Option<Instant>,
    /// Revision of the last deferred transaction.
    deferred_revision: u64,
    /// What to say, and until when, instead of trying a disk again that has just failed.
    hold_off: Option<(Instant, StoreError)>,
}

impl Writer {
    /// A writer for an open database.
    pub fn new(shared: Arc<Shared>, open: Open, jobs: Receiver<Job>) -> Self {
        let revision = shared.revision.load(Ordering::Acquire);
        Self {
            shared,
            open,
            jobs,
            revision,
            deferred: 0,
            deferred_since: None,
            deferred_revision: 0,
            hold_off: None,
        }
    }

    /// Serves jobs until the last sender is gone, then closes the database.
    pub fn run(mut self) -> Result<(), StoreError> {
        loop {
            match self.next_job() {
                Ok(Job::Recover { reply }) => {
                    let _ = reply.send(self.recover());
                }
                Ok(Job::Commit { transaction, reply }) => self.commit(transaction, reply),
                Err(RecvTimeoutError::Timeout) => self.flush(),
                Err(RecvTimeoutError::Disconnected) => return self.close(),
            }
        }
    }

    fn next_job(&self) -> Result<Job, RecvTimeoutError> {
        match self.deferred_since {
            None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            // Not `recv_timeout` alone: it prefers a waiting job, and a stream of deferred commits
            // would put the flush off for ever.
            Some(since) => match DEFERRED_WAIT.checked_sub(since.elapsed()) {
                None => Err(RecvTimeoutError::Timeout),
                Some(left) => self.jobs.recv_timeout(left),
            },
        }
    }

    /// Commits this transaction and all that wait behind it.
    fn commit(&mut self, first: Transaction, reply: Reply<u64>) {
        let mut bytes = first.bytes();
        let mut transactions = vec![first];
        let mut replies = vec![reply];
        let mut recover = Vec::new();
        while transactions.len() < BATCH_MAX_TRANSACTIONS && bytes < BATCH_CLOSE_BYTES {
            match self.jobs.try_recv() {
                Ok(Job::Commit { transaction, reply }) => {
                    bytes += transaction.bytes();
                    transactions.push(transaction);
                    replies.push(reply);
                }
                Ok(Job::Recover { reply }) => recover.push(reply),
                Err(_) => break,
            }
        }
        let results = match self.apply(&transactions) {
            Ok(results) => results,
            Err(error) => transactions.iter().map(|_| Err(error.clone())).collect(),
        };
        for (reply, result) in replies.iter().zip(results) {
            let _ = reply.send(result);
        }
        for reply in recover {
            let _ = reply.send(self.recover());
        }
    }

    /// Applies a batch; if the disk fails meanwhile, finds out what became of it.
    fn apply(&mut self, transactions: &[Transaction]) -> Result<Results, StoreError> {
        self.check_hold_off()?;
        self.ensure_open()?;
        let mut results = Vec::with_capacity(transactions.len());
        let from = self.revision;
        let outcome =
            self.with_database(|database| database.apply(transactions, from, &mut results));
        let changed = results.iter().filter(|result| result.is_ok()).count() as u64;
        // Also after a failure: a revision that may be in the file is not given out again.
        self.revision += changed;
        let error = match outcome {
            Ok(durable) => {
                self.note_committed(changed, durable);
                return Ok(results);
            }
            Err(error) => error,
        };
        tracing::error!(%error, "a commit failed; reopening the store");
        // Only the commit itself, which comes last, can leave a doubt.
        let in_doubt = changed > 0 && results.len() == transactions.len();
        match self.reopen(&error) {
            Ok(stored) if in_doubt && stored == self.revision => {
                self.note_committed(changed, true);
                Ok(results)
            }
            Err(_) if in_doubt => Err(StoreError::InDoubt {
                detail: error.to_string(),
            }),
            Ok(_) | Err(_) => Err(error),
        }
    }

    fn note_committed(&mut self, changed: u64, durable: bool) {
        if durable {
            self.deferred = 0;
            self.deferred_since = None;
        } else if changed > 0 {
            self.deferred += changed;
            self.deferred_revision = self.revision;
            self.deferred_since.get_or_insert_with(Instant::now);
        }
        self.shared.revision.store(self.revision, Ordering::Release);
    }

    fn flush(&mut self) {
        self.deferred_since = None;
        match self.with_database(Database::flush) {
            Ok(()) => self.deferred = 0,
            Err(error) => {
                tracing::error!(%error, "deferred commits could not be flushed");
                // What becomes of them is logged there.
                let _ = self.reopen(&error);
            }
        }
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.ensure_open()?;
        let revision = self.revision;
        match self.lock_database().take() {
            Some(database) => guarded(|| database.close(revision)),
            None => Err(StoreError::Closed),
        }
    }

    fn recover(&mut self) -> Result<(), StoreError> {
        match self.with_database(Database::check_healthy) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.check_hold_off()?;
                self.reopen(&error).map(drop)
            }
        }
    }

    fn ensure_open(&mut self) -> Result<(), StoreError> {
        match self.with_database(|_| Ok(())) {
            Ok(()) => Ok(()),
            Err(error) => self.reopen(&error).map(drop),
        }
    }

    fn check_hold_off(&self) -> Result<(), StoreError> {
        match &self.hold_off {
            Some((until, error)) if Instant::now() < *until => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Closes and opens the database, and gives the revision that the file has.
    fn reopen(&mut self, cause: &StoreError) -> Result<u64, StoreError> {
        let start = Instant::now();
        let result = self.reopen_now();
        let error = result.as_ref().err().unwrap_or(cause).clone();
        self.hold_off = Some((Instant::now() + start.elapsed() * HOLD_OFF, error));
        result
    }

    fn reopen_now(&mut self) -> Result<u64, StoreError> {
        // Held throughout: no reader may see the database between the two.
        let shared = Arc::clone(&self.shared);
        let mut database = shared
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let old = database.take();
        let _ = guarded(|| {
            drop(old);
            Ok(())
        });
        let opened = (self.open)(Opening::AfterFailure).inspect_err(|error| {
            tracing::error!(%error, "the store could not be reopened");
        })?;
        let stored = opened.stored_revision();
        *database = Some(opened);
        let lost = if stored < self.deferred_revision {
            self.deferred
        } else {
            0
        };
        if lost > 0 {
            tracing::error!(
                lost,
                "deferred commits were lost with the failed disk write"
            );
        }
        self.deferred = 0;
        self.deferred_since = None;
        // A batch in doubt may have been kept after all.
        self.revision = self.revision.max(stored);
        shared.revision.fetch_max(stored, Ordering::AcqRel);
        tracing::warn!(
            revision = stored,
            "the store was reopened after a disk failure"
        );
        Ok(stored)
    }

    /// Runs `work` on the open database. Readers go on meanwhile.
    fn with_database<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let database = self
            .shared
            .database
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let database = database.as_ref().ok_or(StoreError::Closed)?;
        guarded(|| work(database))
    }

    fn lock_database(&self) -> RwLockWriteGuard<'_, Option<Database>> {
        self.shared
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

type Results = Vec<Result<u64, StoreError>>;

/// redb asserts on some kinds of damage; the writer must outlive that.
fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(StoreError::Corrupt {
            detail: "writing it failed an assertion".into(),
        })
    })
}
