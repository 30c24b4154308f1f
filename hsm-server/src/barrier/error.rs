use crate::store::StoreError;

/// Why the barrier refused or failed. Names paths, never contents.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BarrierError {
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store has no barrier yet.
    #[error("this data directory has not been set up yet: run `hsm-server init`")]
    NotCreated,
    /// The store has a barrier already; nothing was changed.
    #[error("this data directory is set up already: open it, or use another one")]
    AlreadyCreated,
    /// The master key is not the one that the store was made with.
    #[error(
        "this seal does not open this data directory: use the seal (key file, passphrase or \
         credential) that it was set up with"
    )]
    WrongMasterKey,
    /// A record is not what was stored at its path: changed, moved from elsewhere, or damaged.
    #[error(
        "the record at {path} is not what the HSM stored there: it was changed, moved or damaged \
         outside the HSM; restore a backup"
    )]
    Tampered {
        /// Where.
        path: String,
    },
    /// A record is not an envelope: too short, or of an unknown version.
    #[error("the record at {path} is damaged ({reason}); restore a backup")]
    Damaged {
        /// Where.
        path: String,
        /// What does not fit.
        reason: &'static str,
    },
    /// A record is authentic, but older than one that was seen before.
    #[error(
        "the record at {path} is version {found}, but version {expected} was written before: an \
         old copy was put back outside the HSM; restore a current backup"
    )]
    Replayed {
        /// Where.
        path: String,
        /// The version stored now.
        found: u64,
        /// The least version expected.
        expected: u64,
    },
    /// A record names a data key that the store does not have.
    #[error(
        "the record at {path} is sealed under data key {number}, which is missing; restore a backup"
    )]
    MissingDataKey {
        /// Where.
        path: String,
        /// The data key's number.
        number: u32,
    },
    /// The path belongs to the barrier itself.
    #[error("{path} is reserved for the barrier")]
    Reserved {
        /// Which.
        path: String,
    },
    /// Other writers changed the same records again and again; nothing was changed.
    #[error("{path} is being changed by too many others at once: try again")]
    Busy {
        /// Where.
        path: String,
    },
    /// The cryptographic module failed; nothing was changed.
    #[error("the cryptographic module failed: {0}")]
    Crypto(&'static str),
}
