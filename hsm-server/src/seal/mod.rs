//! What protects the copy of the master key that an HSM keeps at rest.

mod error;
mod master_key;

pub use error::SealError;
pub use master_key::{MASTER_KEY_BYTES, MasterKey};
