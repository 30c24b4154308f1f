//! What is refused: with a reason, with nothing changed, and with every other connection unharmed.

use crate::harness::*;
use ferrohsm_protocol::frame::{Header, MAX_BODY, MAX_BODY_BEFORE_LOGIN};
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, Mechanism, Operation, Request, Status, hello};
use hsm_server::cluster::{DevClient, refresh_tls};
use hsm_server::policy::Mode;
use prost::Message;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A connection that is logged in and signs, before and after something bad happens elsewhere.
struct Witness {
    connection: Connection,
    handle: u64,
    counts: (u64, u64),
    revision: u64,
}

impl Witness {
    fn new(test: &TestHsm) -> Witness {
        let mut connection = test.connect_tls(Some(&test.identity())).unwrap();
        connection.hello();
        connection.log_in("app");
        let handle = connection.generate_ec(Curve::P256, token("witness")).handle;
        let counts = connection.counts();
        Witness {
            connection,
            handle,
            counts,
            revision: test.hsm.revision(),
        }
    }

    fn check(&mut self, test: &TestHsm) {
        let sign = sign(self.handle, Mechanism::EcdsaSha256, vec![1; 32]);
        assert_eq!(self.connection.status(&sign), Status::Ok);
        assert_eq!(self.connection.counts(), self.counts);
        assert_eq!(test.hsm.revision(), self.revision, "something was stored");
    }
}

fn sign(handle: u64, mechanism: Mechanism, data: Vec<u8>) -> SignRequest {
    SignRequest {
        handle,
        mechanism: mechanism.code(),
        parameters: None,
        data,
    }
}

fn status(header: &Header) -> Status {
    Status::from_code(header.status).unwrap()
}

#[test]
fn refuses_what_is_not_the_protocol_and_closes() {
    let test = TestHsm::active(Mode::Fips);
    let mut witness = Witness::new(&test);
    let frame = |change: &dyn Fn(&mut Header)| {
        let mut header = Header::request(Operation::Hello.code(), 1, 0, 0);
        change(&mut header);
        header.encode().to_vec()
    };
    let mut flags = frame(&|_| {});
    flags[5] = 0x80;
    let cases: Vec<(&str, Vec<u8>, Status)> = vec![
        (
            "http",
            b"GET / HTTP/1.1\r\nHost: hsm\r\n\r\n".to_vec(),
            Status::UnsupportedVersion,
        ),
        ("zeros", vec![0; 64], Status::UnsupportedVersion),
        ("0xff", vec![0xff; 64], Status::UnsupportedVersion),
        ("flags", flags, Status::MalformedRequest),
        (
            "a reply",
            frame(&|header| header.reply = true),
            Status::MalformedRequest,
        ),
        (
            "4 GiB",
            frame(&|header| header.length = u32::MAX),
            Status::FrameTooLarge,
        ),
        (
            "over 64 KiB",
            frame(&|header| header.length = MAX_BODY_BEFORE_LOGIN as u32 + 1),
            Status::FrameTooLarge,
        ),
        (
            "no hello",
            frame(&|header| header.operation = Operation::ClusterInfo.code()),
            Status::HelloFirst,
        ),
        (
            "login first",
            frame(&|header| header.operation = Operation::Login.code()),
            Status::HelloFirst,
        ),
    ];
    for tls in [false, true] {
        for (name, bytes, expected) in &cases {
            let mut connection = match tls {
                true => test.connect_tls(Some(&test.identity())).unwrap(),
                false => test.connect_raw(),
            };
            connection.send_bytes(bytes).unwrap();
            let (header, body) = connection.receive().unwrap();
            assert_eq!(status(&header), *expected, "{name}, TLS: {tls}");
            let detail = ErrorDetail::decode(body.as_slice()).unwrap();
            assert!(!detail.message.is_empty());
            assert!(connection.is_closed(), "{name}, TLS: {tls}");
        }
    }
    // A truncated frame whose sender goes away gets no answer; there is nobody.
    let mut connection = test.connect();
    connection
        .send_bytes(&frame(&|header| header.length = 100))
        .unwrap();
    drop(connection);
    witness.check(&test);
}

#[test]
fn refuses_a_version_it_does_not_speak() {
    let test = TestHsm::new(Mode::Fips);
    let mut connection = test.connect_raw();
    let request = HelloRequest {
        version_min: 2,
        version_max: 9,
        ..hello::request("future")
    };
    assert_eq!(connection.status(&request), Status::UnsupportedVersion);
    assert!(connection.is_closed());
    let mut connection = test.connect_raw();
    assert_eq!(
        connection.status(&hello::request(&"x".repeat(200))),
        Status::MalformedRequest
    );
    assert!(connection.is_closed());
}

