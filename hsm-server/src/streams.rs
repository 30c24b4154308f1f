//! Operations under way whose data comes in chunks: which there are, whose they are, how much memory they may take.

use crate::config;
use crate::crypto;
use crate::error::OpError;
use crate::session::{Caller, Login, LoginId};
use ferrohsm_protocol::Status;
use ferrohsm_protocol::mechanisms::Use;
use ferrohsm_protocol::messages::KeyReference;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// The streams of one HSM; in memory only. Safe to use from many threads.
#[derive(Default)]
pub struct Streams {
    table: Mutex<Table>,
    next: AtomicU64,
}

#[derive(Default)]
struct Table {
    open: HashMap<u64, Arc<Open>>,
    shares: HashMap<LoginId, Share>,
    bytes: usize,
}

/// What a login's streams take.
#[derive(Default, Clone, Copy)]
struct Share {
    streams: usize,
    bytes: usize,
}

/// What a stream does, decided anew for each chunk.
#[derive(Clone)]
pub struct Purpose {
    /// The key, as the caller named it.
    pub key: KeyReference,
    /// Wire code of the mechanism.
    pub mechanism: u32,
    /// How the key is used.
    pub wanted: Use,
}

/// How far a stream has come.
pub enum Work {
    /// Data is taken.
    Running(crypto::Stream),
    /// A plaintext is given out.
    Reading(crypto::Plaintext),
}

struct Open {
    connection: u64,
    login: Arc<Login>,
    purpose: Purpose,
    /// What it is counted with.
    bytes: usize,
    used_unix_ms: AtomicU64,
    state: Mutex<State>,
}

/// `None`: it is beginning or over.
struct State {
    work: Option<Work>,
    sequence: u64,
}

/// A connection's streams end with it.
pub struct ConnectionStreams {
    streams: Arc<Streams>,
    /// Number of the connection, never given twice.
    pub connection: u64,
}

impl Drop for ConnectionStreams {
    fn drop(&mut self) {
        self.streams.end_connection(self.connection);
    }
}

impl Streams {
    /// The streams of a new connection, none yet.
    pub fn connection(self: &Arc<Self>) -> ConnectionStreams {
        ConnectionStreams {
            streams: Arc::clone(self),
            connection: self.next.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Opens a stream that holds up to `held_bytes`: takes its place first, then begins it, so that nothing (an IV) is
    /// used up for one that has no place. Gives its number.
    ///
    /// # Errors
    /// [`Status::LimitReached`] for too many of one login, [`Status::Busy`] while memory is short, and what `begin` says.
    pub fn open<T>(
        &self,
        caller: &Caller,
        purpose: Purpose,
        held_bytes: usize,
        now_unix_ms: u64,
        begin: impl FnOnce() -> Result<(crypto::Stream, T), OpError>,
    ) -> Result<(u64, T), OpError> {
        let open = Arc::new(Open {
            connection: caller.connection,
            login: Arc::clone(caller.login()?),
            purpose,
            bytes: config::STREAM_BYTES + held_bytes,
            used_unix_ms: AtomicU64::new(now_unix_ms),
            state: Mutex::new(State {
                work: None,
                sequence: 0,
            }),
        });
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let inserted = self.lock().insert(id, &open);
        if let Err(refused) = inserted {
            // What nobody uses any more makes room.
            self.purge(now_unix_ms);
            self.lock().insert(id, &open).map_err(|_| refused)?;
        }
        match begin() {
            Ok((stream, begun)) => {
                let mut state = open.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.work = Some(Work::Running(stream));
                Ok((id, begun))
            }
            Err(error) => {
                self.end(id);
                Err(error)
            }
        }
    }

    /// Takes one chunk: `step` gets the stream's purpose and work and gives back the work unless the stream is over. Its
    /// error ends the stream.
    ///
    /// # Errors
    /// [`Status::StreamUnknown`]; [`Status::MalformedRequest`] for a chunk out of turn, which changes nothing; what
    /// `step` says.
    pub fn chunk<T>(
        &self,
        caller: &Caller,
        id: u64,
        sequence: u64,
        now_unix_ms: u64,
        step: impl FnOnce(&Purpose, Work) -> Result<(T, Option<Work>), OpError>,
    ) -> Result<T, OpError> {
        let open = self.find(caller, id).ok_or(Status::StreamUnknown)?;
        let mut state = match open.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::WouldBlock) => {
                let message =
                    "the last chunk of this stream is still worked on: wait for its reply";
                return Err(OpError::new(Status::MalformedRequest, message));
            }
            // A panic took the work with it.
            Err(TryLockError::Poisoned(_)) => {
                self.end(id);
                return Err(Status::StreamUnknown.into());
            }
        };
        if open.is_idle(now_unix_ms) {
            self.end(id);
            return Err(Status::StreamUnknown.into());
        }
        if sequence != state.sequence {
            let message = format!(
                "chunk {sequence} of the stream came, chunk {} is due: client fault",
                state.sequence
            );
            return Err(OpError::new(Status::MalformedRequest, message));
        }
        let work = state.work.take().ok_or(Status::StreamUnknown)?;
        let stepped = step(&open.purpose, work);
        match stepped {
            Ok((given, Some(work))) => {
                state.work = Some(work);
                state.sequence += 1;
                open.used_unix_ms.store(now_unix_ms, Ordering::Relaxed);
                Ok(given)
            }
            Ok((given, None)) => {
                self.end(id);
                Ok(given)
            }
            Err(error) => {
                self.end(id);
                Err(error)
            }
        }
    }

