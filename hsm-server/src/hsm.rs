//! The shared state of one HSM.

use crate::cluster::Cluster;
use crate::keys::Keys;
use crate::listener::tls::Tls;
use crate::logins::Logins;
use crate::policy::Mode;
use crate::users::Users;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// One HSM. Handlers get it as `&Arc<Hsm>`; every part is safe to use from many threads.
pub struct Hsm {
    /// Its data directory.
    pub data_dir: PathBuf,
    /// What the mode of the cluster permits.
    pub mode: Mode,
    /// The cluster's state, certificates and trust anchors, and this HSM's identity.
    pub cluster: Cluster,
    /// The users.
    pub users: Users,
    /// The logins that live.
    pub logins: Logins,
    /// The keys, ready to use.
    pub keys: Keys,
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
    /// The store revision that replies reflect.
    pub fn revision(&self) -> u64 {
        0
    }
}

/// The system's clock; tests move it.
#[derive(Debug, Default)]
pub struct Clock {
    offset_ms: AtomicI64,
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

    /// Moves this HSM's time, for tests of what expires.
    pub fn advance_ms(&self, by_ms: i64) {
        self.offset_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}