#[test]
fn goes_on_after_a_request_it_can_frame() {
    let test = TestHsm::active(Mode::Fips);
    let mut witness = Witness::new(&test);
    let mut connection = test.connect();
    let mut send = |operation: u16, body: &[u8], change: &dyn Fn(&mut Header)| {
        let mut header = Header::request(operation, 77, 0, body.len());
        change(&mut header);
        let mut frame = header.encode().to_vec();
        frame.extend_from_slice(body);
        connection.send_bytes(&frame).unwrap();
        let (header, body) = connection.receive().unwrap();
        assert_eq!((header.call_id, header.operation), (77, operation));
        assert!(
            !ErrorDetail::decode(body.as_slice())
                .unwrap()
                .message
                .is_empty()
        );
        status(&header)
    };
    let unchanged: &dyn Fn(&mut Header) = &|_| {};
    assert_eq!(send(0x7777, b"", unchanged), Status::UnknownOperation);
    assert_eq!(
        send(Operation::Login.code(), &[0xff; 9], unchanged),
        Status::MalformedRequest
    );
    let more = |header: &mut Header| header.more = true;
    assert_eq!(
        send(Operation::ClusterInfo.code(), b"", &more),
        Status::MalformedRequest
    );
    let future = |header: &mut Header| header.revision = u64::MAX;
    assert_eq!(
        send(Operation::ClusterInfo.code(), b"", &future),
        Status::RevisionUnavailable
    );
    // The body of what is not allowed is not looked at.
    assert_eq!(
        send(Operation::Sign.code(), &[0xff; 9], unchanged),
        Status::NotLoggedIn
    );
    connection.log_in("app");
    witness.revision = test.hsm.revision();
    let mut send = |operation: Operation, body: &[u8]| {
        let (header, _) = connection.exchange(operation.code(), body).unwrap();
        status(&header)
    };
    assert_eq!(send(Operation::Sign, &[0xff; 9]), Status::MalformedRequest);
    // A label that is not UTF-8: attribute 1, text field of one byte 0xff.
    let mut body = GenerateKeyRequest {
        request_id: request_id(),
        key_type: KeyType::Aes.into(),
        size_bits: 256,
        attributes: Vec::new(),
    }
    .encode_to_vec();
    body.extend_from_slice(&[0x22, 5, 0x08, 1, 0x1a, 1, 0xff]);
    assert_eq!(
        send(Operation::GenerateKey, &body),
        Status::MalformedRequest
    );
    // Nesting without end does not overflow the stack.
    let mut nested = Vec::new();
    for _ in 0..10_000 {
        let mut outer = vec![0x1a];
        prost::encoding::encode_varint(nested.len() as u64, &mut outer);
        outer.extend_from_slice(&nested);
        nested = outer;
    }
    assert_ne!(send(Operation::Sign, &nested), Status::Ok);
    let too_long = vec![0; MAX_BODY + 1];
    // The server closes soon, maybe before it has been sent all; its reply is there all the same.
    let _ = connection.send(Operation::Sign.code(), &too_long);
    let (header, _) = connection.receive().unwrap();
    assert_eq!(status(&header), Status::FrameTooLarge);
    witness.check(&test);
}

#[test]
fn names_what_is_wrong_with_a_text() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let mut body = ec_request(Curve::P256, token("label")).encode_to_vec();
    let label = body.windows(5).position(|bytes| bytes == b"label").unwrap();
    body[label] = 0xFF;
    let operation = Operation::GenerateKeyPair.code();
    let (header, body) = connection.exchange(operation, &body).unwrap();
    assert_eq!(status(&header), Status::MalformedRequest);
    let detail = ErrorDetail::decode(body.as_slice()).unwrap();
    assert!(
        detail.message.contains("not valid UTF-8"),
        "{}",
        detail.message
    );
}

/// The reply to broken input arrives although more input is under way: the connection is not reset.
#[test]
fn an_error_reply_reaches_a_peer_that_still_sends() {
    let test = TestHsm::active(Mode::Fips);
    for _ in 0..20 {
        let mut connection = test.connect_tls(Some(&test.identity())).unwrap();
        connection.hello();
        let mut bytes = Header::request(Operation::Hello.code(), 7, 0, MAX_BODY + 1)
            .encode()
            .to_vec();
        bytes.resize(256 * 1024, 0);
        connection.send_bytes(&bytes).unwrap();
        let (header, _) = connection.receive().unwrap();
        assert_eq!(status(&header), Status::FrameTooLarge);
        assert!(connection.is_closed());
    }
}

