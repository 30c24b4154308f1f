//! What the cluster key signs: the cluster CSR, and the HSMs' own certificates.

use std::time::Duration;

use ferrohsm_protocol::cluster_certificate::ClusterCertificate;
use ferrohsm_protocol::{SERVER_NAME_SUFFIX, Status};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequest, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    SanType, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

use crate::error::OpError;

/// How long an HSM's own certificate is valid. It is made again at each start, and [`RENEW_BEFORE`] its end.
pub const LEAF_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long before its end an HSM's own certificate is replaced.
pub const RENEW_BEFORE: Duration = Duration::from_secs(10 * 24 * 60 * 60);
/// How long the certificates of a dev cluster are valid.
const DEV_LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// How far a client's clock may be behind.
const CLOCK_SKEW: Duration = Duration::from_secs(60 * 60);

/// A private key for signing certificates; wiped on drop.
pub type SigningKey = Zeroizing<KeyPair>;

/// Makes a cluster key pair, ECDSA on P-256.
pub fn generate_key() -> Result<SigningKey, OpError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
        .map(Zeroizing::new)
        .map_err(OpError::internal)
}

/// The cluster key from its stored PKCS#8 form.
pub fn read_key(pkcs8: &[u8]) -> Result<SigningKey, OpError> {
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(pkcs8), &PKCS_ECDSA_P256_SHA256)
        .map(Zeroizing::new)
        .map_err(OpError::internal)
}

/// The cluster CSR, PKCS#10 in PEM. Its subject names the cluster id.
pub fn csr_pem(cluster_id: &str, key: &SigningKey) -> Result<String, OpError> {
    csr(cluster_id, key)?.pem().map_err(OpError::internal)
}

/// Whether a checked certificate is for this cluster's key and name.
///
/// # Errors
/// [`Status::CertificateRefused`] with what differs.
pub fn check_answers_csr(
    checked: &ClusterCertificate,
    cluster_id: &str,
    key: &SigningKey,
) -> Result<(), OpError> {
    let csr = csr(cluster_id, key)?;
    let (_, csr) = X509CertificationRequest::from_der(csr.der()).map_err(OpError::internal)?;
    let csr = csr.certification_request_info;
    let refused = |reason| Err(OpError::new(Status::CertificateRefused, reason));
    if checked.public_key_info != csr.subject_pki.raw {
        return refused(
            "the certificate is for another key than the CSR's: sign the CSR of this cluster (`ferrohsm cluster csr`)",
        );
    }
    if checked.subject != csr.subject.as_raw() {
        return refused(
            "the certificate names another subject than the CSR: sign the CSR without changing its subject",
        );
    }
    Ok(())
}

fn csr(cluster_id: &str, key: &SigningKey) -> Result<CertificateSigningRequest, OpError> {
    params(cluster_subject(cluster_id))
        .serialize_request(&**key)
        .map_err(OpError::internal)
}

/// An HSM's own certificate and the key for it.
pub struct Leaf {
    /// X.509 v3, signed by the cluster key; valid for TLS servers only.
    pub certificate: CertificateDer<'static>,
    /// Never stored: each start makes a new one.
    pub key: PrivateKeyDer<'static>,
    /// Seconds since 1970.
    pub not_after_unix_s: u64,
}

