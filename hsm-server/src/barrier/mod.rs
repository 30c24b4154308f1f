//! The layer that seals every stored record under a data key. The only user of [`crate::store`].
//!
//! A record opens only at its own path, in its own cluster, as the version it was written as.
//! What this guards against, and what it cannot, is in docs/formats.md.

mod envelope;
mod error;
mod keys;
mod transaction;

use std::collections::HashSet;
use std::sync::Arc;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

pub use self::envelope::CLUSTER_ID_BYTES;
use self::envelope::Place;
pub use self::error::BarrierError;
use self::keys::{DATA_KEY_PREFIX, DataKeys, DerivedKeys, USES_PREFIX, next_version};
pub use self::transaction::BarrierTransaction;
use self::transaction::PlainWrite;
use crate::seal::MasterKey;
use crate::store::{Compare, Durability, Entry, Store, StoreError, Transaction};

/// The one record that is not sealed: `version 1 | cluster id 16 | key check 32`.
const HEADER_PATH: &str = "barrier/header";
const BARRIER_PREFIX: &str = "barrier/";
const HEADER_VERSION: u8 = 1;
const KEY_CHECK_BYTES: usize = 32;
/// Bits of a name's hash in a path; two of 2^32 names collide with a probability of 2^-65.
const NAME_HASH_BYTES: usize = 16;
/// A put without a compare is repeated this often when others change the same record.
const ATTEMPTS_MAX: usize = 1000;

/// A record as it was stored.
pub struct Opened {
    /// What was put; wiped on drop.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// How often this path has been written since it was last absent; from 1.
    pub version: u64,
    /// Store revision of the write, for [`BarrierTransaction::if_revision`].
    pub revision: u64,
}

/// A path, and the record there or why it does not open.
pub type Scanned = (String, Result<Opened, BarrierError>);

/// Sealed records of one cluster. Safe to share between threads; every call may block.
pub struct Barrier {
    store: Arc<dyn Store>,
    cluster_id: [u8; CLUSTER_ID_BYTES],
    names: hmac::Key,
    data_keys: DataKeys,
}

impl Barrier {
    /// Whether the store has a barrier, and of which cluster. Needs no master key.
    ///
    /// # Errors
    /// [`BarrierError::Damaged`] if the header is not one; what the store says.
    pub fn cluster_id_of(
        store: &dyn Store,
    ) -> Result<Option<[u8; CLUSTER_ID_BYTES]>, BarrierError> {
        Ok(read_header(store)?.map(|(cluster_id, _)| cluster_id))
    }

    /// Sets up an empty store and opens it. Durable on return.
    ///
    /// # Errors
    /// [`BarrierError::AlreadyCreated`] if it has a barrier; what the store says.
    pub fn create(
        store: Arc<dyn Store>,
        master_key: &MasterKey,
        cluster_id: [u8; CLUSTER_ID_BYTES],
    ) -> Result<Self, BarrierError> {
        let derived = DerivedKeys::new(master_key, &cluster_id)?;
        let check = hmac::sign(&derived.check, &cluster_id);
        let header = [&[HEADER_VERSION], cluster_id.as_slice(), check.as_ref()].concat();
        let (_, wrapped) = keys::new_data_key(&cluster_id, &derived.wrapping, 1)?;
        let transaction = Transaction::new(Durability::Durable)
            .if_absent(HEADER_PATH)
            .put(HEADER_PATH, header)
            .put(keys::data_key_path(1), wrapped);
        match store.commit(transaction) {
            Err(StoreError::Conflict { .. }) => return Err(BarrierError::AlreadyCreated),
            result => result?,
        };
        Self::open(store, master_key)
    }

    /// Opens a store that was set up.
    ///
    /// # Errors
    /// [`BarrierError::NotCreated`] if it was not; [`BarrierError::WrongMasterKey`] if with another
    /// master key; an error that names the record if a data key is damaged.
    pub fn open(store: Arc<dyn Store>, master_key: &MasterKey) -> Result<Self, BarrierError> {
        let (cluster_id, check) = read_header(&*store)?.ok_or(BarrierError::NotCreated)?;
        let derived = DerivedKeys::new(master_key, &cluster_id)?;
        hmac::verify(&derived.check, &cluster_id, &check)
            .map_err(|_| BarrierError::WrongMasterKey)?;
        let data_keys = DataKeys::load(Arc::clone(&store), cluster_id, derived.wrapping)?;
        Ok(Self {
            store,
            cluster_id,
            names: derived.names,
            data_keys,
        })
    }

