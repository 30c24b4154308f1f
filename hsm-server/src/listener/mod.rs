//! Accepts connections: TLS over TCP, and the Unix socket in the data directory.

pub mod tls;
