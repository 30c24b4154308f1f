//! Opening a connection: socket, TLS, Hello, and the login token right behind it.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ferrohsm_protocol::messages::{HelloResponse, ResumeRequest};
use ferrohsm_protocol::{Operation, Status, hello};
use prost::Message;
use rustls_pki_types::ServerName;
use zeroize::Zeroize;

use super::waiter::Waiter;
use super::{CallError, Connection, Outcome};
use crate::error::Error;
use crate::login::Token;
use crate::transport::{Socket, remaining};
use crate::{encode, error_of, lock, tls_error};

/// Where an HSM listens.
pub(crate) enum Endpoint {
    /// `host:port`, with TLS.
    Tls {
        address: String,
        config: Arc<rustls::ClientConfig>,
        name: ServerName<'static>,
    },
    /// The Unix socket in the HSM's data directory, on this host.
    Local(PathBuf),
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Endpoint::Tls { address, .. } => f.write_str(address),
            Endpoint::Local(path) => path.display().fmt(f),
        }
    }
}

/// One HSM and what it must be.
pub(crate) struct Target {
    pub(crate) endpoint: Endpoint,
    /// `None`: whichever cluster answers on the Unix socket.
    pub(crate) cluster_id: Option<[u8; 16]>,
    /// Whether a dev cluster is accepted.
    pub(crate) dev: bool,
    /// Deadline of one call.
    pub(crate) timeout: Duration,
}

/// Why a connection could not be opened.
#[derive(Clone)]
pub(crate) struct OpenError {
    pub(crate) error: Error,
    /// Trying again does not help until somebody changes something.
    pub(crate) permanent: bool,
}

impl OpenError {
    fn transient(cause: impl std::fmt::Display) -> OpenError {
        OpenError {
            error: Error::new(Status::Unreachable, cause.to_string()),
            permanent: false,
        }
    }

    fn permanent(error: Error) -> OpenError {
        OpenError {
            error,
            permanent: true,
        }
    }
}

/// Opens a connection and says Hello on it. `token` is presented at once if there is one.
pub(crate) fn open(
    target: &Target,
    address: usize,
    revision: Arc<AtomicU64>,
    token: Option<&Token>,
    deadline: Instant,
) -> Result<Arc<Connection>, OpenError> {
    let (socket, tls) = match &target.endpoint {
        Endpoint::Tls {
            address,
            config,
            name,
        } => {
            let socket = Socket::connect_tcp(address, deadline).map_err(OpenError::transient)?;
            // Half of a call's time: a host that vanished is noticed while there is time for another try.
            socket
                .set_send_patience(target.timeout / 2)
                .map_err(OpenError::transient)?;
            let tls = handshake(&socket, config.clone(), name.clone(), deadline)?;
            (socket, Some(tls))
        }
        Endpoint::Local(path) => {
            let socket = Socket::connect_unix(path).map_err(OpenError::transient)?;
            (socket, None)
        }
    };
    let connection = Connection::new(address, socket, tls, revision);
    connection.greet(target, token, deadline)?;
    Ok(connection)
}

fn handshake(
    socket: &Socket,
    config: Arc<rustls::ClientConfig>,
    name: ServerName<'static>,
    deadline: Instant,
) -> Result<rustls::ClientConnection, OpenError> {
    let mut tls = rustls::ClientConnection::new(config, name)
        .map_err(|error| OpenError::permanent(tls_error::in_handshake(&error).0))?;
    // Drained after every write, so what one call may queue is bounded by the frame limit.
    tls.set_buffer_limit(None);
    let mut wire = Vec::new();
    let mut buffer = [0; 16 * 1024];
    // The last flight stays in the buffer and goes out with Hello.
    while tls.is_handshaking() {
        while tls.wants_write() {
            tls.write_tls(&mut wire).map_err(OpenError::transient)?;
        }
        send_all(socket, &wire, deadline).map_err(OpenError::transient)?;
        wire.clear();
        let left = remaining(deadline).map_err(|_| silent())?;
        socket
            .set_receive_timeout(left)
            .map_err(OpenError::transient)?;
        let count = match socket.receive(&mut buffer) {
            Ok(0) => {
                return Err(OpenError::transient(
                    "the server closed the connection during the TLS handshake",
                ));
            }
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(silent()),
            Err(error) => return Err(OpenError::transient(error)),
        };
        let mut received = &buffer[..count];
        while !received.is_empty() {
            tls.read_tls(&mut received).map_err(OpenError::transient)?;
            if let Err(error) = tls.process_new_packets() {
                // The alert tells the server why; whether it arrives changes nothing here.
                while tls.wants_write() && tls.write_tls(&mut wire).is_ok() {}
                let _ = socket.send_now(&wire);
                let (error, permanent) = tls_error::in_handshake(&error);
                return Err(OpenError { error, permanent });
            }
        }
    }
    Ok(tls)
}

