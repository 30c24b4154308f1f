//! Logins: a user's stay, an id with a chain of tokens.
//!
//! Everything that the store must know is in the record of a login before its token is given out; the maps here are
//! what every call looks at. A login ends by logout, by deletion of its user, by a new password (the user's generation
//! moves on), or [`CONTINUED_MS`] after its last token expired.

mod record;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use aws_lc_rs::{digest, rand};
use ferrohsm_protocol::{Status, TOKEN_BYTES};
use zeroize::Zeroizing;

use crate::barrier::{Barrier, BarrierTransaction};
use crate::error::OpError;
use crate::session::{Login, LoginId, Peer, UserId};
use crate::store::Durability;
use crate::users::{UserRecord, Users};
use record::{LOGIN_PREFIX, LoginRecord, TokenRecord};

/// How long a token is good unless the operator says otherwise.
pub const LIFETIME_DEFAULT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after its expiry a token still continues its login, with the password: milliseconds.
pub const CONTINUED_MS: u64 = 24 * 60 * 60 * 1000;
/// Most logins of one user that live or can be continued.
pub const LOGINS_PER_USER_MAX: usize = 16_384;
/// Tokens of one login that stay good beside the newest.
const TOKENS_MAX: usize = 8;
const PAGE: usize = 500;

/// A login token: whoever has it and the client certificate's key acts as the user.
pub type Token = Zeroizing<[u8; TOKEN_BYTES]>;
type TokenHash = [u8; 32];

/// The logins of the cluster. Safe to share between threads.
pub struct Logins {
    barrier: Arc<Barrier>,
    lifetime_ms: u64,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    logins: HashMap<LoginId, Entry>,
    tokens: HashMap<TokenHash, LoginId>,
    /// Have ended; their records are still to be deleted.
    ended: HashSet<LoginId>,
}

struct Entry {
    login: Arc<Login>,
    record: LoginRecord,
}

