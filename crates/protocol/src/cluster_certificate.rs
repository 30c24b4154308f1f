//! Checks a cluster certificate against the customer's root. `cluster initialize` and every client use this.
//!
//! The customer's `openssl x509 -req` makes an X.509 v1 certificate without extensions, which webpki refuses as an
//! element of a chain. So it is checked here (signature, validity, names) and its public key then serves as the trust
//! anchor for the v3 certificates of the HSMs (RFC 5280 section 6.1.1 (d): an anchor is a name and a key).

use rustls_pki_types::{
    CertificateDer, Der, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Why a cluster certificate or root is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterCertificateError {
    /// Not one DER certificate.
    #[error("the {0} is not an X.509 certificate")]
    Malformed(Role),
    /// `notBefore` lies ahead.
    #[error("the {role} is not valid before {not_before}: check the clock")]
    NotYetValid {
        /// Which certificate.
        role: Role,
        /// Its `notBefore`.
        not_before: String,
    },
    /// `notAfter` has passed.
    #[error("the {role} expired on {not_after}: sign the CSR again")]
    Expired {
        /// Which certificate.
        role: Role,
        /// Its `notAfter`.
        not_after: String,
    },
    /// The issuer's name is not the root's subject.
    #[error("the {0} names another issuer: it was not signed by this trust anchor")]
    Issuer(Role),
    /// The signature does not verify under the root's key.
    #[error(
        "the signature of the {0} does not verify under the trust anchor's key: it was not signed by this root"
    )]
    Signature(Role),
    /// An algorithm that clients cannot check.
    #[error(
        "the {role} is signed with {algorithm}, which FerroHSM clients cannot check: use RSA (2048 bits or more) or ECDSA on P-256 or P-384, with SHA-256 or SHA-384"
    )]
    Algorithm {
        /// Which certificate.
        role: Role,
        /// Object identifier.
        algorithm: String,
    },
}

/// Which certificate an error speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The signed cluster certificate.
    Cluster,
    /// The customer's self-signed root.
    Root,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Role::Cluster => "cluster certificate",
            Role::Root => "trust anchor certificate",
        })
    }
}

/// A cluster certificate that stood the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterCertificate {
    /// DER of the subject, with its SEQUENCE header.
    pub subject: Vec<u8>,
    /// DER of the SubjectPublicKeyInfo, with its SEQUENCE header.
    pub public_key_info: Vec<u8>,
    /// End of validity, seconds since 1970 (the earlier one of the root's and its own).
    pub not_after_unix_s: i64,
}

/// Checks that `cluster` was signed by the self-signed `root` and that both are valid at `now`.
///
/// `algorithms` are those the caller's TLS provider can check.
pub fn verify(
    cluster: &CertificateDer<'_>,
    root: &CertificateDer<'_>,
    now: UnixTime,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<ClusterCertificate, ClusterCertificateError> {
    let root_parsed = parse(root, Role::Root)?;
    let cluster_parsed = parse(cluster, Role::Cluster)?;
    check_validity(&root_parsed, Role::Root, now)?;
    check_validity(&cluster_parsed, Role::Cluster, now)?;
    check_signed_by(&root_parsed, &root_parsed, Role::Root, algorithms)?;
    check_signed_by(&cluster_parsed, &root_parsed, Role::Cluster, algorithms)?;
    let not_after =
        |certificate: &X509Certificate<'_>| certificate.validity().not_after.timestamp();
    Ok(ClusterCertificate {
        subject: cluster_parsed.tbs_certificate.subject.as_raw().to_vec(),
        public_key_info: cluster_parsed.tbs_certificate.subject_pki.raw.to_vec(),
        not_after_unix_s: not_after(&root_parsed).min(not_after(&cluster_parsed)),
    })
}

impl ClusterCertificate {
    /// The anchor for the HSMs' certificates.
    pub fn trust_anchor(&self) -> TrustAnchor<'static> {
        TrustAnchor {
            subject: Der::from(sequence_content(&self.subject).to_vec()),
            subject_public_key_info: Der::from(sequence_content(&self.public_key_info).to_vec()),
            name_constraints: None,
        }
    }
}

fn parse<'a>(
    der: &'a CertificateDer<'_>,
    role: Role,
) -> Result<X509Certificate<'a>, ClusterCertificateError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) | Err(_) => Err(ClusterCertificateError::Malformed(role)),
    }
}

fn check_validity(
    certificate: &X509Certificate<'_>,
    role: Role,
    now: UnixTime,
) -> Result<(), ClusterCertificateError> {
    let validity = certificate.validity();
    // Beyond i64 a clock is broken anyway; saturating then reads as "expired".
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < validity.not_before.timestamp() {
        return Err(ClusterCertificateError::NotYetValid {
            role,
            not_before: validity.not_before.to_string(),
        });
    }
    if now > validity.not_after.timestamp() {
        return Err(ClusterCertificateError::Expired {
            role,
            not_after: validity.not_after.to_string(),
        });
    }
    Ok(())
}

fn check_signed_by(
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
    role: Role,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<(), ClusterCertificateError> {
    if certificate.issuer().as_raw() != issuer.subject().as_raw() {
        return Err(ClusterCertificateError::Issuer(role));
    }
    let key_algorithm = algorithm_content(&issuer.tbs_certificate.subject_pki.algorithm);
    let signature_algorithm = algorithm_content(&certificate.signature_algorithm);
    let public_key = &issuer.tbs_certificate.subject_pki.subject_public_key.data;
    let mut known = false;
    for algorithm in algorithms {
        if algorithm.public_key_alg_id().as_ref() != key_algorithm
            || algorithm.signature_alg_id().as_ref() != signature_algorithm
        {
            continue;
        }
        known = true;
        let message = certificate.tbs_certificate.as_ref();
        if algorithm
            .verify_signature(public_key, message, &certificate.signature_value.data)
            .is_ok()
        {
            return Ok(());
        }
    }
    if known {
        return Err(ClusterCertificateError::Signature(role));
    }
    Err(ClusterCertificateError::Algorithm {
        role,
        algorithm: certificate.signature_algorithm.algorithm.to_id_string(),
    })
}

/// The content of an AlgorithmIdentifier's SEQUENCE, as rustls-pki-types names algorithms.
fn algorithm_content(identifier: &x509_parser::x509::AlgorithmIdentifier<'_>) -> Vec<u8> {
    let mut out = vec![0x06, identifier.algorithm.as_bytes().len() as u8];
    out.extend_from_slice(identifier.algorithm.as_bytes());
    if let Some(parameters) = &identifier.parameters {
        // The parameters here are an OID or NULL, both shorter than 128 bytes; longer ones match no algorithm.
        let content = parameters.data;
        out.push(parameters.header.tag().0 as u8);
        out.push(content.len().min(0x7f) as u8);
        out.extend_from_slice(content);
    }
    out
}

/// The content of a DER SEQUENCE that the parser accepted.
fn sequence_content(der: &[u8]) -> &[u8] {
    match der.get(1) {
        Some(&short) if short < 0x80 => der.get(2..).unwrap_or_default(),
        Some(&long) => der.get(2 + usize::from(long & 0x7f)..).unwrap_or_default(),
        None => &[],
    }
}
