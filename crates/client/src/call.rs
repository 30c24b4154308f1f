//! One call from start to end: connection, login, sending, and what the operations table says about sending it again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ferrohsm_protocol::messages::{LoginRequest, LoginResponse, ResumeRequest};
use ferrohsm_protocol::operations::{Access, OperationRow, Repeat};
use ferrohsm_protocol::{Operation, Request, Status};
use prost::Message;
use zeroize::Zeroize;

use crate::client::Inner;
use crate::connection::{CallError, Connection, Outcome, Reply};
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::login::Token;
use crate::pool::Lease;
use crate::{encode, error_of};

/// How often one call may make a login be renewed.
const MAX_RENEWALS: u32 = 2;
/// How often one call is sent again after its connection was lost.
const MAX_LOSSES: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Whether a call is tied to a connection.
#[derive(Clone)]
pub(crate) enum Pin {
    /// No.
    No,
    /// Not yet: later ones are tied to the connection that answers it.
    Wanted,
    /// It goes here or nowhere.
    To(Arc<Connection>),
}

/// How far a call has come.
#[derive(Clone)]
pub(crate) struct Progress {
    pub(crate) row: &'static OperationRow,
    pub(crate) deadline: Instant,
    pub(crate) pin: Pin,
    /// The login that the HSM called expired or unknown; 0: none.
    pub(crate) stale: u64,
    /// The login under which the call was sent.
    pub(crate) generation: u64,
    renewals: u32,
    losses: u32,
    pauses: u32,
}

/// What follows from an outcome.
pub(crate) enum Verdict {
    Done(Result<Reply>),
    /// Try again after a pause.
    Again(Duration),
}

impl Progress {
    pub(crate) fn new(operation: Operation, deadline: Instant) -> Progress {
        Progress {
            row: operation.row(),
            deadline,
            pin: Pin::No,
            stale: 0,
            generation: 0,
            renewals: 0,
            losses: 0,
            pauses: 0,
        }
    }

    pub(crate) fn needs_login(&self) -> bool {
        // A logout ends the login there is; it is no reason to make one.
        matches!(self.row.access, Access::Roles(_)) && self.row.operation != Operation::Logout
    }

    /// Whether the call has to know that a connection is open before it is sent there.
    pub(crate) fn must_not_be_lost(&self) -> bool {
        // A pinned one has no other connection to go to.
        self.row.repeat == Repeat::Never && !matches!(self.pin, Pin::To(_))
    }

    /// Notes the connection that answered a call whose successors go there too.
    pub(crate) fn tie(&mut self, connection: &Arc<Connection>, verdict: &Verdict) {
        if matches!((&self.pin, verdict), (Pin::Wanted, Verdict::Done(Ok(_)))) {
            self.pin = Pin::To(connection.clone());
        }
    }

    fn pause(&mut self) -> Duration {
        self.pauses += 1;
        MAX_PAUSE.min(FIRST_PAUSE * (1 << (self.pauses - 1).min(6)))
    }
}

impl Inner {
    /// Runs a call to its end on this thread.
    pub(crate) fn run(
        &self,
        progress: &mut Progress,
        body: &dyn Fn(&mut Vec<u8>),
    ) -> Result<Reply> {
        loop {
            let token = self.login_for(progress)?;
            let lease = self.lease_for(progress)?;
            match self.attempt(progress, &lease, token.as_ref(), body) {
                Verdict::Done(result) => return result,
                Verdict::Again(pause) => sleep_until(progress.deadline, pause),
            }
        }
    }

    /// A connection for the call, the one that it is tied to if it is.
    pub(crate) fn lease_for(&self, progress: &Progress) -> Result<Lease> {
        match &progress.pin {
            Pin::No | Pin::Wanted => self.pool.acquire(&self.session, progress.deadline),
            Pin::To(connection) => {
                Lease::of(connection).ok_or_else(|| Error::of(Status::StreamLost))
            }
        }
    }

    /// As [`Self::run`], under a login that the session has already forgotten.
    pub(crate) fn run_with(
        &self,
        progress: &mut Progress,
        token: &Token,
        body: &dyn Fn(&mut Vec<u8>),
    ) -> Result<Reply> {
        loop {
            let lease = self.pool.acquire(&self.session, progress.deadline)?;
            match self.attempt(progress, &lease, Some(token), body) {
                Verdict::Done(result) => return result,
                Verdict::Again(pause) => sleep_until(progress.deadline, pause),
            }
        }
    }

    fn attempt(
        &self,
        progress: &mut Progress,
        connection: &Arc<Connection>,
        token: Option<&Token>,
        body: &dyn Fn(&mut Vec<u8>),
    ) -> Verdict {
        if progress.must_not_be_lost() && !connection.is_open() {
            return Verdict::Again(Duration::ZERO);
        }
        if let Some(token) = token
            && let Some(verdict) = self.resume(connection, progress, token)
        {
            return verdict;
        }
        let code = progress.row.operation.code();
        let outcome = connection.call(code, body, self.attempt_deadline(progress));
        let verdict = self.judge(progress, connection, outcome);
        progress.tie(connection, &verdict);
        verdict
    }

    /// The token to present, from a new login if need be; `None` when the operation needs none.
    pub(crate) fn login_for(&self, progress: &mut Progress) -> Result<Option<Token>> {
        if !progress.needs_login() {
            return Ok(None);
        }
        let deadline = progress.deadline;
        let token = self
            .session
            .obtain(progress.stale, deadline, &|credentials, previous| {
                self.send_login(credentials, previous, deadline)
            })?;
        progress.generation = token.generation;
        Ok(Some(token))
    }