impl Logins {
    /// The logins in a store that are still good for something. The records of the others go, now or with
    /// [`Logins::purge`].
    ///
    /// # Errors
    /// What the store says.
    pub fn load(
        barrier: Arc<Barrier>,
        users: &Users,
        lifetime: Duration,
        now_unix_ms: u64,
    ) -> Result<Logins, OpError> {
        let generations: HashMap<UserId, u64> = users.generations()?.into_iter().collect();
        let lifetime_ms = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let logins = Logins {
            barrier,
            lifetime_ms,
            known: RwLock::default(),
        };
        let mut after: Option<String> = None;
        loop {
            let page = logins.barrier.scan(LOGIN_PREFIX, after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (path, opened) in page {
                let Some(record) = LoginRecord::read(&opened?.plaintext) else {
                    return Err(OpError::internal(format!(
                        "the record at {path} is no login: restore a backup"
                    )));
                };
                let id = record::id(&record)?;
                let current = generations.get(&record.user_id) == Some(&record.generation);
                if current && record.expires_unix_ms().saturating_add(CONTINUED_MS) > now_unix_ms {
                    logins.write().insert(record)?;
                } else {
                    logins.write().ended.insert(id);
                }
            }
        }
        if let Err(error) = logins.remove_ended() {
            // They are void all the same; a full disk must not keep the HSM from starting.
            tracing::warn!(%error, "records of ended logins are left for later");
        }
        Ok(logins)
    }

    /// Checks a password and gives a login with a new token. `previous_token` (may be empty), within its validity or
    /// [`CONTINUED_MS`] after it, on the same client key and for the same user, continues its login.
    ///
    /// # Errors
    /// As [`Users::check_password`]; [`Status::PermissionDenied`] for a user whom the client certificate's trust
    /// anchor does not admit.
    pub fn login(
        &self,
        users: &Users,
        peer: &Peer,
        user: &str,
        password: &[u8],
        previous_token: &[u8],
        now_unix_ms: u64,
    ) -> Result<(Arc<Login>, Token), OpError> {
        // Before the password is counted, so that a restricted certificate cannot lock users that are not its own.
        check_admitted(peer, user)?;
        let mut token = Zeroizing::new([0; TOKEN_BYTES]);
        rand::fill(token.as_mut_slice()).map_err(OpError::internal)?;
        let fresh = TokenRecord {
            hash: hash(token.as_slice()).to_vec(),
            issued_unix_ms: now_unix_ms,
            expires_unix_ms: now_unix_ms.saturating_add(self.lifetime_ms),
        };
        let login = users.check_password(
            user,
            password,
            now_unix_ms,
            |user, transaction| {
                let record =
                    self.next_record(user, peer, previous_token, fresh.clone(), now_unix_ms)?;
                Ok((
                    transaction.put(record::path(&record::id(&record)?), record.write()),
                    record,
                ))
            },
            |record| self.take_in(record),
        )?;
        Ok((login, token))
    }

    fn take_in(&self, record: LoginRecord) -> Result<Arc<Login>, OpError> {
        let mut known = self.write();
        let id = record::id(&record)?;
        let continued = record.tokens.len() > 1;
        if continued && !known.logins.contains_key(&id) {
            drop(known);
            self.remove_record(&id)?;
            return Err(OpError::new(
                Status::TokenInvalid,
                "the login was ended while it was being renewed: log in again",
            ));
        }
        known.insert(record)
    }

    fn next_record(
        &self,
        user: &UserRecord,
        peer: &Peer,
        previous_token: &[u8],
        fresh: TokenRecord,
        now_unix_ms: u64,
    ) -> Result<LoginRecord, OpError> {
        let known = self.read();
        if let Some(mut record) = known.continued(user, peer, previous_token, now_unix_ms) {
            record
                .tokens
                .retain(|token| token.expires_unix_ms.saturating_add(CONTINUED_MS) > now_unix_ms);
            let surplus = record.tokens.len().saturating_sub(TOKENS_MAX);
            record.tokens.drain(..surplus);
            record.tokens.push(fresh);
            return Ok(record);
        }
        let of_user = known
            .logins
            .values()
            .filter(|entry| entry.record.user_id == user.id)
            .count();
        if of_user >= LOGINS_PER_USER_MAX {
            let message = format!(
                "the user has {LOGINS_PER_USER_MAX} logins: log out when done, or wait for old ones to expire"
            );
            return Err(OpError::new(Status::LimitReached, message));
        }
        let mut id = vec![0; size_of::<LoginId>()];
        rand::fill(&mut id).map_err(OpError::internal)?;
        Ok(LoginRecord {
            id,
            user_id: user.id,
            user: user.name.clone(),
            role: user.role,
            generation: user.generation,
            binding: binding(peer).to_vec(),
            tokens: vec![fresh],
        })
    }

    /// The login of a token that a client presents on a new connection.
    ///
    /// # Errors
    /// [`Status::TokenInvalid`] if there is none or it is bound to another client key; [`Status::TokenExpired`].
    pub fn resume(
        &self,
        peer: &Peer,
        token: &[u8],
        now_unix_ms: u64,
    ) -> Result<Arc<Login>, OpError> {
        let known = self.read();
        let (entry, expires_unix_ms) = known.find(token).ok_or(Status::TokenInvalid)?;
        if entry.record.binding != binding(peer) {
            return Err(Status::TokenInvalid.into());
        }
        check_admitted(peer, &entry.record.user)?;
        if now_unix_ms >= expires_unix_ms {
            return Err(Status::TokenExpired.into());
        }
        entry.login.check(now_unix_ms)?;
        Ok(Arc::clone(&entry.login))
    }

    /// Ends a login: its tokens are void on return, also after a restart.
    ///
    /// # Errors
    /// What the store says; the login has ended in this process all the same.
    pub fn end(&self, id: &LoginId) -> Result<(), OpError> {
        self.write().forget(id);
        self.remove_record(id)
    }

    /// Ends the logins of a user whose record has gone or whose generation has moved on, and gives their ids. Their
    /// stored records are void by then, and go with [`Logins::purge`].
    pub fn end_user(&self, user: UserId) -> Vec<LoginId> {
        self.end_where(|record| record.user_id == user)
    }

    /// Ends the logins whose user has gone or got another password, as far as the store knows.
    ///
    /// # Errors
    /// What the store says; then none has ended.
    pub fn end_outdated(&self, users: &Users) -> Result<(), OpError> {
        // Only those made before the users are read: later ones may be of later users.
        let made: HashSet<LoginId> = self.read().logins.keys().copied().collect();
        let generations: HashMap<UserId, u64> = users.generations()?.into_iter().collect();
        self.end_where(|record| {
            let current = generations.get(&record.user_id);
            current.is_none_or(|current| record.generation < *current)
                && record::id(record).is_ok_and(|id| made.contains(&id))
        });
        Ok(())
    }

    /// Forgets logins that can no longer be continued, and deletes the records of those that have ended.
    ///
    /// # Errors
    /// What the store says; the next call tries again.
    pub fn purge(&self, now_unix_ms: u64) -> Result<(), OpError> {
        self.end_where(|record| {
            record.expires_unix_ms().saturating_add(CONTINUED_MS) <= now_unix_ms
        });
        self.remove_ended()
    }

    /// Whether this login lives or can be continued.
    pub fn knows(&self, id: &LoginId) -> bool {
        self.read().logins.contains_key(id)
    }

    fn end_where(&self, ends: impl Fn(&LoginRecord) -> bool) -> Vec<LoginId> {
        let mut known = self.write();
        let ids: Vec<LoginId> = known
            .logins
            .iter()
            .filter(|(_, entry)| ends(&entry.record))
            .map(|(id, _)| *id)
            .collect();
        for id in &ids {
            known.forget(id);
            known.ended.insert(*id);
        }
        ids
    }

    fn remove_ended(&self) -> Result<(), OpError> {
        let ended: Vec<LoginId> = self.read().ended.iter().copied().collect();
        for id in &ended {
            self.remove_record(id)?;
            self.write().ended.remove(id);
        }
        Ok(())
    }

    fn remove_record(&self, id: &LoginId) -> Result<(), OpError> {
        self.barrier
            .commit(&BarrierTransaction::new(Durability::Durable).delete(record::path(id)))?;
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Takes in a record that is stored: a new login, or a known one with one more token.
    fn insert(&mut self, record: LoginRecord) -> Result<Arc<Login>, OpError> {
        let id = record::id(&record)?;
        if let Some(previous) = self.logins.get(&id) {
            for token in &previous.record.tokens {
                self.tokens.remove(token.hash.as_slice());
            }
        }
        for token in &record.tokens {
            let hash: TokenHash = token
                .hash
                .as_slice()
                .try_into()
                .map_err(OpError::internal)?;
            self.tokens.insert(hash, id);
        }
        let expires_unix_ms = record.expires_unix_ms();
        if let Some(entry) = self.logins.get_mut(&id) {
            entry.login.extend(expires_unix_ms);
            entry.record = record;
            return Ok(Arc::clone(&entry.login));
        }
        let login = Arc::new(Login::new(
            id,
            record.user_id,
            record.user.clone(),
            record.role(),
            expires_unix_ms,
        ));
        self.logins.insert(
            id,
            Entry {
                login: Arc::clone(&login),
                record,
            },
        );
        Ok(login)
    }

    fn forget(&mut self, id: &LoginId) {
        if let Some(entry) = self.logins.remove(id) {
            entry.login.end();
            for token in &entry.record.tokens {
                self.tokens.remove(token.hash.as_slice());
            }
        }
    }

    /// The login of a token, and when that token expires. Looked up by hash: what the time it takes tells is not the
    /// token.
    fn find(&self, token: &[u8]) -> Option<(&Entry, u64)> {
        let hash = hash(token);
        let entry = self.logins.get(self.tokens.get(&hash)?)?;
        let token = entry
            .record
            .tokens
            .iter()
            .find(|token| token.hash == hash)?;
        Some((entry, token.expires_unix_ms))
    }

    fn continued(
        &self,
        user: &UserRecord,
        peer: &Peer,
        token: &[u8],
        now_unix_ms: u64,
    ) -> Option<LoginRecord> {
        let (entry, expires_unix_ms) = self.find(token)?;
        let record = &entry.record;
        let same = record.user_id == user.id
            && record.generation == user.generation
            && record.binding == binding(peer);
        (same && expires_unix_ms.saturating_add(CONTINUED_MS) > now_unix_ms).then(|| record.clone())
    }
}

/// Refuses a user that the client certificate's trust anchor is not for.
fn check_admitted(peer: &Peer, user: &str) -> Result<(), OpError> {
    if peer.admits(&user.to_ascii_lowercase()) {
        return Ok(());
    }
    Err(OpError::new(
        Status::PermissionDenied,
        "the trust anchor of this client certificate does not admit this user: use another certificate or user",
    ))
}

/// What tokens are bound to: the hash of the client's key, or nothing on the Unix socket.
fn binding(peer: &Peer) -> &[u8] {
    match peer {
        Peer::Socket => &[],
        Peer::Certificate { key_hash, .. } => key_hash,
    }
}

fn hash(token: &[u8]) -> TokenHash {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, token).as_ref());
    out
}

#[cfg(test)]
mod tests;