    /// Ends a stream of the caller's, if there is one.
    pub fn cancel(&self, caller: &Caller, id: u64) {
        if self.find(caller, id).is_some() {
            self.end(id);
        }
    }

    /// Ends the streams of a connection: it has closed, or has another login.
    pub fn end_connection(&self, connection: u64) {
        self.end_where(|open| open.connection == connection);
    }

    /// Ends what was idle for too long and what belongs to a login that has ended.
    pub fn purge(&self, now_unix_ms: u64) {
        self.end_where(|open| open.is_idle(now_unix_ms) || open.login.is_ended());
    }

    /// How many there are, and the bytes that they are counted with.
    pub fn usage(&self) -> (usize, usize) {
        let table = self.lock();
        (table.open.len(), table.bytes)
    }

    fn find(&self, caller: &Caller, id: u64) -> Option<Arc<Open>> {
        let login = caller.login.as_ref()?;
        let open = self.lock().open.get(&id).cloned()?;
        let own = open.connection == caller.connection && open.login.id == login.id;
        own.then_some(open)
    }

    fn end(&self, id: u64) {
        // Wiped outside the lock.
        let ended = self.lock().remove(id);
        drop(ended);
    }

    fn end_where(&self, ends: impl Fn(&Open) -> bool) {
        let ended: Vec<Arc<Open>> = {
            let mut table = self.lock();
            let ids: Vec<u64> = table
                .open
                .iter()
                .filter(|(_, open)| ends(open))
                .map(|(id, _)| *id)
                .collect();
            ids.into_iter().filter_map(|id| table.remove(id)).collect()
        };
        drop(ended);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn is_idle(&self, now_unix_ms: u64) -> bool {
        let used = self.used_unix_ms.load(Ordering::Relaxed);
        now_unix_ms.saturating_sub(used) >= config::STREAM_IDLE_MS
    }
}

impl Table {
    fn insert(&mut self, id: u64, open: &Arc<Open>) -> Result<(), OpError> {
        let share = self.shares.get(&open.login.id).copied().unwrap_or_default();
        if share.streams >= config::STREAMS_PER_LOGIN_MAX {
            let message = format!(
                "a login has at most {} streams at a time: end some",
                config::STREAMS_PER_LOGIN_MAX
            );
            return Err(OpError::new(Status::LimitReached, message));
        }
        if self.bytes + open.bytes > config::STREAM_BUDGET_BYTES
            || share.bytes + open.bytes > config::STREAM_BUDGET_PER_LOGIN_BYTES
        {
            let message = "the HSM's memory for data that it holds until the end of an operation is used up for now: try again later, or work on fewer at a time";
            return Err(OpError::new(Status::Busy, message));
        }
        self.bytes += open.bytes;
        let share = self.shares.entry(open.login.id).or_default();
        share.streams += 1;
        share.bytes += open.bytes;
        self.open.insert(id, Arc::clone(open));
        Ok(())
    }

    fn remove(&mut self, id: u64) -> Option<Arc<Open>> {
        let open = self.open.remove(&id)?;
        self.bytes -= open.bytes;
        if let Some(share) = self.shares.get_mut(&open.login.id) {
            share.streams -= 1;
            share.bytes -= open.bytes;
            if share.streams == 0 {
                self.shares.remove(&open.login.id);
            }
        }
        Some(open)
    }
}
