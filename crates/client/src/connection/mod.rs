//! One connection that many threads share. Whoever finds it free drives it.
//!
//! There are two roles, and a caller takes one when it is free: the *writer* encrypts and sends all frames that are
//! queued, the *reader* receives and hands replies to their callers. On an idle connection a caller takes both in turn
//! and no other thread is involved. On a busy one frames queue up while the writer is in the kernel, and go out
//! together; a reader that has its own reply offers the role to another caller that waits. No lock is held while a
//! thread is in the kernel for I/O.

mod open;
mod reader;
mod standby;
mod waiter;
mod wake;
mod writer;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use ferrohsm_protocol::frame::{self, HEADER_BYTES, Header};

use crate::error::Error;
use crate::lock;
use crate::transport::Socket;

pub(crate) use open::{Endpoint, OpenError, Target, open};
use reader::{ReadTurn, Reader};
use standby::Standby;
use waiter::{Waiter, Woken};
use writer::{Patience, Writer};

/// With more calls than these under way on a connection, its callers save each other system calls.
const FEW_CALLS: usize = 2;

/// A reply as it came.
pub(crate) struct Reply {
    /// Wire code of the status.
    pub(crate) status: u32,
    pub(crate) body: Vec<u8>,
}

impl Drop for Reply {
    fn drop(&mut self) {
        crate::wipe(&mut self.body);
    }
}

/// Why a call has no reply.
pub(crate) enum CallError {
    /// Nothing of it was sent.
    NotSent,
    /// The connection ended while the call was under way.
    Lost(Error),
    /// The deadline passed. `silent`: nothing at all came from the HSM meanwhile.
    Timeout { silent: bool },
}

pub(crate) type Outcome = Result<Reply, CallError>;

/// What becomes of a reply to an asynchronous call. Runs on the thread that reads.
pub(crate) trait Completion: Send {
    /// The encoded request.
    fn body(&self) -> &[u8];
    /// Takes the outcome.
    fn complete(self: Box<Self>, outcome: Outcome);
}

enum Pending {
    Caller(Arc<Waiter>),
    Submitted {
        completion: Box<dyn Completion>,
        deadline: Instant,
        /// [`Connection::arrivals`] when it was queued.
        arrivals: u64,
    },
}

struct PendingCall {
    operation: u16,
    pending: Pending,
}

impl PendingCall {
    fn is_submitted(&self) -> bool {
        matches!(self.pending, Pending::Submitted { .. })
    }
}

/// A role that a caller has just taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Reader,
    None,
}

/// Call ids are given in sequence, so they hash well as they are.
#[derive(Default)]
struct CallIdHasher(u64);

