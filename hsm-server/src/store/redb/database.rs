//! Tables of the redb file, and transactions on them.

use std::io::ErrorKind;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use ::redb::{
    Builder, CommitError, DatabaseError, Durability as RedbDurability, ReadableDatabase,
    ReadableTable, StorageBackend, StorageError, Table, TableDefinition, TableError,
    TransactionError,
};

use super::super::{Compare, Durability, Entry, StoreError, Transaction, Write};

/// path → revision of the last write, u64 big-endian, then the value.
const RECORDS: TableDefinition<&str, &[u8]> = TableDefinition::new("records");
/// Facts about the store itself; see the names below.
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
/// Layout of this file; this code knows [`FORMAT`] only.
const META_FORMAT: &str = "format";
/// Revision of the last transaction in the file.
const META_REVISION: &str = "revision";
/// No revision above this was ever given out. Equal to the revision after a clean close.
const META_REVISION_LIMIT: &str = "revision-limit";
const FORMAT: u64 = 1;
/// How far ahead the limit is set: deferred commits beyond it become durable ones.
const REVISIONS_AHEAD: u64 = 1 << 16;
const REVISION_BYTES: usize = 8;
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// An open redb file.
pub struct Database {
    redb: ::redb::Database,
    /// Revision in the file when it was opened.
    stored: u64,
    /// See [`META_REVISION_LIMIT`]; changed by the writer thread only.
    limit: AtomicU64,
}

impl Database {
    /// Opens a database, verifying every page of it. One that is empty is damaged.
    pub fn open(backend: impl StorageBackend) -> Result<Self, StoreError> {
        let mut database = Self::open_redb(backend)?;
        if !database.load()? {
            return Err(corrupt("its tables are missing"));
        }
        Ok(database)
    }

    /// Opens a database that is made if it is empty.
    pub fn open_or_make(backend: impl StorageBackend) -> Result<Self, StoreError> {
        let mut database = Self::open_redb(backend)?;
        if !database.load()? {
            database.initialize()?;
        }
        Ok(database)
    }

    fn open_redb(backend: impl StorageBackend) -> Result<Self, StoreError> {
        // With the check on, redb reports what is damaged; a panic is still caught, for what it
        // asserts instead.
        let open = || {
            Builder::new()
                .set_cache_size(CACHE_BYTES)
                .set_check_integrity_on_open(true)
                .create_with_backend(backend)
        };
        let redb = catch_unwind(AssertUnwindSafe(open))
            .map_err(|_| corrupt("opening it failed an assertion"))?
            .map_err(database_error)?;
        Ok(Self {
            redb,
            stored: 0,
            limit: AtomicU64::new(0),
        })
    }

    /// Reads what `meta` says. `false` if the database is empty.
    fn load(&mut self) -> Result<bool, StoreError> {
        let transaction = self.redb.begin_read().map_err(transaction_error)?;
        let records = transaction.open_table(RECORDS);
        let meta = match transaction.open_table(META) {
            Ok(meta) => meta,
            // Both tables are made in one transaction.
            Err(TableError::TableDoesNotExist(_)) if records.is_err() => return Ok(false),
            Err(error) => return Err(table_error(error)),
        };
        records.map_err(table_error)?;
        let number = |name: &str| -> Result<u64, StoreError> {
            let value = meta.get(name).map_err(storage_error)?;
            value
                .map(|v| v.value())
                .ok_or_else(|| corrupt(&format!("{name} is missing")))
        };
        let format = number(META_FORMAT)?;
        if format != FORMAT {
            return Err(StoreError::Invalid {
                reason: format!(
                    "the store has format {format} and this hsm-server knows {FORMAT}: use the \
                     release that wrote it"
                ),
            });
        }
        self.stored = number(META_REVISION)?;
        self.limit = AtomicU64::new(number(META_REVISION_LIMIT)?);
        Ok(true)
    }

