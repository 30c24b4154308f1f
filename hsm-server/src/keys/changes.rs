//! Making, changing and deleting keys: in the store first, then for everyone to see.

use super::Keys;
use super::attributes::AttributeSet;
use super::index::Index;
use super::key::{Key, Material};
use super::record::{self, KeyRecord};
use crate::barrier::{BarrierError, BarrierTransaction};
use crate::config;
use crate::crypto::{KeyMaterial, random};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::requests::Change;
use crate::session::{Login, LoginId, UserId};
use crate::store::{Durability, StoreError};
use ferrohsm_protocol::messages::KeyInfo;
use ferrohsm_protocol::{Attribute, Status};
use prost::Message;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLockReadGuard, RwLockWriteGuard};
use zeroize::Zeroizing;

/// Session keys deleted in one transaction: each is a delete and a tombstone, and 128 writes fit.
const DELETED_AT_ONCE: usize = 60;

/// A key that was made and is not stored yet.
pub struct NewKey {
    /// Without handle, owner and login.
    pub record: KeyRecord,
    /// The material, unless it is a certificate.
    pub material: Option<KeyMaterial>,
    /// The material of the key that it is a copy of, with its IVs and its budget for failures.
    pub shares: Option<Arc<Material>>,
    /// From the attributes: kept until deleted.
    pub token: bool,
    /// From the attributes.
    pub label: Option<String>,
}

/// Whether a label may be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelRule {
    /// As in PKCS#11.
    Any,
    /// No other token object of the user may have it.
    Unique,
}

impl Keys {
    /// Stores a new key under a new handle and shows it to its owner.
    pub fn create<R: Message>(
        &self,
        hsm: &Hsm,
        change: &Change<'_>,
        new: NewKey,
        label_rule: LabelRule,
        respond: impl FnOnce(KeyInfo) -> R,
    ) -> Result<R, OpError> {
        self.settle_doubtful()?;
        self.create_settled(hsm, change, new, label_rule, respond)
    }

    /// As [`Keys::create`], also while a key's lock is held.
    pub(super) fn create_settled<R: Message>(
        &self,
        hsm: &Hsm,
        change: &Change<'_>,
        new: NewKey,
        label_rule: LabelRule,
        respond: impl FnOnce(KeyInfo) -> R,
    ) -> Result<R, OpError> {
        let login = change.caller.login()?;
        let counts = self.counts();
        if counts.token_keys + counts.session_keys >= config::KEYS_MAX {
            let message = format!("this HSM holds at most {} keys", config::KEYS_MAX);
            return Err(OpError::new(Status::LimitReached, message));
        }
        let NewKey {
            mut record,
            material,
            shares,
            token,
            label,
        } = new;
        record.handle = self.new_handle()?;
        record.owner = login.user_id;
        record.login_id = if token { Vec::new() } else { login.id.to_vec() };
        record.created_unix_ms = hsm.clock.next_unix_ms();
        let _claim = match (&label, label_rule, token) {
            (Some(label), LabelRule::Unique, true) => {
                Some(self.claim_label(login.user_id, label, record.handle)?)
            }
            _ => None,
        };
        let mut key = record.to_key(material)?;
        if shares.is_some() {
            key.material = shares;
        }
        let key = Arc::new(key);
        let path = record.path();
        // Until the key is published, no user can be deleted; and the user has not been, or this login had ended.
        let _owner = token.then(|| self.owner_stays());
        if login.is_ended() {
            return Err(Status::TokenInvalid.into());
        }
        let transaction = BarrierTransaction::new(durability(token))
            .if_absent(&path)
            .if_absent(record::tombstone(record.handle))
            .put(&path, record.write());
        let response = respond(key.info(&login.user));
        self.commit(hsm, change, transaction, &response, record.handle, &[&path])?;
        self.publish(key);
        self.drop_if_ended(login)?;
        Ok(response)
    }

    /// Changes a stored key of the caller's. `edit` changes the record and gives the attributes that it ends up with.
    pub fn update<R: Message>(
        &self,
        hsm: &Hsm,
        change: &Change<'_>,
        handle: u64,
        label_rule: LabelRule,
        edit: impl FnOnce(&Key, &mut KeyRecord) -> Result<AttributeSet, OpError>,
        respond: impl FnOnce(KeyInfo) -> R,
    ) -> Result<R, OpError> {
        let find = |login: &Login| self.visible(login, handle);
        self.update_found(hsm, change, handle, find, label_rule, edit, respond)
    }

