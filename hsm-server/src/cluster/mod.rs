//! The cluster's life cycle, identity, certificates and trust anchors.
//!
//! UNINITIALIZED (it has a key pair and issues a CSR) → INITIALIZED (the customer's root has signed it) → ACTIVE (there
//! is a first crypto officer). docs/lifecycle.md is the operator's view.

mod anchors;
mod certificates;
mod identity;
mod life_cycle;
mod maintenance;
pub mod pem;
mod record;
mod tls;

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use ferrohsm_protocol::messages::ClusterState;
use prost::Message;
use zeroize::Zeroizing;

use crate::barrier::{Barrier, BarrierTransaction, CLUSTER_ID_BYTES};
use crate::error::OpError;
use crate::policy::Mode;
use crate::store::{Durability, Store, StoreError};
use certificates::SigningKey;
use record::{AnchorRecord, CLUSTER_KEY_PATH, CLUSTER_PATH, ClusterRecord};

pub use anchors::ANCHORS_MAX;
pub use certificates::DevClient;
pub use identity::HSM_ID_BYTES;
pub use maintenance::{maintain, refresh_or_close_tls, refresh_tls};

/// Name of the first crypto officer unless another one is given.
pub const FIRST_OFFICER: &str = "admin";

/// The cluster as this HSM knows it. Safe to share between threads.
pub struct Cluster {
    barrier: Arc<Barrier>,
    hsm_id: [u8; HSM_ID_BYTES],
    known: RwLock<Known>,
    /// One change of state or anchors at a time.
    changes: Mutex<()>,
    /// One replacement of the TLS configuration at a time.
    tls_changes: Mutex<()>,
    /// When this HSM's certificate should be replaced, seconds since 1970.
    renew_at_unix_s: AtomicU64,
}

#[derive(PartialEq)]
struct Known {
    record: ClusterRecord,
    anchors: Vec<AnchorRecord>,
}

impl Known {
    /// What the store has, anchors by path.
    fn read(barrier: &Barrier) -> Result<Known, OpError> {
        let stored = barrier.get(CLUSTER_PATH)?.ok_or_else(|| {
            OpError::internal(
                "the store has no cluster: its set-up was cut short; run `hsm-server init` again",
            )
        })?;
        let record =
            ClusterRecord::decode(stored.plaintext.as_slice()).map_err(OpError::internal)?;
        let anchors = anchors::load(barrier)?;
        Ok(Known { record, anchors })
    }
}

impl Cluster {
    /// Makes the records of a new cluster, UNINITIALIZED, in a store that has none.
    ///
    /// # Errors
    /// What the store says.
    pub fn create(
        barrier: &Barrier,
        mode: Mode,
        dev: bool,
        now_unix_ms: u64,
    ) -> Result<(), OpError> {
        let key = certificates::generate_key()?;
        let record = ClusterRecord {
            state: ClusterState::Uninitialized.into(),
            fips: mode == Mode::Fips,
            dev,
            created_unix_ms: now_unix_ms,
            ..ClusterRecord::default()
        };
        let transaction = BarrierTransaction::new(Durability::Durable)
            .if_absent(CLUSTER_PATH)
            .put(CLUSTER_PATH, Zeroizing::new(record.encode_to_vec()))
            .put(CLUSTER_KEY_PATH, Zeroizing::new(key.serialize_der()));
        barrier.commit(&transaction)?;
        Ok(())
    }

    /// Whether a store has the records of a cluster. Needs no master key.
    ///
    /// # Errors
    /// What the store says.
    pub fn is_in(store: &dyn Store) -> Result<bool, StoreError> {
        Ok(store.get(CLUSTER_PATH)?.is_some())
    }

    /// The cluster in a store.
    ///
    /// # Errors
    /// What the store says; [`Status::Internal`] if its set-up was cut short.
    pub fn load(barrier: Arc<Barrier>, data_dir: &Path) -> Result<Cluster, OpError> {
        let hsm_id = identity::load_or_create(data_dir)?;
        let known = RwLock::new(Known::read(&barrier)?);
        Ok(Cluster {
            barrier,
            hsm_id,
            known,
            changes: Mutex::default(),
            tls_changes: Mutex::default(),
            renew_at_unix_s: AtomicU64::new(u64::MAX),
        })
    }

    /// Reads state and anchors again, after a change of them that may or may not have been stored. Tells whether they
    /// are others; the caller then replaces the TLS configuration.
    ///
    /// # Errors
    /// What the store says; then nothing has changed.
    pub fn read_again(&self) -> Result<bool, OpError> {
        let _changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = Known::read(&self.barrier)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.anchors.sort_by_key(AnchorRecord::path);
        let others = *known != stored;
        *known = stored;
        Ok(others)
    }

    /// The state that decides which operations are possible.
    pub fn state(&self) -> ClusterState {
        self.known().record.state()
    }

    /// The cluster's mode.
    pub fn mode(&self) -> Mode {
        if self.known().record.fips {
            Mode::Fips
        } else {
            Mode::NonFips
        }
    }

    /// Whether this is a throwaway cluster.
    pub fn dev(&self) -> bool {
        self.known().record.dev
    }

    /// The cluster's id.
    pub fn cluster_id(&self) -> [u8; CLUSTER_ID_BYTES] {
        *self.barrier.cluster_id()
    }

    /// This HSM's id.
    pub fn hsm_id(&self) -> [u8; HSM_ID_BYTES] {
        self.hsm_id
    }

    /// The cluster CSR, PEM.
    ///
    /// # Errors
    /// What the store says.
    pub fn csr_pem(&self) -> Result<String, OpError> {
        certificates::csr_pem(&hex(&self.cluster_id()), &self.key()?)
    }

    /// The root that signed the cluster certificate, PEM: what clients pin.
    pub fn trust_anchor_pem(&self) -> String {
        pem::certificate_pem(&self.known().record.trust_anchor)
    }

    /// When the cluster certificate or its root expires, seconds since 1970; 0 before INITIALIZED.
    pub fn certificate_not_after_unix_s(&self) -> u64 {
        self.known().record.not_after_unix_s
    }

    fn key(&self) -> Result<SigningKey, OpError> {
        let stored = self
            .barrier
            .get(CLUSTER_KEY_PATH)?
            .ok_or_else(|| OpError::internal("the cluster key is missing: restore a backup"))?;
        certificates::read_key(&stored.plaintext)
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
