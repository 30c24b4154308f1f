//! The keys under the master key: derived ones, and the data keys that it wraps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::{hkdf, hmac, rand};
use zeroize::Zeroizing;

use super::BarrierError;
use super::envelope::{self, CLUSTER_ID_BYTES, Place};
use crate::seal::MasterKey;
use crate::store::{Durability, Store, StoreError, Transaction};

/// Data keys, wrapped: `data-key/<number, 8 hex digits>`.
pub const DATA_KEY_PREFIX: &str = "data-key/";
/// How many seals each data key may have been used for: `data-key-uses/<number>`.
pub const USES_PREFIX: &str = "data-key-uses/";
/// The number that envelopes name for the wrapping key; data keys count from 1.
const WRAPPING_KEY: u32 = 0;
const DATA_KEY_BYTES: usize = 32;
/// Random nonces under one key stay far below the 2^32 of NIST SP 800-38D section 8.3: two of 2^30
/// are equal with a probability below 2^-36.
const USES_MAX: u64 = 1 << 30;
/// Seals set aside at a time, before they happen, so that a crash never loses count.
const USES_BLOCK: u64 = 1 << 16;
const PAGE: usize = 1000;

/// Keys that HKDF-SHA256 (RFC 5869) derives from the master key, with the cluster id as salt.
pub struct DerivedKeys {
    pub wrapping: RandomizedNonceKey,
    pub names: hmac::Key,
    pub check: hmac::Key,
}

impl DerivedKeys {
    /// Derives them.
    pub fn new(
        master_key: &MasterKey,
        cluster_id: &[u8; CLUSTER_ID_BYTES],
    ) -> Result<Self, BarrierError> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, cluster_id).extract(master_key.expose());
        let derive = |label: &str| -> Result<Zeroizing<[u8; 32]>, BarrierError> {
            let mut bytes = Zeroizing::new([0; 32]);
            root.expand(&[label.as_bytes()], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(bytes.as_mut_slice()))
                .map_err(|_| BarrierError::Crypto("deriving a key"))?;
            Ok(bytes)
        };
        let hmac_key = |label| -> Result<hmac::Key, BarrierError> {
            Ok(hmac::Key::new(hmac::HMAC_SHA256, derive(label)?.as_slice()))
        };
        Ok(Self {
            wrapping: aead_key(derive("ferrohsm-data-key-wrapping-v1")?.as_slice())?,
            names: hmac_key("ferrohsm-path-names-v1")?,
            check: hmac_key("ferrohsm-key-check-v1")?,
        })
    }
}

fn aead_key(bytes: &[u8]) -> Result<RandomizedNonceKey, BarrierError> {
    RandomizedNonceKey::new(&AES_256_GCM, bytes).map_err(|_| BarrierError::Crypto("an AES key"))
}

/// The data keys of a store. Safe to share between threads.
pub struct DataKeys {
    store: Arc<dyn Store>,
    cluster_id: [u8; CLUSTER_ID_BYTES],
    wrapping: RandomizedNonceKey,
    keys: RwLock<BTreeMap<u32, Arc<RandomizedNonceKey>>>,
    current: Mutex<Current>,
}

/// The data key that new records are sealed under.
struct Current {
    number: u32,
    key: Arc<RandomizedNonceKey>,
    /// Seals that were set aside and not used yet.
    uses_left: u64,
}

/// Draws a data key, and gives it with its wrapped form for [`data_key_path`].
pub fn new_data_key(
    cluster_id: &[u8; CLUSTER_ID_BYTES],
    wrapping: &RandomizedNonceKey,
    number: u32,
) -> Result<(RandomizedNonceKey, Vec<u8>), BarrierError> {
    let mut bytes = Zeroizing::new([0; DATA_KEY_BYTES]);
    rand::fill(bytes.as_mut_slice()).map_err(|_| BarrierError::Crypto("random bytes"))?;
    let path = data_key_path(number);
    let place = Place {
        cluster_id,
        path: &path,
        version: 1,
    };
    let wrapped = envelope::seal(wrapping, WRAPPING_KEY, &place, bytes.as_slice())?;
    Ok((aead_key(bytes.as_slice())?, wrapped))
}

/// Where a data key is stored.
pub fn data_key_path(number: u32) -> String {
    format!("{DATA_KEY_PREFIX}{number:08x}")
}

