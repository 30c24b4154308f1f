//! Which keys a user has, by handle and by label.

use super::KeyCounts;
use super::key::Key;
use crate::session::{LoginId, UserId};
use std::collections::{BTreeSet, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

#[derive(Default)]
pub struct Index {
    owners: HashMap<UserId, Owned>,
    sessions: HashMap<LoginId, BTreeSet<u64>>,
    pub counts: KeyCounts,
}

#[derive(Default)]
struct Owned {
    handles: BTreeSet<u64>,
    labels: HashMap<String, BTreeSet<u64>>,
    token_keys: u64,
}

impl Index {
    pub fn insert(&mut self, key: &Key) {
        let owned = self.owners.entry(key.owner).or_default();
        owned.handles.insert(key.handle);
        if let Some(label) = key.attributes.label() {
            owned
                .labels
                .entry(label.to_owned())
                .or_default()
                .insert(key.handle);
        }
        match key.login {
            None => {
                owned.token_keys += 1;
                self.counts.token_keys += 1;
            }
            Some(login) => {
                self.sessions.entry(login).or_default().insert(key.handle);
                self.counts.session_keys += 1;
            }
        }
    }

    /// Takes out a key that was inserted in this state.
    pub fn remove(&mut self, key: &Key) {
        if let Some(owned) = self.owners.get_mut(&key.owner) {
            owned.handles.remove(&key.handle);
            if let Some(label) = key.attributes.label()
                && let Some(handles) = owned.labels.get_mut(label)
            {
                handles.remove(&key.handle);
                if handles.is_empty() {
                    owned.labels.remove(label);
                }
            }
            if key.is_token() {
                owned.token_keys -= 1;
            }
            if owned.handles.is_empty() {
                self.owners.remove(&key.owner);
            }
        }
        match key.login {
            None => self.counts.token_keys -= 1,
            Some(login) => {
                self.counts.session_keys -= 1;
                if let Some(handles) = self.sessions.get_mut(&login) {
                    handles.remove(&key.handle);
                    if handles.is_empty() {
                        self.sessions.remove(&login);
                    }
                }
            }
        }
    }

    pub fn token_keys_of(&self, user: UserId) -> u64 {
        self.owners.get(&user).map_or(0, |owned| owned.token_keys)
    }

    /// The logins that have session keys.
    pub fn session_logins(&self) -> Vec<LoginId> {
        self.sessions.keys().copied().collect()
    }

    pub fn session_keys_of(&self, login: &LoginId) -> Vec<u64> {
        self.sessions
            .get(login)
            .map_or_else(Vec::new, |handles| handles.iter().copied().collect())
    }

    /// Up to `limit` handles above `after` that a user has, with `label` only those that have it.
    pub fn page(&self, user: UserId, label: Option<&str>, after: u64, limit: usize) -> Vec<u64> {
        let handles = self.owners.get(&user).and_then(|owned| match label {
            None => Some(&owned.handles),
            Some(label) => owned.labels.get(label),
        });
        handles.map_or_else(Vec::new, |handles| {
            handles
                .range((Excluded(after), Unbounded))
                .take(limit)
                .copied()
                .collect()
        })
    }

    /// Handles of a user's objects with this label.
    pub fn labelled(&self, user: UserId, label: &str) -> Vec<u64> {
        self.page(user, Some(label), 0, usize::MAX)
    }
}
