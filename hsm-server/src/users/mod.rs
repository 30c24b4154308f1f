//! Users: their roles and passwords, and how often a wrong one was tried.
//!
//! A crypto officer (CO) manages users and cannot use keys; a crypto user (CU) owns and uses keys; an appliance user
//! (AU) monitors. Logins are made in [`crate::logins`].

mod check;
mod gate;
pub mod name;
mod password;
mod record;

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::{hmac, rand};
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::{Role, UserInfo};
use prost::Message;
use zeroize::Zeroizing;

use crate::barrier::{Barrier, BarrierError, BarrierTransaction};
use crate::error::OpError;
use crate::session::UserId;
use crate::store::{Durability, StoreError};
use gate::Gate;
use name::UserName;
use password::PasswordHash;
use record::{USER_PREFIX, UserCounts};

pub use password::{PASSWORD_MAX_BYTES, PASSWORD_MIN_BYTES};
pub use record::UserRecord;

/// Wrong passwords in a row that lock a crypto user (CloudHSM's number), and slow a crypto officer down.
pub const FAILURES_MAX: u32 = 5;
/// Most users of a cluster.
pub const USERS_MAX: u32 = 10_000;
const COUNTS_PATH: &str = "cluster/user-counts";
const GUESS_KEY_PATH: &str = "cluster/guess-key";
const PAGE: usize = 500;

/// What a change hands its transaction to: it commits, and gives the revision.
pub type Commit<'a> = &'a dyn Fn(BarrierTransaction) -> Result<u64, OpError>;

/// The users of the cluster. Safe to share between threads; calls block on the store and on Argon2.
pub struct Users {
    barrier: Arc<Barrier>,
    /// Makes last wrong passwords comparable without keeping what could be used to find them.
    guess_key: hmac::Key,
    gate: Gate,
    /// One change of the set of users at a time.
    changes: Mutex<()>,
}

impl Users {
    /// The users in a store; none in a new one.
    ///
    /// # Errors
    /// What the store says.
    pub fn load(barrier: Arc<Barrier>) -> Result<Users, OpError> {
        let mut key = Zeroizing::new(vec![0; 32]);
        match barrier.get(GUESS_KEY_PATH)? {
            Some(record) => key = record.plaintext,
            None => {
                rand::fill(&mut key).map_err(OpError::internal)?;
                let transaction = BarrierTransaction::new(Durability::Durable)
                    .if_absent(GUESS_KEY_PATH)
                    .put(GUESS_KEY_PATH, key.clone());
                barrier.commit(&transaction)?;
            }
        }
        let guess_key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        Ok(Users {
            barrier,
            guess_key,
            gate: Gate::new(),
            changes: Mutex::default(),
        })
    }

    /// Creates a user.
    ///
    /// # Errors
    /// [`Status::UserExists`], [`Status::UserNameInvalid`], [`Status::PasswordRefused`], [`Status::LimitReached`].
    pub fn create(
        &self,
        name: &str,
        role: Role,
        password: &[u8],
        now_unix_ms: u64,
        commit: impl Fn(&UserInfo, BarrierTransaction) -> Result<u64, OpError>,
    ) -> Result<UserInfo, OpError> {
        let name = UserName::parse(name)?;
        if role == Role::Unspecified {
            return Err(OpError::new(
                Status::MalformedRequest,
                "a new user needs a role: crypto-officer, crypto-user or appliance-user",
            ));
        }
        password::check_new(&name, password)?;
        let path = self.path(&name);
        if self.read(&path)?.is_some() {
            return Err(Status::UserExists.into());
        }
        let password = self.gate.enter()?.compute(|| PasswordHash::new(password))?;
        let user = UserRecord {
            name: name.as_str().to_owned(),
            id: random_id()?,
            role: role.into(),
            password,
            created_unix_ms: now_unix_ms,
            ..UserRecord::default()
        };
        let info = user.info(0);
        let _changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if self.read(&path)?.is_some() {
            return Err(Status::UserExists.into());
        }
        let (mut counts, transaction) = self.counts()?;
        if counts.users >= USERS_MAX {
            return Err(OpError::new(
                Status::LimitReached,
                format!("a cluster has at most {USERS_MAX} users: delete one first"),
            ));
        }
        counts.users += 1;
        counts.crypto_officers += u32::from(role == Role::CryptoOfficer);
        let transaction = transaction
            .if_absent(&path)
            .put(COUNTS_PATH, Zeroizing::new(counts.encode_to_vec()))
            .put(&path, user.write());
        commit(&info, transaction)?;
        Ok(info)
    }