    fn initialize(&mut self) -> Result<(), StoreError> {
        let mut transaction = self.redb.begin_write().map_err(transaction_error)?;
        transaction.set_two_phase_commit(true);
        {
            let mut meta = transaction.open_table(META).map_err(table_error)?;
            for (name, value) in [
                (META_FORMAT, FORMAT),
                (META_REVISION, 0),
                (META_REVISION_LIMIT, 0),
            ] {
                meta.insert(name, value).map_err(storage_error)?;
            }
            transaction.open_table(RECORDS).map_err(table_error)?;
        }
        transaction.commit().map_err(commit_error)
    }

    /// Revision of the last transaction that the file had when it was opened.
    pub fn stored_revision(&self) -> u64 {
        self.stored
    }

    /// The highest revision that may have been given out before the file was opened.
    pub fn revision(&self) -> u64 {
        self.stored.max(self.limit.load(Ordering::Relaxed))
    }

    /// See [`super::Store::get`].
    pub fn get(&self, path: &str) -> Result<Option<Entry>, StoreError> {
        let transaction = self.redb.begin_read().map_err(transaction_error)?;
        let records = transaction.open_table(RECORDS).map_err(table_error)?;
        let found = records.get(path).map_err(storage_error)?;
        found.map(|bytes| entry(path, bytes.value())).transpose()
    }

    /// See [`super::Store::scan`].
    pub fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Entry)>, StoreError> {
        let transaction = self.redb.begin_read().map_err(transaction_error)?;
        let records = transaction.open_table(RECORDS).map_err(table_error)?;
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let range = records
            .range::<&str>((from, Bound::Unbounded))
            .map_err(storage_error)?;
        let mut found = Vec::new();
        for item in range.take(limit) {
            let (path, bytes) = item.map_err(storage_error)?;
            let path = path.value();
            if !path.starts_with(prefix) {
                break;
            }
            found.push((path.to_owned(), entry(path, bytes.value())?));
        }
        Ok(found)
    }

    /// Whether redb still takes writes; after an I/O error it does not.
    pub fn check_healthy(&self) -> Result<(), StoreError> {
        let transaction = self.redb.begin_write().map_err(transaction_error)?;
        transaction.abort().map_err(storage_error)
    }

    /// Applies the transactions in order, as far as their compares hold, and commits once.
    ///
    /// `revision` is the last one given out so far; `results` gets the revision or the conflict of
    /// each transaction, and is complete once the commit begins. Tells whether all that was
    /// committed until now is on stable storage.
    pub fn apply(
        &self,
        transactions: &[Transaction],
        mut revision: u64,
        results: &mut Vec<Result<u64, StoreError>>,
    ) -> Result<bool, StoreError> {
        let mut redb = self.redb.begin_write().map_err(transaction_error)?;
        redb.set_two_phase_commit(true);
        let before = revision;
        let mut durable = false;
        {
            let mut records = redb.open_table(RECORDS).map_err(table_error)?;
            for transaction in transactions {
                if let Some(conflict) = conflict(&records, &transaction.compares)? {
                    results.push(Err(conflict));
                    continue;
                }
                write(&mut records, &transaction.writes, revision + 1)?;
                revision += 1;
                durable |= transaction.durability == Durability::Durable;
                results.push(Ok(revision));
            }
        }
        if revision == before {
            redb.abort().map_err(storage_error)?;
            return Ok(false);
        }
        // A deferred commit may use only revisions that a durable one set aside before.
        let mut limit = self.limit.load(Ordering::Relaxed);
        durable |= revision > limit;
        if durable && limit < revision + REVISIONS_AHEAD / 2 {
            limit = revision + REVISIONS_AHEAD;
        }
        {
            let mut meta = redb.open_table(META).map_err(table_error)?;
            meta.insert(META_REVISION, revision)
                .map_err(storage_error)?;
            meta.insert(META_REVISION_LIMIT, limit)
                .map_err(storage_error)?;
        }
        if !durable {
            set_deferred(&mut redb)?;
        }
        redb.commit().map_err(commit_error)?;
        self.limit.store(limit, Ordering::Relaxed);
        Ok(durable)
    }

    /// Makes every deferred commit durable: redb writes them out with the next durable commit.
    pub fn flush(&self) -> Result<(), StoreError> {
        let mut redb = self.redb.begin_write().map_err(transaction_error)?;
        redb.set_two_phase_commit(true);
        redb.commit().map_err(commit_error)
    }

    /// Flushes and closes, and records that no revision above `revision` was given out.
    pub fn close(self, revision: u64) -> Result<(), StoreError> {
        let mut redb = self.redb.begin_write().map_err(transaction_error)?;
        redb.set_two_phase_commit(true);
        {
            let mut meta = redb.open_table(META).map_err(table_error)?;
            meta.insert(META_REVISION_LIMIT, revision)
                .map_err(storage_error)?;
        }
        redb.commit().map_err(commit_error)?;
        self.redb.close().map_err(database_error)
    }
}

