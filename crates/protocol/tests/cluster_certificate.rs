//! Certificates that the real openssl makes, as a customer does, checked with the algorithms that clients have.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ferrohsm_protocol::cluster_certificate::{
    ClusterCertificate, ClusterCertificateError as Refused, Role, verify, verify_root,
};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime, pem::PemObject};

const YEAR_S: u64 = 365 * 24 * 3600;

fn algorithms() -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    rustls::crypto::ring::default_provider()
        .signature_verification_algorithms
        .all
}

fn now() -> UnixTime {
    UnixTime::now()
}

fn later(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(now().as_secs() + seconds))
}

/// A directory in which openssl runs.
struct Customer(tempfile::TempDir);

impl Customer {
    fn new() -> Customer {
        Customer(tempfile::tempdir().unwrap())
    }

    fn openssl(&self, command: &str) {
        let output = Command::new("openssl")
            .args(command.split(' '))
            .current_dir(&self.0)
            .output()
            .expect("openssl is installed");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {command}: {errors}");
    }

    /// `NAME.key` and a CSR for it, as an HSM makes one.
    fn csr(&self, name: &str) {
        self.openssl(&format!(
            "ecparam -name prime256v1 -genkey -noout -out {name}.key"
        ));
        self.openssl(&format!(
            "req -new -key {name}.key -subj /CN=cluster-{name} -out {name}.csr"
        ));
    }

    /// `NAME.crt`, self-signed with an existing `NAME.key`.
    fn root(&self, name: &str, options: &str) {
        self.openssl(&format!(
            "req -new -x509 -days 365 -key {name}.key -subj /O=Customer/CN={name} -out {name}.crt{options}"
        ));
    }

