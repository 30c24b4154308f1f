//! How many connections and how much memory for them there may be.

use crate::config;
use rustix::process::{Resource, getrlimit};
use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limits that all connections share.
pub struct Limits {
    /// Over TLS; the Unix socket has its own, so that the network cannot lock the host's administrator out.
    pub total: Arc<Counted<()>>,
    pub local: Arc<Counted<()>>,
    pub addresses: Arc<Counted<IpAddr>>,
    pub certificates: Arc<Counted<[u8; 32]>>,
    pub budget: Arc<Budget>,
    /// Logins under way: each takes a processor for as long as Argon2 needs.
    pub logins: Semaphore,
    /// Other calls that take a processor for long; the rest wait outside of the pool.
    pub heavy: Arc<Semaphore>,
}

impl Limits {
    pub fn new() -> Limits {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Limits {
            total: Counted::new(connections_possible()),
            local: Counted::new(config::LOCAL_CONNECTIONS_MAX),
            addresses: Counted::new(config::CONNECTIONS_PER_ADDRESS_MAX),
            certificates: Counted::new(config::CONNECTIONS_PER_CERTIFICATE_MAX),
            budget: Arc::new(Budget::new(config::BUFFER_BUDGET_BYTES)),
            logins: Semaphore::new(config::LOGINS_AT_ONCE_MAX),
            heavy: Arc::new(Semaphore::new(processors)),
        }
    }
}

/// Connections over TLS that the process has file descriptors for, next to the local ones and its own files.
fn connections_possible() -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let reserved = config::LOCAL_CONNECTIONS_MAX as u64 + config::OWN_FILES;
    let possible = usize::try_from(files.saturating_sub(reserved)).unwrap_or(usize::MAX);
    possible.clamp(config::LOCAL_CONNECTIONS_MAX, config::CONNECTIONS_MAX)
}

/// Counts what is open per key, up to a limit.
pub struct Counted<K> {
    limit: usize,
    open: Mutex<HashMap<K, usize>>,
}

impl<K: Eq + Hash + Copy> Counted<K> {
    fn new(limit: usize) -> Arc<Counted<K>> {
        Arc::new(Counted {
            limit,
            open: Mutex::default(),
        })
    }

    /// One more for `key` until the guard is dropped; `None` at the limit.
    pub fn enter(self: &Arc<Self>, key: K) -> Option<Entered<K>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(key).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Entered {
            counted: Arc::clone(self),
            key,
        })
    }
}

/// One that is open.
pub struct Entered<K: Eq + Hash + Copy> {
    counted: Arc<Counted<K>>,
    key: K,
}

impl<K: Eq + Hash + Copy> Drop for Entered<K> {
    fn drop(&mut self) {
        let mut open = self
            .counted
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.key);
            }
        }
    }
}

/// Bytes that buffers and calls under way may still take.
pub struct Budget(Arc<Semaphore>);

/// Bytes taken from the budget, given back when dropped.
pub type Reserved = OwnedSemaphorePermit;

impl Budget {
    fn new(bytes: usize) -> Budget {
        Budget(Arc::new(Semaphore::new(bytes)))
    }

    /// Takes `bytes` if there are enough.
    pub fn reserve(&self, bytes: usize) -> Option<Reserved> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(bytes).ok()
    }

    /// Takes `bytes` as soon as there are enough. Fails for more than 4 GiB.
    pub async fn wait(&self, bytes: usize) -> io::Result<Reserved> {
        let bytes = u32::try_from(bytes).map_err(io::Error::other)?;
        let reserved = Arc::clone(&self.0).acquire_many_owned(bytes).await;
        reserved.map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_key_and_forgets_it() {
        let counted = Counted::new(2);
        let first = counted.enter(1);
        let second = counted.enter(1);
        assert!(first.is_some() && second.is_some());
        assert!(counted.enter(1).is_none());
        assert!(counted.enter(2).is_some());
        drop(first);
        assert!(counted.enter(1).is_some());
        drop(second);
        assert!(counted.open.lock().unwrap().is_empty());
    }

    #[test]
    fn a_budget_is_given_back() {
        let budget = Budget::new(100);
        let most = budget.reserve(90).unwrap();
        assert!(budget.reserve(11).is_none());
        assert!(budget.reserve(10).is_some());
        drop(most);
        assert!(budget.reserve(100).is_some());
    }
}
