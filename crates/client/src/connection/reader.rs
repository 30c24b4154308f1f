//! The reader's turn: receives, decrypts and hands every reply to its caller.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ferrohsm_protocol::Status;
use ferrohsm_protocol::frame::{self, Header, MAX_BODY};

use super::{CallError, Connection, FEW_CALLS, Pending, Reply, Successor, complete};
use crate::error::Error;
use crate::{lock, tls_error, transport};

/// Bytes asked from the kernel at once.
const WIRE_BYTES: usize = 64 * 1024;
/// Longest wait in the kernel at a time; shorter only when a deadline is nearer.
const TICK: Duration = Duration::from_secs(1);
/// How long a reader asks again before it sleeps: waking an idle processor costs more than a signature.
const SPIN: Duration = Duration::from_micros(60);
/// It does not, if the last wait was longer than this: it would have slept all the same, and its processor has other work.
const SPIN_WORTH: Duration = Duration::from_micros(150);
/// An empty buffer that is larger is given back.
const KEEP_BYTES: usize = 256 * 1024;

/// The reader's buffers.
#[derive(Default)]
pub(super) struct Reader {
    wire: Vec<u8>,
    /// Decrypted bytes that are not yet a whole frame.
    plain: Vec<u8>,
    /// Frames of this batch.
    frames: Vec<(Header, Range<usize>)>,
    /// The timeout that the socket has now.
    timeout: Option<Duration>,
    /// How long the last wait was.
    waited: Duration,
}

/// How a turn ended; the role is free in each case.
pub(super) enum ReadTurn {
    /// With the reply of the caller that read.
    Mine(Reply),
    /// With the deadline, a dead connection, or completions that had to run.
    Ended,
}

/// What one batch brought.
#[derive(Default)]
struct Batch {
    mine: Option<Reply>,
    completions: Vec<(Pending, Reply)>,
    /// The role was given up already.
    released: bool,
    /// The connection cannot go on; replies that came before are good.
    failure: Option<Error>,
}

/// What a batch leaves to do for its reader.
enum Next {
    Mine(Reply),
    Released,
    Keep,
    Dead,
}

impl Connection {
    /// Reads until the reply of `own` is there, until `deadline`, or until another took the role while completions ran.
    /// The caller has the reader's role and no longer has it afterwards.
    pub(super) fn read_turn(self: &Arc<Self>, own: u32, deadline: Instant) -> ReadTurn {
        loop {
            let mut reader = lock(&self.reader);
            let received = self.receive(&mut reader, deadline);
            let batch = self.settle(&mut reader, received, Some(own));
            drop(reader);
            match self.run(batch) {
                Next::Mine(reply) => return ReadTurn::Mine(reply),
                Next::Dead => return ReadTurn::Ended,
                Next::Keep if Instant::now() < deadline => {}
                Next::Keep => {
                    self.release_reading();
                    return ReadTurn::Ended;
                }
                Next::Released => {
                    // Completions may have made calls themselves, so the role was free meanwhile.
                    let mut shared = lock(&self.shared);
                    if !shared.pending.contains_key(&own) || !shared.take_reading() {
                        return ReadTurn::Ended;
                    }
                }
            }
        }
    }

    /// Hands out what has arrived, without waiting. The caller has the reader's role and no longer has it afterwards.
    pub(super) fn read_now(self: &Arc<Self>) {
        let mut reader = lock(&self.reader);
        reader.wire.resize(WIRE_BYTES, 0);
        let received = self.socket.receive_now(&mut reader.wire);
        let batch = self.settle(&mut reader, received, None);
        drop(reader);
        match self.run(batch) {
            Next::Keep => self.release_reading(),
            Next::Mine(_) | Next::Released | Next::Dead => {}
        }
    }

    /// Whether the connection is still open, as far as the kernel knows. Sees what came while nobody read.
    pub(crate) fn is_open(self: &Arc<Self>) -> bool {
        if lock(&self.shared).take_reading() {
            self.read_now();
        }
        !self.is_retired()
    }

    /// Runs completions with no lock and no role held, so that they may call again.
    fn run(&self, batch: Batch) -> Next {
        for (pending, reply) in batch.completions {
            complete(pending, Ok(reply));
        }
        let dead = batch.failure.is_some();
        if let Some(failure) = batch.failure {
            self.fail(&failure);
        }
        match batch.mine {
            Some(reply) => Next::Mine(reply),
            None if dead => Next::Dead,
            None if batch.released => Next::Released,
            None => Next::Keep,
        }
    }

    fn release_reading(&self) {
        let successor = {
            let mut shared = lock(&self.shared);
            shared.reading = false;
            shared.successor()
        };
        self.offer(successor);
    }

    fn receive(&self, reader: &mut Reader, deadline: Instant) -> io::Result<usize> {
        let timeout = transport::remaining(deadline)?.min(TICK);
        if reader.timeout != Some(timeout) {
            self.socket.set_receive_timeout(timeout)?;
            reader.timeout = Some(timeout);
        }
        reader.wire.resize(WIRE_BYTES, 0);
        let start = Instant::now();
        let received = self.wait_to_receive(reader, start, SPIN.min(timeout));
        reader.waited = start.elapsed();
        received
    }

