//! The login that all threads and connections of a client share.
//!
//! One thread logs in while the others wait for it. A credential that the HSM refused is not tried again as long as the
//! source gives the same one, so that no fleet with an old password locks its user out. No password is kept: refused
//! ones are remembered as keyed hashes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::{LoginResponse, Role};
use ring::hmac;
use zeroize::Zeroizing;

use crate::credentials::{CredentialSource, Credentials};
use crate::error::{Error, Result};
use crate::{lock, random_u64};

/// After this time a locked user is tried again, as a crypto officer may have unlocked it. An HSM does not count that.
const LOCKED_RETRY: Duration = Duration::from_secs(30);
/// Refused credentials that are remembered.
const MAX_REFUSED: usize = 32;

/// The token of a login; `generation` counts the logins of this client.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) generation: u64,
    pub(crate) bytes: Arc<Zeroizing<Vec<u8>>>,
}

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginInfo {
    /// The user's name.
    pub user: String,
    /// Its role.
    pub role: Role,
    /// When the login expires; it is renewed by itself if the credential source still has the password.
    pub expires_at: Instant,
}

struct Login {
    token: Token,
    info: LoginInfo,
}

struct Refused {
    fingerprint: hmac::Tag,
    error: Error,
    at: Instant,
}

#[derive(Default)]
struct State {
    login: Option<Login>,
    generations: u64,
    /// A thread is logging in.
    flying: bool,
    flights: u64,
    last_error: Option<Error>,
    logged_out: bool,
    refused: Vec<Refused>,
}

pub(crate) struct Session {
    source: Arc<dyn CredentialSource>,
    state: Mutex<State>,
    landed: Condvar,
    /// Of the current login; 0: none. For the quick check before each call.
    generation: AtomicU64,
    fingerprint_key: hmac::Key,
}

/// Sends a login with the token of the login that it continues, if any.
pub(crate) type Perform<'a> = &'a dyn Fn(Credentials, Option<&Token>) -> Result<LoginResponse>;

/// Ends a flight however the thread leaves.
struct Flight<'a> {
    session: &'a Session,
    outcome: Option<Error>,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.session.state);
        state.flying = false;
        state.flights += 1;
        state.last_error = self.outcome.take();
        drop(state);
        self.session.landed.notify_all();
    }
}

impl Session {
    pub(crate) fn new(source: Arc<dyn CredentialSource>) -> Session {
        let mut key = [0; 32];
        for chunk in key.chunks_exact_mut(8) {
            chunk.copy_from_slice(&random_u64().to_ne_bytes());
        }
        Session {
            source,
            state: Mutex::default(),
            landed: Condvar::new(),
            generation: AtomicU64::new(0),
            fingerprint_key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        }
    }

    /// Number of the current login; 0: none.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The current token.
    pub(crate) fn token(&self) -> Option<Token> {
        lock(&self.state)
            .login
            .as_ref()
            .map(|login| login.token.clone())
    }

    pub(crate) fn info(&self) -> Option<LoginInfo> {
        lock(&self.state)
            .login
            .as_ref()
            .map(|login| login.info.clone())
    }

    /// A token other than that of generation `stale`: the current one, or one from a new login, which one thread does
    /// for all.
    pub(crate) fn obtain(
        &self,
        stale: u64,
        deadline: Instant,
        perform: Perform<'_>,
    ) -> Result<Token> {
        let mut state = lock(&self.state);
        loop {
            if let Some(login) = &state.login
                && login.token.generation != stale
            {
                return Ok(login.token.clone());
            }
            if state.logged_out {
                return Err(Error::because(
                    Status::NotLoggedIn,
                    "after an explicit logout",
                ));
            }
            if !state.flying {
                break;
            }
            let flight = state.flights;
            state = self.wait(state, deadline)?;
            if state.flights != flight
                && let Some(error) = &state.last_error
            {
                return Err(error.clone());
            }
        }
        state.flying = true;
        drop(state);
        self.fly(|| {
            let credentials = self.source.read()?.ok_or_else(|| self.no_credentials())?;
            let other = lock(&self.state)
                .login
                .as_ref()
                .map(|login| login.info.user.clone())
                .filter(|user| !user.eq_ignore_ascii_case(&credentials.user));
            if let Some(user) = other {
                return Err(Error::new(
                    Status::TokenExpired,
                    format!(
                        "the login of user {user} has ended and the credential source names {}: log in again",
                        credentials.user
                    ),
                ));
            }
            self.try_once(credentials, perform)
        })
    }

