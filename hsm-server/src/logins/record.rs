//! How a login is stored. docs/formats.md lists the fields; they are added to and never renumbered.

use ferrohsm_protocol::messages::Role;
use prost::Message;
use zeroize::Zeroizing;

use crate::error::OpError;
use crate::session::{LoginId, UserId};

/// Where logins are kept, under their id in hex.
pub const LOGIN_PREFIX: &str = "login/";

/// A login.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LoginRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    #[prost(fixed64, tag = "2")]
    pub user_id: UserId,
    #[prost(string, tag = "3")]
    pub user: String,
    #[prost(enumeration = "Role", tag = "4")]
    pub role: i32,
    /// The user's when the login was made or last renewed.
    #[prost(uint64, tag = "5")]
    pub generation: u64,
    /// SHA-256 of the client certificate's SubjectPublicKeyInfo; empty for the Unix socket.
    #[prost(bytes = "vec", tag = "6")]
    pub binding: Vec<u8>,
    /// Oldest first; the last one decides when the login expires.
    #[prost(message, repeated, tag = "7")]
    pub tokens: Vec<TokenRecord>,
}

/// A token of a login. The token itself is not kept.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TokenRecord {
    /// SHA-256 of the token.
    #[prost(bytes = "vec", tag = "1")]
    pub hash: Vec<u8>,
    /// Milliseconds since 1970.
    #[prost(uint64, tag = "2")]
    pub issued_unix_ms: u64,
    /// Milliseconds since 1970.
    #[prost(uint64, tag = "3")]
    pub expires_unix_ms: u64,
}

impl LoginRecord {
    /// Reads a stored record; `None` if it is none.
    pub fn read(plaintext: &[u8]) -> Option<LoginRecord> {
        LoginRecord::decode(plaintext)
            .ok()
            .filter(|record| record.id.len() == size_of::<LoginId>())
    }

    /// The bytes to store.
    pub fn write(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.encode_to_vec())
    }

    /// When the newest token expires; 0 without tokens.
    pub fn expires_unix_ms(&self) -> u64 {
        self.tokens.last().map_or(0, |token| token.expires_unix_ms)
    }
}

/// Where a login is stored.
pub fn path(id: &LoginId) -> String {
    let mut path = LOGIN_PREFIX.to_owned();
    for byte in id {
        path.push_str(&format!("{byte:02x}"));
    }
    path
}

/// The id in a record that was read.
pub fn id(record: &LoginRecord) -> Result<LoginId, OpError> {
    record.id.as_slice().try_into().map_err(OpError::internal)
}