    /// Deletes a user and gives its id. The caller ends its logins.
    ///
    /// # Errors
    /// [`Status::UserNotFound`]; [`Status::LastCryptoOfficer`]; [`Status::UserOwnsKeys`] if `owns_keys` says so.
    pub fn delete(
        &self,
        name: &str,
        owns_keys: impl Fn(UserId) -> bool,
        commit: Commit<'_>,
    ) -> Result<UserId, OpError> {
        let name = UserName::parse(name)?;
        let path = self.path(&name);
        let _changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = self.gate.slot(&path);
        let _record = slot.lock();
        let (user, revision) = self.read(&path)?.ok_or(Status::UserNotFound)?;
        let (mut counts, transaction) = self.counts()?;
        if user.role() == Role::CryptoOfficer {
            if counts.crypto_officers <= 1 {
                return Err(Status::LastCryptoOfficer.into());
            }
            counts.crypto_officers -= 1;
        }
        if owns_keys(user.id) {
            return Err(Status::UserOwnsKeys.into());
        }
        counts.users = counts.users.saturating_sub(1);
        let transaction = transaction
            .if_revision(&path, revision)
            .put(COUNTS_PATH, Zeroizing::new(counts.encode_to_vec()))
            .delete(&path);
        commit(transaction)?;
        Ok(user.id)
    }

    /// Gives a user a new password, which also unlocks it and makes its logins void. Gives its id; the caller ends
    /// its logins.
    ///
    /// # Errors
    /// [`Status::UserNotFound`], [`Status::PasswordRefused`].
    pub fn set_password(
        &self,
        name: &str,
        password: &[u8],
        commit: Commit<'_>,
    ) -> Result<UserId, OpError> {
        let name = UserName::parse(name)?;
        password::check_new(&name, password)?;
        let path = self.path(&name);
        if self.read(&path)?.is_none() {
            return Err(Status::UserNotFound.into());
        }
        let hash = self.gate.enter()?.compute(|| PasswordHash::new(password))?;
        self.change(&path, commit, |user| {
            user.password = hash.clone();
            user.generation += 1;
            user.last_wrong.clear();
            user.failed = 0;
        })
    }

    /// Forgets a user's wrong passwords.
    ///
    /// # Errors
    /// [`Status::UserNotFound`].
    pub fn unlock(&self, name: &str, commit: Commit<'_>) -> Result<(), OpError> {
        let path = self.path(&UserName::parse(name)?);
        self.change(&path, commit, |user| user.failed = 0)
            .map(|_| ())
    }

    /// All users, by name.
    ///
    /// # Errors
    /// What the store says.
    pub fn list(&self) -> Result<Vec<UserInfo>, OpError> {
        let mut users = Vec::new();
        self.each(|path, user| {
            let in_flight = *self.gate.slot(path).lock();
            users.push(user.info(in_flight));
        })?;
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(users)
    }

    /// How many users there are.
    ///
    /// # Errors
    /// What the store says.
    pub fn count(&self) -> Result<u32, OpError> {
        Ok(self.counts()?.0.users)
    }

    /// Id and generation of every user: what logins must match to be alive.
    pub(crate) fn generations(&self) -> Result<Vec<(UserId, u64)>, OpError> {
        let mut generations = Vec::new();
        self.each(|_, user| generations.push((user.id, user.generation)))?;
        Ok(generations)
    }

    fn each(&self, mut visit: impl FnMut(&str, &UserRecord)) -> Result<(), OpError> {
        let prefix = format!("{USER_PREFIX}/");
        let mut after: Option<String> = None;
        loop {
            let page = self.barrier.scan(&prefix, after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            for (path, record) in page {
                visit(&path, &UserRecord::read(&record?.plaintext)?);
            }
        }
    }

    fn change(
        &self,
        path: &str,
        commit: Commit<'_>,
        apply: impl Fn(&mut UserRecord),
    ) -> Result<UserId, OpError> {
        let slot = self.gate.slot(path);
        let _record = slot.lock();
        let (mut user, revision) = self.read(path)?.ok_or(Status::UserNotFound)?;
        apply(&mut user);
        commit(
            BarrierTransaction::new(Durability::Durable)
                .if_revision(path, revision)
                .put(path, user.write()),
        )?;
        Ok(user.id)
    }

    fn path(&self, name: &UserName) -> String {
        self.barrier.name_path(USER_PREFIX, name.as_str())
    }

    /// A user and the revision of its record.
    fn read(&self, path: &str) -> Result<Option<(UserRecord, u64)>, OpError> {
        let Some(record) = self.barrier.get(path)? else {
            return Ok(None);
        };
        Ok(Some((
            UserRecord::read(&record.plaintext)?,
            record.revision,
        )))
    }

    /// The counts, and a transaction that holds only while they stay so.
    fn counts(&self) -> Result<(UserCounts, BarrierTransaction), OpError> {
        let transaction = BarrierTransaction::new(Durability::Durable);
        match self.barrier.get(COUNTS_PATH)? {
            None => Ok((UserCounts::default(), transaction.if_absent(COUNTS_PATH))),
            Some(record) => {
                let counts =
                    UserCounts::decode(record.plaintext.as_slice()).map_err(OpError::internal)?;
                Ok((
                    counts,
                    transaction.if_revision(COUNTS_PATH, record.revision),
                ))
            }
        }
    }

    /// Commits; `None` if someone else changed a record first.
    fn commit(&self, transaction: &BarrierTransaction) -> Result<Option<u64>, OpError> {
        match self.barrier.commit(transaction) {
            Err(BarrierError::Store(StoreError::Conflict { .. })) => Ok(None),
            result => Ok(Some(result?)),
        }
    }
}

fn random_id() -> Result<UserId, OpError> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(OpError::internal)?;
    Ok(UserId::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests;
