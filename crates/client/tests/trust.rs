//! Which servers are refused, and with which words.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ferrohsm_client::Error;
use ferrohsm_protocol::Status;
use support::{Answer, CLUSTER_ID, FakeHsm, Fixture, Pki, sign};

/// Signs, and expects a refusal long before the deadline.
fn refused(fixture: &Fixture, hsm: &FakeHsm, more: &str) -> Error {
    let client = fixture.client(&[hsm.address], more);
    let started = Instant::now();
    let error = sign(&client, b"ab").unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5), "{error}");
    error
}

#[test]
fn a_dev_cluster_only_where_the_configuration_says_so() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    hsm.script.dev.store(true, Ordering::SeqCst);
    let error = refused(&fixture, &hsm, "");
    assert_eq!(error.status, Status::ServerUntrusted);
    assert!(error.message.contains("dev = true"), "{error}");
    assert_eq!(hsm.script.logins.load(Ordering::SeqCst), 0);
    let client = fixture.client(&[hsm.address], "dev = true");
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
}

#[test]
fn another_root() {
    let fixture = Fixture::new();
    let stranger = Pki::new(&CLUSTER_ID);
    let hsm = FakeHsm::start(&stranger);
    let error = refused(&fixture, &hsm, "");
    assert_eq!(error.status, Status::ServerUntrusted);
    assert!(error.message.contains("not signed by this"), "{error}");
}

#[test]
fn another_cluster_under_the_same_root() {
    // The certificate names another cluster than the configuration.
    let mut fixture = Fixture::new();
    fixture.pki = Pki::new(&[0xb6; 16]);
    fixture.pki.write_to(fixture.directory.path());
    let hsm = FakeHsm::start(&fixture.pki);
    let error = refused(&fixture, &hsm, "");
    assert_eq!(error.status, Status::ServerUntrusted);
    assert!(error.message.contains("another cluster"), "{error}");
}

#[test]
fn another_cluster_in_hello() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    *hsm.script.cluster_id.lock().unwrap() = [0xb6; 16];
    let error = refused(&fixture, &hsm, "");
    assert_eq!(error.status, Status::ServerUntrusted);
    assert!(error.message.contains(&"b6".repeat(16)), "{error}");
}

/// Connects to a server that answers the first bytes with `reply`.
fn refused_after(reply: Vec<u8>) -> Error {
    let fixture = Fixture::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        stream.write_all(&reply).unwrap();
        let _ = stream.read(&mut [0; 1024]);
    });
    let error = sign(&fixture.client(&[address], ""), b"ab").unwrap_err();
    server.join().unwrap();
    error
}

#[test]
fn tls_1_2() {
    // A ServerHello of TLS 1.2 (RFC 5246 section 7.4.1.3): no extensions, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
    let mut hello = vec![0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x2f, 0]);
    let error = refused_after(hello);
    assert_eq!(error.status, Status::ServerUntrusted);
    assert!(error.message.contains("TLS 1.3"), "{error}");
}

#[test]
fn a_client_certificate_that_the_hsm_does_not_know() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    // The root stays, the client's certificate is another's.
    let stranger = Pki::new(&CLUSTER_ID);
    let root = fixture.pki.root_pem.clone();
    stranger.write_to(fixture.directory.path());
    support::write_private(&fixture.directory.path().join("root.crt"), &root);
    let client = fixture.client(&[hsm.address], "timeout-ms = 2000");
    let error = sign(&client, b"ab").unwrap_err();
    // The alert can be overtaken by the reset that follows it.
    assert!(
        matches!(
            error.status,
            Status::CertificateRefused | Status::Unreachable
        ),
        "{error}"
    );
    assert!(error.message.contains("certificate"), "{error}");
}

#[test]
fn something_that_is_not_tls() {
    let error = refused_after(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    assert_eq!(error.status, Status::ServerUntrusted);
    assert!(error.message.contains("does not speak TLS"), "{error}");
}

#[test]
fn garbage_in_place_of_frames() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "timeout-ms = 1000");
    sign(&client, b"ab").unwrap();
    for garbage in [
        vec![0xff; 64],
        // A frame longer than any reply may be.
        [&[0x7f, 0xff, 0xff, 0xff, 1, 1][..], &[0; 18]].concat(),
        // A request where a reply belongs.
        [&[0, 0, 0, 0, 1, 0][..], &[0; 18]].concat(),
    ] {
        let bytes = garbage.clone();
        hsm.on(move |header, _| {
            (header.operation == ferrohsm_protocol::Operation::Sign.code())
                .then(|| Answer::Raw(bytes.clone()))
        });
        let error = sign(&client, b"ab").unwrap_err();
        assert!(
            matches!(
                error.status,
                Status::ConnectionLost | Status::Timeout | Status::Unreachable
            ),
            "{error:?}"
        );
        hsm.on(|_, _| None);
        assert_eq!(sign(&client, b"ab").unwrap(), b"ba", "does not recover");
    }
}

#[test]
fn a_reply_that_cannot_be_read() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    sign(&client, b"ab").unwrap();
    hsm.on(|_, _| Some(Answer::Reply(Status::Ok, vec![0xff; 9])));
    assert_eq!(sign(&client, b"ab").unwrap_err().status, Status::Internal);
}
