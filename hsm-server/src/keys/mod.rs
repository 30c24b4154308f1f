//! The HSM's keys: how they are stored, and the cache that operations use.
//!
//! The store is the truth; the cache holds every key, so that a lookup costs two hash lookups and no disk. A change is
//! committed first and then becomes visible here.

pub mod attributes;
mod changes;
mod copy;
mod index;
mod iv;
mod key;
pub mod part;
pub mod record;
mod template;

use crate::barrier::{Barrier, BarrierError, Opened};
use crate::error::OpError;
use crate::session::{Login, LoginId, UserId};
use ferrohsm_protocol::Status;
use index::Index;
use record::{KeyRecord, SESSION_KEY_PREFIX};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

pub use changes::{LabelRule, NewKey};
pub use iv::IssuedIvs;
pub use key::{Key, Material};
pub use template::merged;

const SHARDS: usize = 64;
const PAGE: usize = 500;

/// All keys of this HSM, in memory. Safe to use from many threads.
pub struct Keys {
    barrier: Arc<Barrier>,
    by_handle: Vec<RwLock<HashMap<u64, Arc<Key>>>>,
    index: RwLock<Index>,
    /// One change of a key at a time; by handle.
    changing: Vec<Mutex<()>>,
    /// Labels that a change under way must have for itself.
    claimed_labels: Mutex<HashSet<(UserId, String)>>,
    /// Handles and paths of keys whose last change may or may not have been stored; looked up again by the next call
    /// that needs to know.
    doubtful: Mutex<BTreeSet<(u64, String)>>,
    has_doubtful: AtomicBool,
    /// Read while a token key is made, written while a user is deleted.
    owners: RwLock<()>,
    /// IVs that wait for their encryption.
    pub issued_ivs: IssuedIvs,
}

/// How many keys there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyCounts {
    /// Kept until deleted (a pair or a certificate counts once).
    pub token_keys: u64,
    /// Kept while their login lives.
    pub session_keys: u64,
}

impl Keys {
    /// The keys in a store.
    ///
    /// # Errors
    /// What the store says. A record that cannot be read is left out and named in the log: one damaged key must not
    /// take all the others away.
    pub fn load(barrier: Arc<Barrier>) -> Result<Keys, OpError> {
        let keys = Keys {
            barrier,
            by_handle: (0..SHARDS).map(|_| RwLock::default()).collect(),
            index: RwLock::default(),
            changing: (0..SHARDS).map(|_| Mutex::default()).collect(),
            claimed_labels: Mutex::default(),
            doubtful: Mutex::default(),
            has_doubtful: AtomicBool::new(false),
            owners: RwLock::default(),
            issued_ivs: IssuedIvs::default(),
        };
        let mut unreadable = 0;
        for prefix in [record::KEY_PREFIX, SESSION_KEY_PREFIX] {
            let mut after: Option<String> = None;
            loop {
                let page = keys.barrier.scan(prefix, after.as_deref(), PAGE)?;
                let Some((last, _)) = page.last() else { break };
                after = Some(last.clone());
                for (path, opened) in page {
                    match read_key(opened) {
                        Ok(key) => keys.publish(Arc::new(key)),
                        Err(error) => {
                            unreadable += 1;
                            tracing::error!(path, %error, "a key cannot be read: it is left out; restore a backup");
                        }
                    }
                }
            }
        }
        if unreadable > 0 {
            tracing::error!(unreadable, "the HSM starts without some of its keys");
        }
        Ok(keys)
    }

    /// For ClusterInfo.
    pub fn counts(&self) -> KeyCounts {
        self.read_index(|index| index.counts)
    }

    /// Whether the user owns token keys (then it cannot be deleted).
    pub fn owns_token_keys(&self, user: UserId) -> bool {
        self.read_index(|index| index.token_keys_of(user) > 0)
    }

    /// A key of the caller by its handle, or by that of its public key.
    ///
    /// # Errors
    /// [`Status::KeyNotFound`], also for keys of others: whether those exist is not told.
    pub fn get(&self, login: &Login, handle: u64) -> Result<Arc<Key>, OpError> {
        if self.cached(handle & !1).is_none() {
            // A change of it may have been in doubt.
            self.settle_doubtful()?;
        }
        self.visible(login, handle)
    }

