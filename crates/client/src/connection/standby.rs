//! The standby thread of a connection: reads, and writes what was left over, while only asynchronous calls are under way.
//!
//! It is started by the first asynchronous call and sleeps in the kernel without a timeout when there is none.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ferrohsm_protocol::Status;
use rustix::event::{PollFd, PollFlags};

use super::wake::Wake;
use super::{CallError, Completion, Connection, Pending, complete};
use crate::error::Error;
use crate::{lock, transport};

/// How late an asynchronous call may learn that its deadline passed.
const SWEEP: Duration = Duration::from_millis(100);

/// The handle that wakes the thread.
pub(super) struct Standby {
    wake: Wake,
}

impl Connection {
    /// Queues a call and sends it as far as the kernel takes it at once; never waits.
    pub(crate) fn submit(
        self: &Arc<Self>,
        operation: u16,
        deadline: Instant,
        completion: Box<dyn Completion>,
    ) {
        if let Err(error) = self.start_standby() {
            tracing::warn!(%error, "cannot start a thread for asynchronous calls");
            // Not as `NotSent`, which would connect again and again without a pause.
            let error = Error::because(Status::LimitReached, error);
            return completion.complete(Err(CallError::Lost(error)));
        }
        let mut shared = lock(&self.shared);
        if shared.dead {
            drop(shared);
            return completion.complete(Err(CallError::NotSent));
        }
        self.enqueue_submitted(&mut shared, operation, completion, deadline);
        let write = shared.take_writing();
        let wake = !shared.reading;
        drop(shared);
        if wake {
            self.wake_standby();
        }
        if write {
            self.write_turn(None);
        }
    }

    pub(super) fn wake_standby(&self) {
        if let Some(standby) = self.standby.get() {
            standby.wake.wake();
        }
    }

    pub(super) fn start_standby(self: &Arc<Self>) -> io::Result<()> {
        if self.standby.get().is_some() {
            return Ok(());
        }
        let wake = Wake::new()?;
        if self.standby.set(Standby { wake }).is_err() {
            return Ok(()); // another thread was faster
        }
        let connection = self.clone();
        let spawned = std::thread::Builder::new()
            .name("ferrohsm-io".to_owned())
            .spawn(move || connection.stand_by());
        if let Err(error) = &spawned {
            // Other threads have seen the cell set and rely on the thread.
            self.fail(&Error::because(Status::LimitReached, error));
        }
        spawned.map(drop)
    }

    fn stand_by(self: &Arc<Self>) {
        let Some(standby) = self.standby.get() else {
            return;
        };
        let mut swept = Instant::now();
        loop {
            let (reads, has_output, waits) = {
                let mut shared = lock(&self.shared);
                if shared.dead || (self.is_retired() && shared.pending.is_empty()) {
                    return;
                }
                let waits = shared.submitted > 0;
                let has_output = shared.has_output() && !shared.writing;
                (waits && shared.take_reading(), has_output, waits)
            };
            let mut events = PollFlags::empty();
            events.set(PollFlags::IN, reads);
            events.set(PollFlags::OUT, has_output);
            let ready = self.poll(standby, events, waits.then_some(SWEEP));
            if ready.contains(PollFlags::OUT) && lock(&self.shared).take_writing() {
                self.write_turn(None);
            }
            if reads {
                // Without data this only gives the role back, so that a blocking caller may have it.
                self.read_now();
            }
            if waits && swept.elapsed() >= SWEEP {
                swept = Instant::now();
                self.sweep(swept);
            }
        }
    }

    /// Waits for a wake-up or for `events` on the socket; tells which of these came.
    fn poll(&self, standby: &Standby, events: PollFlags, timeout: Option<Duration>) -> PollFlags {
        let mut fds = vec![PollFd::new(&standby.wake, PollFlags::IN)];
        if !events.is_empty() {
            fds.push(PollFd::new(&self.socket, events));
        }
        if let Err(error) = transport::poll(&mut fds, timeout) {
            // poll(2) fails only for want of memory: go on a little later.
            tracing::warn!(%error, "poll failed");
            std::thread::sleep(SWEEP);
        }
        let woken = fds[0].revents().contains(PollFlags::IN);
        let ready = fds.get(1).map_or(PollFlags::empty(), PollFd::revents);
        drop(fds);
        if woken {
            standby.wake.reset();
        }
        ready
    }

    /// Ends the asynchronous calls whose deadline has passed.
    fn sweep(&self, now: Instant) {
        let arrivals_now = self.arrivals.load(Ordering::Relaxed);
        let late: Vec<_> = {
            let mut shared = lock(&self.shared);
            let ids: Vec<u32> = shared
                .pending
                .iter()
                .filter(|(_, call)| {
                    matches!(call.pending, Pending::Submitted { deadline, .. } if deadline <= now)
                })
                .map(|(id, _)| *id)
                .collect();
            ids.into_iter().filter_map(|id| shared.remove(id)).collect()
        };
        for call in late {
            let silent = matches!(call.pending, Pending::Submitted { arrivals, .. } if arrivals == arrivals_now);
            complete(call.pending, Err(CallError::Timeout { silent }));
        }
    }
}
