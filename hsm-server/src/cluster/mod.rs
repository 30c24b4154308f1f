//! The cluster's life cycle, identity, certificates and trust anchors.
//!
//! UNINITIALIZED (it has a key pair and issues a CSR) → INITIALIZED (the customer's root has signed it) → ACTIVE (there
//! is a first crypto officer). docs/lifecycle.md is the operator's view.

mod anchors;
mod certificates;
mod identity;
mod maintenance;
pub mod pem;
mod record;

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use ferrohsm_protocol::Status;
use ferrohsm_protocol::cluster_certificate::{self, ClusterCertificate};
use ferrohsm_protocol::messages::{ClusterState, Role, TrustAnchorInfo};
use prost::Message;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, SignatureVerificationAlgorithm, UnixTime, alg_id,
};
use zeroize::Zeroizing;

use crate::barrier::{Barrier, BarrierTransaction, CLUSTER_ID_BYTES};
use crate::error::OpError;
use crate::listener::tls::{self, Anchor, Tls};
use crate::policy::Mode;
use crate::store::Durability;
use crate::users::Users;
use certificates::SigningKey;
use record::{AnchorRecord, CLUSTER_KEY_PATH, CLUSTER_PATH, ClusterRecord};

pub use anchors::ANCHORS_MAX;
pub use certificates::DevClient;
pub use identity::HSM_ID_BYTES;
pub use maintenance::{maintain, refresh_tls};

/// Name of the first crypto officer unless another one is given.
pub const FIRST_OFFICER: &str = "admin";

/// The cluster as this HSM knows it. Safe to share between threads.
pub struct Cluster {
    barrier: Arc<Barrier>,
    hsm_id: [u8; HSM_ID_BYTES],
    known: RwLock<Known>,
    /// One change of state or anchors at a time.
    changes: Mutex<()>,
    /// When this HSM's certificate should be replaced, seconds since 1970.
    renew_at_unix_s: AtomicU64,
}

struct Known {
    record: ClusterRecord,
    anchors: Vec<AnchorRecord>,
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

