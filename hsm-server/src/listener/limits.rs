//! How many connections and how much memory for them there may be.

use crate::config;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The limits that all connections share.
pub struct Limits {
    pub total: Arc<Counted<()>>,
    pub addresses: Arc<Counted<IpAddr>>,
    pub certificates: Arc<Counted<[u8; 32]>>,
    pub budget: Arc<Budget>,
    /// Logins under way: each takes a thread of the pool for as long as Argon2 needs.
    pub logins: Semaphore,
}

impl Limits {
    pub fn new() -> Limits {
        Limits {
            total: Counted::new(config::CONNECTIONS_MAX),
            addresses: Counted::new(config::CONNECTIONS_PER_ADDRESS_MAX),
            certificates: Counted::new(config::CONNECTIONS_PER_CERTIFICATE_MAX),
            budget: Arc::new(Budget(AtomicUsize::new(config::BUFFER_BUDGET_BYTES))),
            logins: Semaphore::new(config::LOGINS_AT_ONCE_MAX),
        }
    }
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

/// Bytes that buffers may still take.
pub struct Budget(AtomicUsize);

impl Budget {
    /// Takes `bytes` until the guard is dropped; `None` if there are not enough.
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Option<Reserved> {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                left.checked_sub(bytes)
            })
            .ok()?;
        Some(Reserved {
            budget: Arc::clone(self),
            bytes,
        })
    }
}

/// Bytes taken from the budget.
pub struct Reserved {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.bytes, Ordering::AcqRel);
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
        let budget = Arc::new(Budget(AtomicUsize::new(100)));
        let most = budget.reserve(90).unwrap();
        assert!(budget.reserve(11).is_none());
        assert!(budget.reserve(10).is_some());
        drop(most);
        assert!(budget.reserve(100).is_some());
    }
}
