//! The connections of a client: which HSM takes the next call, when one is opened, when a failing address is tried again.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ferrohsm_protocol::Status;

use crate::address::Address;
use crate::connection::{Connection, OpenError, Target, open};
use crate::error::{Error, Result};
use crate::login::Session;
use crate::{lock, random_u64};

/// Longest time for connecting and Hello, when the deadline leaves more.
const OPEN_LIMIT: Duration = Duration::from_secs(5);

/// A connection with one call counted on it.
pub(crate) struct Lease(Arc<Connection>);

impl Lease {
    /// A call on this very connection; `None` if it takes none any more.
    pub(crate) fn of(connection: &Arc<Connection>) -> Option<Lease> {
        if connection.is_retired() {
            return None;
        }
        connection.load.fetch_add(1, Ordering::AcqRel);
        Some(Lease(connection.clone()))
    }
}

impl std::ops::Deref for Lease {
    type Target = Arc<Connection>;
    fn deref(&self) -> &Arc<Connection> {
        &self.0
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.load.fetch_sub(1, Ordering::Release);
    }
}

pub(crate) struct Pool {
    targets: Vec<Target>,
    connections_per_address: usize,
    revision: Arc<AtomicU64>,
    live: RwLock<Vec<Arc<Connection>>>,
    addresses: Mutex<Vec<Address>>,
    /// An address changed: opened, failed, or the pool was closed.
    changed: Condvar,
    closed: AtomicBool,
    /// Where the search for a connection starts, so that clients spread over HSMs.
    start: AtomicUsize,
}

/// What [`Pool::find_room`] decided.
enum Room {
    Open(usize),
    Wait(Duration),
    Failed(Error),
}

impl Pool {
    pub(crate) fn new(targets: Vec<Target>, connections_per_address: usize) -> Pool {
        let addresses = targets
            .iter()
            .map(|target| Address::new(&target.endpoint))
            .collect();
        let start = random_u64() as usize % targets.len().max(1);
        Pool {
            targets,
            connections_per_address,
            revision: Arc::default(),
            live: RwLock::default(),
            addresses: Mutex::new(addresses),
            changed: Condvar::new(),
            closed: AtomicBool::new(false),
            start: AtomicUsize::new(start),
        }
    }

    /// How many HSMs are configured.
    pub(crate) fn addresses(&self) -> usize {
        self.targets.len()
    }

    /// A connection for one call: an idle one, else a new one where there is room, else the least loaded. Connects if
    /// need be, until `deadline`.
    pub(crate) fn acquire(&self, session: &Session, deadline: Instant) -> Result<Lease> {
        loop {
            if self.closed.load(Ordering::Acquire) {
                return Err(Error::of(Status::ClientClosed));
            }
            if let Some(lease) = self.pick_idle().or_else(|| self.pick_of_full()) {
                return Ok(lease);
            }
            let mut addresses = lock(&self.addresses);
            match self.find_room(&mut addresses, deadline) {
                Room::Open(index) => {
                    drop(addresses);
                    if let Some(lease) = self.open(index, session, deadline) {
                        return Ok(lease);
                    }
                }
                Room::Wait(duration) => {
                    if let Some(lease) = self.pick_least_loaded() {
                        return Ok(lease);
                    }
                    // With the lock held since the search: no change goes unnoticed. Poison means nothing, as in `lock`.
                    drop(self.changed.wait_timeout(addresses, duration));
                }
                Room::Failed(error) => {
                    return self.pick_least_loaded().ok_or(error);
                }
            }
        }
    }

    /// A connection for one call if one is open; never waits. Prefers an idle one. The number is the address where
    /// another connection has room, marked as being opened: [`Self::open`] it.
    pub(crate) fn acquire_now(&self) -> (Option<Lease>, Option<usize>) {
        if let Some(lease) = self.pick_idle() {
            return (Some(lease), None);
        }
        if let Some(lease) = self.pick_of_full() {
            return (Some(lease), None);
        }
        let lease = self.pick_least_loaded();
        let room = match lease {
            Some(_) => {
                match self.find_room(&mut lock(&self.addresses), Instant::now() + OPEN_LIMIT) {
                    Room::Open(index) => Some(index),
                    Room::Wait(_) | Room::Failed(_) => None,
                }
            }
            None => None,
        };
        (lease, room)
    }

    /// The next search for a connection starts at another one.
    pub(crate) fn rotate(&self) {
        self.start.fetch_add(1, Ordering::Relaxed);
    }

