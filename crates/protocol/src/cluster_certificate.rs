//! Checks a cluster certificate against the customer's root. `cluster initialize` and every client use this.
//!
//! The customer's `openssl x509 -req` makes an X.509 v1 certificate without extensions, which webpki refuses as an
//! element of a chain. So it is checked here (signature, validity, names) and its public key then serves as the trust
//! anchor for the v3 certificates of the HSMs (RFC 5280 section 6.1.1 (d): an anchor is a name and a key).

use rustls_pki_types::{
    CertificateDer, Der, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use std::borrow::Cow;
use x509_parser::asn1_rs::Sequence;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

/// Shortest RSA key of a root, in bits.
pub const RSA_BITS_MIN: usize = 2048;

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
    /// The root's RSA key is too short.
    #[error(
        "the trust anchor's RSA key has {bits} bits: make one with at least {RSA_BITS_MIN} bits"
    )]
    WeakKey {
        /// Size of the modulus.
        bits: usize,
    },
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
    let root = parse(root, Role::Root)?;
    let cluster = parse(cluster, Role::Cluster)?;
    check_root(&root, now, algorithms)?;
    check_validity(&cluster, Role::Cluster, now)?;
    check_signed_by(&cluster, &root, Role::Cluster, algorithms)?;
    let tbs = &cluster.x509.tbs_certificate;
    Ok(ClusterCertificate {
        subject: tbs.subject.as_raw().to_vec(),
        public_key_info: tbs.subject_pki.raw.to_vec(),
        not_after_unix_s: not_after(&root).min(not_after(&cluster)),
    })
}

/// Checks that `root` is self-signed, valid at `now`, and has a key that `algorithms` can check.
pub fn verify_root(
    root: &CertificateDer<'_>,
    now: UnixTime,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<(), ClusterCertificateError> {
    check_root(&parse(root, Role::Root)?, now, algorithms)
}

fn check_root(
    root: &Parsed<'_>,
    now: UnixTime,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<(), ClusterCertificateError> {
    check_validity(root, Role::Root, now)?;
    check_signed_by(root, root, Role::Root, algorithms)
}

fn not_after(certificate: &Parsed<'_>) -> i64 {
    certificate.x509.validity().not_after.timestamp()
}

impl ClusterCertificate {
    /// The anchor for the HSMs' certificates.
    pub fn trust_anchor(&self) -> TrustAnchor<'static> {
        TrustAnchor {
            subject: Der::from(content(&self.subject)),
            subject_public_key_info: Der::from(content(&self.public_key_info)),
            name_constraints: None,
        }
    }
}

/// A certificate, and the two algorithm identifiers in it as rustls names algorithms: the content of their SEQUENCE.
struct Parsed<'a> {
    x509: X509Certificate<'a>,
    key_algorithm: &'a [u8],
    signature_algorithm: &'a [u8],
}

fn parse<'a>(
    der: &'a CertificateDer<'_>,
    role: Role,
) -> Result<Parsed<'a>, ClusterCertificateError> {
    let malformed = ClusterCertificateError::Malformed(role);
    let Ok(([], x509)) = X509Certificate::from_der(der) else {
        return Err(malformed);
    };
    let algorithms =
        key_algorithm(x509.tbs_certificate.subject_pki.raw).zip(signature_algorithm(der));
    // A signature has whole bytes; their number is the one part of a certificate that nothing signs.
    if x509.signature_value.unused_bits != 0 {
        return Err(malformed);
    }
    let (key_algorithm, signature_algorithm) = algorithms.ok_or(malformed)?;
    Ok(Parsed {
        x509,
        key_algorithm,
        signature_algorithm,
    })
}

fn check_validity(
    certificate: &Parsed<'_>,
    role: Role,
    now: UnixTime,
) -> Result<(), ClusterCertificateError> {
    let validity = certificate.x509.validity();
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
    certificate: &Parsed<'_>,
    issuer: &Parsed<'_>,
    role: Role,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> Result<(), ClusterCertificateError> {
    if certificate.x509.issuer().as_raw() != issuer.x509.subject().as_raw() {
        return Err(ClusterCertificateError::Issuer(role));
    }
    let issuer_key = &issuer.x509.tbs_certificate.subject_pki;
    if let Ok(PublicKey::RSA(key)) = issuer_key.parsed()
        && key.key_size() < RSA_BITS_MIN
    {
        return Err(ClusterCertificateError::WeakKey {
            bits: key.key_size(),
        });
    }
    let matching = algorithms.iter().filter(|algorithm| {
        algorithm.public_key_alg_id().as_ref() == issuer.key_algorithm
            && algorithm.signature_alg_id().as_ref() == certificate.signature_algorithm
    });
    let mut known = false;
    for algorithm in matching {
        known = true;
        let message = certificate.x509.tbs_certificate.as_ref();
        let signature = &certificate.x509.signature_value.data;
        if algorithm
            .verify_signature(&issuer_key.subject_public_key.data, message, signature)
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
        algorithm: certificate
            .x509
            .signature_algorithm
            .algorithm
            .to_id_string(),
    })
}

/// What follows the DER SEQUENCE at the start of `der`, and its content.
fn sequence(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, sequence) = Sequence::from_der(der).ok()?;
    // The content borrows from `der`: the parser copies nothing.
    match sequence.content {
        Cow::Borrowed(content) => Some((rest, content)),
        Cow::Owned(_) => None,
    }
}

/// The content of a SEQUENCE that the parser accepted; an anchor is given without the SEQUENCE header.
fn content(der: &[u8]) -> Vec<u8> {
    sequence(der)
        .map(|(_, content)| content.to_vec())
        .unwrap_or_default()
}

/// The content of the AlgorithmIdentifier that starts a SubjectPublicKeyInfo.
fn key_algorithm(public_key_info: &[u8]) -> Option<&[u8]> {
    let (_, content) = sequence(public_key_info)?;
    Some(sequence(content)?.1)
}

/// The content of the AlgorithmIdentifier that follows the TBSCertificate in a certificate.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    let (_, content) = sequence(certificate)?;
    let (after_tbs, _) = sequence(content)?;
    Some(sequence(after_tbs)?.1)
}
