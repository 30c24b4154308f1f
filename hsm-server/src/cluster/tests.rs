use rcgen::{CertificateParams, DnType, Issuer, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256};

use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::TrustAnchorInfo;

use super::tls::check;
use super::*;
use crate::testing::TestStore;
use crate::users::Users;

const NOW: u64 = 1_800_000_000_000;

fn cluster(store: &TestStore) -> Cluster {
    if store.barrier.get(CLUSTER_PATH).unwrap().is_none() {
        Cluster::create(&store.barrier, Mode::Fips, false, NOW).unwrap();
    }
    Cluster::load(store.barrier.clone(), store.path()).unwrap()
}

fn refusal(result: Result<(), OpError>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.status, Status::CertificateRefused);
    error.message.into_owned()
}

/// A self-signed CA of this key, and it as an issuer.
fn authority(key: KeyPair, name: &str) -> (String, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    (pem, Issuer::new(params, key))
}

#[test]
fn life_cycle_survives_restarts_and_goes_one_way() {
    let mut store = TestStore::new();
    let first = cluster(&store);
    assert_eq!(first.state(), ClusterState::Uninitialized);
    assert!(
        first
            .csr_pem()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE REQUEST-----")
    );
    let (certificate, root) = first.dev_sign(NOW).unwrap();
    let hsm_id = first.hsm_id();
    drop(first);
    store.restart();

    let second = cluster(&store);
    let users = Users::load(store.barrier.clone()).unwrap();
    let early = second
        .activate(&users, "", b"long enough", NOW)
        .unwrap_err();
    assert_eq!(early.status, Status::WrongClusterState);
    second.initialize(&certificate, &root, NOW).unwrap();
    assert_eq!(
        second
            .initialize(&certificate, &root, NOW)
            .unwrap_err()
            .status,
        Status::WrongClusterState
    );
    assert!(second.tls(NOW).unwrap().is_none());
    drop((second, users));
    store.restart();

    let third = cluster(&store);
    let users = Users::load(store.barrier.clone()).unwrap();
    assert_eq!(third.state(), ClusterState::Initialized);
    assert_eq!(
        third
            .activate(&users, "", b"short", NOW)
            .unwrap_err()
            .status,
        Status::PasswordRefused
    );
    assert_eq!(third.state(), ClusterState::Initialized);
    assert_eq!(
        third.activate(&users, "", b"long enough", NOW).unwrap(),
        "admin"
    );
    assert_eq!(
        third
            .activate(&users, "two", b"long enough", NOW)
            .unwrap_err()
            .status,
        Status::WrongClusterState
    );
    assert_eq!(users.count().unwrap(), 1);
    drop((third, users));
    store.restart();
    let fourth = cluster(&store);
    assert_eq!(
        (fourth.state(), fourth.hsm_id()),
        (ClusterState::Active, hsm_id)
    );
}

#[test]
fn refuses_what_was_not_signed_for_this_csr() {
    let (store, other_store) = (TestStore::new(), TestStore::new());
    let (this, other) = (cluster(&store), cluster(&other_store));
    let (certificate, root) = this.dev_sign(NOW).unwrap();
    let (other_certificate, other_root) = other.dev_sign(NOW).unwrap();
    // Both stores have the same cluster id here, so the roots have the same name and only the key differs.
    assert!(refusal(this.initialize(&certificate, &other_root, NOW)).contains("does not verify"));
    assert!(refusal(this.initialize(&other_certificate, &other_root, NOW)).contains("another key"));
    let swapped = refusal(this.initialize(&root, &certificate, NOW));
    assert!(
        swapped.contains("trust anchor certificate names another issuer"),
        "{swapped}"
    );
    for text in [
        "",
        "no PEM",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        refusal(this.initialize(text, &root, NOW));
        refusal(this.initialize(&certificate, text, NOW));
    }
    assert!(
        refusal(this.initialize(&format!("{certificate}{root}"), &root, NOW))
            .contains("more than one")
    );
    let years = 11 * 365 * 24 * 3600 * 1000;
    assert!(refusal(this.initialize(&certificate, &root, NOW + years)).contains("expired"));
    assert!(
        refusal(this.initialize(&certificate, &root, NOW - years)).contains("not valid before")
    );
    assert_eq!(this.state(), ClusterState::Uninitialized);
    this.initialize(&certificate, &root, NOW).unwrap();
}

