//! The HSM server: everything behind the `hsm-server` command.
//!
//! A library so that tests can reach each layer; the binary is a thin shell around it. A request passes each room once:
//! `listener` → `session` (who) → `dispatch` (operations table) → `policy` (may they, with this key) → `crypto` → reply.

pub mod barrier;
pub mod cluster;
pub mod config;
pub mod crypto;
pub mod dev;
pub mod dispatch;
pub mod doubt;
pub mod error;
mod files;
pub mod hsm;
pub mod keys;
pub mod listener;
pub mod logins;
pub mod ops;
pub mod policy;
mod processors;
pub mod requests;
pub mod seal;
pub mod serve;
pub mod session;
pub mod setup;
pub mod store;
pub mod streams;
#[cfg(test)]
mod testing;
mod throwaway;
pub mod users;
mod wipe;
