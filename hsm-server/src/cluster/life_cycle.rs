//! From one state of the cluster to the next, and its certificate.

use std::sync::PoisonError;

use ferrohsm_protocol::Status;
use ferrohsm_protocol::cluster_certificate::ClusterCertificate;
use ferrohsm_protocol::messages::{ClusterState, Role};
use prost::Message;
use zeroize::Zeroizing;

use super::record::{CLUSTER_PATH, ClusterRecord};
use super::tls::check;
use super::{Cluster, FIRST_OFFICER, certificates, hex, pem};
use crate::barrier::BarrierTransaction;
use crate::error::OpError;
use crate::store::Durability;
use crate::users::Users;

impl Cluster {
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
        let signed = self.check_signed(certificate_pem, trust_anchor_pem, now_unix_ms)?;
        self.advance(
            ClusterState::Uninitialized,
            ClusterState::Initialized,
            |record, revision| {
                signed.put_into(record);
                self.barrier.commit(&put(
                    record,
                    revision,
                    BarrierTransaction::new(Durability::Durable),
                ))?;
                Ok(())
            },
        )
    }

    /// Replaces certificate and root by ones that end later, for the same cluster key. `commit` gets the new end in
    /// seconds since 1970. The caller then replaces the TLS configuration.
    ///
    /// # Errors
    /// [`Status::CertificateRefused`] with the reason.
    pub fn renew_certificate(
        &self,
        certificate_pem: &str,
        trust_anchor_pem: &str,
        now_unix_ms: u64,
        commit: impl FnOnce(u64, BarrierTransaction) -> Result<u64, OpError>,
    ) -> Result<u64, OpError> {
        let signed = self.check_signed(certificate_pem, trust_anchor_pem, now_unix_ms)?;
        let not_after_unix_s = signed.not_after_unix_s();
        self.advance(
            ClusterState::Active,
            ClusterState::Active,
            |record, revision| {
                signed.put_into(record);
                let transaction = BarrierTransaction::new(Durability::Durable);
                commit(not_after_unix_s, put(record, revision, transaction))
            },
        )?;
        Ok(not_after_unix_s)
    }

    /// Checks a signed certificate as every client will, and that it answers this cluster's CSR.
    fn check_signed(
        &self,
        certificate_pem: &str,
        trust_anchor_pem: &str,
        now_unix_ms: u64,
    ) -> Result<Signed, OpError> {
        let certificate = pem::one_certificate(certificate_pem, "cluster certificate")?;
        let trust_anchor = pem::one_certificate(trust_anchor_pem, "trust anchor certificate")?;
        let checked = check(&certificate, &trust_anchor, now_unix_ms)?;
        certificates::check_answers_csr(&checked, &hex(&self.cluster_id()), &self.key()?)?;
        Ok(Signed {
            certificate: certificate.to_vec(),
            trust_anchor: trust_anchor.to_vec(),
            checked,
        })
    }

    /// Signs this cluster's certificate with a new root of its own: certificate and root, PEM.
    ///
    /// # Errors
    /// What the store says.
    pub fn dev_sign(&self, now_unix_ms: u64) -> Result<(String, String), OpError> {
        certificates::sign_for_dev(&hex(&self.cluster_id()), &self.key()?, now_unix_ms / 1000)
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
}

/// A cluster certificate and its root that stood the check.
struct Signed {
    certificate: Vec<u8>,
    trust_anchor: Vec<u8>,
    checked: ClusterCertificate,
}

impl Signed {
    fn not_after_unix_s(&self) -> u64 {
        u64::try_from(self.checked.not_after_unix_s).unwrap_or_default()
    }

    fn put_into(self, record: &mut ClusterRecord) {
        record.not_after_unix_s = self.not_after_unix_s();
        record.certificate = self.certificate;
        record.trust_anchor = self.trust_anchor;
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