/// Makes an HSM's certificate. It ends with the cluster certificate at the latest.
pub fn issue_leaf(
    cluster_id: &str,
    hsm_id: &str,
    cluster_key: &SigningKey,
    now_unix_s: u64,
    cluster_not_after_unix_s: u64,
) -> Result<Leaf, OpError> {
    let issuer_params = params(cluster_subject(cluster_id));
    let issuer = Issuer::from_params(&issuer_params, &**cluster_key);
    let not_after_unix_s = (now_unix_s + LEAF_LIFETIME.as_secs()).min(cluster_not_after_unix_s);
    let mut leaf = params(common_name(&format!("FerroHSM {hsm_id}")));
    let epoch = date_time_ymd(1970, 1, 1);
    leaf.not_before = epoch + Duration::from_secs(now_unix_s.saturating_sub(CLOCK_SKEW.as_secs()));
    leaf.not_after = epoch + Duration::from_secs(not_after_unix_s);
    let server_name = format!("{cluster_id}{SERVER_NAME_SUFFIX}");
    leaf.subject_alt_names = vec![SanType::DnsName(
        server_name.try_into().map_err(OpError::internal)?,
    )];
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let key = generate_key()?;
    let certificate = leaf.signed_by(&*key, &issuer).map_err(OpError::internal)?;
    Ok(Leaf {
        certificate: certificate.der().clone(),
        key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        not_after_unix_s,
    })
}

/// Signs the cluster certificate with a root of its own, whose key is forgotten; for dev clusters. Gives the
/// certificate and the root, PEM.
pub fn sign_for_dev(
    cluster_id: &str,
    cluster_key: &SigningKey,
    now_unix_s: u64,
) -> Result<(String, String), OpError> {
    let (root, issuer) = dev_authority(&format!("FerroHSM dev root {cluster_id}"), now_unix_s)?;
    let mut cluster = params(cluster_subject(cluster_id));
    set_dev_validity(&mut cluster, now_unix_s);
    let certificate = cluster
        .signed_by(&**cluster_key, &issuer)
        .map_err(OpError::internal)?;
    Ok((certificate.pem(), root))
}

/// A client certificate of a dev cluster, with its CA whose key is forgotten. All PEM.
pub struct DevClient {
    /// The CA, to register as a trust anchor.
    pub authority_pem: String,
    /// The certificate.
    pub certificate_pem: String,
    /// Its private key, PKCS#8.
    pub key_pem: Zeroizing<String>,
}

impl DevClient {
    /// Makes one.
    ///
    /// # Errors
    /// The cryptographic module failed.
    pub fn generate(now_unix_ms: u64) -> Result<DevClient, OpError> {
        let now_unix_s = now_unix_ms / 1000;
        let (authority_pem, issuer) = dev_authority("FerroHSM dev client CA", now_unix_s)?;
        let mut client = params(common_name("FerroHSM dev client"));
        set_dev_validity(&mut client, now_unix_s);
        client.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = generate_key()?;
        let certificate = client
            .signed_by(&*key, &issuer)
            .map_err(OpError::internal)?;
        Ok(DevClient {
            authority_pem,
            certificate_pem: certificate.pem(),
            key_pem: Zeroizing::new(key.serialize_pem()),
        })
    }
}

fn dev_authority(
    name: &str,
    now_unix_s: u64,
) -> Result<(String, Issuer<'static, SigningKeyRef>), OpError> {
    let key = SigningKeyRef(generate_key()?);
    let mut authority = params(common_name(name));
    set_dev_validity(&mut authority, now_unix_s);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let certificate = authority.self_signed(&key).map_err(OpError::internal)?;
    Ok((certificate.pem(), Issuer::new(authority, key)))
}

/// A [`SigningKey`] that an [`Issuer`] can own.
struct SigningKeyRef(SigningKey);

impl rcgen::PublicKeyData for SigningKeyRef {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        rcgen::PublicKeyData::algorithm(&*self.0)
    }
}

impl rcgen::SigningKey for SigningKeyRef {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign(message)
    }
}

fn set_dev_validity(params: &mut CertificateParams, now_unix_s: u64) {
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before =
        epoch + Duration::from_secs(now_unix_s.saturating_sub(CLOCK_SKEW.as_secs()));
    params.not_after = epoch + Duration::from_secs(now_unix_s) + DEV_LIFETIME;
}

fn cluster_subject(cluster_id: &str) -> DistinguishedName {
    common_name(&format!("FerroHSM cluster {cluster_id}"))
}

fn common_name(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

fn params(subject: DistinguishedName) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    params
}
