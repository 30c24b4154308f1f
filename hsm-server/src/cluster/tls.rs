//! What the TLS listener shows to clients, and what clients will make of it.

use std::time::Duration;

use ferrohsm_protocol::Status;
use ferrohsm_protocol::cluster_certificate::{self, ClusterCertificate};
use ferrohsm_protocol::messages::ClusterState;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, SignatureVerificationAlgorithm, UnixTime, alg_id,
};

use super::record::AnchorRecord;
use super::{Cluster, certificates, hex};
use crate::error::OpError;
use crate::listener::tls::{self, Anchor, Tls};

impl Cluster {
    /// What the TLS listener works with from now on, and when its certificate should be replaced (seconds since
    /// 1970; never: [`u64::MAX`]). `None` unless the cluster is ACTIVE and has a trust anchor.
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
        // One that ends with the cluster certificate is as long as it can be until that is renewed.
        let renew_at = if leaf.not_after_unix_s >= cluster_not_after {
            u64::MAX
        } else {
            leaf.not_after_unix_s
                .saturating_sub(certificates::RENEW_BEFORE.as_secs())
        };
        let tls = Tls::new(vec![leaf.certificate, certificate], leaf.key, &anchors)
            .map_err(OpError::internal)?;
        Ok(Some((tls, renew_at)))
    }
}

/// Checks a cluster certificate as every client will.
pub(super) fn check(
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
