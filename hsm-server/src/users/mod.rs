//! Users, their roles and passwords.

use crate::barrier::Barrier;
use crate::error::OpError;
use std::sync::Arc;

/// The users of the cluster.
pub struct Users {}

impl Users {
    /// The users in a store.
    pub fn load(_barrier: Arc<Barrier>) -> Result<Users, OpError> {
        Ok(Users {})
    }
}
