//! Accepts connections: TLS over TCP, and the Unix socket in the data directory.

mod buffer;
mod connection;
mod limits;
mod refusals;
mod reply;
pub mod tls;

use crate::config;
use crate::hsm::Hsm;
use crate::session::Peer;
use connection::Accepted;
use limits::Limits;
use refusals::Refusals;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Name of the Unix socket in the data directory.
pub const SOCKET_NAME: &str = "hsm.sock";
/// Pause after a failed accept: out of file descriptors, usually.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Serves until `stop` is ready, then ends: no new connections, calls under way are answered.
///
/// The TCP listener opens as soon as [`Hsm::tls`] has a configuration; `on_listening` then gets its address. The
/// address is taken from the start, so that one that cannot be had is known then.
///
/// # Errors
/// The Unix socket or the address cannot be had; `on_listening` failed.
pub async fn run(
    hsm: Arc<Hsm>,
    listen: Option<SocketAddr>,
    on_listening: impl FnOnce(SocketAddr) -> io::Result<()>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let taken = listen.map(bind_tcp).transpose()?;
    let socket = bind_socket(&hsm.data_dir.join(SOCKET_NAME))?;
    let (shutdown_sender, shutdown) = watch::channel(false);
    let listener = Listener {
        limits: Arc::new(Limits::new()),
        refusals: Arc::default(),
        hsm,
        shutdown,
    };
    let mut connections = JoinSet::new();
    let result = tokio::select! {
        result = listener.accept(&socket, taken, on_listening, &mut connections) => result,
        () = stop => Ok(()),
    };
    // Sending only fails when no connection is left.
    let _ = shutdown_sender.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(config::SHUTDOWN_TIMEOUT * 2, all).await.is_err() {
        tracing::warn!(left = connections.len(), "connections cut at shutdown");
    }
    let _ = std::fs::remove_file(listener.hsm.data_dir.join(SOCKET_NAME));
    result
}

/// Serves one peer over any stream, with limits of its own: everything that runs for a connection, without sockets. For
/// fuzzing and property tests.
///
/// # Errors
/// What the stream says.
pub async fn serve_stream<S: AsyncRead + AsyncWrite + Unpin>(
    hsm: Arc<Hsm>,
    peer: Peer,
    stream: S,
) -> io::Result<()> {
    let tls = hsm.tls.subscribe();
    // Its sender stays until the connection has ended.
    let (_sender, shutdown) = watch::channel(false);
    connection::serve(Accepted {
        hsm,
        limits: Arc::new(Limits::new()),
        stream,
        peer,
        chain: Vec::new(),
        tls,
        shutdown,
    })
    .await
}

struct Listener {
    hsm: Arc<Hsm>,
    limits: Arc<Limits>,
    refusals: Arc<Refusals>,
    shutdown: watch::Receiver<bool>,
}

impl Listener {
    async fn accept(
        &self,
        socket: &UnixListener,
        mut taken: Option<TcpSocket>,
        on_listening: impl FnOnce(SocketAddr) -> io::Result<()>,
        connections: &mut JoinSet<()>,
    ) -> io::Result<()> {
        let mut on_listening = Some(on_listening);
        let mut tls = self.hsm.tls.subscribe();
        let mut tcp = None;
        loop {
            let serves_tls = tls.borrow_and_update().is_some();
            if serves_tls && let Some(socket) = taken.take() {
                let listener = socket.listen(BACKLOG)?;
                let address = listener.local_addr()?;
                tracing::info!(%address, "TLS listener open");
                if let Some(on_listening) = on_listening.take() {
                    on_listening(address)?;
                }
                tcp = Some(listener);
            }
            tokio::select! {
                accepted = socket.accept() => match accepted {
                    Ok((stream, _)) => self.accept_local(stream, connections),
                    Err(error) => pause_after(error).await,
                },
                accepted = accept_tcp(tcp.as_ref()) => match accepted {
                    Ok((stream, address)) => self.accept_tls(stream, address.ip(), connections),
                    Err(error) => pause_after(error).await,
                },
                // The sender lives in the Hsm.
                _ = tls.changed(), if tcp.is_none() => {}
                Some(_) = connections.join_next() => {}
            }
        }
    }

