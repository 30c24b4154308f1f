//! What TLS connections are made with: the HSM's certificate chain and the registered trust anchors.

use crate::session::Peer;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use std::sync::Arc;
use x509_parser::prelude::{FromDer, X509Certificate};

/// A registered trust anchor, as the listener needs it.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The self-signed CA certificate.
    pub certificate: CertificateDer<'static>,
    /// The only users (folded names) that may log in with certificates under it; empty: all.
    pub users: Vec<String>,
}

/// One state of the TLS configuration; replaced as a whole when an anchor comes or goes.
pub struct Tls {
    pub(super) config: Arc<ServerConfig>,
    anchors: Vec<(Arc<dyn ClientCertVerifier>, Vec<String>)>,
}

/// Why a configuration cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// An anchor's certificate is not usable.
    #[error("the trust anchor cannot be used: {0}")]
    Anchor(#[from] rustls::Error),
    /// There is no anchor, or a verifier cannot be made of it.
    #[error("client certificates cannot be checked: {0}")]
    Verifier(#[from] VerifierBuilderError),
}

/// The provider that every TLS configuration of the server uses.
pub fn provider() -> Arc<CryptoProvider> {
    // With the `fips` feature rustls builds this on the AWS-LC FIPS module and offers only what it approves.
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

impl Tls {
    /// A configuration for TLS 1.3 with client certificates under any of `anchors` (at least one).
    /// `chain` is [the HSM's leaf, the cluster certificate].
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        anchors: &[Anchor],
    ) -> Result<Tls, TlsError> {
        let provider = provider();
        let verifier = |anchors: &[Anchor]| -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
            let mut roots = RootCertStore::empty();
            for anchor in anchors {
                roots.add(anchor.certificate.clone())?;
            }
            Ok(
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                    .build()?,
            )
        };
        let mut config = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier(anchors)?)
            .with_single_cert(chain, key)?;
        // A resumed session would skip the certificate check.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        let anchors = anchors
            .iter()
            .map(|anchor| {
                Ok((
                    verifier(std::slice::from_ref(anchor))?,
                    anchor.users.clone(),
                ))
            })
            .collect::<Result<_, TlsError>>()?;
        Ok(Tls {
            config: Arc::new(config),
            anchors,
        })
    }

    /// Who a client with this certificate chain (end entity first) is under the anchors of this state; `None` if none
    /// of them admits it.
    pub fn admit(&self, chain: &[CertificateDer<'_>]) -> Option<Peer> {
        let (end_entity, intermediates) = chain.split_first()?;
        let now = UnixTime::now();
        let mut admitted = self
            .anchors
            .iter()
            .filter(|(verifier, _)| {
                verifier
                    .verify_client_cert(end_entity, intermediates, now)
                    .is_ok()
            })
            .map(|(_, users)| users)
            .peekable();
        admitted.peek()?;
        let mut users = Some(Vec::new());
        for allowed in admitted {
            match &mut users {
                Some(users) if !allowed.is_empty() => users.extend(allowed.iter().cloned()),
                _ => users = None,
            }
        }
        Some(Peer::Certificate {
            key_hash: key_hash(end_entity)?,
            users,
        })
    }
}

/// SHA-256 of a certificate's SubjectPublicKeyInfo; `None` if it is no certificate.
pub fn key_hash(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate.public_key().raw);
    digest.as_ref().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_is_the_fips_module_where_it_is_built_in() {
        assert_eq!(provider().fips(), cfg!(feature = "fips"));
    }
}