    /// The cluster this store belongs to.
    pub fn cluster_id(&self) -> &[u8; CLUSTER_ID_BYTES] {
        &self.cluster_id
    }

    /// The record at `path`, if there is one.
    ///
    /// # Errors
    /// [`BarrierError`] that names the path if it is not what was stored there.
    pub fn get(&self, path: &str) -> Result<Option<Opened>, BarrierError> {
        check_not_reserved(path)?;
        self.store
            .get(path)?
            .map(|entry| self.open_entry(path, entry))
            .transpose()
    }

    /// As [`Barrier::get`], for a record that was seen before as version `at_least`.
    ///
    /// # Errors
    /// [`BarrierError::Replayed`] if the version stored now is older.
    pub fn get_at_least(&self, path: &str, at_least: u64) -> Result<Option<Opened>, BarrierError> {
        let opened = self.get(path)?;
        match &opened {
            Some(Opened { version, .. }) if *version < at_least => Err(BarrierError::Replayed {
                path: path.to_owned(),
                found: *version,
                expected: at_least,
            }),
            _ => Ok(opened),
        }
    }

    /// Up to `limit` records whose path starts with `prefix` (such as `key/`) and sorts after `after`, by path. The
    /// last path of one page is the `after` of the next. A damaged record does not hide the others.
    ///
    /// # Errors
    /// What the store says; per record as [`Barrier::get`].
    pub fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Scanned>, BarrierError> {
        check_not_reserved(prefix)?;
        if !prefix.contains('/') {
            let reason = format!("the prefix {prefix:?} has no / and would mix kinds of records");
            return Err(StoreError::Invalid { reason }.into());
        }
        let open = |(path, entry): (String, Entry)| {
            let opened = self.open_entry(&path, entry);
            (path, opened)
        };
        Ok(self
            .store
            .scan(prefix, after, limit)?
            .into_iter()
            .map(open)
            .collect())
    }

    /// Seals and applies the transaction, and gives its store revision.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a compare does not hold. A record that does not open is not
    /// overwritten; deleting it is possible.
    pub fn commit(&self, transaction: &BarrierTransaction) -> Result<u64, BarrierError> {
        transaction.check()?;
        let mut busy = String::new();
        for _ in 0..ATTEMPTS_MAX {
            let (sealed, added) = self.seal_transaction(transaction)?;
            match self.store.commit(sealed) {
                // Only the version moved on between our read and our write: take the next one.
                Err(StoreError::Conflict { path, .. }) if added.contains(path.as_str()) => {
                    busy = path;
                }
                result => return Ok(result?),
            }
        }
        Err(BarrierError::Busy { path: busy })
    }

    /// Makes a new data key, which seals every record written from now on, and gives its number.
    /// Records under older data keys stay readable; nothing is rewritten.
    ///
    /// # Errors
    /// What the store says.
    pub fn rotate(&self) -> Result<u32, BarrierError> {
        self.data_keys.rotate()
    }

    /// The number of the data key that new records are sealed under.
    pub fn data_key(&self) -> u32 {
        self.data_keys.current_number()
    }

    /// `prefix/<32 hex digits>`: a path that does not show the name, only whether two are equal.
    /// HMAC-SHA-256 under a key derived from the master key, cut to 128 bits.
    pub fn name_path(&self, prefix: &str, name: &str) -> String {
        let tag = self.tag(prefix, name.as_bytes());
        let mut path = format!("{prefix}/");
        for byte in &tag.as_ref()[..NAME_HASH_BYTES] {
            path.push_str(&format!("{byte:02x}"));
        }
        path
    }