    /// The cluster in a store.
    ///
    /// # Errors
    /// What the store says; [`Status::Internal`] if its set-up was cut short.
    pub fn load(barrier: Arc<Barrier>, data_dir: &Path) -> Result<Cluster, OpError> {
        let hsm_id = identity::load_or_create(data_dir)?;
        let stored = barrier.get(CLUSTER_PATH)?.ok_or_else(|| OpError::internal("the store has no cluster: its set-up was cut short; empty the data directory and run `hsm-server init` again"))?;
        let record =
            ClusterRecord::decode(stored.plaintext.as_slice()).map_err(OpError::internal)?;
        let anchors = anchors::load(&barrier)?;
        Ok(Cluster {
            barrier,
            hsm_id,
            known: RwLock::new(Known { record, anchors }),
            changes: Mutex::default(),
            renew_at_unix_s: AtomicU64::new(u64::MAX),
        })
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

    /// Takes the signed cluster certificate and the root that signed it: UNINITIALIZED → INITIALIZED.
    ///
    /// # Errors
    /// [`Status::CertificateRefused`] with the reason.
    pub fn initialize(
        &self,
        certificate_pem: &str,
        trust_anchor_pem: &str,
        now_unix_ms: u64,
    ) -> Result<(), OpError> {
        let certificate = pem::one_certificate(certificate_pem, "cluster certificate")?;
        let trust_anchor = pem::one_certificate(trust_anchor_pem, "trust anchor certificate")?;
        let checked = check(&certificate, &trust_anchor, now_unix_ms)?;
        certificates::check_answers_csr(&checked, &hex(&self.cluster_id()), &self.key()?)?;
        self.advance(
            ClusterState::Uninitialized,
            ClusterState::Initialized,
            |record, revision| {
                record.certificate = certificate.to_vec();
                record.trust_anchor = trust_anchor.to_vec();
                self.barrier.commit(&put(
                    record,
                    revision,
                    BarrierTransaction::new(Durability::Durable),
                ))?;
                Ok(())
            },
        )
    }

    /// Signs this cluster's certificate with a new root of its own: certificate and root, PEM.
    ///
    /// # Errors
    /// What the store says.
    pub fn dev_sign(&self, now_unix_ms: u64) -> Result<(String, String), OpError> {
        certificates::sign_for_dev(&hex(&self.cluster_id()), &self.key()?, now_unix_ms / 1000)
    }

    /// The root that signed the cluster certificate, PEM: what clients pin.
    pub fn trust_anchor_pem(&self) -> String {
        pem::certificate_pem(&self.known().record.trust_anchor)
    }

    /// Creates the first crypto officer: INITIALIZED → ACTIVE. Gives its name.
    ///
    /// # Errors
    /// As [`Users::create`].
    pub fn activate(
        &self,
        users: &Users,
        user: &str,
        password: &[u8],
        now_unix_ms: u64,
    ) -> Result<String, OpError> {
        let user = if user.is_empty() { FIRST_OFFICER } else { user };
        self.advance(
            ClusterState::Initialized,
            ClusterState::Active,
            |record, revision| {
                let officer = users.create(
                    user,
                    Role::CryptoOfficer,
                    password,
                    now_unix_ms,
                    |_, transaction| {
                        Ok(self.barrier.commit(&put(record, revision, transaction))?)
                    },
                )?;
                Ok(officer.name)
            },
        )
    }

    /// Moves to the next state, if the cluster is in the one before. `commit` gets the new record and the
    /// revision of the stored one.
    fn advance<T>(
        &self,
        from: ClusterState,
        to: ClusterState,
        commit: impl FnOnce(&mut ClusterRecord, u64) -> Result<T, OpError>,
    ) -> Result<T, OpError> {
        let _changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut record = self.known().record.clone();
        if record.state() != from {
            return Err(OpError::new(
                Status::WrongClusterState,
                format!("the cluster is {} already", record.state().as_str_name()),
            ));
        }
        record.set_state(to);
        let stored = self
            .barrier
            .get(CLUSTER_PATH)?
            .ok_or(Status::StoreUnavailable)?;
        let value = commit(&mut record, stored.revision)?;
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .record = record;
        tracing::info!(state = to.as_str_name(), "cluster state");
        Ok(value)
    }

    fn key(&self) -> Result<SigningKey, OpError> {
        let stored = self
            .barrier
            .get(CLUSTER_KEY_PATH)?
            .ok_or_else(|| OpError::internal("the cluster key is missing: restore a backup"))?;
        certificates::read_key(&stored.plaintext)
    }

    /// Registers a trust anchor for client certificates. The caller then replaces the TLS configuration.
    ///
    /// # Errors
    /// [`Status::CertificateRefused`], [`Status::AnchorExists`], [`Status::LimitReached`].
    pub fn register_anchor(
        &self,
        certificate_pem: &str,
        users: &[String],
        now_unix_ms: u64,
        commit: impl Fn(&TrustAnchorInfo, BarrierTransaction) -> Result<u64, OpError>,
    ) -> Result<TrustAnchorInfo, OpError> {
        let anchor = anchors::check_new(certificate_pem, users, now_unix_ms)?;
        let _changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known().anchors.clone();
        if known.iter().any(|other| other.id() == anchor.id()) {
            return Err(Status::AnchorExists.into());
        }
        if known.len() >= ANCHORS_MAX {
            return Err(OpError::new(
                Status::LimitReached,
                format!("a cluster has at most {ANCHORS_MAX} trust anchors: deregister one first"),
            ));
        }
        let info = anchor.info();
        commit(
            &info,
            BarrierTransaction::new(Durability::Durable)
                .if_absent(anchor.path())
                .put(anchor.path(), anchor.write()),
        )?;
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .anchors
            .push(anchor);
        Ok(info)
    }

    /// Takes a trust anchor away. The caller then replaces the TLS configuration, which cuts its connections.
    ///
    /// # Errors
    /// [`Status::AnchorNotFound`].
    pub fn deregister_anchor(
        &self,
        id: &str,
        commit: impl Fn(BarrierTransaction) -> Result<u64, OpError>,
    ) -> Result<(), OpError> {
        let _changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self
            .known()
            .anchors
            .iter()
            .find(|anchor| anchor.id() == id)
            .map(AnchorRecord::path)
            .ok_or(Status::AnchorNotFound)?;
        commit(BarrierTransaction::new(Durability::Durable).delete(path))?;
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .anchors
            .retain(|anchor| anchor.id() != id);
        Ok(())
    }

    /// The registered trust anchors, by id.
    pub fn anchors(&self) -> Vec<TrustAnchorInfo> {
        let mut anchors: Vec<_> = self
            .known()
            .anchors
            .iter()
            .map(AnchorRecord::info)
            .collect();
        anchors.sort_by(|a, b| a.id.cmp(&b.id));
        anchors
    }

    /// What the TLS listener works with from now on, and when its certificate should be replaced (seconds since
    /// 1970). `None` unless the cluster is ACTIVE and has a trust anchor.
    ///
    /// # Errors
    /// [`Status::Internal`] if the cluster certificate has expired; what the store says.
    pub fn tls(&self, now_unix_ms: u64) -> Result<Option<(Tls, u64)>, OpError> {
        let (record, anchors) = {
            let known = self.known();
            (
                known.record.clone(),
                known
                    .anchors
                    .iter()
                    .map(AnchorRecord::for_tls)
                    .collect::<Vec<Anchor>>(),
            )
        };
        if record.state() != ClusterState::Active || anchors.is_empty() {
            return Ok(None);
        }
        let certificate = CertificateDer::from(record.certificate);
        let checked = check(
            &certificate,
            &CertificateDer::from(record.trust_anchor),
            now_unix_ms,
        )?;
        let cluster_not_after = u64::try_from(checked.not_after_unix_s).unwrap_or_default();
        let leaf = certificates::issue_leaf(
            &hex(&self.cluster_id()),
            &hex(&self.hsm_id),
            &self.key()?,
            now_unix_ms / 1000,
            cluster_not_after,
        )?;
        let renew_at = leaf
            .not_after_unix_s
            .saturating_sub(certificates::RENEW_BEFORE.as_secs());
        let tls = Tls::new(vec![leaf.certificate, certificate], leaf.key, &anchors)
            .map_err(OpError::internal)?;
        Ok(Some((tls, renew_at)))
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds the cluster's record to a transaction, which then holds only while the stored one is at `revision`.
fn put(
    record: &ClusterRecord,
    revision: u64,
    transaction: BarrierTransaction,
) -> BarrierTransaction {
    transaction
        .if_revision(CLUSTER_PATH, revision)
        .put(CLUSTER_PATH, Zeroizing::new(record.encode_to_vec()))
}

/// Checks a cluster certificate as every client will.
fn check(
    certificate: &CertificateDer<'_>,
    trust_anchor: &CertificateDer<'_>,
    now_unix_ms: u64,
) -> Result<ClusterCertificate, OpError> {
    let now = UnixTime::since_unix_epoch(Duration::from_millis(now_unix_ms));
    cluster_certificate::verify(certificate, trust_anchor, now, &client_algorithms())
        .map_err(|error| OpError::new(Status::CertificateRefused, error.to_string()))
}

/// The algorithms of this server's TLS provider that clients have too: ring knows no P-521, and no SHA-512 on P-256
/// and P-384.
fn client_algorithms() -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    let common = |algorithm: &&dyn SignatureVerificationAlgorithm| {
        let (key, signature): (AlgorithmIdentifier, AlgorithmIdentifier) =
            (algorithm.public_key_alg_id(), algorithm.signature_alg_id());
        let elliptic = key == alg_id::ECDSA_P256 || key == alg_id::ECDSA_P384;
        key == alg_id::RSA_ENCRYPTION || (elliptic && signature != alg_id::ECDSA_SHA512)
    };
    tls::provider()
        .signature_verification_algorithms
        .all
        .iter()
        .copied()
        .filter(common)
        .collect()
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
