//! Asynchronous calls. What can be sent at once is sent by the submitting thread; what has to connect or log in first is
//! left to one background thread.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Instant;

use ferrohsm_protocol::Status;
use ferrohsm_protocol::operations::Repeat;

use crate::call::{Progress, Verdict};
use crate::client::Inner;
use crate::connection::{Completion, Outcome, Reply};
use crate::error::{Error, Result};
use crate::lock;
use crate::pool::Lease;

/// Most asynchronous calls under way in one client.
const MAX_CALLS: usize = 100_000;
/// Most bytes of their requests.
const MAX_BYTES: usize = 256 * 1024 * 1024;

type Callback = Box<dyn FnOnce(Result<Reply>) + Send>;

/// An asynchronous call under way.
struct Submitted {
    inner: Weak<Inner>,
    progress: Progress,
    body: Body,
    callback: Callback,
    lease: Option<Lease>,
    not_before: Instant,
    _share: Share,
}

/// An encoded request, wiped when dropped.
struct Body(Vec<u8>);

impl Drop for Body {
    fn drop(&mut self) {
        crate::wipe(&mut self.0);
    }
}

/// A call's part of the limits.
struct Share {
    queue: Arc<Queue>,
    bytes: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.queue.calls.fetch_sub(1, Ordering::AcqRel);
        self.queue.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// Calls that wait for a connection or a login.
pub(crate) struct Queue {
    waiting: Mutex<VecDeque<Box<Submitted>>>,
    arrived: Condvar,
    calls: AtomicUsize,
    bytes: AtomicUsize,
    started: AtomicBool,
    closed: AtomicBool,
}

impl Queue {
    pub(crate) fn new() -> Arc<Queue> {
        Arc::new(Queue {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            calls: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            started: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        })
    }

    /// Ends the background thread and every call that waits.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        self.arrived.notify_all();
        for call in waiting {
            call.finish(Err(Error::of(Status::ClientClosed)));
        }
    }

    fn share(self: &Arc<Self>, bytes: usize) -> Result<Share> {
        let calls = self.calls.fetch_add(1, Ordering::AcqRel);
        let total = self.bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        let share = Share {
            queue: self.clone(),
            bytes,
        };
        if calls >= MAX_CALLS || total > MAX_BYTES {
            return Err(Error::because(
                Status::LimitReached,
                format!(
                    "{calls} asynchronous calls wait for the HSM: wait for answers before sending more"
                ),
            ));
        }
        Ok(share)
    }

    fn push(&self, call: Box<Submitted>) {
        {
            let mut waiting = lock(&self.waiting);
            // Under the lock, so that `close` sees the call or the call sees `close`.
            if !self.closed.load(Ordering::Acquire) {
                waiting.push_back(call);
                self.arrived.notify_one();
                return;
            }
        }
        call.finish(Err(Error::of(Status::ClientClosed)));
    }