    /// An explicit login.
    pub(crate) fn log_in(
        &self,
        credentials: Credentials,
        deadline: Instant,
        perform: Perform<'_>,
    ) -> Result<()> {
        let mut state = lock(&self.state);
        while state.flying {
            state = self.wait(state, deadline)?;
        }
        if let Some(login) = &state.login
            && !login.info.user.eq_ignore_ascii_case(&credentials.user)
        {
            return Err(Error::new(
                Status::AlreadyLoggedIn,
                format!("user {} is logged in: log out first", login.info.user),
            ));
        }
        state.flying = true;
        drop(state);
        self.fly(|| self.try_once(credentials, perform)).map(drop)
    }

    /// Forgets the login; nothing logs in by itself until [`Self::log_in`].
    pub(crate) fn log_out(&self) {
        let mut state = lock(&self.state);
        state.login = None;
        state.logged_out = true;
        self.generation.store(0, Ordering::Release);
    }

    fn wait<'a>(
        &self,
        state: std::sync::MutexGuard<'a, State>,
        deadline: Instant,
    ) -> Result<std::sync::MutexGuard<'a, State>> {
        let Some(left) = deadline.checked_duration_since(Instant::now()) else {
            return Err(Error::because(
                Status::Timeout,
                "while another thread was logging in",
            ));
        };
        let waited = self.landed.wait_timeout(state, left);
        Ok(waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    fn fly(&self, login: impl FnOnce() -> Result<Token>) -> Result<Token> {
        let interrupted = Error::new(Status::NotLoggedIn, "the thread that was logging in died");
        let mut flight = Flight {
            session: self,
            outcome: Some(interrupted),
        };
        let result = login();
        flight.outcome = result.as_ref().err().cloned();
        result
    }

    /// Logs in unless these credentials were refused before.
    fn try_once(&self, credentials: Credentials, perform: Perform<'_>) -> Result<Token> {
        let fingerprint = self.fingerprint(&credentials);
        let previous = {
            let mut state = lock(&self.state);
            state.refused.retain(|refused| {
                refused.error.status != Status::UserLocked || refused.at.elapsed() < LOCKED_RETRY
            });
            let same = |refused: &&Refused| refused.fingerprint.as_ref() == fingerprint.as_ref();
            if let Some(refused) = state.refused.iter().find(same) {
                return Err(refused.error.clone());
            }
            state.login.as_ref().map(|login| login.token.clone())
        };
        let user = credentials.user.to_ascii_lowercase();
        let reply = perform(credentials, previous.as_ref());
        let mut state = lock(&self.state);
        match reply {
            Ok(mut reply) => {
                state.generations += 1;
                let token = Token {
                    generation: state.generations,
                    bytes: Arc::new(Zeroizing::new(std::mem::take(&mut reply.token))),
                };
                let info = LoginInfo {
                    user,
                    role: reply.role(),
                    // An expiry beyond what a clock can hold is none that matters: cap it at a year.
                    expires_at: Instant::now()
                        + Duration::from_millis(reply.expires_in_ms.min(365 * 86_400_000)),
                };
                state.login = Some(Login {
                    token: token.clone(),
                    info,
                });
                state.logged_out = false;
                self.generation.store(token.generation, Ordering::Release);
                Ok(token)
            }
            Err(error) => {
                if matches!(error.status, Status::LoginFailed | Status::UserLocked) {
                    if state.refused.len() == MAX_REFUSED {
                        state.refused.remove(0);
                    }
                    let at = Instant::now();
                    state.refused.push(Refused {
                        fingerprint,
                        error: error.clone(),
                        at,
                    });
                }
                Err(error)
            }
        }
    }

    fn no_credentials(&self) -> Error {
        match &lock(&self.state).login {
            Some(_) => Error::because(
                Status::TokenExpired,
                "there is no credential source to renew it from",
            ),
            None => Error::of(Status::NotLoggedIn),
        }
    }

    fn fingerprint(&self, credentials: &Credentials) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.fingerprint_key);
        context.update(credentials.user.to_ascii_lowercase().as_bytes());
        context.update(&[0]); // no user name has it
        context.update(&credentials.password);
        context.sign()
    }
}