impl Hasher for CallIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("only u32 keys are hashed");
    }
    fn write_u32(&mut self, id: u32) {
        // The table uses the high bits too: spread the id over them (Fibonacci hashing).
        self.0 = u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

#[derive(Default)]
struct Shared {
    /// Frames in clear that wait for the writer.
    outbox: Vec<u8>,
    /// The writer left ciphertext that the kernel did not take.
    unsent: bool,
    /// TLS itself has something to say (a key update, say).
    tls_output: bool,
    writing: bool,
    reading: bool,
    dead: bool,
    next_call_id: u32,
    pending: HashMap<u32, PendingCall, BuildHasherDefault<CallIdHasher>>,
    /// How many of the pending calls are asynchronous.
    submitted: usize,
    /// The latest blocking call: as its reply comes last, its caller makes the reader that stays longest.
    newest: u32,
}

impl Shared {
    fn has_output(&self) -> bool {
        !self.outbox.is_empty() || self.unsent || self.tls_output
    }

    /// Takes a role that is free and has work, for the caller of `own`: but not once its reply has been taken out to be
    /// delivered, as then it would read for others until its deadline.
    fn take_role(&mut self, own: u32) -> Role {
        if !self.pending.contains_key(&own) {
            return Role::None;
        }
        if self.has_output() && self.take_writing() {
            return Role::Writer;
        }
        if self.take_reading() {
            return Role::Reader;
        }
        Role::None
    }

    fn take_writing(&mut self) -> bool {
        let free = !self.writing && !self.dead;
        self.writing |= free;
        free
    }

    fn take_reading(&mut self) -> bool {
        let free = !self.reading && !self.dead;
        self.reading |= free;
        free
    }

    fn remove(&mut self, id: u32) -> Option<PendingCall> {
        let call = self.pending.remove(&id)?;
        if call.is_submitted() {
            self.submitted -= 1;
        }
        Some(call)
    }

    /// Whom to tell that a role is free.
    fn successor(&self) -> Successor {
        if let Some(PendingCall {
            pending: Pending::Caller(waiter),
            ..
        }) = self.pending.get(&self.newest)
        {
            return Successor::Caller(waiter.clone());
        }
        let caller = self.pending.values().find_map(|call| match &call.pending {
            Pending::Caller(waiter) => Some(waiter.clone()),
            Pending::Submitted { .. } => None,
        });
        match caller {
            Some(waiter) => Successor::Caller(waiter),
            None if self.submitted > 0 => Successor::Standby,
            None => Successor::Nobody,
        }
    }
}

enum Successor {
    Caller(Arc<Waiter>),
    Standby,
    Nobody,
}

/// A connection to one HSM on which Hello has succeeded.
pub(crate) struct Connection {
    /// Index of the address in the pool.
    pub(crate) address: usize,
    /// Calls under way, the pool's measure of load.
    pub(crate) load: AtomicUsize,
    /// The login that was presented on this connection; 0: none.
    pub(crate) login_generation: AtomicU64,
    /// Failures of the address in a row before this connection.
    pub(crate) failures_before: AtomicU32,
    /// A call has succeeded on it.
    pub(crate) proven: AtomicBool,
    /// Not to be used for further calls.
    retired: AtomicBool,
    socket: Socket,
    tls: Option<Mutex<rustls::ClientConnection>>,
    shared: Mutex<Shared>,
    writer: Mutex<Writer>,
    reader: Mutex<Reader>,
    /// Counts what came in, to tell a slow HSM from a silent one.
    arrivals: AtomicU64,
    /// Highest store revision seen, shared by all connections of a client.
    revision: Arc<AtomicU64>,
    standby: OnceLock<Standby>,
}

impl Connection {
    fn new(
        address: usize,
        socket: Socket,
        tls: Option<rustls::ClientConnection>,
        revision: Arc<AtomicU64>,
    ) -> Arc<Connection> {
        Arc::new(Connection {
            address,
            load: AtomicUsize::new(0),
            login_generation: AtomicU64::new(0),
            failures_before: AtomicU32::new(0),
            proven: AtomicBool::new(false),
            retired: AtomicBool::new(false),
            socket,
            tls: tls.map(Mutex::new),
            shared: Mutex::default(),
            writer: Mutex::default(),
            reader: Mutex::default(),
            arrivals: AtomicU64::new(0),
            revision,
            standby: OnceLock::new(),
        })
    }

    /// Sends a request and waits for its reply. `encode` appends the body.
    pub(crate) fn call(
        self: &Arc<Self>,
        operation: u16,
        encode: &dyn Fn(&mut Vec<u8>),
        deadline: Instant,
    ) -> Outcome {
        let waiter = Waiter::take();
        let queued = {
            let mut shared = lock(&self.shared);
            let id = self.enqueue_caller(&mut shared, operation, encode, &waiter);
            id.map(|id| (id, shared.take_role(id)))
        };
        let outcome = match queued {
            Some((id, role)) => self.finish(id, &waiter, role, deadline),
            None => Err(CallError::NotSent),
        };
        waiter.put_back();
        outcome
    }

    /// Queues a frame for a caller that will wait; `None` on a dead connection.
    fn enqueue_caller(
        &self,
        shared: &mut Shared,
        operation: u16,
        encode: &dyn Fn(&mut Vec<u8>),
        waiter: &Arc<Waiter>,
    ) -> Option<u32> {
        if shared.dead {
            return None;
        }
        let id = self.enqueue(shared, operation, encode);
        let pending = Pending::Caller(waiter.clone());
        shared
            .pending
            .insert(id, PendingCall { operation, pending });
        shared.newest = id;
        Some(id)
    }

    fn enqueue_submitted(
        &self,
        shared: &mut Shared,
        operation: u16,
        completion: Box<dyn Completion>,
        deadline: Instant,
    ) {
        let id = self.enqueue(shared, operation, &|body| {
            crate::reserve(body, completion.body().len());
            body.extend_from_slice(completion.body());
        });
        let arrivals = self.arrivals.load(Ordering::Relaxed);
        let pending = Pending::Submitted {
            completion,
            deadline,
            arrivals,
        };
        shared
            .pending
            .insert(id, PendingCall { operation, pending });
        shared.submitted += 1;
    }

    /// Appends a frame to the outbox and gives it a call id.
    fn enqueue(&self, shared: &mut Shared, operation: u16, encode: &dyn Fn(&mut Vec<u8>)) -> u32 {
        let mut id = shared.next_call_id;
        // After a wrap an old call may still be under way.
        while shared.pending.contains_key(&id) {
            id = id.wrapping_add(1);
        }
        shared.next_call_id = id.wrapping_add(1);
        let header = Header::request(operation, id, self.revision.load(Ordering::Acquire), 0);
        crate::reserve(&mut shared.outbox, HEADER_BYTES);
        frame::append(&mut shared.outbox, header, encode);
        id
    }

    /// Plays the role at hand, then waits, playing each role that comes free, until the reply is there.
    fn finish(
        self: &Arc<Self>,
        id: u32,
        waiter: &Waiter,
        mut role: Role,
        deadline: Instant,
    ) -> Outcome {
        let arrivals = self.arrivals.load(Ordering::Relaxed);
        loop {
            if role == Role::Writer {
                role = self.write_turn(Some(Patience {
                    id,
                    waiter,
                    deadline,
                }));
            }
            if role == Role::Reader
                && let ReadTurn::Mine(reply) = self.read_turn(id, deadline)
            {
                return Ok(reply);
            }
            if self.load.load(Ordering::Relaxed) > FEW_CALLS {
                waiter.stand_by();
            }
            match waiter.wait(Some(deadline)) {
                Woken::Done(outcome) => return outcome,
                Woken::Look if Instant::now() < deadline => {
                    role = lock(&self.shared).take_role(id);
                }
                // A reader whose deadline passes is offered its own role again: it must leave all the same.
                Woken::Look | Woken::TimedOut => {
                    if self.forget(id) {
                        let silent = self.arrivals.load(Ordering::Relaxed) == arrivals;
                        return Err(CallError::Timeout { silent });
                    }
                    // Somebody has just taken the call out to complete it.
                    loop {
                        if let Woken::Done(outcome) = waiter.wait(None) {
                            return outcome;
                        }
                    }
                }
            }
        }
    }

    /// Takes a call out of the pending ones; its reply will be dropped. False: it is being completed.
    fn forget(&self, id: u32) -> bool {
        let mut shared = lock(&self.shared);
        let forgotten = shared.remove(id).is_some();
        // A role may have been offered to this caller, which is leaving.
        let role_is_free = !shared.reading || (!shared.writing && shared.has_output());
        let successor = if role_is_free {
            shared.successor()
        } else {
            Successor::Nobody
        };
        drop(shared);
        self.offer(successor);
        forgotten
    }

    fn offer(&self, successor: Successor) {
        match successor {
            Successor::Caller(waiter) => waiter.offer(),
            Successor::Standby => self.wake_standby(),
            Successor::Nobody => {}
        }
    }

    /// Ends the connection: all calls under way get `error`.
    pub(crate) fn fail(&self, error: &Error) {
        self.retired.store(true, Ordering::Release);
        let calls: Vec<PendingCall> = {
            let mut shared = lock(&self.shared);
            shared.dead = true;
            shared.submitted = 0;
            crate::wipe(&mut shared.outbox);
            shared.pending.drain().map(|(_, call)| call).collect()
        };
        self.socket.shut_down();
        self.wake_standby();
        for call in calls {
            complete(call.pending, Err(CallError::Lost(error.clone())));
        }
    }

    /// Takes the connection out of use; calls under way still get their replies.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        self.wake_standby();
    }

    /// Whether it takes no further calls.
    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }
}

fn complete(pending: Pending, outcome: Outcome) {
    match pending {
        Pending::Caller(waiter) => waiter.complete(outcome),
        Pending::Submitted { completion, .. } => completion.complete(outcome),
    }
}
