//! Where a blocked caller waits: one per thread, used again for every call.

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::Thread;
use std::time::Instant;

use super::Outcome;
use crate::lock;

const WAITING: u8 = 0;
/// A role of the connection is free: the caller should look.
const LOOK: u8 = 1;
const DONE: u8 = 2;

/// How often a caller lets others run before it sleeps, if that was worth while the last time.
const PATIENT_TURNS: u8 = 3;
/// And if it was not: each turn is taken from a server that has much to do.
const FIRST_TURNS: u8 = 1;

/// A caller that waits for its reply, or for a role that came free.
pub(crate) struct Waiter {
    thread: Thread,
    signal: AtomicU8,
    outcome: Mutex<Option<Outcome>>,
    /// Of [`Waiter::stand_by`]; only the waiting thread looks at it.
    turns: AtomicU8,
}

/// Why [`Waiter::wait`] came back.
pub(crate) enum Woken {
    Done(Outcome),
    Look,
    TimedOut,
}

thread_local! {
    static SPARE: Cell<Option<Arc<Waiter>>> = const { Cell::new(None) };
}

impl Waiter {
    /// This thread's waiter. A call inside a callback inside a call gets a second one.
    pub(crate) fn take() -> Arc<Waiter> {
        SPARE.take().unwrap_or_else(|| {
            Arc::new(Waiter {
                thread: std::thread::current(),
                signal: AtomicU8::new(WAITING),
                outcome: Mutex::new(None),
                turns: AtomicU8::new(FIRST_TURNS),
            })
        })
    }

    /// Gives the waiter back for this thread's next call.
    pub(crate) fn put_back(self: Arc<Waiter>) {
        self.signal.store(WAITING, Ordering::Relaxed);
        SPARE.set(Some(self));
    }

    /// Ends the wait. Called once for each call, by whoever removed the call from the pending ones.
    pub(crate) fn complete(&self, outcome: Outcome) {
        *lock(&self.outcome) = Some(outcome);
        self.signal.store(DONE, Ordering::Release);
        self.thread.unpark();
    }

    /// Asks the caller to look for a free role.
    pub(crate) fn offer(&self) {
        let offered =
            self.signal
                .compare_exchange(WAITING, LOOK, Ordering::AcqRel, Ordering::Relaxed);
        if offered.is_ok() {
            self.thread.unpark();
        }
    }

    /// Waits for the outcome, an offer, or `deadline` (`None`: for ever). After the deadline no offer is taken: the caller
    /// leaves, and offers its roles to others.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Woken {
        loop {
            let signal = self.signal.load(Ordering::Acquire);
            if signal == DONE
                && let Some(outcome) = lock(&self.outcome).take()
            {
                return Woken::Done(outcome);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Woken::TimedOut;
            }
            if signal == LOOK {
                // Fails only when the outcome has just come.
                let _ = self.signal.compare_exchange(
                    LOOK,
                    WAITING,
                    Ordering::AcqRel,
                    Ordering::Relaxed,
                );
                return Woken::Look;
            }
            match left {
                Some(left) => std::thread::park_timeout(left),
                None => std::thread::park(),
            }
        }
    }

    /// Lets others run before the wait, for a caller among many: its reply may be there when it is its turn again, and a
    /// thread that does not sleep need not be woken, which costs more than a short call.
    pub(crate) fn stand_by(&self) {
        for _ in 0..self.turns.load(Ordering::Relaxed) {
            if !self.is_waiting() {
                break;
            }
            std::thread::yield_now();
        }
        let turns = if self.is_waiting() {
            FIRST_TURNS
        } else {
            PATIENT_TURNS
        };
        self.turns.store(turns, Ordering::Relaxed);
    }

    fn is_waiting(&self) -> bool {
        self.signal.load(Ordering::Acquire) == WAITING
    }

    /// Whether the outcome is there.
    pub(crate) fn is_done(&self) -> bool {
        self.signal.load(Ordering::Acquire) == DONE
    }
}
