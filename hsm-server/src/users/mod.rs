//! Users, their roles and passwords.

/// The users of the cluster.
pub struct Users {}
