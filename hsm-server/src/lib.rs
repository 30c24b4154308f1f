//! The HSM server: everything behind the `hsm-server` command.
//!
//! A library so that tests can reach each layer; the binary is a thin shell around it.

pub mod barrier;
pub mod crypto;
pub mod seal;
pub mod store;
