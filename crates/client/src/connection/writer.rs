//! The writer's turn: encrypts everything that is queued and hands it to the kernel in one piece.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ferrohsm_protocol::Status;

use super::waiter::Waiter;
use super::{Connection, FEW_CALLS, Role};
use crate::error::Error;
use crate::{lock, transport};

/// A writer that waits for room looks this often whether its own reply has come meanwhile.
const LOOK_UP: Duration = Duration::from_millis(50);

/// The writer's buffers.
#[derive(Default)]
pub(super) struct Writer {
    /// Frames in clear, taken from the outbox.
    plain: Vec<u8>,
    /// What goes to the kernel, from `sent` on.
    wire: Vec<u8>,
    sent: usize,
}

/// The caller that writes.
#[derive(Clone, Copy)]
pub(super) struct Patience<'a> {
    pub(super) id: u32,
    pub(super) waiter: &'a Waiter,
    /// Until when it waits for the kernel to take bytes.
    pub(super) deadline: Instant,
}

impl Connection {
    /// Writes until nothing is queued; then takes the reader's role if it is free and the caller still needs a reply.
    /// Without patience nothing waits, and what the kernel does not take stays for the next writer.
    pub(super) fn write_turn(self: &Arc<Self>, patience: Option<Patience<'_>>) -> Role {
        if patience.is_some() && self.load.load(Ordering::Relaxed) > FEW_CALLS {
            // Others have work too: let those who are about to queue a frame do so, then send all in one.
            std::thread::yield_now();
        }
        let mut writer = lock(&self.writer);
        loop {
            match self.flush(&mut writer, patience) {
                Ok(true) => {}
                Ok(false) => {
                    drop(writer);
                    self.leave_unsent();
                    return Role::None;
                }
                Err(error) => {
                    drop(writer);
                    self.fail(&lost(&error));
                    return Role::None;
                }
            }
            {
                let mut shared = lock(&self.shared);
                shared.unsent = false;
                if shared.outbox.is_empty() && !shared.tls_output {
                    shared.writing = false;
                    return match patience {
                        Some(patience) => shared.take_role(patience.id),
                        None => Role::None,
                    };
                }
                shared.tls_output = false;
                std::mem::swap(&mut shared.outbox, &mut writer.plain);
            }
            if let Err(error) = self.encrypt(&mut writer) {
                drop(writer);
                self.fail(&lost(&error));
                return Role::None;
            }
        }
    }

    /// Frames in clear to bytes for the wire.
    fn encrypt(&self, writer: &mut Writer) -> io::Result<()> {
        let Some(tls) = &self.tls else {
            std::mem::swap(&mut writer.plain, &mut writer.wire);
            return Ok(());
        };
        {
            let mut tls = lock(tls);
            tls.writer().write_all(&writer.plain)?;
            while tls.wants_write() {
                tls.write_tls(&mut writer.wire)?;
            }
        }
        crate::wipe(&mut writer.plain);
        Ok(())
    }

    /// Sends what is in `wire`. False: patience or the call it belongs to ended before the kernel took all.
    fn flush(&self, writer: &mut Writer, patience: Option<Patience<'_>>) -> io::Result<bool> {
        while writer.sent < writer.wire.len() {
            match self.socket.send_now(&writer.wire[writer.sent..]) {
                Ok(count) => writer.sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let Some(Patience {
                        waiter, deadline, ..
                    }) = patience
                    else {
                        return Ok(false);
                    };
                    match transport::remaining(deadline) {
                        Ok(left) if !waiter.is_done() => {
                            self.socket.wait_writable(left.min(LOOK_UP))?;
                        }
                        Ok(_) | Err(_) => return Ok(false),
                    }
                }
                Err(error) => return Err(error),
            }
        }
        writer.sent = 0;
        // Over the Unix socket this is not encrypted.
        crate::wipe(&mut writer.wire);
        Ok(true)
    }

    /// Gives the role up with bytes left over. A waiting caller may be in the kernel as the reader and not look, so this
    /// is work for the standby thread.
    fn leave_unsent(self: &Arc<Self>) {
        {
            let mut shared = lock(&self.shared);
            shared.unsent = true;
            shared.writing = false;
        }
        match self.start_standby() {
            Ok(()) => self.wake_standby(),
            Err(error) => self.fail(&lost(&error)),
        }
    }
}

fn lost(cause: &io::Error) -> Error {
    Error::new(
        Status::ConnectionLost,
        format!("writing to the HSM failed: {cause}"),
    )
}