impl DataKeys {
    /// Unwraps the data keys of a store; new records go under the newest.
    pub fn load(
        store: Arc<dyn Store>,
        cluster_id: [u8; CLUSTER_ID_BYTES],
        wrapping: RandomizedNonceKey,
    ) -> Result<Self, BarrierError> {
        let mut keys = BTreeMap::new();
        let mut after: Option<String> = None;
        loop {
            let page = store.scan(DATA_KEY_PREFIX, after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (path, entry) in page {
                let number = path.strip_prefix(DATA_KEY_PREFIX).unwrap_or_default();
                let number =
                    u32::from_str_radix(number, 16).map_err(|_| BarrierError::Damaged {
                        path: path.clone(),
                        reason: "its name is not a data key number",
                    })?;
                let bytes = open_wrapped(&wrapping, &cluster_id, &path, entry.value)?.0;
                keys.insert(number, Arc::new(aead_key(&bytes)?));
            }
        }
        let Some((&number, key)) = keys.last_key_value() else {
            return Err(BarrierError::MissingDataKey {
                path: data_key_path(1),
                number: 1,
            });
        };
        let current = Current {
            number,
            key: Arc::clone(key),
            uses_left: 0,
        };
        let (keys, current) = (RwLock::new(keys), Mutex::new(current));
        Ok(Self {
            store,
            cluster_id,
            wrapping,
            keys,
            current,
        })
    }

    /// The data key that the record at `path` names.
    pub fn named(&self, path: &str, number: u32) -> Result<Arc<RandomizedNonceKey>, BarrierError> {
        let known = |number| {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            keys.get(&number).cloned()
        };
        if let Some(key) = known(number) {
            return Ok(key);
        }
        // Another HSM of the cluster may have made it since.
        let missing = || BarrierError::MissingDataKey {
            path: path.to_owned(),
            number,
        };
        let key_path = data_key_path(number);
        let entry = self.store.get(&key_path)?.ok_or_else(missing)?;
        let bytes = open_wrapped(&self.wrapping, &self.cluster_id, &key_path, entry.value)?.0;
        let key = Arc::new(aead_key(&bytes)?);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(number, Arc::clone(&key));
        Ok(key)
    }

    /// The current data key, for one seal. Makes a new one when this one has sealed enough.
    pub fn for_one_seal(&self) -> Result<(u32, Arc<RandomizedNonceKey>), BarrierError> {
        let mut current = self.lock_current();
        while current.uses_left == 0 {
            if !self.set_aside(&mut current)? {
                tracing::info!(
                    number = current.number,
                    "data key has sealed enough: rotating"
                );
                self.replace(&mut current)?;
            }
        }
        current.uses_left -= 1;
        Ok((current.number, Arc::clone(&current.key)))
    }

    /// The number of the data key for new records.
    pub fn current_number(&self) -> u32 {
        self.lock_current().number
    }

    /// Makes a new data key for all records to come, and gives its number.
    pub fn rotate(&self) -> Result<u32, BarrierError> {
        let mut current = self.lock_current();
        self.replace(&mut current)?;
        Ok(current.number)
    }

    fn lock_current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, current: &mut Current) -> Result<(), BarrierError> {
        let mut number = current.number;
        loop {
            number = number
                .checked_add(1)
                .ok_or(BarrierError::Crypto("no data key numbers left"))?;
            let (key, wrapped) = new_data_key(&self.cluster_id, &self.wrapping, number)?;
            let path = data_key_path(number);
            let transaction = Transaction::new(Durability::Durable)
                .if_absent(&path)
                .put(&path, wrapped);
            match self.store.commit(transaction) {
                // Another HSM took this number.
                Err(StoreError::Conflict { .. }) => continue,
                result => result?,
            };
            let key = Arc::new(key);
            let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.insert(number, Arc::clone(&key));
            *current = Current {
                number,
                key,
                uses_left: 0,
            };
            return Ok(());
        }
    }

