//! Limits of one HSM. Fixed for now; what an operator must be able to change becomes an option then.

use std::time::Duration;

/// Time for a TLS handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for a frame, from its first byte to its last; also for the first frame of a connection.
pub const FRAME_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a peer to take what was written.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time that calls under way get at shutdown.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Time after an error reply in which a peer may still send what nobody reads, so that it gets to read the reply.
pub const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);
/// Replies wait at most this long for the calls behind them: their callers can prepare the next ones meanwhile.
pub const REPLY_AFTER: Duration = Duration::from_micros(200);
/// Bytes asked from the kernel at once, encrypted: nearly a TLS record. Every connection has such a buffer.
pub const RECEIVE_BYTES: usize = 16 * 1024;
/// Calls that are answered one after the other before other connections get their turn.
pub const TURN: Duration = Duration::from_millis(1);

/// Connections of all clients over TLS together, where the process may have as many files open.
pub const CONNECTIONS_MAX: usize = 10_000;
/// Connections over the Unix socket.
pub const LOCAL_CONNECTIONS_MAX: usize = 256;
/// File descriptors for what is no connection.
pub const OWN_FILES: u64 = 64;
/// Connections of one client certificate.
pub const CONNECTIONS_PER_CERTIFICATE_MAX: usize = 2_000;
/// Connections from one address.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 4_000;
/// Bytes that all connections together may hold in buffers above their first, and for calls on the pool.
pub const BUFFER_BUDGET_BYTES: usize = 256 * 1024 * 1024;
/// Bytes that streams may hold for all logins together: ciphertexts whose tag comes last, messages that are signed whole.
pub const STREAM_BUDGET_BYTES: usize = 256 * 1024 * 1024;
/// Bytes that the streams of one login may hold.
pub const STREAM_BUDGET_PER_LOGIN_BYTES: usize = STREAM_BUDGET_BYTES / 2;
/// What every stream is counted with, above what it holds.
pub const STREAM_BYTES: usize = 4 * 1024;
/// Streams of one login.
pub const STREAMS_PER_LOGIN_MAX: usize = 1024;
/// A stream without a chunk for this long ends, in milliseconds.
pub const STREAM_IDLE_MS: u64 = 5 * 60 * 1000;
/// Calls of one connection that wait for the blocking pool at a time.
pub const CALLS_IN_FLIGHT_MAX: usize = 64;
/// Threads of the blocking pool: store writes, RSA key generation, password hashing.
pub const POOL_THREADS_MAX: usize = 32;
/// Logins whose password is being checked at a time; more wait their turn.
pub const LOGINS_AT_ONCE_MAX: usize = 8;
/// Keys of one HSM, of all users together; each takes about 2 KiB of memory.
pub const KEYS_MAX: u64 = 1_000_000;
