//! The one piece of code that speaks to an HSM: it connects, logs in, balances, fails over and repeats safely.
//!
//! [`Client`] is what native/, cli/ and pkcs11/ stand on. It works with plain threads: a blocking call does its own I/O
//! when it finds a connection free, and shares one when it does not. An idle client uses no CPU.
//!
//! A process that forks must not use, close or drop a client in the child: both would write to the same TLS connection.
//! Start the child's own client after the fork.

mod address;
mod call;
mod client;
mod config;
mod connection;
mod credentials;
mod defaults;
mod error;
mod login;
mod pool;
mod stream;
mod submit;
mod tls;
mod tls_error;
mod transport;

use std::sync::{Mutex, MutexGuard, PoisonError};

use ferrohsm_protocol::messages::ErrorDetail;
use ferrohsm_protocol::{REQUEST_ID_BYTES, Status};
use prost::Message;
use ring::rand::{SecureRandom, SystemRandom};

pub use client::Client;
pub use config::{
    CONFIG_VARIABLE, Config, DEFAULT_CONNECTIONS, DEFAULT_TIMEOUT, MAX_CONNECTIONS, MAX_TIMEOUT,
    SYSTEM_CONFIG,
};
pub use credentials::{
    ConfigFileCredentials, CredentialChain, CredentialSource, Credentials, EnvironmentCredentials,
    FixedCredentials, NoCredentials,
};
pub use defaults::Defaults;
pub use error::{Error, Result};
pub use ferrohsm_protocol as protocol;
pub use login::LoginInfo;
pub use stream::{Chunk, Stream};

/// A request id for one change, drawn at random. Repeating a request with the same id takes effect once.
pub fn request_id() -> Vec<u8> {
    let mut id = vec![0; REQUEST_ID_BYTES];
    fill_random(&mut id);
    id
}

fn fill_random(bytes: &mut [u8]) {
    // getrandom(2) fails only on kernels without it, where ring reads /dev/urandom; without either nothing can be done.
    #[allow(clippy::expect_used)]
    SystemRandom::new()
        .fill(bytes)
        .expect("the operating system gives random bytes");
}

fn random_u64() -> u64 {
    let mut bytes = [0; 8];
    fill_random(&mut bytes);
    u64::from_ne_bytes(bytes)
}

/// Locks a mutex. No code panics while it holds one; if it did, going on would be no worse than failing every call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Empties a buffer that may hold secrets and overwrites what it held. `zeroize` writes byte by byte, which would cost
/// more than encrypting large bodies; `black_box` keeps the compiler from dropping this write.
fn wipe(buffer: &mut Vec<u8>) {
    buffer.fill(0);
    std::hint::black_box(buffer.as_mut_slice());
    buffer.clear();
}

/// Makes room as `Vec::reserve` does, but wipes the memory that the buffer leaves.
fn reserve(buffer: &mut Vec<u8>, additional: usize) {
    let needed = buffer.len().saturating_add(additional);
    if needed > buffer.capacity() {
        let mut larger = Vec::with_capacity(needed.max(buffer.capacity().saturating_mul(2)));
        larger.extend_from_slice(buffer);
        wipe(&mut std::mem::replace(buffer, larger));
    }
}

/// Appends a message. A `Vec` grows, so there is always room.
fn encode(message: &impl Message, body: &mut Vec<u8>) {
    reserve(body, message.encoded_len());
    message.encode_raw(body);
}

/// The error that a reply other than OK carries.
fn error_of(reply: &connection::Reply) -> Error {
    let detail = ErrorDetail::decode(&*reply.body)
        .map(|detail| detail.message)
        .unwrap_or_default();
    match Status::from_code(reply.status) {
        Some(status) if detail.is_empty() => Error::of(status),
        Some(status) => Error::new(status, detail),
        None => Error::because(
            Status::Internal,
            format!("unknown status {} from a newer HSM: {detail}", reply.status),
        ),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}
