//! Where records are kept: paths to bytes, changed by compare-and-swap transactions.
//!
//! [`Store`] has what both an embedded database and etcd can give. It knows nothing of keys, users
//! or encryption: what it is handed is already sealed. Its only user is [`crate::barrier`].
//! All calls block; asynchronous callers run them on a blocking pool.

use std::collections::HashSet;

mod error;
pub mod redb;

pub use error::StoreError;

/// Longest path, in bytes.
pub const PATH_MAX_BYTES: usize = 512;
/// Longest value, in bytes. A transaction fits the 1.5 MiB that etcd takes by default.
pub const VALUE_MAX_BYTES: usize = 1024 * 1024;
/// Most bytes (paths and values) in one transaction.
pub const TRANSACTION_MAX_BYTES: usize = 1280 * 1024;
/// Most compares, and most writes, in one transaction (etcd's default limit).
pub const TRANSACTION_MAX_OPERATIONS: usize = 128;

/// A value and the revision of the transaction that last wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was put.
    pub value: Vec<u8>,
    /// Store revision of the put.
    pub revision: u64,
}

/// When a commit may be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// After it is on stable storage: it survives power loss.
    Durable,
    /// At once. It reaches stable storage within a second, or together with the next durable
    /// commit; a crash before that loses it.
    Deferred,
}

/// A condition on one path, evaluated in the same instant as the writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Nothing is stored at the path.
    Absent {
        /// The path meant.
        path: String,
    },
    /// The entry at the path was last written at this revision.
    AtRevision {
        /// The path meant.
        path: String,
        /// [`Entry::revision`] as read earlier.
        revision: u64,
    },
}

impl Compare {
    /// The path it is about.
    pub fn path(&self) -> &str {
        match self {
            Self::Absent { path } | Self::AtRevision { path, .. } => path,
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Stores the value, over any that was there.
    Put {
        /// Where.
        path: String,
        /// What.
        value: Vec<u8>,
    },
    /// Removes the entry; nothing happens if there is none.
    Delete {
        /// Where.
        path: String,
    },
}

impl Write {
    /// The path it changes.
    pub fn path(&self) -> &str {
        match self {
            Self::Put { path, .. } | Self::Delete { path } => path,
        }
    }
}

/// Writes that are applied together if every compare holds, and not at all otherwise.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub(crate) compares: Vec<Compare>,
    pub(crate) writes: Vec<Write>,
    pub(crate) durability: Durability,
}

impl Transaction {
    /// An empty transaction.
    #[must_use]
    pub fn new(durability: Durability) -> Self {
        Self {
            compares: Vec::new(),
            writes: Vec::new(),
            durability,
        }
    }

    /// Requires that nothing is stored at `path`.
    #[must_use]
    pub fn if_absent(mut self, path: impl Into<String>) -> Self {
        self.compares.push(Compare::Absent { path: path.into() });
        self
    }

    /// Requires that the entry at `path` was last written at `revision`.
    #[must_use]
    pub fn if_revision(mut self, path: impl Into<String>, revision: u64) -> Self {
        self.compares.push(Compare::AtRevision {
            path: path.into(),
            revision,
        });
        self
    }

    /// Stores `value` at `path`.
    #[must_use]
    pub fn put(mut self, path: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.writes.push(Write::Put {
            path: path.into(),
            value: value.into(),
        });
        self
    }

    /// Removes what is stored at `path`.
    #[must_use]
    pub fn delete(mut self, path: impl Into<String>) -> Self {
        self.writes.push(Write::Delete { path: path.into() });
        self
    }

    /// Bytes of all paths and values.
    pub(crate) fn bytes(&self) -> usize {
        let compared = self.compares.iter().map(|compare| compare.path().len());
        let written = self.writes.iter().map(|write| match write {
            Write::Put { path, value } => path.len() + value.len(),
            Write::Delete { path } => path.len(),
        });
        compared.chain(written).sum()
    }

    /// Checks the limits that every store shares.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if there is nothing to write, a limit is passed, a path is
    /// malformed, or a path is written twice (etcd refuses that too).
    pub fn check(&self) -> Result<(), StoreError> {
        let invalid = |reason: String| Err(StoreError::Invalid { reason });
        if self.writes.is_empty() {
            return invalid("a transaction needs at least one put or delete".into());
        }
        if self.compares.len().max(self.writes.len()) > TRANSACTION_MAX_OPERATIONS {
            return invalid(format!(
                "a transaction has at most {TRANSACTION_MAX_OPERATIONS} compares and writes each"
            ));
        }
        for compare in &self.compares {
            check_path(compare.path())?;
        }
        let mut written = HashSet::new();
        for write in &self.writes {
            let path = write.path();
            check_path(path)?;
            if !written.insert(path) {
                return invalid(format!("{path} is written twice in one transaction"));
            }
            if let Write::Put { value, .. } = write
                && value.len() > VALUE_MAX_BYTES
            {
                let bytes = value.len();
                return invalid(format!(
                    "the value for {path} has {bytes} bytes, at most {VALUE_MAX_BYTES} fit"
                ));
            }
        }
        let bytes = self.bytes();
        if bytes > TRANSACTION_MAX_BYTES {
            return invalid(format!(
                "the transaction has {bytes} bytes, at most {TRANSACTION_MAX_BYTES} fit"
            ));
        }
        Ok(())
    }
}

/// Checks that a path is `segment/segment/…` of lower-case letters, digits and hyphens, so that a
/// label or a user name cannot slip into one unnoticed.
///
/// # Errors
/// [`StoreError::Invalid`] if it is not.
pub fn check_path(path: &str) -> Result<(), StoreError> {
    let segment_ok = |segment: &str| {
        !segment.is_empty()
            && segment
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if path.len() > PATH_MAX_BYTES || !path.split('/').all(segment_ok) {
        let reason = format!(
            "a path is at most {PATH_MAX_BYTES} bytes of a-z, 0-9 and - in segments joined by /"
        );
        return Err(StoreError::Invalid { reason });
    }
    Ok(())
}

/// A place for records. Safe to share between threads; every call may block on the disk.
pub trait Store: Send + Sync + 'static {
    /// The entry at `path`, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn get(&self, path: &str) -> Result<Option<Entry>, StoreError>;

    /// Up to `limit` entries whose path starts with `prefix` and sorts after `after`, in byte order
    /// of the path. The last path of one page is the `after` of the next.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Entry)>, StoreError>;

    /// Applies the transaction and gives its revision, which is also that of every entry it put.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a compare does not hold. After any error but
    /// [`StoreError::InDoubt`] nothing was changed.
    fn commit(&self, transaction: Transaction) -> Result<u64, StoreError>;

    /// Revision of the last transaction committed. It grows by one with each transaction; after a
    /// crash it may leap, and it never goes back or names two transactions.
    fn revision(&self) -> u64;

    /// Makes deferred commits durable and closes the store; later calls get
    /// [`StoreError::Closed`]. Closing twice is harmless.
    ///
    /// # Errors
    /// [`StoreError`] if deferred commits could not be made durable.
    fn close(&self) -> Result<(), StoreError>;
}
