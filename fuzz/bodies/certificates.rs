//! Certificates that come before any trust: the signed cluster certificate with its root, and trust anchors as PEM.

use std::time::Duration;

use ferrohsm_protocol::cluster_certificate::{verify, verify_root};
use hsm_server::cluster::pem;
use hsm_server::listener::tls;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::{take, take_u8, take_u16};

/// Made with openssl as a customer does: an RSA root and the X.509 v1 certificate of a P-256 cluster key.
const ROOT: &[u8] = include_bytes!("root.der");
const CLUSTER: &[u8] = include_bytes!("cluster.der");
/// When both are valid: 1 January 2027, seconds since 1970.
const NOW_UNIX_S: u64 = 1_798_761_600;

/// The first byte chooses: any bytes as the two certificates, the good ones with some bytes changed, or a PEM text.
pub fn run(mut data: &[u8]) {
    match take_u8(&mut data) % 3 {
        0 => {
            let length = usize::from(take_u16(&mut data));
            let cluster = take(&mut data, length);
            check(cluster, data);
        }
        1 => {
            let (mut cluster, mut root) = (CLUSTER.to_vec(), ROOT.to_vec());
            let edits = take_u8(&mut data);
            for _ in 0..edits {
                let edited = if take_u8(&mut data).is_multiple_of(2) {
                    &mut cluster
                } else {
                    &mut root
                };
                let at = usize::from(take_u16(&mut data)) % edited.len();
                edited[at] = take_u8(&mut data);
            }
            check(&cluster, &root);
        }
        _ => pem_text(data),
    }
}

/// Whether the two certificates that are edited are good: with bad ones this would test nothing.
pub fn good_ones_verify() -> bool {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW_UNIX_S));
    let algorithms = tls::provider().signature_verification_algorithms.all;
    verify(&CLUSTER.into(), &ROOT.into(), now, algorithms).is_ok()
}

fn check(cluster: &[u8], root: &[u8]) {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW_UNIX_S));
    let algorithms = tls::provider().signature_verification_algorithms.all;
    let (cluster, root) = (CertificateDer::from(cluster), CertificateDer::from(root));
    let root_checked = verify_root(&root, now, algorithms);
    match verify(&cluster, &root, now, algorithms) {
        Ok(verified) => {
            assert!(root_checked.is_ok());
            // Nobody here can sign: whatever passes says what the root's owner signed.
            let good = verify(&CLUSTER.into(), &ROOT.into(), now, algorithms);
            assert_eq!(Ok(&verified), good.as_ref());
            assert!(!verified.trust_anchor().subject.is_empty());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn pem_text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match pem::one_certificate(&text, "trust anchor certificate") {
        Ok(der) => {
            let again = pem::one_certificate(&pem::certificate_pem(&der), "certificate");
            assert_eq!(again.ok(), Some(der.clone()));
            check(&der, &der);
        }
        Err(error) => assert!(!error.message.is_empty()),
    }
}
