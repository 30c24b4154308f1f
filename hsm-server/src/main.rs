//! The `hsm-server` command. What it does lives in the library.
fn main() {}
