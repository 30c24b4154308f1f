//! One connection: reads what has arrived, answers all whole frames of it, writes once.

use super::buffer::Input;
use super::limits::Limits;
use super::reply::{self, Output};
use super::tls::Tls;
use crate::config;
use crate::dispatch::{self, Effect, Place};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::session::{Caller, Peer};
use ferrohsm_protocol::frame::{self, FrameError, Header};
use ferrohsm_protocol::{Operation, Status};
use rustls::pki_types::CertificateDer;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use zeroize::Zeroizing;

/// Replies are written when this many bytes have gathered, even if more requests wait.
const FLUSH_BYTES: usize = 256 * 1024;

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Stay,
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
    let (done, finished) = mpsc::unbounded_channel();
    let mut connection = Connection {
        input: Input::new(Arc::clone(&accepted.limits.budget)),
        output: Output::default(),
        caller: Arc::new(Caller::new(accepted.peer)),
        greeted: false,
        hsm: accepted.hsm,
        limits: accepted.limits,
        stream: accepted.stream,
        chain: accepted.chain,
        done,
        finished,
        in_flight: 0,
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
    /// Hello has been answered.
    greeted: bool,
    input: Input,
    output: Output,
    /// Where calls on the pool send their replies.
    done: mpsc::UnboundedSender<Output>,
    finished: mpsc::UnboundedReceiver<Output>,
    in_flight: usize,
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
            let room = self.in_flight < config::CALLS_IN_FLIGHT_MAX;
            let deadline = self.deadline;
            tokio::select! {
                Some(reply) = self.finished.recv(), if self.in_flight > 0 => {
                    self.in_flight -= 1;
                    self.output.append(&reply);
                }
                read = self.input.read(&mut self.stream), if room => match read {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::OutOfMemory => {
                        tracing::warn!(%error, "connection refused");
                        self.refuse(Status::Busy.into());
                        return Ok(());
                    }
                    Err(error) => return Err(error),
                },
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    let seconds = config::FRAME_TIMEOUT.as_secs();
                    let message = format!("a frame was not whole {seconds} s after its first byte");
                    self.refuse(OpError::new(Status::MalformedRequest, message));
                    return Ok(());
                }
                (happened, (tls, shutdown)) = &mut event => {
                    if self.handle(happened) == Flow::Close {
                        return Ok(());
                    }
                    event.set(next_event(tls, shutdown));
                }
            }
        }
    }

    /// Answers the whole frames that have arrived, or starts their calls.
    async fn answer_arrived(&mut self) -> io::Result<Flow> {
        let mut answered = false;
        while self.in_flight < config::CALLS_IN_FLIGHT_MAX {
            let limit = match self.caller.login {
                Some(_) => frame::MAX_BODY,
                None => frame::MAX_BODY_BEFORE_LOGIN,
            };
            let (header, bytes) = match self.input.frame(limit) {
                Ok(Some(frame)) => (frame.header, frame.bytes),
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
            let flow = self.call(&header, limit).await?;
            self.input.consume(bytes);
            if flow == Flow::Close {
                return Ok(Flow::Close);
            }
            answered = true;
            if self.output.len() >= FLUSH_BYTES {
                self.flush().await?;
            }
        }
        let full = self.in_flight >= config::CALLS_IN_FLIGHT_MAX;
        if self.greeted && (self.input.is_empty() || full) {
            self.deadline = None;
        } else if self.greeted && (answered || self.deadline.is_none()) {
            self.deadline = Some(Instant::now() + config::FRAME_TIMEOUT);
        }
        Ok(Flow::Stay)
    }

    /// Answers the frame at the start of the input, or starts its call.
    async fn call(&mut self, header: &Header, limit: usize) -> io::Result<Flow> {
        let operation = match dispatch::admit(&self.hsm, &self.caller, header) {
            Ok(operation) => operation,
            Err(error) => {
                reply::error(&mut self.output, header, &error, self.hsm.revision());
                return Ok(Flow::Stay);
            }
        };
        let body = match self.input.frame(limit) {
            Ok(Some(frame)) => frame.body,
            // The caller has just seen this frame.
            Ok(None) | Err(_) => return Ok(Flow::Close),
        };
        match dispatch::place(operation) {
            Place::Inline => {
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
                    tokio::spawn(send_later(self.done.clone(), output, delay));
                    self.in_flight += 1;
                }
                self.apply(result);
            }
            Place::Pool => {
                let done = self.done.clone();
                let call = Call::new(&self.hsm, &self.caller, header, operation, body);
                let runtime = tokio::runtime::Handle::current();
                tokio::task::spawn_blocking(move || {
                    let (output, result) = call.run();
                    let delay = delay_of(&result);
                    if delay.is_zero() {
                        // It fails when the connection is gone; then nobody waits for the reply.
                        let _ = done.send(output);
                    } else {
                        runtime.spawn(send_later(done, output, delay));
                    }
                });
                self.in_flight += 1;
            }
            Place::Session => {
                let call = Call::new(&self.hsm, &self.caller, header, operation, body);
                let turn = match operation {
                    Operation::Login => Some(self.limits.logins.acquire().await),
                    _ => None,
                };
                let (output, result) = tokio::task::spawn_blocking(move || call.run())
                    .await
                    .map_err(io::Error::other)?;
                drop(turn);
                self.output.append(&output);
                self.apply(result);
            }
        }
        Ok(Flow::Stay)
    }

    fn apply(&mut self, result: Result<Effect, OpError>) {
        let login = match result {
            Ok(Effect::LoggedIn(login)) => Some(login),
            Ok(Effect::LoggedOut) => None,
            Ok(Effect::None) | Err(_) => return,
        };
        let peer = self.caller.peer.clone();
        self.caller = Arc::new(Caller { peer, login });
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
                    self.caller = Arc::new(Caller { peer, login });
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
            while self.in_flight > 0
                && let Some(reply) = self.finished.recv().await
            {
                self.in_flight -= 1;
                self.output.append(&reply);
            }
        };
        // What takes longer is still done; only its reply is lost, and the client may repeat the request.
        let _ = timeout(config::SHUTDOWN_TIMEOUT, rest).await;
        self.flush().await?;
        self.stream.shutdown().await
    }
}

/// A call on its way to the pool, with its own copy of the body.
struct Call {
    hsm: Arc<Hsm>,
    caller: Arc<Caller>,
    header: Header,
    operation: Operation,
    body: Zeroizing<Vec<u8>>,
}

impl Call {
    fn new(
        hsm: &Arc<Hsm>,
        caller: &Arc<Caller>,
        header: &Header,
        operation: Operation,
        body: &[u8],
    ) -> Call {
        Call {
            hsm: Arc::clone(hsm),
            caller: Arc::clone(caller),
            header: *header,
            operation,
            body: Zeroizing::new(body.to_vec()),
        }
    }

    fn run(self) -> (Output, Result<Effect, OpError>) {
        let mut output = Output::default();
        let Call {
            hsm,
            caller,
            header,
            operation,
            body,
        } = &self;
        let result = reply::answer(hsm, caller, header, *operation, body, &mut output);
        (output, result)
    }
}

fn delay_of(result: &Result<Effect, OpError>) -> Duration {
    result
        .as_ref()
        .err()
        .map_or(Duration::ZERO, |error| error.delay)
}

/// Holds a reply back without holding a thread.
async fn send_later(done: mpsc::UnboundedSender<Output>, output: Output, delay: Duration) {
    sleep(delay).await;
    // It fails when the connection is gone; then nobody waits for the reply.
    let _ = done.send(output);
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
