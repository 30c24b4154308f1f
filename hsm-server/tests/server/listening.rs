//! An HSM that cannot serve where it should says so at once.

use crate::harness::*;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Operation, Status, hello};
use hsm_server::cluster;
use hsm_server::dev::{self, DevError};
use hsm_server::listener;
use hsm_server::policy::Mode;
use hsm_server::seal::SealConfig;
use hsm_server::setup;
use prost::Message;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[test]
fn a_taken_port_is_known_at_the_start_and_not_when_the_first_anchor_comes() {
    let directory = tempfile::tempdir().unwrap();
    let seal = SealConfig::KeyFile {
        path: directory.path().join("seal.key"),
    };
    setup::init(opening(directory.path()), &seal, Mode::Fips).unwrap();
    let hsm = setup::open(opening(directory.path()), Duration::from_secs(60)).unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let run = listener::run(hsm, Some(address), |_| Ok(()), std::future::pending());
    let result = runtime.block_on(async { tokio::time::timeout(PATIENCE, run).await });
    let error = result.unwrap().unwrap_err().to_string();
    assert!(
        error.contains(&format!("cannot listen on {address}")),
        "{error}"
    );
}

#[test]
fn a_dev_hsm_that_cannot_be_announced_ends() {
    let directory = tempfile::tempdir().unwrap();
    // A directory in the way of a configuration stands for a disk without space.
    std::fs::create_dir_all(directory.path().join("admin.toml/in-the-way")).unwrap();
    let error = dev::run(&dev::Options {
        directory: directory.path(),
        listen: "127.0.0.1:0".parse().unwrap(),
        mode: None,
        login_lifetime: Duration::from_secs(60),
        legacy_des3: false,
        users: &[],
        throwaway: false,
    })
    .unwrap_err();
    let DevError::File(path, _) = error else {
        panic!("{error}");
    };
    assert_eq!(path, directory.path().join("admin.toml"));
}

#[test]
fn what_is_remembered_of_a_request_cannot_be_used_to_guess_its_password() {
    let test = TestHsm::active(Mode::Fips);
    let mut admin = test.log_in("admin");
    let request = CreateUserRequest {
        request_id: request_id(),
        name: "newcomer".into(),
        role: Role::CryptoUser.into(),
        password: PASSWORD.to_vec(),
    };
    admin.call(&request).unwrap();
    let body = request.encode_to_vec();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &body);
    let records = test.hsm.barrier.scan("request/", None, 100).unwrap();
    assert_eq!(records.len(), 1);
    for (_, record) in records {
        let plaintext = record.unwrap().plaintext;
        assert!(
            !plaintext
                .windows(digest.as_ref().len())
                .any(|window| window == digest.as_ref())
        );
    }
    // It still tells a repetition.
    admin.call(&request).unwrap();
}

#[test]
fn a_connection_ends_with_its_certificate() {
    let test = TestHsm::active(Mode::Fips);
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "CA");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority_pem = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let now = test.hsm.clock.now_unix_ms();
    test.hsm
        .cluster
        .register_anchor(&authority_pem, &[], now, |_, transaction| {
            Ok(test.hsm.barrier.commit(&transaction)?)
        })
        .unwrap();
    cluster::refresh_tls(&test.hsm).unwrap();

    let connect_before = |end: SystemTime| {
        let mut client = CertificateParams::default();
        client.not_after = end.into();
        let key = KeyPair::generate().unwrap();
        let certificate = client.signed_by(&key, &issuer).unwrap().pem();
        let identity = Identity {
            certificate,
            key: key.serialize_pem(),
        };
        let mut connection = test.connect_tls(Some(&identity))?;
        let body = hello::request("tests/1").encode_to_vec();
        let (header, _) = connection.exchange(Operation::Hello.code(), &body)?;
        assert_eq!(header.status, Status::Ok.code());
        Ok::<_, std::io::Error>((connection, end))
    };
    // On a busy machine connecting may take longer than the first one's life.
    let lives = [5, PATIENCE.as_secs()].map(Duration::from_secs);
    let (mut connection, end) = lives
        .into_iter()
        .find_map(|life| connect_before(SystemTime::now() + life).ok())
        .unwrap();
    let mut lasting = test.connect_tls(Some(&test.identity())).unwrap();
    lasting.hello();
    // Certificates have whole seconds.
    let left = end.duration_since(SystemTime::now()).unwrap_or_default();
    std::thread::sleep(left + Duration::from_secs(1));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let maintenance = runtime.spawn(cluster::maintain(Arc::clone(&test.hsm)));
    runtime.block_on(async {
        let closed = tokio::task::spawn_blocking(move || connection.is_closed());
        assert!(closed.await.unwrap());
        maintenance.abort();
    });
    lasting.log_in("monitor");
    lasting.call(&ClusterInfoRequest {}).unwrap();
}
