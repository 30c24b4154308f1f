//! One connection: reads what has arrived, answers all whole frames of it, writes once.

use super::buffer::Input;
use super::limits::{Limits, Reserved};
use super::reply::{self, Output};
use super::tls::Tls;
use crate::config;
use crate::dispatch::{self, Effect, Place};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::ops::key::FOUND_BYTES_MAX;
use crate::session::{Caller, Login, Peer};
use crate::streams::ConnectionStreams;
use ferrohsm_protocol::frame::{self, FrameError, Header};
use ferrohsm_protocol::{Operation, STREAM_CHUNK_BYTES, Status};
use rustls::pki_types::CertificateDer;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use zeroize::Zeroizing;

/// Replies are written when this many bytes have gathered, even if more requests wait.
const FLUSH_BYTES: usize = 256 * 1024;
/// Memory that a call on the pool is counted with, above its body and what it repeats of it.
const REPLY_BYTES: usize = 16 * 1024;

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Stay,
    /// Not now: when a call under way has ended.
    Wait,
    Close,
}

/// What happens to a connection from outside.
enum Event {
    Anchors(Option<Arc<Tls>>),
    Shutdown,
}

/// What the listener knows of a connection that it hands over.
pub struct Accepted<S> {
    pub hsm: Arc<Hsm>,
    pub limits: Arc<Limits>,
    pub stream: S,
    pub peer: Peer,
    /// The client's certificates, end entity first; empty on the Unix socket.
    pub chain: Vec<CertificateDer<'static>>,
    /// Has seen the anchors that admitted the peer.
    pub tls: watch::Receiver<Option<Arc<Tls>>>,
    /// Turns true once.
    pub shutdown: watch::Receiver<bool>,
}

/// Serves a connection until its peer closes it, breaks the protocol or may not stay.
///
/// # Errors
/// What the stream says, and [`io::ErrorKind::TimedOut`] for a peer that does not read its replies.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(accepted: Accepted<S>) -> io::Result<()> {
    let streams = accepted.hsm.streams.connection();
    let mut connection = Connection {
        input: Input::new(Arc::clone(&accepted.limits.budget)),
        output: Output::default(),
        caller: Arc::new(Caller::new(accepted.peer, streams.connection)),
        streams,
        greeted: false,
        hsm: accepted.hsm,
        limits: accepted.limits,
        stream: accepted.stream,
        chain: accepted.chain,
        calls: JoinSet::new(),
        full: false,
        deadline: Some(Instant::now() + config::FRAME_TIMEOUT),
    };
    connection.run(accepted.tls, accepted.shutdown).await?;
    connection.finish().await
}

