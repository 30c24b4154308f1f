//! What wakes a thread that sleeps in `poll(2)`: readable from `wake` until `reset`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

#[cfg(target_os = "linux")]
pub(super) use Event as Wake;
#[cfg(not(target_os = "linux"))]
pub(super) use Pair as Wake;

/// An eventfd.
#[cfg(target_os = "linux")]
pub(super) struct Event(std::os::fd::OwnedFd);

#[cfg(target_os = "linux")]
impl Event {
    pub(super) fn new() -> io::Result<Event> {
        use rustix::event::{EventfdFlags, eventfd};
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Event(eventfd(0, flags)?))
    }

    pub(super) fn wake(&self) {
        // Fails only when the counter is full, and then the thread is awake.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    pub(super) fn reset(&self) {
        // Fails only when the counter is zero already.
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

#[cfg(target_os = "linux")]
impl AsFd for Event {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Two sockets, where there are no eventfds. Compiled for tests everywhere, because those run on Linux.
#[cfg(any(not(target_os = "linux"), test))]
pub(super) struct Pair {
    sender: std::os::unix::net::UnixStream,
    receiver: std::os::unix::net::UnixStream,
}

#[cfg(any(not(target_os = "linux"), test))]
impl Pair {
    pub(super) fn new() -> io::Result<Pair> {
        let (sender, receiver) = std::os::unix::net::UnixStream::pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok(Pair { sender, receiver })
    }

    pub(super) fn wake(&self) {
        // Fails only when the buffer is full, and then the thread is awake.
        let _ = rustix::io::write(&self.sender, &[1]);
    }

    pub(super) fn reset(&self) {
        // Until it is empty: a byte that is left would wake the thread for nothing, for ever.
        while let Ok(1..) = rustix::io::read(&self.receiver, &mut [0; 64]) {}
    }
}

#[cfg(any(not(target_os = "linux"), test))]
impl AsFd for Pair {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.receiver.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags};

    use super::*;
    use crate::transport::poll;

    fn is_awake(wake: &impl AsFd) -> bool {
        let mut fds = [PollFd::new(wake, PollFlags::IN)];
        poll(&mut fds, Some(Duration::ZERO)).unwrap();
        fds[0].revents().contains(PollFlags::IN)
    }

    macro_rules! awake_until_reset {
        ($name:ident, $kind:ty) => {
            #[test]
            fn $name() {
                let wake = <$kind>::new().unwrap();
                assert!(!is_awake(&wake));
                // More often than a socket's buffer has room.
                for _ in 0..300_000 {
                    wake.wake();
                }
                assert!(is_awake(&wake));
                wake.reset();
                assert!(!is_awake(&wake));
                wake.reset();
                wake.wake();
                assert!(is_awake(&wake));
            }
        };
    }

    awake_until_reset!(a_pair_wakes_until_reset, Pair);
    #[cfg(target_os = "linux")]
    awake_until_reset!(an_event_wakes_until_reset, Event);
}