    /// Presents the token on a connection that does not have it. A verdict means that the call cannot go on here.
    pub(crate) fn resume(
        &self,
        connection: &Arc<Connection>,
        progress: &mut Progress,
        token: &Token,
    ) -> Option<Verdict> {
        if connection.login_generation.load(Ordering::Acquire) == token.generation {
            return None;
        }
        let mut request = ResumeRequest {
            token: token.bytes.to_vec(),
        };
        let deadline = self.attempt_deadline(progress);
        let code = Operation::Resume.code();
        let outcome = connection.call(code, &|body| encode(&request, body), deadline);
        request.token.zeroize();
        match self.judge(progress, connection, outcome) {
            Verdict::Done(Ok(_)) => {
                connection
                    .login_generation
                    .store(token.generation, Ordering::Release);
                None
            }
            verdict => Some(verdict),
        }
    }

    pub(crate) fn send_login(
        &self,
        credentials: Credentials,
        previous: Option<&Token>,
        deadline: Instant,
    ) -> Result<LoginResponse> {
        let mut request = LoginRequest {
            user: credentials.user,
            password: credentials.password.to_vec(),
            previous_token: previous
                .map(|token| token.bytes.to_vec())
                .unwrap_or_default(),
        };
        let mut progress = Progress::new(Operation::Login, deadline);
        let reply = self.run(&mut progress, &|body| encode(&request, body));
        request.password.zeroize();
        request.previous_token.zeroize();
        decode::<LoginRequest>(&reply?)
    }

    /// With several HSMs, a call that may be repeated leaves time to do so.
    pub(crate) fn attempt_deadline(&self, progress: &Progress) -> Instant {
        if self.pool.addresses() < 2 || progress.row.repeat == Repeat::Never {
            return progress.deadline;
        }
        let now = Instant::now();
        now + progress.deadline.saturating_duration_since(now) / 2
    }

    /// Decides what follows from an outcome on `connection`.
    pub(crate) fn judge(
        &self,
        progress: &mut Progress,
        connection: &Arc<Connection>,
        outcome: Outcome,
    ) -> Verdict {
        match outcome {
            Ok(reply) => self.judge_reply(progress, connection, reply),
            Err(CallError::NotSent) => Verdict::Again(Duration::ZERO),
            Err(CallError::Lost(error)) => {
                progress.losses += 1;
                if error.status == Status::ClientClosed {
                    return Verdict::Done(Err(error));
                }
                if matches!(progress.pin, Pin::To(_)) {
                    return Verdict::Done(Err(Error::because(Status::StreamLost, error)));
                }
                if progress.row.repeat == Repeat::Never || progress.losses > MAX_LOSSES {
                    return Verdict::Done(Err(Error::because(Status::ConnectionLost, error)));
                }
                // The first time at once: most losses are one HSM restarting or one idle connection cut.
                Verdict::Again(if progress.losses == 1 {
                    Duration::ZERO
                } else {
                    progress.pause()
                })
            }
            Err(CallError::Timeout { silent }) => {
                let error = Error::because(Status::Timeout, "the HSM did not answer");
                if silent {
                    self.pool.set_aside(connection, error.clone());
                    connection.fail(&error);
                }
                if progress.row.repeat == Repeat::Never || progress.deadline <= Instant::now() {
                    return Verdict::Done(Err(error));
                }
                Verdict::Again(Duration::ZERO)
            }
        }
    }

    fn judge_reply(
        &self,
        progress: &mut Progress,
        connection: &Arc<Connection>,
        reply: Reply,
    ) -> Verdict {
        if reply.status == Status::Ok.code() {
            if !connection.proven.load(Ordering::Relaxed) {
                connection.proven.store(true, Ordering::Relaxed);
            }
            return Verdict::Done(Ok(reply));
        }
        let error = error_of(&reply);
        match error.status {
            Status::TokenExpired | Status::TokenInvalid | Status::NotLoggedIn
                if progress.needs_login() && progress.renewals < MAX_RENEWALS =>
            {
                progress.renewals += 1;
                progress.stale = progress.generation;
                // Only if no newer login was presented on it meanwhile.
                let _ = connection.login_generation.compare_exchange(
                    progress.generation,
                    0,
                    Ordering::AcqRel,
                    Ordering::Relaxed,
                );
                Verdict::Again(Duration::ZERO)
            }
            Status::ShuttingDown if progress.deadline > Instant::now() => {
                self.pool.set_aside(connection, error);
                Verdict::Again(Duration::ZERO)
            }
            Status::RevisionUnavailable | Status::Busy if progress.deadline > Instant::now() => {
                self.pool.rotate();
                Verdict::Again(progress.pause())
            }
            _ => Verdict::Done(Err(error)),
        }
    }
}

fn sleep_until(deadline: Instant, pause: Duration) {
    let left = deadline.saturating_duration_since(Instant::now());
    if !pause.is_zero() {
        std::thread::sleep(pause.min(left));
    }
}

/// The message of a successful reply.
pub(crate) fn decode<R: Request>(reply: &Reply) -> Result<R::Response> {
    R::Response::decode(&*reply.body).map_err(|_| {
        Error::because(
            Status::Internal,
            format!("its reply to {} cannot be read", R::OPERATION.row().name),
        )
    })
}
