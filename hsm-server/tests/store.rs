//! The embedded store: transactions, durability, and what a failing disk may and may not do.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "store/basics.rs"]
mod basics;