    /// As [`Keys::get`], of what the cache has.
    fn visible(&self, login: &Login, handle: u64) -> Result<Arc<Key>, OpError> {
        self.cached(handle & !1)
            .filter(|key| visible(key, login))
            .ok_or_else(|| Status::KeyNotFound.into())
    }

    /// The caller's keys with handles above `after`, in their order; with `label` only those. `visit` stops the
    /// listing by returning false.
    ///
    /// # Errors
    /// What the store says.
    pub fn find(
        &self,
        login: &Login,
        label: Option<&str>,
        after: u64,
        mut visit: impl FnMut(&Arc<Key>) -> bool,
    ) -> Result<(), OpError> {
        self.settle_doubtful()?;
        let mut after = after;
        loop {
            let handles = self.read_index(|index| index.page(login.user_id, label, after, PAGE));
            let Some(last) = handles.last() else {
                return Ok(());
            };
            after = *last;
            for handle in handles {
                // It may have been deleted since.
                let Some(key) = self.cached(handle) else {
                    continue;
                };
                if visible(&key, login) && !visit(&key) {
                    return Ok(());
                }
            }
        }
    }

    fn cached(&self, handle: u64) -> Option<Arc<Key>> {
        let shard = self
            .shard(handle)
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        shard.get(&handle).cloned()
    }

    /// Notes that a change of the key at `paths` may or may not be stored, and forgets what the cache has of it.
    fn doubt(&self, handle: u64, paths: &[&str]) {
        self.remove(handle);
        let mut doubtful = self.doubtful();
        doubtful.extend(paths.iter().map(|path| (handle, (*path).to_owned())));
        self.has_doubtful.store(true, Ordering::Release);
    }

    /// Whether a key that is not found is looked for on the disk.
    pub fn has_doubtful(&self) -> bool {
        self.has_doubtful.load(Ordering::Acquire)
    }

    /// Makes the cache agree with the store about changes that were in doubt. Not while a key's lock is held.
    fn settle_doubtful(&self) -> Result<(), OpError> {
        while self.has_doubtful.load(Ordering::Acquire) {
            let first = self.doubtful().first().cloned();
            if let Some(entry) = first {
                let (handle, path) = &entry;
                // Between reading the store and showing what was read, nobody may change or delete the key.
                let _lock = self.lock(*handle);
                if let Some(opened) = self.barrier.get(path)? {
                    self.publish(Arc::new(read_key(Ok(opened))?));
                }
                self.doubtful().remove(&entry);
            }
            let doubtful = self.doubtful();
            self.has_doubtful
                .store(!doubtful.is_empty(), Ordering::Release);
        }
        Ok(())
    }

    fn doubtful(&self) -> MutexGuard<'_, BTreeSet<(u64, String)>> {
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a key visible, in place of an older state of it.
    fn publish(&self, key: Arc<Key>) {
        // Index and shard change together, so that no other thread sees one without the other for good.
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let mut shard = self
            .shard(key.handle)
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = shard.insert(key.handle, Arc::clone(&key)) {
            index.remove(&before);
        }
        index.insert(&key);
    }

    fn remove(&self, handle: u64) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let mut shard = self
            .shard(handle)
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = shard.remove(&handle) {
            index.remove(&before);
        }
    }

    fn read_index<T>(&self, read: impl FnOnce(&Index) -> T) -> T {
        read(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn shard(&self, handle: u64) -> &RwLock<HashMap<u64, Arc<Key>>> {
        &self.by_handle[shard_of(handle)]
    }

    fn lock(&self, handle: u64) -> MutexGuard<'_, ()> {
        self.changing[shard_of(handle)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles of a login's session keys.
    fn session_keys_of(&self, login: &LoginId) -> Vec<u64> {
        self.read_index(|index| index.session_keys_of(login))
    }
}

fn read_key(opened: Result<Opened, BarrierError>) -> Result<Key, OpError> {
    KeyRecord::read(&opened?.plaintext)?.to_key(None)
}

/// Handles are random, so any bits but the lowest will do.
fn shard_of(handle: u64) -> usize {
    (handle >> 1) as usize % SHARDS
}

fn visible(key: &Key, login: &Login) -> bool {
    key.owner == login.user_id && key.login.is_none_or(|of| of == login.id)
}
