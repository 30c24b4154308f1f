//! What is known about one HSM's address: its connections, its failures, when it is tried again, what was logged.

use std::time::{Duration, Instant};

use crate::connection::{Endpoint, OpenError};
use crate::random_u64;

const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const MAX_BACKOFF: Duration = Duration::from_secs(5);
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The state of one address.
pub(crate) struct Address {
    pub(crate) name: String,
    /// Connections in the pool.
    pub(crate) open: usize,
    /// A thread is opening one.
    pub(crate) opening: bool,
    /// Failures in a row.
    pub(crate) failures: u32,
    /// Why the last attempt failed; `None` after a success.
    pub(crate) failure: Option<OpenError>,
    retry_at: Instant,
    /// When its absence was last logged; `None` while it is there.
    logged: Option<Instant>,
}

impl Address {
    pub(crate) fn new(endpoint: &Endpoint) -> Address {
        Address {
            name: endpoint.to_string(),
            open: 0,
            opening: false,
            failures: 0,
            failure: None,
            retry_at: Instant::now(),
            logged: None,
        }
    }

    pub(crate) fn may_open(&self, limit: usize, now: Instant) -> bool {
        self.open < limit && !self.opening && self.retry_at <= now
    }

    /// Time until the next attempt; `None` while one is under way or all connections are open.
    pub(crate) fn due_in(&self, limit: usize, now: Instant) -> Option<Duration> {
        (self.open < limit && !self.opening).then(|| self.retry_at.saturating_duration_since(now))
    }

    pub(crate) fn opened(&mut self) {
        self.open += 1;
        self.failures = 0;
        self.failure = None;
        if self.logged.take().is_some() {
            tracing::info!(hsm = %self.name, "HSM is back");
        }
    }

    pub(crate) fn failed(&mut self, failure: OpenError) {
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Instant::now() + backoff(self.failures);
        if self
            .logged
            .is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL)
        {
            self.logged = Some(Instant::now());
            tracing::warn!(hsm = %self.name, cause = %failure.error, "HSM is away");
        }
        self.failure = Some(failure);
    }

    /// One of its connections is gone. If it had worked, the next attempt follows at once.
    pub(crate) fn lost(&mut self, proven: bool, failures_before: u32) {
        self.open = self.open.saturating_sub(1);
        if !proven {
            self.failures = self.failures.max(failures_before.saturating_add(1));
            self.retry_at = self.retry_at.max(Instant::now() + backoff(self.failures));
        }
    }
}

/// Doubles from [`FIRST_BACKOFF`] to [`MAX_BACKOFF`], less a random part of up to a half, so that clients spread.
fn backoff(failures: u32) -> Duration {
    let doubled = FIRST_BACKOFF.saturating_mul(1u32 << failures.saturating_sub(1).min(16));
    let half = doubled.min(MAX_BACKOFF) / 2;
    let spread = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_micros(random_u64() % spread)
}