    /// HMAC-SHA-256 of `bytes` under a key of this cluster, for a purpose: tells whether two are equal, and nothing to
    /// one without the master key.
    pub fn tag(&self, purpose: &str, bytes: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.names);
        context.update(&(purpose.len() as u64).to_be_bytes());
        context.update(purpose.as_bytes());
        context.update(bytes);
        context.sign()
    }

    /// Revision of the last transaction; see [`Store::revision`].
    pub fn revision(&self) -> u64 {
        self.store.revision()
    }

    /// Flushes and closes the store; see [`Store::close`].
    ///
    /// # Errors
    /// What the store says.
    pub fn close(&self) -> Result<(), BarrierError> {
        Ok(self.store.close()?)
    }

    fn open_entry(&self, path: &str, entry: Entry) -> Result<Opened, BarrierError> {
        let header = envelope::header(path, &entry.value)?;
        let key = self.data_keys.named(path, header.data_key)?;
        let version = header.version;
        let place = Place {
            cluster_id: &self.cluster_id,
            path,
            version,
        };
        let plaintext = envelope::open(&key, &place, entry.value)?;
        Ok(Opened {
            plaintext,
            version,
            revision: entry.revision,
        })
    }

    /// Seals each put as the next version of its path, and adds a compare that makes sure of it.
    /// Also gives the paths of the compares added.
    fn seal_transaction<'t>(
        &self,
        plain: &'t BarrierTransaction,
    ) -> Result<(Transaction, HashSet<&'t str>), BarrierError> {
        let mut sealed = Transaction::new(plain.durability);
        sealed.compares.clone_from(&plain.compares);
        let mut added = HashSet::new();
        for write in &plain.writes {
            let (path, plaintext) = match write {
                PlainWrite::Put { path, plaintext } => (path, plaintext),
                PlainWrite::Delete { path } => {
                    sealed = sealed.delete(path);
                    continue;
                }
            };
            let current = self.store.get(path)?;
            let revision = current.as_ref().map(|entry| entry.revision);
            match plain.compares.iter().find(|compare| compare.path() == path) {
                Some(compare) => check_compare(compare, revision)?,
                None => {
                    added.insert(path.as_str());
                    sealed = match revision {
                        None => sealed.if_absent(path),
                        Some(revision) => sealed.if_revision(path, revision),
                    };
                }
            }
            let version = match current {
                None => 1,
                Some(entry) => next_version(path, self.open_entry(path, entry)?.version)?,
            };
            let (number, key) = self.data_keys.for_one_seal()?;
            let place = Place {
                cluster_id: &self.cluster_id,
                path,
                version,
            };
            sealed = sealed.put(path, envelope::seal(&key, number, &place, plaintext)?);
        }
        Ok((sealed, added))
    }
}

/// A caller's compare that fails already need not be sealed for.
fn check_compare(compare: &Compare, revision: Option<u64>) -> Result<(), StoreError> {
    let wanted = match compare {
        Compare::Absent { .. } => None,
        Compare::AtRevision { revision, .. } => Some(*revision),
    };
    if wanted == revision {
        return Ok(());
    }
    Err(StoreError::Conflict {
        path: compare.path().to_owned(),
        revision,
    })
}

fn check_not_reserved(path: &str) -> Result<(), BarrierError> {
    let reserved = [BARRIER_PREFIX, DATA_KEY_PREFIX, USES_PREFIX];
    if reserved.iter().any(|prefix| path.starts_with(prefix)) {
        return Err(BarrierError::Reserved {
            path: path.to_owned(),
        });
    }
    Ok(())
}

type HeaderRecord = ([u8; CLUSTER_ID_BYTES], [u8; KEY_CHECK_BYTES]);

fn read_header(store: &dyn Store) -> Result<Option<HeaderRecord>, BarrierError> {
    let Some(entry) = store.get(HEADER_PATH)? else {
        return Ok(None);
    };
    let damaged = |reason| BarrierError::Damaged {
        path: HEADER_PATH.to_owned(),
        reason,
    };
    let (&version, rest) = entry
        .value
        .split_first()
        .ok_or_else(|| damaged("it is empty"))?;
    if version != HEADER_VERSION {
        return Err(damaged("it has an unknown version"));
    }
    let (cluster_id, check) = rest
        .split_first_chunk()
        .ok_or_else(|| damaged("it has the wrong length"))?;
    let check = check
        .try_into()
        .map_err(|_| damaged("it has the wrong length"))?;
    Ok(Some((*cluster_id, check)))
}
