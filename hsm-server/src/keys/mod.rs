//! The HSM's keys: how they are stored, and the cache that operations use.

use crate::barrier::Barrier;
use crate::error::OpError;
use crate::session::{LoginId, UserId};
use std::sync::Arc;

/// All keys of this HSM, in memory. Safe to use from many threads.
pub struct Keys {}

/// How many keys there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyCounts {
    /// Kept until deleted (pairs and certificates count once).
    pub token_keys: u64,
    /// Kept while their login lives.
    pub session_keys: u64,
}

impl Keys {
    /// The keys in a store.
    pub fn load(_barrier: Arc<Barrier>) -> Result<Keys, OpError> {
        Ok(Keys {})
    }

    /// For ClusterInfo.
    pub fn counts(&self) -> KeyCounts {
        KeyCounts::default()
    }

    /// Whether the user owns token keys (then it cannot be deleted).
    pub fn owns_token_keys(&self, _user: UserId) -> bool {
        false
    }

    /// Deletes the session keys of a login that has ended. Call it after [`crate::session::Login::end`].
    pub fn end_login(&self, _login: &LoginId) -> Result<(), OpError> {
        Ok(())
    }
}
