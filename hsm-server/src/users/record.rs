//! How a user is stored. docs/formats.md lists the fields; they are added to and never renumbered.

use ferrohsm_protocol::messages::{Role, UserInfo};
use prost::Message;
use zeroize::Zeroizing;

use super::password::PasswordHash;
use crate::error::OpError;
use crate::session::UserId;

/// Where users are kept, under the keyed hash of their name.
pub const USER_PREFIX: &str = "user";

/// A user.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct UserRecord {
    /// Folded name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Drawn at random; never given twice, also when the name is used again.
    #[prost(fixed64, tag = "2")]
    pub id: UserId,
    /// What it may do.
    #[prost(enumeration = "Role", tag = "3")]
    pub role: i32,
    /// Argon2id.
    #[prost(message, required, tag = "4")]
    pub password: PasswordHash,
    /// Grows when the password changes. Logins made under an older one are void.
    #[prost(uint64, tag = "5")]
    pub generation: u64,
    /// Wrong passwords since the last right one, and checks under way.
    #[prost(uint32, tag = "6")]
    pub failed: u32,
    /// Keyed hash of what Argon2 made of the last wrong password; empty if there was none.
    #[prost(bytes = "vec", tag = "7")]
    pub last_wrong: Vec<u8>,
    /// When a password was last tried, milliseconds since 1970.
    #[prost(uint64, tag = "8")]
    pub last_attempt_unix_ms: u64,
    /// Milliseconds since 1970.
    #[prost(uint64, tag = "9")]
    pub created_unix_ms: u64,
}

impl std::fmt::Debug for UserRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRecord")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl UserRecord {
    /// Reads a stored record.
    pub fn read(plaintext: &[u8]) -> Result<UserRecord, OpError> {
        UserRecord::decode(plaintext)
            .map_err(|_| OpError::internal("a user record does not decode: restore a backup"))
    }

    /// The bytes to store.
    pub fn write(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.encode_to_vec())
    }

    /// What others may know of the user. `in_flight` checks under way are not failures yet.
    pub fn info(&self, in_flight: u32) -> UserInfo {
        let failed = self.failed.saturating_sub(in_flight);
        UserInfo {
            name: self.name.clone(),
            role: self.role,
            locked: self.locks() && failed >= super::FAILURES_MAX,
            failed_logins: failed,
            created_unix_ms: self.created_unix_ms,
        }
    }

    /// Whether wrong passwords lock this user. A crypto officer is slowed down instead.
    pub fn locks(&self) -> bool {
        self.role() != Role::CryptoOfficer
    }
}

/// How many users there are: changed together with every user that comes or goes, so that two crypto officers cannot
/// delete each other in the same instant.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UserCounts {
    #[prost(uint32, tag = "1")]
    pub users: u32,
    #[prost(uint32, tag = "2")]
    pub crypto_officers: u32,
}