    /// As [`Keys::update`], whoever owns the key: for crypto officers.
    pub fn update_anyones<R: Message>(
        &self,
        hsm: &Hsm,
        change: &Change<'_>,
        handle: u64,
        edit: impl FnOnce(&Key, &mut KeyRecord) -> Result<AttributeSet, OpError>,
        respond: impl FnOnce(KeyInfo) -> R,
    ) -> Result<R, OpError> {
        let find = |_: &Login| {
            self.cached(handle)
                .ok_or_else(|| Status::KeyNotFound.into())
        };
        self.update_found(hsm, change, handle, find, LabelRule::Any, edit, respond)
    }

    #[allow(clippy::too_many_arguments)] // what its two callers have in common
    fn update_found<R: Message>(
        &self,
        hsm: &Hsm,
        change: &Change<'_>,
        handle: u64,
        find: impl FnOnce(&Login) -> Result<Arc<Key>, OpError>,
        label_rule: LabelRule,
        edit: impl FnOnce(&Key, &mut KeyRecord) -> Result<AttributeSet, OpError>,
        respond: impl FnOnce(KeyInfo) -> R,
    ) -> Result<R, OpError> {
        let login = change.caller.login()?;
        self.settle_doubtful()?;
        let _lock = self.lock(handle & !1);
        let key = find(login)?;
        let before = record::path(key.handle, key.login);
        let opened = self.barrier.get(&before)?.ok_or(Status::KeyNotFound)?;
        let mut record = KeyRecord::read(&opened.plaintext)?;
        let attributes = edit(&key, &mut record)?;
        let token = attributes.flag(Attribute::Token);
        if token {
            record.login_id = Vec::new();
        }
        let _claim = match (attributes.label(), label_rule, token) {
            (Some(label), LabelRule::Unique, true) => {
                Some(self.claim_label(key.owner, label, key.handle)?)
            }
            _ => None,
        };
        let mut changed = record.to_key(None)?;
        // The material stays as it is, parsed, with its IVs.
        changed.material.clone_from(&key.material);
        let path = record.path();
        let _owner = token.then(|| self.owner_stays());
        if login.is_ended() {
            return Err(Status::TokenInvalid.into());
        }
        // Durable also for a session key: a use that was taken away must not come back with a crash.
        let transaction = BarrierTransaction::new(Durability::Durable)
            .if_revision(&before, opened.revision)
            .put(&path, record.write());
        let transaction = match path == before {
            true => transaction,
            false => transaction.if_absent(&path).delete(&before),
        };
        let response = respond(changed.info(&login.user));
        self.commit(
            hsm,
            change,
            transaction,
            &response,
            key.handle,
            &[&before, &path],
        )?;
        self.publish(Arc::new(changed));
        self.drop_if_ended(login)?;
        Ok(response)
    }

    /// Deletes a key for good; with `only_session_key` not one that is a token key by now.
    pub fn delete<R: Message>(
        &self,
        hsm: &Hsm,
        change: &Change<'_>,
        handle: u64,
        only_session_key: bool,
        response: R,
    ) -> Result<R, OpError> {
        let login = change.caller.login()?;
        self.settle_doubtful()?;
        let _lock = self.lock(handle);
        let key = self.visible(login, handle)?;
        if !key.attributes.flag(Attribute::Destroyable) {
            return Err(Status::NotDestroyable.into());
        }
        if only_session_key && key.is_token() {
            return Err(OpError::new(
                Status::NotDestroyable,
                "this is a token key, kept until it is deleted as such (KeyStore.deleteEntry, `ferrohsm key delete`)",
            ));
        }
        let path = record::path(key.handle, key.login);
        // Durable also for a session key: what was deleted must not come back with a crash.
        let transaction = BarrierTransaction::new(Durability::Durable)
            .delete(&path)
            .put(record::tombstone(key.handle), tombstone());
        self.commit(hsm, change, transaction, &response, key.handle, &[&path])?;
        self.remove(key.handle);
        Ok(response)
    }