struct Connection<S> {
    hsm: Arc<Hsm>,
    limits: Arc<Limits>,
    stream: S,
    chain: Vec<CertificateDer<'static>>,
    caller: Arc<Caller>,
    streams: ConnectionStreams,
    /// Hello has been answered.
    greeted: bool,
    input: Input,
    output: Output,
    /// Calls on the pool and replies that are held back. They end with the connection, but for what runs already.
    calls: JoinSet<io::Result<Finished>>,
    /// Nothing more is read before one of them has ended.
    full: bool,
    /// When the frame that has begun (or Hello) must be whole.
    deadline: Option<Instant>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn run(
        &mut self,
        tls: watch::Receiver<Option<Arc<Tls>>>,
        shutdown: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let mut event = pin!(next_event(tls, shutdown));
        loop {
            if self.answer_arrived().await? == Flow::Close {
                return Ok(());
            }
            self.flush().await?;
            let (room, deadline) = (!self.full, self.deadline);
            tokio::select! {
                // What is rare comes first, so that a busy peer cannot put it off.
                biased;
                (happened, (tls, shutdown)) = &mut event => {
                    if self.handle(happened) == Flow::Close {
                        return Ok(());
                    }
                    event.set(next_event(tls, shutdown));
                }
                Some(ended) = self.calls.join_next(), if !self.calls.is_empty() => {
                    let finished = ended.map_err(io::Error::other)??;
                    self.output.append(&finished.output);
                }
                read = self.input.read(&mut self.stream), if room => if read? == 0 {
                    return Ok(());
                },
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    let error = self.too_late();
                    self.refuse(error);
                    return Ok(());
                }
            }
        }
    }

    /// Answers the whole frames that have arrived, or starts their calls.
    async fn answer_arrived(&mut self) -> io::Result<Flow> {
        let mut answered = false;
        let begun = std::time::Instant::now();
        let (mut turn, mut written) = (begun, begun);
        self.full = false;
        loop {
            if self.calls.len() >= config::CALLS_IN_FLIGHT_MAX {
                self.full = true;
                break;
            }
            let limit = match self.caller.login {
                Some(_) => frame::MAX_BODY,
                None => frame::MAX_BODY_BEFORE_LOGIN,
            };
            let (header, bytes) = match self.input.frame(limit) {
                Ok(Some(frame)) => (frame.header, frame.bytes),
                // What has come meanwhile is answered in the same write, but not for ever: others have events and replies.
                Ok(None) if answered && begun.elapsed() < config::REPLY_AFTER => {
                    match self.read_now().await {
                        Ok(Some(0)) => return Ok(Flow::Close),
                        Ok(Some(_)) => continue,
                        Ok(None) => break,
                        Err(error) => {
                            self.flush().await?;
                            return Err(error);
                        }
                    }
                }
                Ok(None) => break,
                Err(error) => return Ok(self.refuse(error.into())),
            };
            if header.reply {
                return Ok(self.refuse(FrameError::Direction.into()));
            }
            if !self.greeted && header.operation != Operation::Hello.code() {
                reply::error(&mut self.output, &header, &Status::HelloFirst.into(), 0);
                return Ok(Flow::Close);
            }
            match self.call(&header, bytes).await? {
                Flow::Stay => self.input.consume(bytes),
                Flow::Wait => {
                    self.full = true;
                    break;
                }
                Flow::Close => return Ok(Flow::Close),
            }
            answered = true;
            let now = std::time::Instant::now();
            if self.output.len() >= FLUSH_BYTES || now - written > config::REPLY_AFTER {
                self.flush().await?;
                written = now;
            }
            if now - turn > config::TURN {
                self.flush().await?;
                tokio::task::yield_now().await;
                turn = std::time::Instant::now();
                written = turn;
            }
        }
        if self.greeted && (self.input.is_empty() || self.full) {
            self.deadline = None;
        } else if self.greeted && (answered || self.deadline.is_none()) {
            self.deadline = Some(Instant::now() + config::FRAME_TIMEOUT);
        }
        Ok(Flow::Stay)
    }

    /// Reads if something is there; 0 bytes at the end of the stream.
    async fn read_now(&mut self) -> io::Result<Option<usize>> {
        let mut read = pin!(self.input.read(&mut self.stream));
        poll_fn(|context| match read.as_mut().poll(context) {
            Poll::Ready(read) => Poll::Ready(read.map(Some)),
            Poll::Pending => Poll::Ready(Ok(None)),
        })
        .await
    }

    /// Answers the frame of `bytes` bytes at the start of the input, or starts its call.
    async fn call(&mut self, header: &Header, bytes: usize) -> io::Result<Flow> {
        let operation = match dispatch::admit(&self.hsm, &self.caller, header) {
            Ok(operation) => operation,
            Err(error) => {
                reply::error(&mut self.output, header, &error, self.hsm.revision());
                return Ok(Flow::Stay);
            }
        };
        let body = self.input.body(bytes);
        let place = dispatch::place(&self.hsm, operation, body);
        if place == Place::Inline {
            let (hsm, caller) = (&self.hsm, &self.caller);
            let start = self.output.len();
            let result = reply::answer(hsm, caller, header, operation, body, &mut self.output);
            if operation == Operation::Hello {
                if result.is_err() {
                    return Ok(Flow::Close);
                }
                self.greeted = true;
            }
            let delay = delay_of(&result);
            if !delay.is_zero() {
                let output = self.output.split_off(start);
                self.calls.spawn(async move {
                    sleep(delay).await;
                    Ok(Finished {
                        output,
                        _reserved: None,
                    })
                });
            }
            self.apply(result);
            return Ok(Flow::Stay);
        }
        let Some(reserved) = self.limits.budget.reserve(memory(operation, body)) else {
            if !self.calls.is_empty() {
                return Ok(Flow::Wait);
            }
            reply::error(
                &mut self.output,
                header,
                &Status::Busy.into(),
                self.hsm.revision(),
            );
            return Ok(Flow::Stay);
        };
        let call = Call {
            hsm: Arc::clone(&self.hsm),
            caller: Arc::clone(&self.caller),
            header: *header,
            body: Zeroizing::new(body.to_vec()),
            reserved,
        };
        match place {
            Place::Inline | Place::Pool => {
                self.calls.spawn(call.answer(None));
            }
            Place::Heavy => {
                let heavy = Arc::clone(&self.limits.heavy);
                self.calls.spawn(call.answer(Some(heavy)));
            }
            Place::Session => {
                let turn = match operation {
                    Operation::Login => Some(self.limits.logins.acquire().await),
                    _ => None,
                };
                let (finished, result) = tokio::task::spawn_blocking(move || call.run())
                    .await
                    .map_err(io::Error::other)?;
                drop(turn);
                self.output.append(&finished.output);
                self.apply(result);
            }
        }
        Ok(Flow::Stay)
    }

    /// Why nothing more is waited for.
    fn too_late(&self) -> OpError {
        let seconds = config::FRAME_TIMEOUT.as_secs();
        if self.input.is_starved() {
            return Status::Busy.into();
        }
        let message = match (self.greeted, self.input.is_empty()) {
            (false, true) => format!("no Hello came within {seconds} s"),
            _ => format!("a frame was not whole {seconds} s after its first byte"),
        };
        OpError::new(Status::MalformedRequest, message)
    }

    fn apply(&mut self, result: Result<Effect, OpError>) {
        let login = match result {
            Ok(Effect::LoggedIn(login)) => Some(login),
            Ok(Effect::LoggedOut) => None,
            Ok(Effect::None) | Err(_) => return,
        };
        let peer = self.caller.peer.clone();
        self.set_caller(peer, login);
    }

    /// Streams go on only under the login that began them.
    fn set_caller(&mut self, peer: Peer, login: Option<Arc<Login>>) {
        let connection = self.streams.connection;
        let id = |login: &Option<Arc<Login>>| login.as_ref().map(|login| login.id);
        if id(&self.caller.login) != id(&login) {
            self.hsm.streams.end_connection(connection);
        }
        self.caller = Arc::new(Caller {
            peer,
            login,
            connection,
        });
    }

    /// Says why and closes: the bytes from here on mean nothing.
    fn refuse(&mut self, error: OpError) -> Flow {
        let header = Header::request(0, 0, 0, 0);
        reply::error(&mut self.output, &header, &error, self.hsm.revision());
        Flow::Close
    }

    fn handle(&mut self, event: Event) -> Flow {
        match event {
            Event::Shutdown => Flow::Close,
            // The Unix socket has no certificate.
            Event::Anchors(_) if self.caller.peer == Peer::Socket => Flow::Stay,
            Event::Anchors(tls) => match tls.and_then(|tls| tls.admit(&self.chain)) {
                None => {
                    tracing::info!(
                        "connection cut: its certificate has expired or its trust anchor is gone"
                    );
                    Flow::Close
                }
                Some(peer) => {
                    let login = self
                        .caller
                        .login
                        .clone()
                        .filter(|login| peer.admits(&login.user));
                    self.set_caller(peer, login);
                    Flow::Stay
                }
            },
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let write = async {
            self.stream.write_all(self.output.bytes()).await?;
            self.stream.flush().await
        };
        timeout(config::WRITE_TIMEOUT, write)
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the peer does not read"))??;
        self.output.clear();
        Ok(())
    }

    /// Answers what is still under way, then closes.
    async fn finish(&mut self) -> io::Result<()> {
        let rest = async {
            while let Some(ended) = self.calls.join_next().await {
                if let Ok(Ok(finished)) = ended {
                    self.output.append(&finished.output);
                }
            }
        };
        // What takes longer loses its reply, or was never begun; the client may repeat the request.
        let _ = timeout(config::SHUTDOWN_TIMEOUT, rest).await;
        self.flush().await?;
        self.stream.shutdown().await?;
        // Closing with input unread would reset the connection, and the peer might lose the last reply.
        let drain = async {
            let mut unread = [0; 4096];
            while matches!(self.stream.read(&mut unread).await, Ok(1..)) {}
        };
        let _ = timeout(config::DRAIN_TIMEOUT, drain).await;
        Ok(())
    }
}

