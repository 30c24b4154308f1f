//! The socket under a connection: TCP to an HSM, or the Unix socket in its data directory.

use std::io::{self, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{RecvFlags, SendFlags, sockopt};

/// A connected stream socket. Reading blocks up to a timeout, writing never blocks.
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// After this time without traffic the kernel asks whether the peer is alive; costs the process nothing.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// A peer that is gone must not end the process by SIGPIPE. macOS has no such flag; there the standard library sets the
/// option SO_NOSIGPIPE on its sockets.
#[cfg(not(target_vendor = "apple"))]
const SEND_FLAGS: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
#[cfg(target_vendor = "apple")]
const SEND_FLAGS: SendFlags = SendFlags::DONTWAIT;

impl Socket {
    /// Connects to `host:port`, trying each address that the name has.
    pub(crate) fn connect_tcp(address: &str, deadline: Instant) -> io::Result<Socket> {
        let mut last_error = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for candidate in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&candidate, remaining(deadline)?) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    sockopt::set_socket_keepalive(&stream, true)?;
                    sockopt::set_tcp_keepidle(&stream, KEEPALIVE_IDLE)?;
                    return Ok(Socket::Tcp(stream));
                }
                Err(error) => last_error = error,
            }
        }
        Err(last_error)
    }

    /// Connects to a Unix socket.
    pub(crate) fn connect_unix(path: &Path) -> io::Result<Socket> {
        UnixStream::connect(path).map(Socket::Unix)
    }

    /// How long data may stay unacknowledged before the kernel gives the connection up (no effect on Unix sockets, and
    /// none where the kernel is not Linux: there a host that vanished is noticed when the call's time is over).
    pub(crate) fn set_send_patience(&self, patience: Duration) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Socket::Tcp(stream) => {
                let milliseconds = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
                Ok(sockopt::set_tcp_user_timeout(stream, milliseconds)?)
            }
            #[cfg(not(target_os = "linux"))]
            Socket::Tcp(_) => {
                let _ = patience;
                Ok(())
            }
            Socket::Unix(_) => Ok(()),
        }
    }

    /// How long [`Self::receive`] blocks.
    pub(crate) fn set_receive_timeout(&self, timeout: Duration) -> io::Result<()> {
        // Zero would mean "for ever".
        let timeout = Some(timeout.max(Duration::from_millis(1)));
        match self {
            Socket::Tcp(stream) => stream.set_read_timeout(timeout),
            Socket::Unix(stream) => stream.set_read_timeout(timeout),
        }
    }

    /// Reads what has arrived, waiting for it up to the receive timeout (`WouldBlock` after that). 0 at the end.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => (&mut &*stream).read(buffer),
            Socket::Unix(stream) => (&mut &*stream).read(buffer),
        }
    }

    /// Reads what has arrived without waiting.
    pub(crate) fn receive_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let (count, _) = rustix::net::recv(self, buffer, RecvFlags::DONTWAIT)?;
        Ok(count)
    }

    /// Writes what the kernel takes at once (`WouldBlock`: nothing).
    pub(crate) fn send_now(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::net::send(self, bytes, SEND_FLAGS)?)
    }

    /// Waits until [`Self::send_now`] would take something, or until `timeout`.
    pub(crate) fn wait_writable(&self, timeout: Duration) -> io::Result<()> {
        poll(&mut [PollFd::new(self, PollFlags::OUT)], Some(timeout))
    }

    /// Ends both directions; a blocked [`Self::receive`] returns.
    pub(crate) fn shut_down(&self) {
        let both = std::net::Shutdown::Both;
        // Fails only when the peer was faster, which is the wanted state.
        let _ = match self {
            Socket::Tcp(stream) => stream.shutdown(both),
            Socket::Unix(stream) => stream.shutdown(both),
        };
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Tcp(stream) => stream.as_fd(),
            Socket::Unix(stream) => stream.as_fd(),
        }
    }
}

/// `poll(2)`; an interrupted or timed-out wait is no error.
pub(crate) fn poll(fds: &mut [PollFd<'_>], timeout: Option<Duration>) -> io::Result<()> {
    // Timeouts are at most ten minutes, so the conversion cannot fail.
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    match rustix::event::poll(fds, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Time until `deadline`; `TimedOut` after it.
pub(crate) fn remaining(deadline: Instant) -> io::Result<Duration> {
    match deadline.checked_duration_since(Instant::now()) {
        Some(left) if !left.is_zero() => Ok(left),
        Some(_) | None => Err(io::ErrorKind::TimedOut.into()),
    }
}