#[test]
fn refuses_another_subject_and_algorithms_that_clients_lack() {
    let store = TestStore::new();
    let this = cluster(&store);
    let key = this.key().unwrap();
    let sign = |root: KeyPair, subject: Option<&str>| {
        let (root, issuer) = authority(root, "Customer Root");
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        let own = format!("FerroHSM cluster {}", hex(&this.cluster_id()));
        params
            .distinguished_name
            .push(DnType::CommonName, subject.unwrap_or(&own));
        (params.signed_by(&*key, &issuer).unwrap().pem(), root)
    };
    let (certificate, root) = sign(KeyPair::generate().unwrap(), Some("something else"));
    assert!(refusal(this.initialize(&certificate, &root, NOW)).contains("another subject"));
    for algorithm in [
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_ECDSA_P521_SHA256,
        &rcgen::PKCS_ED25519,
    ] {
        let Ok(key) = KeyPair::generate_for(algorithm) else {
            continue;
        };
        let (certificate, root) = sign(key, None);
        assert!(
            refusal(this.initialize(&certificate, &root, NOW)).contains("clients cannot check")
        );
    }
    for algorithm in [&PKCS_ECDSA_P384_SHA384, &PKCS_RSA_SHA256] {
        let (certificate, root) = sign(KeyPair::generate_for(algorithm).unwrap(), None);
        let certificate = pem::one_certificate(&certificate, "x").unwrap();
        check(
            &certificate,
            &pem::one_certificate(&root, "x").unwrap(),
            NOW,
        )
        .unwrap();
    }
}

#[test]
fn anchors_are_checked_listed_and_taken_away() {
    let mut store = TestStore::new();
    let this = cluster(&store);
    let barrier = store.barrier.clone();
    let commit = |_: &TrustAnchorInfo, transaction| Ok(barrier.commit(&transaction)?);
    let register = |pem: &str, users: &[&str]| {
        let users: Vec<String> = users.iter().map(|user| (*user).to_owned()).collect();
        this.register_anchor(pem, &users, NOW, commit)
    };
    let (ca, issuer) = authority(KeyPair::generate().unwrap(), "Client CA");
    let info = register(&ca, &["App"]).unwrap();
    assert_eq!(
        (info.subject.contains("Client CA"), info.users.as_slice()),
        (true, &["app".to_owned()][..])
    );
    assert_eq!(register(&ca, &[]).unwrap_err().status, Status::AnchorExists);
    assert_eq!(
        register(
            &authority(KeyPair::generate().unwrap(), "x").0,
            &["no name"]
        )
        .unwrap_err()
        .status,
        Status::UserNameInvalid
    );

    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::default()
        .signed_by(&leaf_key, &issuer)
        .unwrap()
        .pem();
    let self_signed_leaf = CertificateParams::default()
        .self_signed(&leaf_key)
        .unwrap()
        .pem();
    for (pem, reason) in [
        (leaf.as_str(), "names another issuer"),
        (&self_signed_leaf, "CA:TRUE"),
        (&leaf_key.serialize_pem(), "PRIVATE KEY"),
        ("", "no PEM block"),
    ] {
        let error = register(pem, &[]).unwrap_err();
        assert_eq!(error.status, Status::CertificateRefused);
        assert!(error.message.contains(reason), "{error}");
    }

    for n in 1..ANCHORS_MAX {
        register(
            &authority(KeyPair::generate().unwrap(), &format!("CA {n}")).0,
            &[],
        )
        .unwrap();
    }
    assert_eq!(
        register(&authority(KeyPair::generate().unwrap(), "x").0, &[])
            .unwrap_err()
            .status,
        Status::LimitReached
    );
    this.deregister_anchor(&info.id, |transaction| Ok(barrier.commit(&transaction)?))
        .unwrap();
    let again = this.deregister_anchor(&info.id, |transaction| Ok(barrier.commit(&transaction)?));
    assert_eq!(again.unwrap_err().status, Status::AnchorNotFound);
    let listed = this.anchors();
    assert_eq!(listed.len(), ANCHORS_MAX - 1);
    drop((this, barrier));
    store.restart();
    assert_eq!(cluster(&store).anchors(), listed);
}

