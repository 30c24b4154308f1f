//! Asynchronous calls. What can be sent at once is sent by the submitting thread; what has to connect or log in first is
//! left to one background thread; a second one ends those whose deadline passes meanwhile, as a credential source may
//! keep the first for as long as it likes.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use ferrohsm_protocol::Status;

use crate::call::{Pin, Progress, Verdict};
use crate::client::Inner;
use crate::connection::{Completion, Outcome, Reply};
use crate::error::{Error, Result};
use crate::lock;
use crate::login::Token;
use crate::pool::Lease;

/// Most asynchronous calls under way in one client.
const MAX_CALLS: usize = 100_000;
/// Most bytes of their requests.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// How late a call that waits may learn that its deadline passed.
const SWEEP: Duration = Duration::from_millis(100);

/// Gets the reply, and the connection that the call is tied to.
type Callback = Box<dyn FnOnce(Result<Reply>, Pin) + Send>;

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

#[derive(Default)]
struct Waiting {
    calls: VecDeque<Box<Submitted>>,
    /// The call for which the background thread logs in.
    logging_in: Option<Box<Submitted>>,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.logging_in.is_none()
    }

    fn take_late(&mut self, now: Instant) -> VecDeque<Box<Submitted>> {
        let mut late: VecDeque<_> = self
            .logging_in
            .take_if(|call| call.progress.deadline <= now)
            .into_iter()
            .collect();
        for _ in 0..self.calls.len() {
            match self.calls.pop_front() {
                Some(call) if call.progress.deadline <= now => late.push_back(call),
                Some(call) => self.calls.push_back(call),
                None => break,
            }
        }
        late
    }
}

/// Calls that wait for a connection or a login.
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    ended: Condvar,
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
            ended: Condvar::new(),
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
        self.ended.notify_all();
        for call in waiting.calls.into_iter().chain(waiting.logging_in) {
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
                waiting.calls.push_back(call);
                self.arrived.notify_all();
                return;
            }
        }
        call.finish(Err(Error::of(Status::ClientClosed)));
    }

    /// Keeps the call for which the background thread is about to log in.
    fn put_aside(&self, call: Box<Submitted>) {
        {
            let mut waiting = lock(&self.waiting);
            if !self.closed.load(Ordering::Acquire) {
                waiting.logging_in = Some(call);
                self.arrived.notify_all();
                return;
            }
        }
        call.finish(Err(Error::of(Status::ClientClosed)));
    }

    /// Ends the calls whose deadline passes, until the queue is closed.
    fn sweep(&self) {
        let mut waiting = lock(&self.waiting);
        while !self.closed.load(Ordering::Acquire) {
            if waiting.is_empty() {
                let woken = self.arrived.wait(waiting);
                waiting = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let late = waiting.take_late(Instant::now());
            if late.is_empty() {
                let woken = self.ended.wait_timeout(waiting, SWEEP);
                waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            drop(waiting);
            for call in late {
                call.time_out();
            }
            waiting = lock(&self.waiting);
        }
    }

    /// The next call that is due. `None`: closed.
    fn next(&self) -> Option<Box<Submitted>> {
        let mut waiting = lock(&self.waiting);
        loop {
            if self.closed.load(Ordering::Acquire) {
                return None;
            }
            let now = Instant::now();
            if let Some(index) = waiting.calls.iter().position(|call| call.not_before <= now) {
                return waiting.calls.remove(index);
            }
            let due = waiting.calls.iter().map(|call| call.not_before).min();
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
        let inner = Arc::downgrade(inner);
        let (queue, swept) = (self.clone(), self.clone());
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        // In this order: if the second fails both are started again, and two that sweep do no harm.
        let spawned = thread("ferrohsm-sweep")
            .spawn(move || swept.sweep())
            .and_then(|_| {
                thread("ferrohsm-submit").spawn(move || {
                    while let Some(call) = queue.next() {
                        match inner.upgrade() {
                            Some(inner) => call.place(&inner),
                            None => call.finish(Err(Error::of(Status::ClientClosed))),
                        }
                    }
                })
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
        let lease = match &self.progress.pin {
            Pin::To(connection) => match Lease::of(connection) {
                Some(lease) => Some(lease),
                None => return self.finish(Err(Error::of(Status::StreamLost))),
            },
            Pin::No | Pin::Wanted => {
                let (lease, room) = inner.pool.acquire_now();
                if let Some(index) = room {
                    open_in_background(inner, index);
                }
                lease
            }
        };
        let Some(lease) = lease else {
            return inner.queue.push(self);
        };
        let has_login = lease.login_generation.load(Ordering::Acquire) == generation;
        // Whether an idle connection still lives takes a look at the socket, which the background thread has time for.
        if (self.progress.needs_login() && !has_login) || self.progress.must_not_be_lost() {
            return inner.queue.push(self);
        }
        self.progress.generation = generation;
        self.send(inner, lease);
    }

    /// On the background thread: connects and logs in as a blocking call does.
    fn place(self: Box<Self>, inner: &Arc<Inner>) {
        if Instant::now() >= self.progress.deadline {
            return self.time_out();
        }
        // A credential source may block: meanwhile the call is where its deadline is watched.
        let mut progress = self.progress.clone();
        inner.queue.put_aside(self);
        let login = catch_unwind(AssertUnwindSafe(|| inner.login_for(&mut progress)));
        let Some(mut call) = lock(&inner.queue.waiting).logging_in.take() else {
            return; // it has ended
        };
        call.progress = progress;
        let login = login.unwrap_or_else(|_| {
            Err(Error::because(
                Status::NotLoggedIn,
                "the credential source panicked",
            ))
        });
        call.place_with(inner, login);
    }

    fn place_with(mut self: Box<Self>, inner: &Arc<Inner>, login: Result<Option<Token>>) {
        let ready = login.and_then(|token| Ok((token, inner.lease_for(&self.progress)?)));
        let (token, lease) = match ready {
            Ok(ready) => ready,
            Err(error) => return self.finish(Err(error)),
        };
        if self.progress.must_not_be_lost() && !lease.is_open() {
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

    fn time_out(self) {
        let error = Error::because(
            Status::Timeout,
            "no HSM was reached, or no login was made, in time",
        );
        self.finish(Err(error));
    }

    fn finish(self, result: Result<Reply>) {
        let Submitted {
            callback, progress, ..
        } = self;
        if catch_unwind(AssertUnwindSafe(|| callback(result, progress.pin))).is_err() {
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
        self.progress.tie(&lease, &verdict);
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
