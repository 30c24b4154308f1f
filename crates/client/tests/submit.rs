//! Asynchronous calls never wait for the network, and share connections with blocking ones.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use ferrohsm_client::{Client, CredentialSource, Credentials};
use ferrohsm_protocol::{Operation, Status};
use support::{Answer, FakeHsm, Fixture, PATIENCE, sign, sign_request, wait_for};

type Answered = (Vec<u8>, Result<Vec<u8>, Status>);

fn submit_sign(client: &Client, data: Vec<u8>, results: &mpsc::Sender<Answered>) {
    let (sent, results) = (data.clone(), results.clone());
    client
        .submit(&sign_request(data), move |reply| {
            let result = reply
                .map(|reply| reply.signature)
                .map_err(|error| error.status);
            results.send((sent, result)).unwrap();
        })
        .unwrap();
}

#[test]
fn answers_asynchronous_and_blocking_calls_together() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for thread in 0u32..8 {
            let (client, sender) = (&client, sender.clone());
            scope.spawn(move || {
                for call in 0u32..500 {
                    let data = [thread.to_be_bytes(), call.to_be_bytes()].concat();
                    submit_sign(client, data.clone(), &sender);
                    let reversed: Vec<u8> = data.iter().rev().copied().collect();
                    assert_eq!(sign(client, &data).unwrap(), reversed);
                }
            });
        }
    });
    for _ in 0..8 * 500 {
        let (mut data, result) = receiver.recv_timeout(PATIENCE).unwrap();
        data.reverse();
        assert_eq!(result.unwrap(), data);
    }
}

#[test]
fn a_callback_may_call_again() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "connections = 1");
    let (sender, receiver) = mpsc::channel();
    let inner = client.clone();
    client
        .submit(&sign_request(vec![1, 2]), move |reply| {
            assert_eq!(reply.unwrap().signature, [2, 1]);
            sender.send(sign(&inner, &[3, 4])).unwrap();
        })
        .unwrap();
    assert_eq!(receiver.recv_timeout(PATIENCE).unwrap().unwrap(), [4, 3]);
}

#[test]
fn never_waits_for_a_stopped_hsm() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "timeout-ms = 1500\nconnections = 1");
    sign(&client, b"warm").unwrap();
    hsm.script.stopped.store(true, Ordering::SeqCst);
    let done = Arc::new(AtomicUsize::new(0));
    let mut longest = Duration::ZERO;
    // More than any socket buffer holds.
    for _ in 0..400 {
        let done = done.clone();
        let started = Instant::now();
        client
            .submit(&sign_request(vec![0; 100_000]), move |reply| {
                let status = reply.unwrap_err().status;
                assert!(
                    matches!(status, Status::Timeout | Status::Unreachable),
                    "{status}"
                );
                done.fetch_add(1, Ordering::SeqCst);
            })
            .unwrap();
        longest = longest.max(started.elapsed());
    }
    assert!(
        longest < Duration::from_millis(500),
        "submit took {longest:?}"
    );
    wait_for("all calls time out", || done.load(Ordering::SeqCst) == 400);
    hsm.script.stopped.store(false, Ordering::SeqCst);
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
}

#[test]
fn never_waits_for_a_connection_and_delivers_when_the_hsm_comes() {
    let fixture = Fixture::new();
    let config = fixture.pki.server_config();
    let hsm = FakeHsm::start(&fixture.pki);
    let (address, script) = (hsm.address, hsm.script.clone());
    drop(hsm);
    let client = fixture.client(&[address], "");
    let (sender, receiver) = mpsc::channel();
    let started = Instant::now();
    for call in 0u8..100 {
        submit_sign(&client, vec![call, 0], &sender);
    }
    assert!(started.elapsed() < Duration::from_secs(1));
    let _hsm = FakeHsm::start_with(config, &address.to_string(), script);
    for _ in 0..100 {
        let (data, result) = receiver.recv_timeout(PATIENCE).unwrap();
        assert_eq!(result.unwrap(), [0, data[0]]);
    }
}

