//! The shared state of one HSM.

use crate::barrier::Barrier;
use crate::cluster::Cluster;
use crate::doubt::Doubts;
use crate::error::OpError;
use crate::keys::Keys;
use crate::listener::tls::Tls;
use crate::logins::Logins;
use crate::policy::Mode;
use crate::requests::Requests;
use crate::streams::Streams;
use crate::users::Users;
use ferrohsm_protocol::Status;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// One HSM. Handlers get it as `&Arc<Hsm>`; every part is safe to use from many threads.
pub struct Hsm {
    /// Its data directory.
    pub data_dir: PathBuf,
    /// Where everything is stored.
    pub barrier: Arc<Barrier>,
    /// The cluster's mode, with this HSM's switch for triple DES.
    pub mode: Mode,
    /// The cluster's state, certificates and trust anchors, and this HSM's identity.
    pub cluster: Cluster,
    /// The users.
    pub users: Users,
    /// The logins that live.
    pub logins: Logins,
    /// The keys, ready to use.
    pub keys: Keys,
    /// Changes that are being made or were made lately.
    pub requests: Requests,
    /// Changes of which it is not known whether they were stored.
    pub doubts: Doubts,
    /// Operations whose data comes in chunks.
    pub streams: Arc<Streams>,
    /// What the TLS listener works with; `None` until the first trust anchor is registered. Whoever changes the
    /// anchors replaces it, and connections whose anchor is gone are cut.
    pub tls: watch::Sender<Option<Arc<Tls>>>,
    /// The time.
    pub clock: Clock,
    /// Connections that are open now.
    pub connections: AtomicUsize,
    /// When the process started to serve.
    pub started: Instant,
}

impl Hsm {
    /// The HSM of a data directory whose barrier is open. Login tokens are good for `login_lifetime`; `legacy_des3` turns
    /// triple DES on.
    ///
    /// # Errors
    /// What the store says, the first record that cannot be read, or triple DES in FIPS mode.
    pub fn open(
        data_dir: &Path,
        barrier: Arc<Barrier>,
        login_lifetime: Duration,
        legacy_des3: bool,
    ) -> Result<Arc<Hsm>, OpError> {
        let clock = Clock::default();
        let cluster = Cluster::load(Arc::clone(&barrier), data_dir)?;
        let mode = match (cluster.mode(), legacy_des3) {
            (mode, false) => mode,
            (Mode::NonFips | Mode::NonFipsLegacy, true) => Mode::NonFipsLegacy,
            (Mode::Fips, true) => {
                let message = "--legacy-des3 turns on triple DES, which a cluster in FIPS mode never has: leave it out";
                return Err(OpError::new(Status::NotInFipsMode, message));
            }
        };
        let users = Users::load(Arc::clone(&barrier))?;
        let logins = Logins::load(
            Arc::clone(&barrier),
            &users,
            login_lifetime,
            clock.now_unix_ms(),
        )?;
        let keys = Keys::load(Arc::clone(&barrier))?;
        if let Err(error) = keys.end_logins_but(|login| logins.knows(login)) {
            // Maintenance does it later.
            tracing::warn!(%error, "session keys of ended logins are left for later");
        }
        Ok(Arc::new(Hsm {
            data_dir: data_dir.to_owned(),
            mode,
            barrier,
            cluster,
            users,
            logins,
            keys,
            requests: Requests::default(),
            doubts: Doubts::default(),
            streams: Arc::default(),
            tls: watch::Sender::new(None),
            clock,
            connections: AtomicUsize::new(0),
            started: Instant::now(),
        }))
    }

    /// The store revision that replies reflect.
    pub fn revision(&self) -> u64 {
        self.barrier.revision()
    }
}

/// The system's clock; tests move it.
#[derive(Debug, Default)]
pub struct Clock {
    offset_ms: AtomicI64,
    /// What [`Clock::next_unix_ms`] gave last.
    last_ms: Mutex<u64>,
}

impl Clock {
    /// Milliseconds since 1970.
    pub fn now_unix_ms(&self) -> u64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        now.saturating_add_signed(self.offset_ms.load(Ordering::Relaxed))
    }

    /// As [`Clock::now_unix_ms`], but later than everything given before: what is made in one millisecond keeps its order.
    pub fn next_unix_ms(&self) -> u64 {
        let mut last = self.last_ms.lock().unwrap_or_else(PoisonError::into_inner);
        *last = self.now_unix_ms().max(last.saturating_add(1));
        *last
    }

    /// Moves this HSM's time, for tests of what expires.
    pub fn advance_ms(&self, by_ms: i64) {
        self.offset_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}