/// The reply of a call on the pool.
struct Finished {
    output: Output,
    _reserved: Option<Reserved>,
}

/// A call on its way to the pool, with its own copy of the body.
struct Call {
    hsm: Arc<Hsm>,
    caller: Arc<Caller>,
    header: Header,
    body: Zeroizing<Vec<u8>>,
    reserved: Reserved,
}

impl Call {
    /// Waits for its turn if it needs one, runs, and holds the reply back if it must, without holding a thread.
    async fn answer(self, heavy: Option<Arc<Semaphore>>) -> io::Result<Finished> {
        let turn = match heavy {
            Some(heavy) => Some(heavy.acquire_owned().await.map_err(io::Error::other)?),
            None => None,
        };
        let run = move || {
            // The turn is over when the work is, even if the connection has gone.
            let _turn = turn;
            self.run()
        };
        let (finished, result) = tokio::task::spawn_blocking(run)
            .await
            .map_err(io::Error::other)?;
        let delay = delay_of(&result);
        if !delay.is_zero() {
            sleep(delay).await;
        }
        Ok(finished)
    }

    fn run(self) -> (Finished, Result<Effect, OpError>) {
        let mut output = Output::default();
        let (hsm, caller, header) = (&self.hsm, &self.caller, &self.header);
        // It has waited: the login may have ended since.
        let result = match dispatch::admit(hsm, caller, header) {
            Ok(operation) => reply::answer(hsm, caller, header, operation, &self.body, &mut output),
            Err(error) => {
                reply::error(&mut output, header, &error, hsm.revision());
                Err(error)
            }
        };
        let finished = Finished {
            output,
            _reserved: Some(self.reserved),
        };
        (finished, result)
    }
}

/// Bytes that a call takes while it is under way, its reply included.
fn memory(operation: Operation, body: &[u8]) -> usize {
    let reply = match operation {
        Operation::FindKeys => FOUND_BYTES_MAX,
        Operation::StreamFinish => body.len().max(STREAM_CHUNK_BYTES),
        _ => body.len(),
    };
    body.len() + reply + REPLY_BYTES
}

fn delay_of(result: &Result<Effect, OpError>) -> Duration {
    result
        .as_ref()
        .err()
        .map_or(Duration::ZERO, |error| error.delay)
}

type Watches = (watch::Receiver<Option<Arc<Tls>>>, watch::Receiver<bool>);

async fn next_event(
    mut tls: watch::Receiver<Option<Arc<Tls>>>,
    mut shutdown: watch::Receiver<bool>,
) -> (Event, Watches) {
    let event = tokio::select! {
        _ = shutdown.wait_for(|shutdown| *shutdown) => Event::Shutdown,
        changed = tls.changed() => match changed {
            Ok(()) => Event::Anchors(tls.borrow_and_update().clone()),
            Err(_) => Event::Shutdown,
        },
    };
    (event, (tls, shutdown))
}
