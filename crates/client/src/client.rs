//! The client that programs hold.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrohsm_protocol::frame::MAX_BODY;
use ferrohsm_protocol::messages::LogoutRequest;
use ferrohsm_protocol::{Operation, Request, Status};
use rustls_pki_types::ServerName;
use zeroize::Zeroizing;

use crate::call::{Progress, decode};
use crate::config::{Config, DEFAULT_TIMEOUT};
use crate::connection::{Endpoint, Target};
use crate::credentials::{CredentialSource, Credentials};
use crate::encode;
use crate::error::{Error, Result};
use crate::login::{LoginInfo, Session};
use crate::pool::Pool;
use crate::submit::{self, Queue};
use crate::tls;

/// Time to collect why no address answered; shorter than the wait before one is asked again.
const LAST_CHANCE: Duration = Duration::from_millis(20);

/// Speaks to the HSMs of one cluster. Cheap to clone; all clones share connections and login. All methods may be called
/// from any thread at any time.
///
/// The connections close when [`Client::close`] is called or the last clone is dropped.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) pool: Pool,
    pub(crate) session: Session,
    pub(crate) queue: Arc<Queue>,
    pub(crate) timeout: Duration,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
        self.pool.close();
    }
}

impl Client {
    /// A client for the HSMs of `config`. Nothing is sent before the first call; the first call that needs a login reads
    /// `credentials`.
    pub fn new(config: &Config, credentials: Arc<dyn CredentialSource>) -> Client {
        let targets = config
            .addresses
            .iter()
            .map(|address| Target {
                endpoint: Endpoint::Tls {
                    address: address.clone(),
                    config: config.tls.clone(),
                    name: server_name(&config.cluster_id),
                },
                cluster_id: Some(config.cluster_id),
                dev: config.dev,
                timeout: config.timeout,
            })
            .collect();
        Client::with_targets(targets, config.connections, config.timeout, credentials)
    }

    /// A client for the HSM whose data directory has this Unix socket. Frames without TLS: the kernel tells the HSM who
    /// calls. A dev cluster is accepted.
    pub fn local(socket: &Path, credentials: Arc<dyn CredentialSource>) -> Client {
        let target = Target {
            endpoint: Endpoint::Local(socket.to_owned()),
            cluster_id: None,
            dev: true,
            timeout: DEFAULT_TIMEOUT,
        };
        Client::with_targets(vec![target], 1, DEFAULT_TIMEOUT, credentials)
    }

    fn with_targets(
        targets: Vec<Target>,
        connections: usize,
        timeout: Duration,
        credentials: Arc<dyn CredentialSource>,
    ) -> Client {
        Client {
            inner: Arc::new(Inner {
                pool: Pool::new(targets, connections),
                session: Session::new(credentials),
                queue: Queue::new(),
                timeout,
            }),
        }
    }

    /// Connects now, trying each address once: for a person who waits, who is better told that no HSM is there than kept
    /// until the timeout. Without it the first call connects, and goes on trying until its deadline.
    pub fn connect(&self) -> Result<()> {
        let (pool, session) = (&self.inner.pool, &self.inner.session);
        let deadline = self.deadline();
        let connected =
            (0..pool.addresses()).any(|index| pool.open(index, session, deadline).is_some());
        if connected {
            return Ok(());
        }
        // None is due again yet: this says what each failed with.
        pool.acquire(session, Instant::now() + LAST_CHANCE)
            .map(drop)
    }

    /// Calls the HSM and waits for the answer, at most the configured timeout. Logs in first if the operation needs it.
    pub fn call<R: Request>(&self, request: &R) -> Result<R::Response> {
        check_size(request)?;
        let mut progress = Progress::new(R::OPERATION, self.deadline());
        let reply = self
            .inner
            .run(&mut progress, &|body| encode(request, body))?;
        decode::<R>(&reply)
    }

    /// Sends a request and returns at once; `callback` gets the answer.
    ///
    /// Never waits for the network, also when no HSM answers. The callback runs on one of the client's own threads or on
    /// any thread that is in [`Client::call`]; it must not block for long, but may use the client. It may run before
    /// `submit` returns. An error means that the callback will not run: too many calls under way
    /// ([`Status::LimitReached`]), a request over the size limit, or a closed client. Deadlines are kept to about 100 ms.
    pub fn submit<R, F>(&self, request: &R, callback: F) -> Result<()>
    where
        R: Request,
        F: FnOnce(Result<R::Response>) + Send + 'static,
    {
        check_size(request)?;
        let mut body = Vec::new();
        encode(request, &mut body);
        let progress = Progress::new(R::OPERATION, self.deadline());
        let callback = Box::new(move |reply: Result<_>, _| {
            callback(reply.and_then(|reply| decode::<R>(&reply)));
        });
        submit::submit(&self.inner, progress, body, callback)
    }

    /// Logs in now, or renews the login of the same user; the password is not kept. Credentials that the HSM refused
    /// before are not sent again by this process.
    ///
    /// After this call the login of an expired token is renewed from the credential source, if that names the same user.
    pub fn login(&self, user: &str, password: Zeroizing<Vec<u8>>) -> Result<()> {
        let deadline = self.deadline();
        let credentials = Credentials {
            user: user.to_owned(),
            password,
        };
        self.inner
            .session
            .log_in(credentials, deadline, &|credentials, previous| {
                self.inner.send_login(credentials, previous, deadline)
            })
    }

    /// Ends the login: session keys are gone, and no call logs in by itself until [`Client::login`]. After an error the
    /// HSM may keep the login until it expires, but this client has forgotten it.
    pub fn logout(&self) -> Result<()> {
        let token = self.inner.session.token();
        self.inner.session.log_out();
        let Some(token) = token else { return Ok(()) };
        let mut progress = Progress::new(Operation::Logout, self.deadline());
        let result = self.inner.run_with(&mut progress, &token, &|body| {
            encode(&LogoutRequest {}, body);
        });
        match result {
            Ok(_) => Ok(()),
            // It had ended already.
            Err(Error {
                status: Status::TokenExpired | Status::TokenInvalid | Status::NotLoggedIn,
                ..
            }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether there is a login, as far as this client knows: it may have expired or been ended on the HSM.
    pub fn is_logged_in(&self) -> bool {
        self.inner.session.generation() != 0
    }

    /// Who is logged in.
    pub fn login_info(&self) -> Option<LoginInfo> {
        self.inner.session.info()
    }

    /// Closes all connections; calls under way and later ones end with [`Status::ClientClosed`].
    pub fn close(&self) {
        self.inner.queue.close();
        self.inner.pool.close();
    }

    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.inner.timeout
    }
}

pub(crate) fn check_size(request: &impl Request) -> Result<()> {
    let length = request.encoded_len();
    if length > MAX_BODY {
        return Err(Error::because(
            Status::FrameTooLarge,
            format!("{length} bytes, at most {MAX_BODY}"),
        ));
    }
    Ok(())
}

fn server_name(cluster_id: &[u8; 16]) -> ServerName<'static> {
    // 32 hex digits and a constant suffix are a valid DNS name.
    #[allow(clippy::expect_used)]
    tls::server_name(cluster_id).expect("hex digits make a DNS label")
}