    fn wait_to_receive(
        &self,
        reader: &mut Reader,
        start: Instant,
        spin: Duration,
    ) -> io::Result<usize> {
        // Where many wait, one sleep serves them all.
        let spins = reader.waited <= SPIN_WORTH && self.load.load(Ordering::Relaxed) <= FEW_CALLS;
        while spins && start.elapsed() < spin {
            match self.socket.receive_now(&mut reader.wire) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::yield_now(),
                received => return received,
            }
        }
        self.socket.receive(&mut reader.wire)
    }

    /// Decrypts what was received and hands the replies in it to their callers.
    fn settle(
        self: &Arc<Self>,
        reader: &mut Reader,
        received: io::Result<usize>,
        own: Option<u32>,
    ) -> Batch {
        let failed = |failure| Batch {
            failure: Some(failure),
            ..Batch::default()
        };
        let count = match received {
            Ok(0) => return failed(closed()),
            Ok(count) => count,
            Err(error) => {
                return match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {
                        Batch::default()
                    }
                    _ => failed(Error::new(
                        Status::ConnectionLost,
                        format!("reading from the HSM failed: {error}"),
                    )),
                };
            }
        };
        self.arrivals.fetch_add(1, Ordering::Relaxed);
        let decrypted = self.decrypt(reader, count);
        let mut batch = self.dispatch(reader, own);
        // What did not parse came before what did not decrypt.
        batch.failure = batch.failure.or(decrypted.err());
        batch
    }

    fn decrypt(self: &Arc<Self>, reader: &mut Reader, count: usize) -> Result<(), Error> {
        let Some(tls) = &self.tls else {
            reader.plain.extend_from_slice(&reader.wire[..count]);
            reader.wire[..count].fill(0);
            return Ok(());
        };
        let mut tls = lock(tls);
        let mut wire = &reader.wire[..count];
        while !wire.is_empty() {
            tls.read_tls(&mut wire).map_err(|error| {
                Error::new(
                    Status::ConnectionLost,
                    format!("TLS with the HSM failed: {error}"),
                )
            })?;
            let state = match tls.process_new_packets() {
                Ok(state) => state,
                Err(error) => return Err(tls_error::after_handshake(&error)),
            };
            let available = state.plaintext_bytes_to_read();
            if available > 0 {
                let start = reader.plain.len();
                reader.plain.resize(start + available, 0);
                tls.reader()
                    .read_exact(&mut reader.plain[start..])
                    .map_err(|error| Error::because(Status::ConnectionLost, error))?;
            }
            if state.peer_has_closed() {
                return Err(closed());
            }
        }
        if tls.wants_write() {
            drop(tls);
            self.send_tls_output();
        }
        Ok(())
    }

    fn send_tls_output(self: &Arc<Self>) {
        {
            let mut shared = lock(&self.shared);
            shared.tls_output = true;
            if shared.writing {
                return;
            }
            shared.writing = true;
        }
        self.write_turn(None);
    }

    /// Splits frames and hands them out. When the reader's own reply is among them, or completions have to run, the role
    /// is free afterwards and offered.
    fn dispatch(&self, reader: &mut Reader, own: Option<u32>) -> Batch {
        let mut batch = Batch::default();
        let Reader { plain, frames, .. } = reader;
        let mut end = 0;
        let mut revision = 0;
        loop {
            match frame::split(&plain[end..], MAX_BODY) {
                Ok(None) => break,
                Ok(Some(frame)) if frame.header.reply && !frame.header.more => {
                    let start = end + frame::HEADER_BYTES;
                    end += frame.bytes;
                    revision = revision.max(frame.header.revision);
                    frames.push((frame.header, start..end));
                }
                Ok(Some(_)) => {
                    batch.failure = Some(garbage("a request where a reply belongs"));
                    break;
                }
                Err(error) => {
                    batch.failure = Some(garbage(error));
                    break;
                }
            }
        }
        if self.revision.load(Ordering::Acquire) < revision {
            self.revision.fetch_max(revision, Ordering::AcqRel);
        }
        let mut calls = Vec::with_capacity(frames.len());
        let mut successor = Successor::Nobody;
        {
            let mut shared = lock(&self.shared);
            for (header, range) in frames.drain(..) {
                // The reply of a call that timed out belongs to nobody.
                if let Some(call) = shared.remove(header.call_id) {
                    batch.released |= Some(header.call_id) == own || call.is_submitted();
                    calls.push((header, range, call));
                }
            }
            if batch.released {
                shared.reading = false;
                successor = shared.successor();
            }
        }
        for (header, range, call) in calls {
            if call.operation != header.operation {
                let error = garbage("a reply of another operation");
                complete(call.pending, Err(CallError::Lost(error.clone())));
                batch.failure = Some(error);
                continue;
            }
            let reply = Reply {
                status: header.status,
                body: plain[range].to_vec(),
            };
            match call.pending {
                Pending::Caller(_) if Some(header.call_id) == own => batch.mine = Some(reply),
                Pending::Caller(waiter) => waiter.complete(Ok(reply)),
                pending @ Pending::Submitted { .. } => batch.completions.push((pending, reply)),
            }
        }
        let left = plain.len() - end;
        plain.copy_within(end.., 0);
        plain[left..].fill(0);
        plain.truncate(left);
        if left == 0 && plain.capacity() > KEEP_BYTES {
            *plain = Vec::new();
        }
        self.offer(successor);
        batch
    }
}

fn closed() -> Error {
    Error::new(Status::ConnectionLost, "the HSM closed the connection")
}

fn garbage(what: impl std::fmt::Display) -> Error {
    Error::new(
        Status::ConnectionLost,
        format!("the server does not answer as an HSM: {what}"),
    )
}
