//! The embedded store: transactions, durability, and what a failing disk may and may not do.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "store/basics.rs"]
mod basics;
#[path = "store/corruption.rs"]
mod corruption;
#[path = "store/crash.rs"]
mod crash;
#[path = "store/disk.rs"]
mod disk;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/full_disk.rs"]
mod full_disk;
#[path = "store/speed.rs"]
mod speed;
#[path = "support/tmpfs.rs"]
mod tmpfs;