    /// Deletes the session keys of a login that has ended, and its issued IVs. Call it after [`Login::end`].
    ///
    /// # Errors
    /// What the store says; the keys cannot be used any more all the same.
    pub fn end_login(&self, login: &LoginId) -> Result<(), OpError> {
        self.issued_ivs.end_login(login);
        let handles = self.session_keys_of(login);
        for handles in handles.chunks(DELETED_AT_ONCE) {
            let mut transaction = BarrierTransaction::new(Durability::Deferred);
            for handle in handles {
                transaction = transaction
                    .delete(record::path(*handle, Some(*login)))
                    .put(record::tombstone(*handle), tombstone());
            }
            self.barrier.commit(&transaction)?;
            for handle in handles {
                self.remove(*handle);
            }
        }
        Ok(())
    }

    /// Deletes the session keys of every login that does not live: a crash or a full disk may have left them behind
    /// after their login's record was gone.
    ///
    /// # Errors
    /// What the store says; the next call tries again.
    pub fn end_logins_but(&self, lives: impl Fn(&LoginId) -> bool) -> Result<(), OpError> {
        // A login is known before it can make a key.
        for login in self.read_index(Index::session_logins) {
            if !lives(&login) {
                self.end_login(&login)?;
            }
        }
        Ok(())
    }

    /// Until the guard is dropped no token key is made or becomes visible: for deleting a user that owns none.
    pub fn hold_new_token_keys(&self) -> RwLockWriteGuard<'_, ()> {
        self.owners.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn owner_stays(&self) -> RwLockReadGuard<'_, ()> {
        self.owners.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A login may end while one of its calls makes a key.
    fn drop_if_ended(&self, login: &Login) -> Result<(), OpError> {
        if login.is_ended() {
            self.end_login(&login.id)?;
        }
        Ok(())
    }

    fn commit(
        &self,
        hsm: &Hsm,
        change: &Change<'_>,
        transaction: BarrierTransaction,
        response: &impl Message,
        handle: u64,
        paths: &[&str],
    ) -> Result<(), OpError> {
        match change.try_commit(hsm, transaction, response) {
            Ok(_) => Ok(()),
            Err(error) => {
                if let BarrierError::Store(StoreError::InDoubt { .. }) = error {
                    self.doubt(handle, paths);
                }
                Err(error.into())
            }
        }
    }

    /// A random even positive number that no key has; the transaction makes sure that none had.
    fn new_handle(&self) -> Result<u64, OpError> {
        loop {
            let mut bytes = [0; 8];
            random::fill(&mut bytes)?;
            let handle = u64::from_be_bytes(bytes) & 0x7fff_ffff_ffff_fffe;
            if handle != 0 && self.cached(handle).is_none() {
                return Ok(handle);
            }
        }
    }

    /// Has a label for a key alone until the claim is dropped, by then visible with the key or free again.
    fn claim_label(&self, user: UserId, label: &str, handle: u64) -> Result<Claim<'_>, OpError> {
        let mut claimed = self
            .claimed_labels
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.has_doubtful.load(Ordering::Acquire) {
            // A change that failed just now may have stored a key with this label.
            return Err(OpError::new(
                Status::Busy,
                "the store is being recovered: try again in a second",
            ));
        }
        let entry = (user, label.to_owned());
        let others = self.read_index(|index| index.labelled(user, label));
        let taken = others
            .into_iter()
            .filter(|other| *other != handle)
            .any(|other| self.cached(other).is_some_and(|key| key.is_token()));
        if taken || !claimed.insert(entry.clone()) {
            return Err(Status::LabelInUse.into());
        }
        Ok(Claim { keys: self, entry })
    }
}

struct Claim<'a> {
    keys: &'a Keys,
    entry: (UserId, String),
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut claimed = self
            .keys
            .claimed_labels
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        claimed.remove(&self.entry);
    }
}

/// A session key that was only just made may be lost in a crash: its client then knows that it is gone.
fn durability(token: bool) -> Durability {
    if token {
        Durability::Durable
    } else {
        Durability::Deferred
    }
}

/// A tombstone says nothing but that it is there; version 1.
fn tombstone() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![1])
}
