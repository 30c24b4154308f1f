//! IVs issued ahead of their encryption, so that a caller can know the IV before the data.

use crate::error::OpError;
use crate::session::{Login, LoginId};
use ferrohsm_protocol::Status;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long an issued IV is good, in milliseconds.
pub const LIFETIME_MS: u64 = 5 * 60 * 1000;
/// Issued IVs of one login; a further one makes the oldest void.
pub const PER_LOGIN_MAX: usize = 1024;

/// The issued IVs of all logins; in memory only. Safe to use from many threads.
#[derive(Default)]
pub struct IssuedIvs(Mutex<HashMap<LoginId, VecDeque<Issued>>>);

struct Issued {
    iv: Vec<u8>,
    handle: u64,
    expires_unix_ms: u64,
}

impl IssuedIvs {
    /// Notes an IV for a key and a login; does nothing for one that has ended.
    pub fn put(&self, login: &Login, handle: u64, iv: &[u8], now_unix_ms: u64) {
        let mut logins = self.lock();
        // A login ends before [`IssuedIvs::end_login`] takes this lock: either that sees the IV or this sees the end.
        if login.is_ended() {
            return;
        }
        let issued = logins.entry(login.id).or_default();
        while issued.len() >= PER_LOGIN_MAX
            || issued
                .front()
                .is_some_and(|oldest| oldest.expires_unix_ms <= now_unix_ms)
        {
            issued.pop_front();
        }
        issued.push_back(Issued {
            iv: iv.to_vec(),
            handle,
            expires_unix_ms: now_unix_ms + LIFETIME_MS,
        });
    }

    /// Uses an IV up.
    ///
    /// # Errors
    /// [`Status::IvUnknown`] if it was not issued for this key and login, was used or has expired.
    pub fn take(
        &self,
        login: LoginId,
        handle: u64,
        iv: &[u8],
        now_unix_ms: u64,
    ) -> Result<(), OpError> {
        let mut logins = self.lock();
        let issued = logins.get_mut(&login).ok_or(Status::IvUnknown)?;
        // Usually the one issued last.
        let found = issued
            .iter()
            .rposition(|issued| issued.handle == handle && issued.iv == iv);
        let taken = found
            .and_then(|index| issued.remove(index))
            .ok_or(Status::IvUnknown)?;
        if issued.is_empty() {
            logins.remove(&login);
        }
        if taken.expires_unix_ms <= now_unix_ms {
            return Err(Status::IvUnknown.into());
        }
        Ok(())
    }

    /// Forgets what a login that has ended did not use.
    pub fn end_login(&self, login: &LoginId) {
        self.lock().remove(login);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LoginId, VecDeque<Issued>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
