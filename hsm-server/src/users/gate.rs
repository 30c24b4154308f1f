//! Keeps password checks within bounds: in memory (each takes 64 MiB), in number, and per user.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ferrohsm_protocol::Status;

use crate::config;
use crate::error::OpError;

/// Checks that may wait or compute at a time; more are told that the HSM is busy. Half of the blocking pool, so that
/// passwords never keep key operations from running.
const INSIDE_MAX: usize = config::POOL_THREADS_MAX / 2;
/// Checks that compute at a time, on however many cores.
const RUNNING_MAX: usize = INSIDE_MAX / 2;

/// Bounds on password checks. Safe to share between threads.
pub struct Gate {
    running_max: usize,
    state: Mutex<GateState>,
    finished: Condvar,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

#[derive(Default)]
struct GateState {
    /// Hashes being computed.
    running: usize,
    /// Callers inside, whether they wait or compute.
    inside: usize,
}

/// What the checks of one user share: how many are under way.
#[derive(Default)]
pub struct Slot {
    in_flight: Mutex<u32>,
    settled: Condvar,
}

/// A place among the checks; given back on drop.
pub struct Ticket<'a>(&'a Gate);

impl Gate {
    /// A gate that lets one check per CPU core compute at a time, up to [`RUNNING_MAX`].
    pub fn new() -> Gate {
        Gate {
            running_max: std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(RUNNING_MAX),
            state: Mutex::default(),
            finished: Condvar::new(),
            slots: Mutex::default(),
        }
    }

    /// Takes a place.
    ///
    /// # Errors
    /// [`Status::Busy`] if too many wait already.
    pub fn enter(&self) -> Result<Ticket<'_>, OpError> {
        let mut state = lock(&self.state);
        if state.inside >= INSIDE_MAX {
            return Err(OpError::new(
                Status::Busy,
                "too many logins at once: try again in a second",
            ));
        }
        state.inside += 1;
        Ok(Ticket(self))
    }

    /// The slot of the user stored at `path`.
    pub fn slot(&self, path: &str) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        // Slots that nobody holds have nothing in flight.
        slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        Arc::clone(slots.entry(path.to_owned()).or_default())
    }
}

impl Ticket<'_> {
    /// Computes a hash once a core is free.
    pub fn compute<T>(&self, hash: impl FnOnce() -> T) -> T {
        let gate = self.0;
        let mut state = lock(&gate.state);
        while state.running >= gate.running_max {
            state = gate
                .finished
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.running += 1;
        drop(state);
        let _running = Running(gate);
        hash()
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).inside -= 1;
    }
}

struct Running<'a>(&'a Gate);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).running -= 1;
        self.0.finished.notify_one();
    }
}

impl Slot {
    /// Has the user's record to itself: no other check counts or settles meanwhile. Gives the checks under way.
    pub fn lock(&self) -> MutexGuard<'_, u32> {
        lock(&self.in_flight)
    }

    /// Waits until some check under way has settled.
    pub fn wait<'a>(&self, in_flight: MutexGuard<'a, u32>) -> MutexGuard<'a, u32> {
        self.settled
            .wait(in_flight)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a check that was counted as in flight is settled.
    pub fn settle(&self, mut in_flight: MutexGuard<'_, u32>) {
        *in_flight = in_flight.saturating_sub(1);
        drop(in_flight);
        self.settled.notify_all();
    }
}

/// The data behind these locks is counters: valid also after a panic elsewhere.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_leave_half_of_the_pool_to_keys() {
        let gate = Gate::new();
        assert!(gate.running_max <= config::POOL_THREADS_MAX / 4);
        let tickets: Vec<_> = (0..config::POOL_THREADS_MAX / 2)
            .map(|_| gate.enter().unwrap())
            .collect();
        let refused = gate.enter().map(|_| ()).unwrap_err();
        assert_eq!(refused.status, Status::Busy);
        drop(tickets);
        gate.enter().map(|_| ()).unwrap();
    }
}
