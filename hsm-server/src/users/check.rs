//! Checking a password: counted durably before it is looked at, so that no crash and no parallel guessing gives a
//! guesser more than [`FAILURES_MAX`] tries.

use std::sync::MutexGuard;

use aws_lc_rs::hmac;
use ferrohsm_protocol::Status;
use subtle::ConstantTimeEq;

use super::gate::Slot;
use super::name::UserName;
use super::password::{Output, PasswordHash};
use super::record::UserRecord;
use super::{FAILURES_MAX, Users};
use crate::barrier::BarrierTransaction;
use crate::error::OpError;
use crate::store::Durability;

/// The longest that wrong passwords delay a crypto officer, in milliseconds.
const DELAY_MAX_MS: u64 = 15 * 60 * 1000;
/// Stands in for users that do not exist: checks against it take the same steps and always fail.
const DECOY_PATH: &str = "decoy-user";

impl Users {
    /// Checks `password` of the user `name`. On success `also` may add to the transaction that notes it, such as the
    /// login that it was for, and `then` sees what came of it before the user can be changed again.
    ///
    /// # Errors
    /// [`Status::LoginFailed`] for a wrong password and for an unknown user alike; [`Status::UserLocked`] without a
    /// look at the password; [`Status::Busy`] under load.
    pub fn check_password<T, R>(
        &self,
        name: &str,
        password: &[u8],
        now_unix_ms: u64,
        also: impl Fn(&UserRecord, BarrierTransaction) -> Result<(BarrierTransaction, T), OpError>,
        then: impl FnOnce(T) -> Result<R, OpError>,
    ) -> Result<R, OpError> {
        let ticket = self.gate.enter()?;
        let path = match UserName::parse(name) {
            Ok(name) => self.path(&name),
            Err(_) => DECOY_PATH.to_owned(),
        };
        let path = if self.barrier.get(&path)?.is_some() {
            path
        } else {
            self.make_decoy()?
        };
        let slot = self.gate.slot(&path);
        let checked = self.admit(&path, &slot, now_unix_ms)?;
        let pending = Pending(&slot);
        let output = ticket.compute(|| checked.password.apply(password))?;
        let in_flight = slot.lock();
        let result = self.settle(&path, *in_flight, &checked.password, &output, also, then);
        pending.settled(in_flight);
        result
    }

    /// Counts an attempt before it is checked.
    pub(super) fn admit(
        &self,
        path: &str,
        slot: &Slot,
        now_unix_ms: u64,
    ) -> Result<UserRecord, OpError> {
        let mut in_flight = slot.lock();
        loop {
            let Some((mut user, revision)) = self.read(path)? else {
                return Err(Status::LoginFailed.into());
            };
            if let Some(refusal) = refusal(&user, now_unix_ms) {
                if *in_flight == 0 {
                    return Err(refusal);
                }
                // One of the checks under way may turn out right.
                in_flight = slot.wait(in_flight);
                continue;
            }
            user.failed = user.failed.saturating_add(1);
            user.last_attempt_unix_ms = now_unix_ms;
            let transaction = BarrierTransaction::new(Durability::Durable)
                .if_revision(path, revision)
                .put(path, user.write());
            if self.commit(&transaction)?.is_some() {
                *in_flight += 1;
                return Ok(user);
            }
        }
    }

    /// Notes how a counted attempt came out. The caller holds the lock of the user's slot, which says how many are
    /// under way, this one included.
    fn settle<T, R>(
        &self,
        path: &str,
        in_flight: u32,
        checked: &PasswordHash,
        output: &Output,
        also: impl Fn(&UserRecord, BarrierTransaction) -> Result<(BarrierTransaction, T), OpError>,
        then: impl FnOnce(T) -> Result<R, OpError>,
    ) -> Result<R, OpError> {
        let guess = hmac::sign(&self.guess_key, output.as_slice());
        loop {
            let Some((mut user, revision)) = self.read(path)? else {
                return Err(Status::LoginFailed.into());
            };
            if user.password != *checked {
                // The password was changed meanwhile; that has reset the count.
                return Err(Status::LoginFailed.into());
            }
            let transaction =
                BarrierTransaction::new(Durability::Durable).if_revision(path, revision);
            if checked.is(output) && path != DECOY_PATH {
                // Those still under way stay counted.
                user.failed = in_flight.saturating_sub(1);
                let (transaction, value) = also(&user, transaction.put(path, user.write()))?;
                if self.commit(&transaction)?.is_some() {
                    return then(value);
                }
                continue;
            }
            if bool::from(user.last_wrong.as_slice().ct_eq(guess.as_ref())) {
                // A fleet that still has the old password counts once.
                user.failed = user.failed.saturating_sub(1);
            } else {
                user.last_wrong = guess.as_ref().to_vec();
            }
            if self.commit(&transaction.put(path, user.write()))?.is_some() {
                return Err(Status::LoginFailed.into());
            }
        }
    }

    fn make_decoy(&self) -> Result<String, OpError> {
        if self.barrier.get(DECOY_PATH)?.is_none() {
            let decoy = UserRecord {
                password: PasswordHash::with_random_hash()?,
                ..UserRecord::default()
            };
            let transaction = BarrierTransaction::new(Durability::Durable)
                .if_absent(DECOY_PATH)
                .put(DECOY_PATH, decoy.write());
            self.commit(&transaction)?;
        }
        Ok(DECOY_PATH.to_owned())
    }
}

/// A counted attempt; keeps the number in flight right also when a check ends early.
struct Pending<'a>(&'a Slot);

impl Pending<'_> {
    /// In the same instant as its outcome was stored, so that no other check counts it as still under way.
    fn settled(self, in_flight: MutexGuard<'_, u32>) {
        self.0.settle(in_flight);
        std::mem::forget(self);
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.settle(self.0.lock());
    }
}

/// Why this user may not try now. A crypto user is locked until a crypto officer unlocks it. A crypto officer is only
/// delayed, since nobody else could unlock the last one: 1 s after the fifth wrong password, doubling up to 15 minutes.
fn refusal(user: &UserRecord, now_unix_ms: u64) -> Option<OpError> {
    if user.failed < FAILURES_MAX || user.name.is_empty() {
        return None;
    }
    if user.locks() {
        return Some(Status::UserLocked.into());
    }
    let doublings = (user.failed - FAILURES_MAX).min(20);
    let delay_ms = (1000u64 << doublings).min(DELAY_MAX_MS);
    // A clock that was set back does not make the wait longer than the delay.
    let waited_ms = now_unix_ms.saturating_sub(user.last_attempt_unix_ms);
    if now_unix_ms < user.last_attempt_unix_ms || waited_ms >= delay_ms {
        return None;
    }
    let seconds = (delay_ms - waited_ms).div_ceil(1000);
    let message = format!(
        "too many wrong passwords: wait {seconds} s, or have another crypto officer run `ferrohsm user unlock`"
    );
    Some(OpError::new(Status::UserLocked, message))
}
