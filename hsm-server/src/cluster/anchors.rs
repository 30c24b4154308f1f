//! Trust anchors for client certificates: what a crypto officer registers.

use std::sync::PoisonError;

use aws_lc_rs::digest;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::cluster_certificate;
use ferrohsm_protocol::messages::TrustAnchorInfo;
use prost::Message;
use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use super::record::{ANCHOR_PREFIX, AnchorRecord};
use super::{Cluster, pem};
use crate::barrier::{Barrier, BarrierTransaction};
use crate::error::OpError;
use crate::listener::tls::{self, Anchor};
use crate::store::Durability;
use crate::users::name::UserName;

/// Most trust anchors.
pub const ANCHORS_MAX: usize = 16;
const ID_BYTES: usize = 8;

/// All registered anchors, by path.
pub fn load(barrier: &Barrier) -> Result<Vec<AnchorRecord>, OpError> {
    barrier
        .scan(ANCHOR_PREFIX, None, ANCHORS_MAX)?
        .into_iter()
        .map(|(_, record)| {
            AnchorRecord::decode(record?.plaintext.as_slice()).map_err(OpError::internal)
        })
        .collect()
}

/// Checks a certificate that is to become a trust anchor.
///
/// # Errors
/// [`Status::CertificateRefused`] with the reason; [`Status::UserNameInvalid`].
pub fn check_new(
    certificate_pem: &str,
    users: &[String],
    now_unix_ms: u64,
) -> Result<AnchorRecord, OpError> {
    let certificate = pem::one_certificate(certificate_pem, "trust anchor certificate")?;
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_millis(now_unix_ms));
    let refused = |reason: String| OpError::new(Status::CertificateRefused, reason);
    cluster_certificate::verify_root(
        &certificate,
        now,
        tls::provider().signature_verification_algorithms.all,
    )
    .map_err(|error| refused(error.to_string()))?;
    check_authority(&certificate).map_err(|reason| refused(reason.into()))?;
    let users = users
        .iter()
        .map(|user| UserName::parse(user).map(|name| name.as_str().to_owned()))
        .collect::<Result<_, _>>()?;
    Ok(AnchorRecord {
        certificate: certificate.to_vec(),
        users,
        registered_unix_ms: now_unix_ms,
    })
}

/// Refuses a v3 certificate that says it is no authority. v1 certificates say nothing.
fn check_authority(certificate: &CertificateDer<'_>) -> Result<(), &'static str> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return Err("the trust anchor certificate is not an X.509 certificate");
    };
    if certificate.version() == x509_parser::x509::X509Version::V1 {
        return Ok(());
    }
    match certificate.basic_constraints() {
        Ok(Some(constraints)) if constraints.value.ca => {}
        _ => {
            return Err(
                "the trust anchor certificate is no CA certificate (basicConstraints CA:TRUE): make it with `openssl req -x509`",
            );
        }
    }
    match certificate.key_usage() {
        Ok(Some(usage)) if !usage.value.key_cert_sign() => Err(
            "the trust anchor certificate may not sign certificates (keyUsage lacks keyCertSign)",
        ),
        Ok(_) => Ok(()),
        Err(_) => Err("the trust anchor certificate has a malformed keyUsage"),
    }
}

impl Cluster {
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
        let anchor = check_new(certificate_pem, users, now_unix_ms)?;
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
}

impl AnchorRecord {
    /// Hex SHA-256 of the certificate, shortened to 16 digits.
    pub fn id(&self) -> String {
        super::hex(&digest::digest(&digest::SHA256, &self.certificate).as_ref()[..ID_BYTES])
    }

    /// Where it is stored.
    pub fn path(&self) -> String {
        format!("{ANCHOR_PREFIX}{}", self.id())
    }

    /// The bytes to store.
    pub fn write(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.encode_to_vec())
    }

    /// What is shown of it.
    pub fn info(&self) -> TrustAnchorInfo {
        let (subject, not_after) = match X509Certificate::from_der(&self.certificate) {
            Ok((_, certificate)) => (
                certificate.subject().to_string(),
                certificate.validity().not_after.to_string(),
            ),
            Err(_) => (String::new(), String::new()),
        };
        let certificate_pem = pem::certificate_pem(&self.certificate);
        TrustAnchorInfo {
            id: self.id(),
            subject,
            not_after,
            users: self.users.clone(),
            certificate_pem,
        }
    }

    /// As the listener needs it.
    pub fn for_tls(&self) -> Anchor {
        Anchor {
            certificate: CertificateDer::from(self.certificate.clone()),
            users: self.users.clone(),
        }
    }
}