fn silent() -> OpenError {
    OpenError::transient("the server did not answer in time")
}

fn send_all(socket: &Socket, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        match socket.send_now(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                socket.wait_writable(remaining(deadline)?)?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Connection {
    /// Hello, and Resume right behind it in the same write.
    fn greet(
        self: &Arc<Self>,
        target: &Target,
        token: Option<&Token>,
        deadline: Instant,
    ) -> Result<(), OpenError> {
        let request = hello::request(concat!("ferrohsm-client/", env!("CARGO_PKG_VERSION")));
        let mut resume = token.map(|token| ResumeRequest {
            token: token.bytes.to_vec(),
        });
        let (first, second) = (Waiter::take(), Waiter::take());
        let (hello_id, resume_id, role) = {
            let mut shared = lock(&self.shared);
            let mut queue = |operation: Operation, encode: &dyn Fn(&mut Vec<u8>), waiter| {
                // A connection that nobody else has yet is not dead.
                self.enqueue_caller(&mut shared, operation.code(), encode, waiter)
                    .unwrap_or_default()
            };
            let hello_id = queue(Operation::Hello, &|body| encode(&request, body), &first);
            let resume_id = resume
                .as_ref()
                .map(|resume| queue(Operation::Resume, &|body| encode(resume, body), &second));
            (hello_id, resume_id, shared.take_role(hello_id))
        };
        if let Some(resume) = &mut resume {
            resume.token.zeroize();
        }
        let checked = check_hello(target, self.finish(hello_id, &first, role, deadline));
        // Not logged in is no failure of the connection: the call that needs it will log in.
        if let (Ok(()), Some(token), Some(id)) = (&checked, token, resume_id) {
            let role = lock(&self.shared).take_role(id);
            if let Ok(reply) = self.finish(id, &second, role, deadline)
                && reply.status == Status::Ok.code()
            {
                self.login_generation
                    .store(token.generation, Ordering::Release);
            }
        }
        if let Err(refused) = &checked {
            self.fail(&refused.error);
        }
        first.put_back();
        checked
    }
}

fn check_hello(target: &Target, outcome: Outcome) -> Result<(), OpenError> {
    let reply = match outcome {
        Ok(reply) => reply,
        Err(CallError::Lost(error)) if error.status == Status::CertificateRefused => {
            return Err(OpenError::permanent(error));
        }
        Err(CallError::Lost(error)) => {
            return Err(OpenError::transient(format!(
                "{error}, right after connecting; it may refuse this client's certificate: see its log"
            )));
        }
        Err(CallError::Timeout { .. } | CallError::NotSent) => return Err(silent()),
    };
    if reply.status != Status::Ok.code() {
        let error = error_of(&reply);
        let permanent = error.status != Status::ShuttingDown && error.status != Status::Busy;
        return Err(OpenError { error, permanent });
    }
    let hello = HelloResponse::decode(&*reply.body).map_err(|_| {
        OpenError::permanent(Error::because(
            Status::ServerUntrusted,
            "its Hello cannot be read",
        ))
    })?;
    if let Some(cluster_id) = target.cluster_id
        && hello.cluster_id != cluster_id
    {
        return Err(OpenError::permanent(Error::because(
            Status::ServerUntrusted,
            format!("it belongs to cluster {}", crate::hex(&hello.cluster_id)),
        )));
    }
    if hello.dev && !target.dev {
        return Err(OpenError::permanent(Error::because(
            Status::ServerUntrusted,
            "this is a dev cluster, whose keys are not protected: set `dev = true` in the configuration to use it",
        )));
    }
    Ok(())
}
