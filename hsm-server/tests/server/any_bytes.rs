//! Any bytes, before login and after: the server answers whole frames or closes, changes nothing and never panics.

use crate::harness::*;
use ferrohsm_protocol::frame::{self, Header, MAX_BODY};
use ferrohsm_protocol::operations::OPERATIONS;
use ferrohsm_protocol::{Operation, Status, hello};
use hsm_server::hsm::Hsm;
use hsm_server::listener;
use hsm_server::policy::Mode;
use hsm_server::session::Peer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use prost::Message;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

/// What a connection answers to these bytes and the end of the stream.
fn serve(runtime: &Runtime, hsm: &Arc<Hsm>, peer: Peer, bytes: &[u8]) -> Vec<u8> {
    runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let serving = tokio::spawn(listener::serve_stream(Arc::clone(hsm), peer, server));
        // It may close before it has read everything.
        let _ = client.write_all(bytes).await;
        let _ = client.shutdown().await;
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        let served = serving.await.expect("the connection panicked");
        // The only failure of a stream in memory is its other end going away.
        assert!(served.is_ok() || answer.is_empty());
        answer
    })
}

/// The statuses of the replies, which must be whole frames.
fn statuses(mut answer: &[u8]) -> Vec<Status> {
    let mut statuses = Vec::new();
    while let Some(frame) = frame::split(answer, MAX_BODY).unwrap() {
        assert!(frame.header.reply);
        let status = Status::from_code(frame.header.status).unwrap();
        assert_ne!(status, Status::Internal, "{:?}", frame.header);
        statuses.push(status);
        answer = &answer[frame.bytes..];
    }
    assert!(answer.is_empty(), "half a reply");
    statuses
}

fn certificate() -> Peer {
    Peer::Certificate {
        key_hash: [7; 32],
        users: None,
    }
}

/// Requests without a password check, which would take a second each.
fn any_operation() -> impl Strategy<Value = u16> {
    let codes: Vec<u16> = OPERATIONS
        .iter()
        .map(|row| row.operation)
        .filter(|operation| !matches!(operation, Operation::Login | Operation::Hello))
        .map(Operation::code)
        .collect();
    let others = any::<u16>().prop_filter("login, or a bad Hello, which closes", |code| {
        ![Operation::Login.code(), Operation::Hello.code()].contains(code)
    });
    prop_oneof![9 => proptest::sample::select(codes), 1 => others]
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    (any_operation(), any::<u32>(), body).prop_map(|(operation, call, body)| {
        let mut frame = Header::request(operation, call, 0, body.len())
            .encode()
            .to_vec();
        frame.extend_from_slice(&body);
        frame
    })
}

fn hello_frame() -> Vec<u8> {
    let body = hello::request("fuzz").encode_to_vec();
    let mut frame = Header::request(Operation::Hello.code(), 0, 0, body.len())
        .encode()
        .to_vec();
    frame.extend_from_slice(&body);
    frame
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    })
}

#[test]
fn any_bytes_before_login() {
    let test = TestHsm::active(Mode::Fips);
    let runtime = Runtime::new().unwrap();
    let revision = test.hsm.revision();
    let garbage = proptest::collection::vec(any::<u8>(), 0..400);
    let frames = proptest::collection::vec(any_frame(), 0..8);
    let strategy = (any::<bool>(), any::<bool>(), frames, garbage);
    let check = |(greet, local, frames, garbage): (bool, bool, Vec<Vec<u8>>, Vec<u8>)| {
        let mut bytes = if greet { hello_frame() } else { Vec::new() };
        bytes.extend(frames.iter().flatten());
        bytes.extend_from_slice(&garbage);
        let peer = if local { Peer::Socket } else { certificate() };
        let statuses = statuses(&serve(&runtime, &test.hsm, peer, &bytes));
        if greet {
            assert_eq!(statuses[0], Status::Ok);
            assert!(statuses.len() > frames.len(), "a whole frame got no answer");
        } else {
            assert!(!statuses.contains(&Status::Ok));
            assert!(statuses.len() <= 1);
        }
        assert_eq!(test.hsm.revision(), revision, "something was stored");
        Ok(())
    };
    runner(3_000).run(&strategy, check).unwrap();
    assert_eq!(test.connect().counts(), (0, 0));
}

#[test]
fn every_cut_of_a_hello() {
    let test = TestHsm::new(Mode::Fips);
    let runtime = Runtime::new().unwrap();
    let hello = hello_frame();
    for cut in 0..hello.len() {
        let answer = serve(&runtime, &test.hsm, certificate(), &hello[..cut]);
        assert!(answer.is_empty(), "an answer to {cut} bytes of a Hello");
    }
    for index in 0..hello.len() {
        for bit in 0..8 {
            let mut damaged = hello.clone();
            damaged[index] ^= 1 << bit;
            statuses(&serve(&runtime, &test.hsm, certificate(), &damaged));
        }
    }
}

#[test]
fn any_bodies_after_login() {
    let test = TestHsm::active(Mode::NonFips);
    for user in ["app", "admin"] {
        let mut connection = test.log_in(user);
        if user == "app" {
            connection.generate_aes(256, token("here"));
        }
        let counts = connection.counts();
        let strategy = any_frame().prop_filter("logout", |frame| {
            frame[6..8] != Operation::Logout.code().to_be_bytes()
        });
        let connection = std::cell::RefCell::new(connection);
        let check = |frame: Vec<u8>| {
            let mut connection = connection.borrow_mut();
            connection.send_bytes(&frame).unwrap();
            let (header, _) = connection.receive().unwrap();
            assert_ne!(Status::from_code(header.status), Some(Status::Internal));
            Ok(())
        };
        runner(2_000).run(&strategy, check).unwrap();
        assert_eq!(connection.borrow_mut().counts(), counts);
    }
}
