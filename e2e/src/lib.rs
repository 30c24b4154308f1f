//! What the tests of the built binaries share.

pub mod frames;
pub mod server;
pub mod tools;