    fn accept_local(&self, stream: UnixStream, connections: &mut JoinSet<()>) {
        let allowed = stream
            .peer_cred()
            .is_ok_and(|peer| peer.uid() == 0 || peer.uid() == rustix::process::geteuid().as_raw());
        if !allowed {
            tracing::warn!("a process of another user tried the Unix socket");
            return;
        }
        let Some(total) = self.limits.local.enter(()) else {
            tracing::warn!("connection refused: too many");
            return;
        };
        let accepted = Accepted {
            hsm: Arc::clone(&self.hsm),
            limits: Arc::clone(&self.limits),
            stream,
            peer: Peer::Socket,
            chain: Vec::new(),
            tls: self.hsm.tls.subscribe(),
            shutdown: self.shutdown.clone(),
        };
        connections.spawn(async move {
            let _total = total;
            serve(accepted).await;
        });
    }

    fn accept_tls(&self, stream: TcpStream, address: IpAddr, connections: &mut JoinSet<()>) {
        let Some(tls) = self.hsm.tls.borrow().clone() else {
            return;
        };
        let limits = Arc::clone(&self.limits);
        let (Some(total), Some(from_address)) =
            (limits.total.enter(()), limits.addresses.enter(address))
        else {
            if let Some(unlogged) = self.refusals.note(address, Instant::now()) {
                tracing::warn!(%address, unlogged, "connection refused: too many");
            }
            return;
        };
        let refusals = Arc::clone(&self.refusals);
        let (hsm, shutdown) = (Arc::clone(&self.hsm), self.shutdown.clone());
        connections.spawn(async move {
            let _counted = (total, from_address);
            // Latency matters more than packets: replies are written whole.
            let _ = stream.set_nodelay(true);
            // rustls asks for 4 KiB at a time; the requests of many threads come in more.
            let stream = BufReader::with_capacity(config::RECEIVE_BYTES, stream);
            let handshake = TlsAcceptor::from(Arc::clone(&tls.config)).accept(stream);
            let stream = match timeout(config::HANDSHAKE_TIMEOUT, handshake).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => {
                    if let Some(unlogged) = refusals.note(address, Instant::now()) {
                        tracing::info!(%address, unlogged, %error, "TLS handshake failed");
                    }
                    return;
                }
                Err(_) => {
                    if let Some(unlogged) = refusals.note(address, Instant::now()) {
                        tracing::info!(%address, unlogged, "TLS handshake took too long");
                    }
                    return;
                }
            };
            let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
            let chain: Vec<_> = chain.iter().map(|der| der.clone().into_owned()).collect();
            // The anchors may have changed during the handshake.
            let mut tls = hsm.tls.subscribe();
            let current = tls.borrow_and_update().clone();
            let Some(peer) = current.and_then(|tls| tls.admit(&chain)) else {
                return;
            };
            let Peer::Certificate { key_hash, .. } = &peer else {
                return;
            };
            let Some(_certificate) = limits.certificates.enter(*key_hash) else {
                if let Some(unlogged) = refusals.note(address, Instant::now()) {
                    tracing::warn!(%address, unlogged, "connection refused: too many of this certificate");
                }
                return;
            };
            serve(Accepted {
                hsm,
                limits,
                stream,
                peer,
                chain,
                tls,
                shutdown,
            })
            .await;
        });
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(accepted: Accepted<S>) {
    let hsm = Arc::clone(&accepted.hsm);
    hsm.connections.fetch_add(1, Ordering::Relaxed);
    if let Err(error) = connection::serve(accepted).await {
        tracing::debug!(%error, "connection ended");
    }
    hsm.connections.fetch_sub(1, Ordering::Relaxed);
}

async fn accept_tcp(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

async fn pause_after(error: io::Error) {
    tracing::warn!(%error, "accepting a connection failed");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Takes an address without listening on it yet: clients are refused until then.
fn bind_tcp(address: SocketAddr) -> io::Result<TcpSocket> {
    let bind = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // Else the connections of an HSM that was stopped just now keep the address for minutes.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    };
    bind().map_err(|error: io::Error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })
}

fn bind_socket(path: &Path) -> io::Result<UnixListener> {
    // The store's lock is held, so a socket that is there belongs to a process that died.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(path).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot make {}: {error}", path.display()),
        )
    })?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}
