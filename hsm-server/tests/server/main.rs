//! The whole server in this process, from frames to the store.

mod harness;

mod any_bytes;
mod bad_input;
mod endurance;
mod first;
mod keys;
mod permissions;
mod policy;
mod requests;