type Records<'a> = Table<'a, &'static str, &'static [u8]>;

/// The first compare that does not hold.
fn conflict(records: &Records, compares: &[Compare]) -> Result<Option<StoreError>, StoreError> {
    for compare in compares {
        let (path, wanted) = match compare {
            Compare::Absent { path } => (path, None),
            Compare::AtRevision { path, revision } => (path, Some(*revision)),
        };
        let found = records.get(path.as_str()).map_err(storage_error)?;
        let revision = match found {
            Some(bytes) => Some(split(path, bytes.value())?.0),
            None => None,
        };
        if revision != wanted {
            return Ok(Some(StoreError::Conflict {
                path: path.clone(),
                revision,
            }));
        }
    }
    Ok(None)
}

fn write(records: &mut Records, writes: &[Write], revision: u64) -> Result<(), StoreError> {
    for write in writes {
        match write {
            Write::Put { path, value } => {
                let bytes = [revision.to_be_bytes().as_slice(), value].concat();
                records
                    .insert(path.as_str(), bytes.as_slice())
                    .map_err(storage_error)?;
            }
            Write::Delete { path } => {
                records.remove(path.as_str()).map_err(storage_error)?;
            }
        }
    }
    Ok(())
}

fn set_deferred(redb: &mut ::redb::WriteTransaction) -> Result<(), StoreError> {
    // Refused only with savepoints or several processes, and there are neither.
    redb.set_durability(RedbDurability::None)
        .map_err(|error| StoreError::Io {
            detail: error.to_string(),
        })
}

fn split<'a>(path: &str, bytes: &'a [u8]) -> Result<(u64, &'a [u8]), StoreError> {
    let Some((revision, value)) = bytes.split_first_chunk::<REVISION_BYTES>() else {
        return Err(corrupt(&format!("the entry at {path} is too short")));
    };
    Ok((u64::from_be_bytes(*revision), value))
}

fn entry(path: &str, bytes: &[u8]) -> Result<Entry, StoreError> {
    let (revision, value) = split(path, bytes)?;
    Ok(Entry {
        value: value.to_vec(),
        revision,
    })
}

fn corrupt(detail: &str) -> StoreError {
    StoreError::Corrupt {
        detail: detail.into(),
    }
}

fn storage_error(error: StorageError) -> StoreError {
    match error {
        // redb's ways to say that a file is not one of its own, and that it was cut short.
        StorageError::Io(error) if error.kind() == ErrorKind::InvalidData => {
            corrupt(&error.to_string())
        }
        StorageError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            corrupt("the file ends too early")
        }
        StorageError::Io(error) => error.into(),
        StorageError::Corrupted(detail) => corrupt(&detail),
        StorageError::DatabaseClosed => StoreError::Closed,
        other => StoreError::Io {
            detail: other.to_string(),
        },
    }
}

pub(super) fn database_error(error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::Storage(error) => storage_error(error),
        DatabaseError::DatabaseAlreadyOpen => StoreError::Locked {
            directory: "the data directory".into(),
        },
        other => corrupt(&other.to_string()),
    }
}

fn transaction_error(error: TransactionError) -> StoreError {
    match error {
        TransactionError::Storage(error) => storage_error(error),
        other => StoreError::Io {
            detail: other.to_string(),
        },
    }
}

fn table_error(error: TableError) -> StoreError {
    match error {
        TableError::Storage(error) => storage_error(error),
        other => corrupt(&other.to_string()),
    }
}

fn commit_error(error: CommitError) -> StoreError {
    match error {
        CommitError::Storage(error) => storage_error(error),
        other => StoreError::Io {
            detail: other.to_string(),
        },
    }
}