#[test]
fn gives_up_on_a_frame_that_does_not_get_whole() {
    let test = TestHsm::active(Mode::Fips);
    let mut witness = Witness::new(&test);
    let started = Instant::now();
    let mut waiting: Vec<Connection> = (0..3).map(|_| test.connect_raw()).collect();
    waiting[1].hello();
    let half = &Header::request(Operation::ClusterInfo.code(), 5, 0, 10).encode()[..20];
    waiting[1].send_bytes(half).unwrap();
    waiting[2].send_bytes(half).unwrap();
    for (mut connection, why) in waiting.into_iter().zip(["no Hello", "a frame", "a frame"]) {
        let (header, body) = connection.receive().unwrap();
        assert_eq!(status(&header), Status::MalformedRequest);
        let detail = ErrorDetail::decode(body.as_slice()).unwrap();
        assert!(detail.message.starts_with(why), "{}", detail.message);
        assert!(connection.is_closed());
    }
    assert!(started.elapsed() >= Duration::from_secs(9));
    witness.check(&test);
}

#[test]
fn admits_only_tls_1_3_with_a_certificate_under_an_anchor() {
    let test = TestHsm::active(Mode::Fips);
    let mut witness = Witness::new(&test);
    let foreign = DevClient::generate(test.hsm.clock.now_unix_ms()).unwrap();
    let foreign = Identity {
        certificate: foreign.certificate_pem.clone(),
        key: foreign.key_pem.to_string(),
    };
    // In TLS 1.3 the client learns of a refusal with its first read.
    for identity in [None, Some(&foreign)] {
        let refused = test.connect_tls(identity).and_then(|mut connection| {
            connection.send(
                Operation::Hello.code(),
                &hello::request("x").encode_to_vec(),
            )?;
            connection.receive()
        });
        assert!(refused.is_err());
    }
    // TLS 1.2 (RFC 5246): a ClientHello without the supported_versions extension. The answer is the fatal alert
    // protocol_version.
    let mut hello = vec![3, 3];
    hello.extend_from_slice(&[7; 32]);
    // ECDHE-ECDSA with AES-128-GCM; extensions signature_algorithms (ecdsa_secp256r1_sha256), supported_groups (P-256).
    hello.extend_from_slice(&[0, 0, 2, 0xc0, 0x2b, 1, 0, 0, 16]);
    hello.extend_from_slice(&[0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 23]);
    let mut record = vec![
        22,
        3,
        1,
        0,
        hello.len() as u8 + 4,
        1,
        0,
        0,
        hello.len() as u8,
    ];
    record.extend_from_slice(&hello);
    let mut stream = TcpStream::connect(test.address.unwrap()).unwrap();
    stream.write_all(&record).unwrap();
    let mut alert = Vec::new();
    let _ = stream.read_to_end(&mut alert);
    assert_eq!((alert.first(), &alert[5..]), (Some(&21), &[2, 70][..]));
    // No TLS at all.
    let mut plain = TcpStream::connect(test.address.unwrap()).unwrap();
    plain
        .write_all(&Header::request(Operation::Hello.code(), 1, 0, 0).encode())
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(answer.len() < 24, "an answer to a peer without TLS");
    witness.check(&test);
}

#[test]
fn cuts_connections_whose_anchor_is_gone() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.connect_tls(Some(&test.identity())).unwrap();
    connection.hello();
    connection.log_in("app");
    let mut local = test.log_in("app");
    let hsm = &test.hsm;
    let now = hsm.clock.now_unix_ms();
    let commit = |transaction| Ok(hsm.barrier.commit(&transaction)?);
    let second = DevClient::generate(now).unwrap();
    hsm.cluster
        .register_anchor(&second.authority_pem, &["other".to_owned()], now, |_, t| {
            commit(t)
        })
        .unwrap();
    refresh_tls(hsm).unwrap();
    // Another anchor does not matter to a connection under the first.
    assert_eq!(connection.status(&ClusterInfoRequest {}), Status::Ok);
    let mut limited = test
        .connect_tls(Some(&Identity {
            certificate: second.certificate_pem.clone(),
            key: second.key_pem.to_string(),
        }))
        .unwrap();
    limited.hello();
    let login = LoginRequest {
        user: "app".to_owned(),
        password: PASSWORD.to_vec(),
        previous_token: Vec::new(),
    };
    assert_eq!(limited.status(&login), Status::PermissionDenied);
    limited.log_in("other");
    let first = hsm
        .cluster
        .anchors()
        .into_iter()
        .find(|anchor| anchor.users.is_empty())
        .unwrap();
    hsm.cluster.deregister_anchor(&first.id, commit).unwrap();
    refresh_tls(hsm).unwrap();
    assert!(connection.is_closed());
    assert_eq!(limited.status(&ClusterInfoRequest {}), Status::Ok);
    assert_eq!(local.status(&ClusterInfoRequest {}), Status::Ok);
}

