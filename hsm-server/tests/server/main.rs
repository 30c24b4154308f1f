//! The whole server in this process, from frames to the store.

mod harness;

mod bad_input;
mod first;
mod keys;
mod permissions;
mod policy;
mod requests;