    /// Counts a block of seals as used, durably, before they happen. `false` if the data key has
    /// none left.
    fn set_aside(&self, current: &mut Current) -> Result<bool, BarrierError> {
        let path = format!("{USES_PREFIX}{:08x}", current.number);
        loop {
            let transaction = Transaction::new(Durability::Durable);
            let (used, version, transaction) = match self.store.get(&path)? {
                None => (0, 1, transaction.if_absent(&path)),
                Some(entry) => {
                    let (bytes, version) =
                        open_wrapped(&self.wrapping, &self.cluster_id, &path, entry.value)?;
                    let used = bytes
                        .as_slice()
                        .try_into()
                        .map(u64::from_be_bytes)
                        .map_err(|_| BarrierError::Damaged {
                            path: path.clone(),
                            reason: "it is not a count",
                        })?;
                    (
                        used,
                        next_version(&path, version)?,
                        transaction.if_revision(&path, entry.revision),
                    )
                }
            };
            if used > USES_MAX - USES_BLOCK {
                return Ok(false);
            }
            let place = Place {
                cluster_id: &self.cluster_id,
                path: &path,
                version,
            };
            let count = (used + USES_BLOCK).to_be_bytes();
            let sealed = envelope::seal(&self.wrapping, WRAPPING_KEY, &place, &count)?;
            match self.store.commit(transaction.put(&path, sealed)) {
                Ok(_) => {
                    current.uses_left = USES_BLOCK;
                    return Ok(true);
                }
                // Another HSM counted at the same time.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Opens a record that is sealed under the wrapping key; gives its version too.
fn open_wrapped(
    wrapping: &RandomizedNonceKey,
    cluster_id: &[u8; CLUSTER_ID_BYTES],
    path: &str,
    bytes: Vec<u8>,
) -> Result<(Zeroizing<Vec<u8>>, u64), BarrierError> {
    let header = envelope::header(path, &bytes)?;
    if header.data_key != WRAPPING_KEY {
        let reason = "it is not sealed under the master key";
        return Err(BarrierError::Damaged {
            path: path.to_owned(),
            reason,
        });
    }
    let place = Place {
        cluster_id,
        path,
        version: header.version,
    };
    Ok((envelope::open(wrapping, &place, bytes)?, header.version))
}

/// The version of the next write of a path.
pub fn next_version(path: &str, version: u64) -> Result<u64, BarrierError> {
    version.checked_add(1).ok_or_else(|| BarrierError::Damaged {
        path: path.to_owned(),
        reason: "its version cannot grow",
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::redb::RedbStore;

    /// Data keys of a new store that says data key 1 was used `used` times.
    fn used(used: u64) -> (tempfile::TempDir, Arc<RedbStore>, DataKeys) {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(RedbStore::open(directory.path()).unwrap());
        let cluster_id = [7; CLUSTER_ID_BYTES];
        let wrapping = DerivedKeys::new(&MasterKey::generate().unwrap(), &cluster_id).unwrap();
        let wrapping = wrapping.wrapping;
        let (_, wrapped) = new_data_key(&cluster_id, &wrapping, 1).unwrap();
        let path = format!("{USES_PREFIX}00000001");
        let place = Place {
            cluster_id: &cluster_id,
            path: &path,
            version: 1,
        };
        let count = envelope::seal(&wrapping, WRAPPING_KEY, &place, &used.to_be_bytes()).unwrap();
        let transaction = Transaction::new(Durability::Durable)
            .put(data_key_path(1), wrapped)
            .put(&path, count);
        store.commit(transaction).unwrap();
        let keys = DataKeys::load(store.clone(), cluster_id, wrapping).unwrap();
        (directory, store, keys)
    }

    #[test]
    fn a_data_key_that_sealed_enough_is_replaced_by_itself() {
        let (_directory, store, keys) = used(USES_MAX - USES_BLOCK - 1);
        for _ in 0..USES_BLOCK {
            assert_eq!(keys.for_one_seal().unwrap().0, 1);
        }
        // Another block would pass the limit by less than a block.
        assert_eq!(keys.for_one_seal().unwrap().0, 2);
        assert!(store.get(&data_key_path(2)).unwrap().is_some());
    }

    #[test]
    fn seals_are_counted_before_they_happen_and_across_restarts() {
        let (_directory, store, keys) = used(0);
        let revision = store.revision();
        for _ in 0..10 {
            keys.for_one_seal().unwrap();
        }
        assert_eq!(
            store.revision(),
            revision + 1,
            "one durable count for a block of seals"
        );
        let DataKeys {
            cluster_id,
            wrapping,
            ..
        } = keys;
        let again = DataKeys::load(store.clone(), cluster_id, wrapping).unwrap();
        again.for_one_seal().unwrap();
        let path = format!("{USES_PREFIX}00000001");
        let entry = store.get(&path).unwrap().unwrap();
        let (count, version) =
            open_wrapped(&again.wrapping, &cluster_id, &path, entry.value).unwrap();
        assert_eq!(
            (count.as_slice(), version),
            ((2 * USES_BLOCK).to_be_bytes().as_slice(), 3)
        );
    }

    #[test]
    fn a_count_that_was_changed_is_refused() {
        let (_directory, store, keys) = used(5);
        let path = format!("{USES_PREFIX}00000001");
        let transaction = Transaction::new(Durability::Durable).put(&path, [0; 60]);
        store.commit(transaction).unwrap();
        let found = keys.for_one_seal().err().unwrap();
        assert!(matches!(found, BarrierError::Damaged { .. }), "{found}");
    }
}