#[test]
fn names_the_attribute_that_is_wrong() {
    let test = TestHsm::active(Mode::Fips);
    let mut witness = Witness::new(&test);
    let mut connection = test.log_in("app");
    witness.revision = test.hsm.revision();
    let text = |text: &str| vec![Attribute::Label.text(text)];
    let cases = vec![
        (text(""), Status::AttributeValueInvalid, "label"),
        (
            text(&"x".repeat(1025)),
            Status::AttributeValueInvalid,
            "label",
        ),
        (
            text(&"x".repeat(64 * 1024)),
            Status::AttributeValueInvalid,
            "label",
        ),
        (
            vec![Attribute::Id.octets(vec![0; 257])],
            Status::AttributeValueInvalid,
            "id",
        ),
        (
            vec![Attribute::Label.flag(true)],
            Status::AttributeValueInvalid,
            "label",
        ),
        (
            vec![Attribute::Token.text("yes")],
            Status::AttributeValueInvalid,
            "token",
        ),
        (
            vec![AttributeValue {
                id: 4711,
                value: None,
            }],
            Status::AttributeValueInvalid,
            "4711",
        ),
        (
            vec![Attribute::Encrypt.flag(true)],
            Status::TemplateInconsistent,
            "encrypt",
        ),
        (
            vec![Attribute::Private.flag(false)],
            Status::TemplateInconsistent,
            "private",
        ),
        (
            vec![Attribute::Sign.flag(true), Attribute::Sign.flag(false)],
            Status::TemplateInconsistent,
            "sign",
        ),
        (
            vec![Attribute::Trusted.flag(false)],
            Status::AttributeReadOnly,
            "trusted",
        ),
        (
            vec![Attribute::Local.flag(true)],
            Status::AttributeReadOnly,
            "local",
        ),
        (
            vec![Attribute::AllowedMechanisms.mechanisms([Mechanism::AesGcm])],
            Status::AttributeValueInvalid,
            "allowed-mechanisms",
        ),
    ];
    for (attributes, expected, names) in cases {
        let (status, message) = connection
            .call(&ec_request(Curve::P256, attributes.clone()))
            .unwrap_err();
        assert_eq!(status, expected, "{attributes:?}: {message}");
        assert!(message.contains(names), "{message}");
    }
    witness.check(&test);
}

#[test]
fn refuses_sizes_and_types_it_does_not_have() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let pair = |key_type: KeyType, size_bits, curve: Curve| GenerateKeyPairRequest {
        request_id: request_id(),
        key_type: key_type.into(),
        size_bits,
        curve: curve.into(),
        private_attributes: Vec::new(),
        public_attributes: Vec::new(),
    };
    let secret = |key_type: KeyType, size_bits| GenerateKeyRequest {
        request_id: request_id(),
        key_type: key_type.into(),
        size_bits,
        attributes: Vec::new(),
    };
    for bits in [0, 512, 1024, 2047, 2049, 8192, u32::MAX] {
        let status = connection.status(&pair(KeyType::Rsa, bits, Curve::Unspecified));
        assert_eq!(status, Status::KeySizeRange, "{bits}");
    }
    for bits in [0, 64, 129, 512, u32::MAX] {
        assert_eq!(
            connection.status(&secret(KeyType::Aes, bits)),
            Status::KeySizeRange,
            "{bits}"
        );
    }
    for bits in [0, 4, 9, 6408, u32::MAX] {
        let status = connection.status(&secret(KeyType::GenericSecret, bits));
        assert_eq!(status, Status::KeySizeRange, "{bits}");
    }
    let status = connection.status(&pair(KeyType::Ec, 0, Curve::Unspecified));
    assert_eq!(status, Status::MechanismParameterInvalid);
    let status = connection.status(&pair(KeyType::Ec, 0, Curve::Secp256k1));
    assert_eq!(status, Status::NotInFipsMode);
    let status = connection.status(&pair(KeyType::Aes, 256, Curve::Unspecified));
    assert_eq!(status, Status::KeyTypeInconsistent);
    assert_eq!(
        connection.status(&secret(KeyType::Rsa, 2048)),
        Status::KeyTypeInconsistent
    );
    for request_id in [Vec::new(), vec![0; 15], vec![0; 17]] {
        let request = GenerateKeyPairRequest {
            request_id,
            ..pair(KeyType::Ec, 0, Curve::P256)
        };
        assert_eq!(connection.status(&request), Status::MalformedRequest);
    }
    assert_eq!(connection.counts(), (0, 0));
}

#[test]
fn a_request_is_not_read_before_its_peer_may_ask() {
    // The table says who may; whatever the body says, an operation of someone else is refused alike.
    let test = TestHsm::active(Mode::Fips);
    let mut officer = test.log_in("admin");
    let mut body = sign(2, Mechanism::EcdsaSha256, vec![1; 32]).encode_to_vec();
    for _ in 0..body.len() {
        let (header, _) = officer
            .exchange(SignRequest::OPERATION.code(), &body)
            .unwrap();
        assert_eq!(status(&header), Status::PermissionDenied);
        body.pop();
    }
}
