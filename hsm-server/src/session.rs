//! Who is at the other end of a connection.

use crate::error::OpError;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::Role;
use ferrohsm_protocol::operations::Channel;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Identifies a user for ever: drawn at random when the user is created. Names can be used again after a deletion.
pub type UserId = u64;
/// Identifies a login: its chain of tokens and its session keys.
pub type LoginId = [u8; 16];

/// What a connection's peer has proved before any login. Tokens are bound to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// A process of this host's HSM user or root, over the Unix socket.
    Socket,
    /// A client with a certificate under a registered trust anchor.
    Certificate {
        /// SHA-256 of the certificate's SubjectPublicKeyInfo.
        key_hash: [u8; 32],
        /// The only users (folded names) that may log in with it; `None`: all.
        users: Option<Vec<String>>,
    },
}

impl Peer {
    /// Whether the user (a folded name) may log in here.
    pub fn admits(&self, user: &str) -> bool {
        match self {
            Peer::Socket => true,
            Peer::Certificate { users, .. } => users
                .as_ref()
                .is_none_or(|users| users.iter().any(|allowed| allowed == user)),
        }
    }
}

/// A login that lives, shared by all connections that presented its token. Safe to use from many threads.
#[derive(Debug)]
pub struct Login {
    /// Its id.
    pub id: LoginId,
    /// The user's id.
    pub user_id: UserId,
    /// The user's name, folded.
    pub user: String,
    /// The user's role.
    pub role: Role,
    expires_unix_ms: AtomicU64,
    ended: AtomicBool,
}

impl Login {
    /// A login that lives until `expires_unix_ms`.
    pub fn new(
        id: LoginId,
        user_id: UserId,
        user: String,
        role: Role,
        expires_unix_ms: u64,
    ) -> Login {
        Login {
            id,
            user_id,
            user,
            role,
            expires_unix_ms: AtomicU64::new(expires_unix_ms),
            ended: AtomicBool::new(false),
        }
    }

    /// Fails once the login has ended (logout, deletion of the user) or its token has expired.
    pub fn check(&self, now_unix_ms: u64) -> Result<(), OpError> {
        if self.ended.load(Ordering::Acquire) {
            return Err(Status::TokenInvalid.into());
        }
        if now_unix_ms >= self.expires_unix_ms.load(Ordering::Acquire) {
            return Err(Status::TokenExpired.into());
        }
        Ok(())
    }

    /// Whether it has ended: logged out, or its user deleted.
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// When its token expires, in milliseconds since 1970.
    pub fn expires_unix_ms(&self) -> u64 {
        self.expires_unix_ms.load(Ordering::Acquire)
    }

    /// A renewal: connections that hold the login go on.
    pub fn extend(&self, expires_unix_ms: u64) {
        self.expires_unix_ms
            .store(expires_unix_ms, Ordering::Release);
    }

    /// Ends it on every connection at once.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }
}

/// The state of one connection that handlers see.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the peer proved when it connected.
    pub peer: Peer,
    /// The login, once there is one. [`Login::check`] has passed for this call.
    pub login: Option<Arc<Login>>,
    /// Number of the connection: streams belong to one.
    pub connection: u64,
}

impl Caller {
    /// A peer that has not logged in.
    pub fn new(peer: Peer, connection: u64) -> Caller {
        Caller {
            peer,
            login: None,
            connection,
        }
    }

    /// The channel it came through, as the operations table asks.
    pub fn channel(&self) -> Channel {
        match self.peer {
            Peer::Socket => Channel::Local,
            Peer::Certificate { .. } => Channel::Any,
        }
    }

    /// The login, or the error for a caller without one.
    pub fn login(&self) -> Result<&Arc<Login>, OpError> {
        self.login
            .as_ref()
            .ok_or_else(|| Status::NotLoggedIn.into())
    }
}