    /// Signs `CSR.csr` to `CSR.crt`: the customer's documented command.
    fn sign(&self, csr: &str, root: &str, options: &str) {
        self.openssl(&format!(
            "x509 -req -days 365 -in {csr}.csr -CA {root}.crt -CAkey {root}.key -CAcreateserial -out {csr}.crt{options}"
        ));
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.path().join(format!("{name}.crt"))).unwrap()
    }

    fn verify(
        &self,
        cluster: &str,
        root: &str,
        at: UnixTime,
    ) -> Result<ClusterCertificate, Refused> {
        verify(
            &self.certificate(cluster),
            &self.certificate(root),
            at,
            algorithms(),
        )
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A customer with a signed cluster certificate, `cluster.crt` under `root.crt`.
fn customer(root_key: &str) -> Customer {
    let customer = Customer::new();
    customer.openssl(&format!("{root_key} -out root.key"));
    customer.root("root", "");
    customer.csr("cluster");
    customer.sign("cluster", "root", "");
    customer
}

const RSA: &str = "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048";

#[test]
fn certificates_of_rsa_and_ec_roots() {
    for root_key in [
        RSA,
        "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072",
        "ecparam -name prime256v1 -genkey -noout",
        "ecparam -name secp384r1 -genkey -noout",
    ] {
        let customer = customer(root_key);
        let cluster = customer.certificate("cluster");
        let (_, parsed) = x509_parser::parse_x509_certificate(&cluster).unwrap();
        assert_eq!(
            parsed.version().0,
            0,
            "the documented command makes X.509 v1; if openssl changed, so must the documentation"
        );
        let checked = customer.verify("cluster", "root", now()).unwrap();
        assert_eq!(checked.subject, parsed.subject().as_raw());
        assert_eq!(checked.public_key_info, parsed.public_key().raw);
        verify_root(&customer.certificate("root"), now(), algorithms()).unwrap();
    }
}

#[test]
fn other_digests_and_pss() {
    let rsa = customer(RSA);
    for options in [
        " -sha384",
        " -sha512",
        " -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1",
    ] {
        rsa.sign("cluster", "root", options);
        rsa.verify("cluster", "root", now())
            .unwrap_or_else(|error| panic!("{options}: {error}"));
    }
    rsa.sign("cluster", "root", " -sha1");
    assert!(matches!(
        rsa.verify("cluster", "root", now()),
        Err(Refused::Algorithm { role: Role::Cluster, algorithm }) if algorithm == "1.2.840.113549.1.1.5"
    ));
    let ec = customer("ecparam -name secp384r1 -genkey -noout");
    ec.sign("cluster", "root", " -sha384");
    ec.verify("cluster", "root", now()).unwrap();
}

#[test]
fn roots_that_clients_cannot_check() {
    let p521 = customer("ecparam -name secp521r1 -genkey -noout");
    assert!(matches!(
        p521.verify("cluster", "root", now()),
        Err(Refused::Algorithm {
            role: Role::Root,
            ..
        })
    ));
    let short = customer("genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024");
    assert_eq!(
        short.verify("cluster", "root", now()).unwrap_err(),
        Refused::WeakKey { bits: 1024 }
    );
}

#[test]
fn validity_ends_with_the_earlier_one() {
    let customer = customer(RSA);
    let checked = customer.verify("cluster", "root", now()).unwrap();
    let end = UnixTime::since_unix_epoch(Duration::from_secs(
        checked.not_after_unix_s.try_into().unwrap(),
    ));
    customer.verify("cluster", "root", end).unwrap();
    let after = UnixTime::since_unix_epoch(Duration::from_secs(end.as_secs() + 1));
    assert!(matches!(
        customer.verify("cluster", "root", after),
        Err(Refused::Expired { .. })
    ));
    // A root that lives longer than what it signed.
    customer
        .openssl("req -new -x509 -days 3650 -key root.key -subj /O=Customer/CN=root -out root.crt");
    customer.sign("cluster", "root", "");
    assert!(matches!(
        customer.verify("cluster", "root", later(2 * YEAR_S)),
        Err(Refused::Expired {
            role: Role::Cluster,
            ..
        })
    ));
    let early = UnixTime::since_unix_epoch(Duration::from_secs(now().as_secs() - 3600));
    assert!(matches!(
        customer.verify("cluster", "root", early),
        Err(Refused::NotYetValid {
            role: Role::Root,
            ..
        })
    ));
}

#[test]
fn another_root() {
    let customer = customer(RSA);
    // Another name.
    customer.openssl(&format!("{RSA} -out other.key"));
    customer.root("other", "");
    assert_eq!(
        customer.verify("cluster", "other", now()).unwrap_err(),
        Refused::Issuer(Role::Cluster)
    );
    // The same name, another key.
    customer.openssl(
        "req -new -x509 -days 365 -key other.key -subj /O=Customer/CN=root -out other.crt",
    );
    assert_eq!(
        customer.verify("cluster", "other", now()).unwrap_err(),
        Refused::Signature(Role::Cluster)
    );
    // A root that is not self-signed.
    customer.openssl("req -new -key other.key -subj /O=Customer/CN=intermediate -out middle.csr");
    customer.sign("middle", "root", "");
    assert_eq!(
        customer.verify("cluster", "middle", now()).unwrap_err(),
        Refused::Issuer(Role::Root)
    );
    assert_eq!(
        verify_root(&customer.certificate("middle"), now(), algorithms()).unwrap_err(),
        Refused::Issuer(Role::Root)
    );
}

#[test]
fn any_changed_byte_is_refused() {
    let customer = customer("ecparam -name prime256v1 -genkey -noout");
    let (cluster, root) = (
        customer.certificate("cluster"),
        customer.certificate("root"),
    );
    for position in 0..cluster.len() {
        let mut bytes = cluster.to_vec();
        bytes[position] ^= 1;
        let changed = CertificateDer::from(bytes);
        assert!(
            verify(&changed, &root, now(), algorithms()).is_err(),
            "byte {position}"
        );
    }
    for bytes in [
        Vec::new(),
        b"garbage".to_vec(),
        cluster[..cluster.len() - 1].to_vec(),
        [cluster.as_ref(), b"x"].concat(),
    ] {
        let garbage = CertificateDer::from(bytes);
        assert_eq!(
            verify(&garbage, &root, now(), algorithms()).unwrap_err(),
            Refused::Malformed(Role::Cluster)
        );
        assert_eq!(
            verify(&cluster, &garbage, now(), algorithms()).unwrap_err(),
            Refused::Malformed(Role::Root)
        );
    }
}

/// The key of a checked certificate anchors the HSMs' certificates, with rustls' own verifier.
#[test]
fn the_cluster_key_anchors_hsm_certificates() {
    use rustls::RootCertStore;
    use rustls::client::{WebPkiServerVerifier, danger::ServerCertVerifier};
    use rustls::pki_types::ServerName;
    use std::sync::Arc;

    let customer = customer(RSA);
    customer.openssl("ecparam -name prime256v1 -genkey -noout -out hsm.key");
    customer.openssl("req -new -key hsm.key -subj /CN=hsm -out hsm.csr");
    let extensions = customer.path().join("hsm.ext");
    std::fs::write(
        &extensions,
        "subjectAltName=DNS:1234.ferrohsm.internal\nextendedKeyUsage=serverAuth\n",
    )
    .unwrap();
    customer.sign("hsm", "cluster", " -extfile hsm.ext");

    let anchor = customer
        .verify("cluster", "root", now())
        .unwrap()
        .trust_anchor();
    let mut roots = RootCertStore::empty();
    roots.roots.push(anchor);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let check = |name: &'static str| {
        let name = ServerName::try_from(name).unwrap();
        verifier.verify_server_cert(&customer.certificate("hsm"), &[], &name, &[], now())
    };
    check("1234.ferrohsm.internal").unwrap();
    check("1235.ferrohsm.internal").unwrap_err();
}