#[test]
fn repeats_after_a_lost_connection() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "connections = 1");
    sign(&client, b"warm").unwrap();
    let seen = AtomicUsize::new(0);
    hsm.on(move |_, _| (seen.fetch_add(1, Ordering::SeqCst) == 0).then_some(Answer::Hang));
    let (sender, receiver) = mpsc::channel();
    submit_sign(&client, vec![1, 2], &sender);
    assert_eq!(receiver.recv_timeout(PATIENCE).unwrap().1.unwrap(), [2, 1]);
}

#[test]
fn a_stopped_hsm_among_live_ones_is_left_in_time() {
    let fixture = Fixture::new();
    let (hsms, client) = fixture.with_the_used_hsm_stopped();
    let (sender, receiver) = mpsc::channel();
    for call in 0u8..20 {
        submit_sign(&client, vec![call, 0], &sender);
    }
    for _ in 0..20 {
        let (data, result) = receiver.recv_timeout(PATIENCE).unwrap();
        assert_eq!(result.unwrap(), [0, data[0]]);
    }
    for hsm in &hsms {
        hsm.script.stopped.store(false, Ordering::SeqCst);
    }
}

#[test]
fn bounds_what_waits() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    hsm.script.stopped.store(true, Ordering::SeqCst);
    let client = fixture.client(&[hsm.address], "timeout-ms = 600000");
    let request = sign_request(vec![0; 900_000]);
    let refused = (0..1000).find_map(|_| client.submit(&request, |_| ()).err());
    assert_eq!(refused.unwrap().status, Status::LimitReached);
}

#[test]
fn close_ends_what_is_under_way() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    sign(&client, b"warm").unwrap();
    let arrived = Arc::new(AtomicUsize::new(0));
    let count = arrived.clone();
    hsm.on(move |header, _| {
        let sign = header.operation == Operation::Sign.code();
        sign.then(|| count.fetch_add(1, Ordering::SeqCst))
            .map(|_| Answer::Silence)
    });
    let (sender, receiver) = mpsc::channel();
    for call in 0u8..10 {
        submit_sign(&client, vec![call], &sender);
    }
    let blocked = {
        let client = client.clone();
        std::thread::spawn(move || sign(&client, b"blocked"))
    };
    wait_for("all calls are under way", || {
        arrived.load(Ordering::SeqCst) == 11
    });
    client.close();
    for _ in 0..10 {
        let (_, result) = receiver.recv_timeout(PATIENCE).unwrap();
        assert_eq!(result.unwrap_err(), Status::ClientClosed);
    }
    assert_eq!(
        blocked.join().unwrap().unwrap_err().status,
        Status::ClientClosed
    );
    assert_eq!(
        sign(&client, b"later").unwrap_err().status,
        Status::ClientClosed
    );
    assert!(client.submit(&sign_request(Vec::new()), |_| ()).is_err());
}

/// Blocks until it is let go, as a dialog that nobody answers does.
struct Hanging(Arc<AtomicBool>);

impl CredentialSource for Hanging {
    fn read(&self) -> ferrohsm_client::Result<Option<Credentials>> {
        wait_for("the credential source is let go", || {
            self.0.load(Ordering::SeqCst)
        });
        Ok(Some(support::credentials(support::PASSWORD)))
    }
}

#[test]
fn deadlines_hold_while_a_credential_source_hangs() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let released = Arc::new(AtomicBool::new(false));
    let source = Arc::new(Hanging(released.clone()));
    let client = fixture.client_as(&[hsm.address], "timeout-ms = 500", source);
    let (sender, receiver) = mpsc::channel();
    let started = Instant::now();
    for call in 0u8..3 {
        submit_sign(&client, vec![call, 0], &sender);
    }
    for _ in 0..3 {
        let (_, result) = receiver.recv_timeout(PATIENCE).unwrap();
        assert_eq!(result.unwrap_err(), Status::Timeout);
    }
    assert!(started.elapsed() >= Duration::from_millis(500));
    released.store(true, Ordering::SeqCst);
    wait_for("calls succeed once the source has answered", || {
        submit_sign(&client, vec![1, 2], &sender);
        receiver.recv().unwrap().1.is_ok()
    });
}
