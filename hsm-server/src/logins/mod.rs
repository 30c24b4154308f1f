//! Logins and their tokens.

/// The logins that live.
pub struct Logins {}