    /// The next call that is due. `None`: closed.
    fn next(&self) -> Option<Box<Submitted>> {
        let mut waiting = lock(&self.waiting);
        loop {
            if self.closed.load(Ordering::Acquire) {
                return None;
            }
            let now = Instant::now();
            if let Some(index) = waiting.iter().position(|call| call.not_before <= now) {
                return waiting.remove(index);
            }
            let due = waiting.iter().map(|call| call.not_before).min();
            waiting = match due {
                Some(due) => {
                    let waited = self
                        .arrived
                        .wait_timeout(waiting, due.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self
                    .arrived
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn start(self: &Arc<Self>, inner: &Arc<Inner>) -> Result<()> {
        if self.started.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let queue = self.clone();
        let inner = Arc::downgrade(inner);
        let spawned = std::thread::Builder::new()
            .name("ferrohsm-submit".to_owned())
            .spawn(move || {
                while let Some(call) = queue.next() {
                    match inner.upgrade() {
                        Some(inner) => call.place(&inner),
                        None => call.finish(Err(Error::of(Status::ClientClosed))),
                    }
                }
            });
        if let Err(error) = spawned {
            self.started.store(false, Ordering::Release);
            return Err(Error::because(Status::LimitReached, error));
        }
        Ok(())
    }
}

/// Starts an asynchronous call.
pub(crate) fn submit(
    inner: &Arc<Inner>,
    progress: Progress,
    body: Vec<u8>,
    callback: Callback,
) -> Result<()> {
    let body = Body(body);
    let queue = &inner.queue;
    if inner.pool.is_closed() {
        return Err(Error::of(Status::ClientClosed));
    }
    let share = queue.share(body.0.len())?;
    queue.start(inner)?;
    let call = Box::new(Submitted {
        inner: Arc::downgrade(inner),
        progress,
        body,
        callback,
        lease: None,
        not_before: Instant::now(),
        _share: share,
    });
    call.send_at_once(inner);
    Ok(())
}

impl Submitted {
    /// Sends on an open connection that has the login; leaves the call to the background thread where there is none.
    fn send_at_once(mut self: Box<Self>, inner: &Arc<Inner>) {
        let generation = inner.session.generation();
        if self.progress.needs_login() && generation == 0 {
            return inner.queue.push(self);
        }
        let (lease, room) = inner.pool.acquire_now();
        if let Some(index) = room {
            open_in_background(inner, index);
        }
        let Some(lease) = lease else {
            return inner.queue.push(self);
        };
        let has_login = lease.login_generation.load(Ordering::Acquire) == generation;
        // Whether an idle connection still lives takes a look at the socket, which the background thread has time for.
        if (self.progress.needs_login() && !has_login) || self.progress.row.repeat == Repeat::Never
        {
            return inner.queue.push(self);
        }
        self.progress.generation = generation;
        self.send(inner, lease);
    }

    /// On the background thread: connects and logs in as a blocking call does.
    fn place(mut self: Box<Self>, inner: &Arc<Inner>) {
        if Instant::now() >= self.progress.deadline {
            let error = Error::because(Status::Timeout, "no HSM was reached in time");
            return self.finish(Err(error));
        }
        let ready = inner.login_for(&mut self.progress).and_then(|token| {
            Ok((
                token,
                inner.pool.acquire(&inner.session, self.progress.deadline)?,
            ))
        });
        let (token, lease) = match ready {
            Ok(ready) => ready,
            Err(error) => return self.finish(Err(error)),
        };
        if self.progress.row.repeat == Repeat::Never && !lease.is_open() {
            return inner.queue.push(self);
        }
        if let Some(token) = token
            && let Some(verdict) = inner.resume(&lease, &mut self.progress, &token)
        {
            drop(lease);
            return self.follow(inner, verdict);
        }
        self.send(inner, lease);
    }

    fn send(mut self: Box<Self>, inner: &Arc<Inner>, lease: Lease) {
        let connection = lease.clone();
        self.lease = Some(lease);
        let code = self.progress.row.operation.code();
        let deadline = inner.attempt_deadline(&self.progress);
        connection.submit(code, deadline, self);
    }

    fn follow(mut self: Box<Self>, inner: &Arc<Inner>, verdict: Verdict) {
        match verdict {
            Verdict::Done(result) => self.finish(result),
            Verdict::Again(pause) => {
                self.not_before = Instant::now() + pause;
                inner.queue.push(self);
            }
        }
    }

    fn finish(self, result: Result<Reply>) {
        let Submitted { callback, .. } = self;
        if std::panic::catch_unwind(AssertUnwindSafe(|| callback(result))).is_err() {
            tracing::error!("the callback of an asynchronous call panicked");
        }
    }
}

impl Completion for Submitted {
    fn body(&self) -> &[u8] {
        &self.body.0
    }

    fn complete(mut self: Box<Self>, outcome: Outcome) {
        let lease = self.lease.take();
        let (Some(inner), Some(lease)) = (self.inner.upgrade(), lease) else {
            return self.finish(Err(Error::of(Status::ClientClosed)));
        };
        let verdict = inner.judge(&mut self.progress, &lease, outcome);
        drop(lease);
        self.follow(&inner, verdict);
    }
}

/// Opens a further connection where asynchronous calls found all busy.
fn open_in_background(inner: &Arc<Inner>, index: usize) {
    let client = inner.clone();
    let spawned = std::thread::Builder::new()
        .name("ferrohsm-connect".to_owned())
        .spawn(move || {
            let deadline = Instant::now() + client.timeout;
            drop(client.pool.open(index, &client.session, deadline));
        });
    if let Err(error) = spawned {
        tracing::warn!(%error, "cannot start a thread to connect");
        inner.pool.give_up_opening(index);
    }
}