    fn pick_idle(&self) -> Option<Lease> {
        let mut dead = false;
        let found = {
            let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
            let start = self.start.load(Ordering::Relaxed);
            (0..live.len()).find_map(|offset| {
                let connection = &live[(start + offset) % live.len()];
                dead |= connection.is_retired();
                let taken = !connection.is_retired()
                    && connection
                        .load
                        .compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed)
                        .is_ok();
                taken.then(|| Lease(connection.clone()))
            })
        };
        if dead {
            self.prune();
        }
        found
    }

    fn pick_least_loaded(&self) -> Option<Lease> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        least_loaded(&live)
    }

    /// The least loaded connection where no HSM has room for another: the usual case of a busy client.
    fn pick_of_full(&self) -> Option<Lease> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        match live.len() >= self.connections_per_address * self.targets.len() {
            true => least_loaded(&live),
            false => None,
        }
    }

    /// The address with the fewest connections that has room and is due.
    fn find_room(&self, addresses: &mut [Address], deadline: Instant) -> Room {
        let now = Instant::now();
        if now >= deadline {
            // An attempt without time could only put "timed out" in the place of what is wrong.
            return Room::Failed(
                permanent_failure(addresses).unwrap_or_else(|| unreachable(addresses)),
            );
        }
        let start = self.start.load(Ordering::Relaxed);
        let count = addresses.len();
        let candidate = (0..count)
            .map(|offset| (start + offset) % count)
            .filter(|index| addresses[*index].may_open(self.connections_per_address, now))
            .min_by_key(|index| addresses[*index].open);
        if let Some(index) = candidate {
            addresses[index].opening = true;
            return Room::Open(index);
        }
        if let Some(error) = permanent_failure(addresses) {
            return Room::Failed(error);
        }
        let due = addresses
            .iter()
            .filter_map(|address| address.due_in(self.connections_per_address, now))
            .min();
        Room::Wait(due.unwrap_or(OPEN_LIMIT).min(deadline - now))
    }

    pub(crate) fn open(&self, index: usize, session: &Session, deadline: Instant) -> Option<Lease> {
        let mut limit = OPEN_LIMIT;
        if self.targets.len() > 1 {
            // Leave time for another HSM.
            limit = limit.min(deadline.saturating_duration_since(Instant::now()) / 2);
        }
        let limit = deadline.min(Instant::now() + limit);
        let token = session.token();
        let revision = self.revision.clone();
        let opened = open(&self.targets[index], index, revision, token.as_ref(), limit);
        let mut addresses = lock(&self.addresses);
        let address = &mut addresses[index];
        address.opening = false;
        let lease = match opened {
            Ok(connection) => {
                connection.load.store(1, Ordering::Release);
                connection
                    .failures_before
                    .store(address.failures, Ordering::Relaxed);
                address.opened();
                let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
                live.push(connection.clone());
                Some(Lease(connection))
            }
            Err(failure) => {
                address.failed(failure);
                None
            }
        };
        drop(addresses);
        self.changed.notify_all();
        // `close` may have run meanwhile.
        if self.closed.load(Ordering::Acquire) {
            self.close();
        }
        lease
    }

    /// Nobody will open the connection that [`Self::acquire_now`] asked for.
    pub(crate) fn give_up_opening(&self, index: usize) {
        lock(&self.addresses)[index].opening = false;
        self.changed.notify_all();
    }

    /// Drops retired connections from the list and notes what that says about their address.
    fn prune(&self) {
        let mut addresses = lock(&self.addresses);
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        live.retain(|connection| {
            if !connection.is_retired() {
                return true;
            }
            let proven = connection.proven.load(Ordering::Relaxed);
            addresses[connection.address]
                .lost(proven, connection.failures_before.load(Ordering::Relaxed));
            false
        });
        drop(live);
        drop(addresses);
        self.changed.notify_all();
    }

    /// The HSM of this connection takes no more calls for a while.
    pub(crate) fn set_aside(&self, connection: &Connection, error: Error) {
        connection.retire();
        lock(&self.addresses)[connection.address].failed(OpenError {
            error,
            permanent: false,
        });
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let live = {
            let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *live)
        };
        for connection in live {
            connection.fail(&Error::of(Status::ClientClosed));
        }
        self.changed.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

fn least_loaded(live: &[Arc<Connection>]) -> Option<Lease> {
    let connection = live
        .iter()
        .filter(|connection| !connection.is_retired())
        .min_by_key(|connection| connection.load.load(Ordering::Relaxed))?;
    connection.load.fetch_add(1, Ordering::AcqRel);
    Some(Lease(connection.clone()))
}

/// Set when every address failed for a reason that trying again does not mend.
fn permanent_failure(addresses: &[Address]) -> Option<Error> {
    let all = addresses.iter().all(|address| {
        address
            .failure
            .as_ref()
            .is_some_and(|failure| failure.permanent)
    });
    if !all {
        return None;
    }
    let address = addresses.first()?;
    let error = &address.failure.as_ref()?.error;
    Some(Error::new(
        error.status,
        format!("HSM {}: {error}", address.name),
    ))
}

fn unreachable(addresses: &[Address]) -> Error {
    let causes: Vec<String> = addresses
        .iter()
        .map(|address| match &address.failure {
            Some(failure) => format!("{}: {}", address.name, failure.error),
            None => format!("{}: no answer yet", address.name),
        })
        .collect();
    Error::because(Status::Unreachable, causes.join("; "))
}
