use zeroize::Zeroizing;

use crate::store::{Compare, Durability, check_path};

use super::BarrierError;

/// One change, in plaintext.
pub(super) enum PlainWrite {
    Put {
        path: String,
        plaintext: Zeroizing<Vec<u8>>,
    },
    Delete {
        path: String,
    },
}

impl PlainWrite {
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Put { path, .. } | Self::Delete { path } => path,
        }
    }
}

/// Writes that are sealed and applied together if every compare holds, and not at all otherwise.
/// The limits of [`crate::store::Transaction`] apply.
pub struct BarrierTransaction {
    pub(super) compares: Vec<Compare>,
    pub(super) writes: Vec<PlainWrite>,
    pub(super) durability: Durability,
}

impl BarrierTransaction {
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

    /// Requires that the record at `path` was last written at `revision`
    /// ([`super::Opened::revision`]).
    #[must_use]
    pub fn if_revision(mut self, path: impl Into<String>, revision: u64) -> Self {
        self.compares.push(Compare::AtRevision {
            path: path.into(),
            revision,
        });
        self
    }

    /// Seals `plaintext` and stores it at `path`, whatever was there unless a compare says more.
    #[must_use]
    pub fn put(mut self, path: impl Into<String>, plaintext: Zeroizing<Vec<u8>>) -> Self {
        self.writes.push(PlainWrite::Put {
            path: path.into(),
            plaintext,
        });
        self
    }

    /// Removes the record at `path`.
    #[must_use]
    pub fn delete(mut self, path: impl Into<String>) -> Self {
        self.writes.push(PlainWrite::Delete { path: path.into() });
        self
    }

    /// Refuses paths that are malformed or the barrier's own.
    pub(super) fn check(&self) -> Result<(), BarrierError> {
        let compared = self.compares.iter().map(Compare::path);
        for path in compared.chain(self.writes.iter().map(PlainWrite::path)) {
            check_path(path)?;
            super::check_not_reserved(path)?;
        }
        Ok(())
    }
}