#[test]
fn hsm_certificates_end_with_the_cluster_certificate() {
    let store = TestStore::new();
    let this = cluster(&store);
    let (certificate, root) = this.dev_sign(NOW).unwrap();
    this.initialize(&certificate, &root, NOW).unwrap();
    let users = Users::load(store.barrier.clone()).unwrap();
    this.activate(&users, "admin", b"long enough", NOW).unwrap();
    assert!(this.tls(NOW).unwrap().is_none(), "no anchor, no listener");
    let client = DevClient::generate(NOW).unwrap();
    this.register_anchor(&client.authority_pem, &[], NOW, |_, transaction| {
        Ok(store.barrier.commit(&transaction)?)
    })
    .unwrap();
    let day_s = 24 * 3600;
    let (_, renew_at) = this.tls(NOW).unwrap().unwrap();
    assert_eq!(renew_at, NOW / 1000 + 20 * day_s);
    let near_end = NOW + (10 * 365 - 5) * day_s * 1000;
    let (_, renew_at) = this.tls(near_end).unwrap().unwrap();
    assert_eq!(renew_at, u64::MAX, "it can be no longer than the cluster's");
    let expired = this
        .tls(NOW + 10 * 365 * day_s * 1000 + 2000)
        .err()
        .unwrap();
    assert!(expired.message.contains("expired"), "{expired}");
}

#[test]
fn a_renewed_certificate_is_for_the_same_key() {
    let mut store = TestStore::new();
    let this = cluster(&store);
    assert_eq!(this.certificate_not_after_unix_s(), 0);
    let (certificate, root) = this.dev_sign(NOW).unwrap();
    this.initialize(&certificate, &root, NOW).unwrap();
    let barrier = store.barrier.clone();
    let renew = |certificate: &str, root: &str| {
        this.renew_certificate(certificate, root, NOW, |_, transaction| {
            Ok(barrier.commit(&transaction)?)
        })
    };
    let later = this.dev_sign(NOW + 1_000_000).unwrap();
    assert_eq!(
        renew(&later.0, &later.1).unwrap_err().status,
        Status::WrongClusterState
    );
    let users = Users::load(store.barrier.clone()).unwrap();
    this.activate(&users, "admin", b"long enough", NOW).unwrap();
    let first_end = this.certificate_not_after_unix_s();

    let other_store = TestStore::new();
    let (other_certificate, other_root) = cluster(&other_store).dev_sign(NOW).unwrap();
    assert!(refusal(renew(&other_certificate, &other_root).map(|_| ())).contains("another key"));
    assert!(refusal(renew(&later.0, &root).map(|_| ())).contains("does not verify"));
    assert_eq!(this.certificate_not_after_unix_s(), first_end);

    assert_eq!(renew(&later.0, &later.1).unwrap(), first_end + 1000);
    assert_eq!(this.trust_anchor_pem(), later.1);
    drop((this, users, barrier));
    store.restart();
    let this = cluster(&store);
    assert_eq!(
        (this.state(), this.certificate_not_after_unix_s()),
        (ClusterState::Active, first_end + 1000)
    );
}
