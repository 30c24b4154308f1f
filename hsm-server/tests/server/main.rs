//! The whole server in this process, from frames to the store.

#![allow(clippy::unwrap_used)] // in tests a failure is the point

mod harness;

mod any_bytes;
mod attacks;
mod bad_input;
mod crash;
mod disk;
mod endurance;
mod first;
mod import;
mod keys;
mod listening;
mod logins;
mod logs;
mod new_keys;
mod permissions;
mod policy;
mod requests;
mod streams;
#[path = "../support/tmpfs.rs"]
mod tmpfs;
mod walker;
