//! TLS 1.3 with certificates on both sides. The server is trusted only through the customer's root.
//!
//! An HSM sends its own certificate and the cluster certificate. The cluster certificate is checked against the root
//! that the configuration pins; its key then is the trust anchor for the HSM's certificate (RFC 5280 section 6.1.1 (d)),
//! which rustls' own webpki verifier checks, name and extended key usage included.

use std::sync::Arc;

use ferrohsm_protocol::{SERVER_NAME_SUFFIX, cluster_certificate};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

/// The provider of this crate: ring, with secp256r1 first (ring's own order costs a second round trip against an HSM in
/// FIPS mode).
fn provider() -> CryptoProvider {
    CryptoProvider {
        kx_groups: vec![
            ring::kx_group::SECP256R1,
            ring::kx_group::SECP384R1,
            ring::kx_group::X25519,
        ],
        ..ring::default_provider()
    }
}

/// The TLS configuration for HSMs whose cluster certificate `root` signed. An error means that the client's key and
/// certificate do not fit.
pub(crate) fn client_config(
    root: CertificateDer<'static>,
    client_chain: Vec<CertificateDer<'static>>,
    client_key: PrivateKeyDer<'static>,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(provider());
    let verifier = Arc::new(HsmVerifier {
        root,
        provider: provider.clone(),
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous() // rustls' word for an own verifier; this one skips nothing
        .with_custom_certificate_verifier(verifier)
        .with_client_auth_cert(client_chain, client_key)?;
    // A resumed session would skip the check of both certificates.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// The name that every HSM of a cluster has in its certificate.
pub(crate) fn server_name(
    cluster_id: &[u8; 16],
) -> Result<ServerName<'static>, rustls_pki_types::InvalidDnsNameError> {
    ServerName::try_from(format!("{}{SERVER_NAME_SUFFIX}", crate::hex(cluster_id)))
}

#[derive(Debug)]
struct HsmVerifier {
    root: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for HsmVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8], // HSM certificates name no OCSP responder
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let [cluster] = intermediates else {
            return Err(rustls::Error::General(format!(
                "an HSM sends its certificate and the cluster certificate, this server sent {}",
                intermediates.len() + 1
            )));
        };
        let algorithms = self.provider.signature_verification_algorithms.all;
        let cluster = cluster_certificate::verify(cluster, &self.root, now, algorithms)
            .map_err(|error| CertificateError::Other(OtherError(Arc::new(error))))?;
        let anchors = RootCertStore {
            roots: vec![cluster.trust_anchor()],
        };
        let end_entity = ParsedCertificate::try_from(end_entity)?;
        verify_server_cert_signed_by_trust_anchor(&end_entity, &anchors, &[], now, algorithms)?;
        verify_server_name(&end_entity, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not offered".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
