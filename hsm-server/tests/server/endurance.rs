//! Peers that do not read, an HSM that stops, and many calls at a time.

use crate::harness::*;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Mechanism, Operation, Status};
use hsm_server::policy::Mode;
use prost::Message;
use std::collections::HashSet;
use std::io;

fn sign(handle: u64, byte: u8) -> SignRequest {
    SignRequest {
        handle,
        mechanism: Mechanism::EcdsaSha256.code(),
        parameters: None,
        data: vec![byte; 32],
    }
}

#[test]
fn a_peer_that_does_not_read_is_cut_and_harms_nobody() {
    let test = TestHsm::active(Mode::Fips);
    let mut witness = test.log_in("app");
    let key = witness.generate_ec(Curve::P256, token("witness")).handle;
    let mut deaf = test.log_in("app");
    let random = RandomRequest { length: 64 * 1024 }.encode_to_vec();
    // Each request of 30 bytes asks for 64 KiB. The server must stop reading, not gather replies.
    let cut = std::thread::spawn(move || {
        loop {
            if let Err(error) = deaf.send(Operation::Random.code(), &random) {
                return error;
            }
        }
    });
    while !cut.is_finished() {
        assert_eq!(witness.status(&sign(key, 1)), Status::Ok);
    }
    let error = cut.join().unwrap();
    assert!(
        matches!(
            error.kind(),
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
        ),
        "{error}"
    );
}

#[test]
fn signing_goes_on_while_rsa_keys_are_made() {
    let test = TestHsm::active(Mode::Fips);
    let mut signer = test.log_in("app");
    let key = signer.generate_ec(Curve::P256, token("signer")).handle;
    let mut maker = test.log_in("other");
    let mut calls = HashSet::new();
    // Twice as many as the pool has threads.
    let many = 63;
    for _ in 0..many {
        let request = GenerateKeyPairRequest {
            request_id: request_id(),
            key_type: KeyType::Rsa.into(),
            size_bits: 3072,
            ..Default::default()
        };
        let body = request.encode_to_vec();
        let operation = Operation::GenerateKeyPair.code();
        calls.insert(maker.send(operation, &body).unwrap());
    }
    // Frames are taken in order, and what is quick overtakes the queue: also on the pool.
    let quick = maker.send(Operation::ListUsers.code(), &[]).unwrap();
    let (mut signed, mut made) = (0, 0);
    loop {
        let (header, _) = maker.receive().unwrap();
        assert_eq!(header.status, Status::Ok.code());
        if header.call_id == quick {
            break;
        }
        assert!(calls.remove(&header.call_id));
        made += 1;
    }
    assert!(made < 16, "{made} keys were made first");
    while signed < 200 {
        assert_eq!(signer.status(&sign(key, 1)), Status::Ok);
        signed += 1;
    }
    // They were signed while keys were being made, and what is still queued ends with its connection.
    let (_, made) = signer.counts();
    assert!(made < many, "all keys were made before 200 signatures");
    drop(maker);
}

#[test]
fn calls_under_way_are_answered_when_the_hsm_stops() {
    let mut test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let mut calls = HashSet::new();
    for index in 0..20 {
        let body = ec_request(Curve::P256, token(&format!("key {index}"))).encode_to_vec();
        calls.insert(
            connection
                .send(Operation::GenerateKeyPair.code(), &body)
                .unwrap(),
        );
    }
    // Frames are taken in order: when this one is answered, the others are under way.
    let last = connection.send(Operation::ClusterInfo.code(), &[]).unwrap();
    let mut answered = HashSet::new();
    loop {
        let (header, _) = connection.receive().unwrap();
        assert_eq!(header.status, Status::Ok.code());
        if header.call_id == last {
            break;
        }
        answered.insert(header.call_id);
    }
    let directory = test.stop();
    while let Ok((header, _)) = connection.receive() {
        assert_eq!(header.status, Status::Ok.code());
        answered.insert(header.call_id);
    }
    assert_eq!(answered, calls);
    assert!(!directory.path().join("hsm.sock").exists());
}

#[test]
fn many_calls_on_one_connection_are_all_answered() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let key = connection.generate_ec(Curve::P256, Vec::new()).handle;
    let mut expected = HashSet::new();
    let mut frames = 0;
    for round in 0..200u32 {
        let body = sign(key, round as u8).encode_to_vec();
        expected.insert(connection.send(Operation::Sign.code(), &body).unwrap());
        if round % 2 == 0 {
            let body = ec_request(Curve::P256, Vec::new()).encode_to_vec();
            expected.insert(
                connection
                    .send(Operation::GenerateKeyPair.code(), &body)
                    .unwrap(),
            );
        }
        frames = expected.len();
    }
    let mut answered = HashSet::new();
    while answered.len() < frames {
        let (header, _) = connection.receive().unwrap();
        assert_eq!(header.status, Status::Ok.code());
        assert!(answered.insert(header.call_id), "answered twice");
    }
    assert_eq!(answered, expected);
    assert_eq!(connection.counts(), (0, 101));
}
