//! The certificates of a cluster and of a client, as an operator would make them.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use rustls::RootCertStore;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

pub struct Pki {
    pub root_pem: String,
    client_pem: String,
    client_key_pem: String,
    client_root: CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

fn ca(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Pki {
    pub fn new(cluster_id: &[u8; 16]) -> Pki {
        let root_key = KeyPair::generate().unwrap();
        let root_params = ca("customer root");
        let root = root_params.self_signed(&root_key).unwrap();
        let root_issuer = Issuer::from_params(&root_params, &root_key);

        let cluster_key = KeyPair::generate().unwrap();
        let cluster_params = ca("cluster");
        let cluster = cluster_params
            .signed_by(&cluster_key, &root_issuer)
            .unwrap();
        let cluster_issuer = Issuer::from_params(&cluster_params, &cluster_key);

        let id: String = cluster_id
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let name = format!("{id}.ferrohsm.internal");
        let mut leaf_params = CertificateParams::new(vec![name]).unwrap();
        leaf_params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf_key = KeyPair::generate().unwrap();
        let leaf = leaf_params.signed_by(&leaf_key, &cluster_issuer).unwrap();

        let client_root_key = KeyPair::generate().unwrap();
        let client_root_params = ca("clients");
        let client_root = client_root_params.self_signed(&client_root_key).unwrap();
        let client_issuer = Issuer::from_params(&client_root_params, &client_root_key);
        let mut client_params = CertificateParams::new(Vec::new()).unwrap();
        client_params
            .distinguished_name
            .push(DnType::CommonName, "app");
        client_params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let client_key = KeyPair::generate().unwrap();
        let client = client_params
            .signed_by(&client_key, &client_issuer)
            .unwrap();
        Pki {
            root_pem: root.pem(),
            client_pem: client.pem(),
            client_key_pem: client_key.serialize_pem(),
            client_root: client_root.der().clone(),
            chain: vec![leaf.der().clone(), cluster.der().clone()],
            key: leaf_key.serialize_der(),
        }
    }

    pub fn write_to(&self, directory: &Path) {
        super::write_private(&directory.join("root.crt"), &self.root_pem);
        super::write_private(&directory.join("client.crt"), &self.client_pem);
        super::write_private(&directory.join("client.key"), &self.client_key_pem);
    }

    pub fn server_config(&self) -> Arc<rustls::ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.client_root.clone()).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.chain.clone(), key)
            .unwrap();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Arc::new(config)
    }
}
