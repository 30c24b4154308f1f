//! Lost connections, restarts, several HSMs, deadlines: what is sent again and what is not.
#![allow(clippy::unwrap_used)]

mod support;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ferrohsm_client::request_id;
use ferrohsm_protocol::messages::{ClusterActivateRequest, DeleteKeyRequest};
use ferrohsm_protocol::{Operation, Status};
use prost::Message;
use support::{Answer, FakeHsm, Fixture, error, sign};

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

#[test]
fn goes_on_after_a_restart() {
    let fixture = Fixture::new();
    let config = fixture.pki.server_config();
    let mut hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    for _ in 0..3 {
        assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
        let (address, script) = (hsm.address.to_string(), hsm.script.clone());
        drop(hsm);
        hsm = FakeHsm::start_with(config.clone(), &address, script);
    }
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
    // The login outlived the restarts.
    assert_eq!(hsm.script.logins.load(Ordering::SeqCst), 1);
}

#[test]
fn no_call_fails_while_connections_are_cut() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        // By what was answered and not by time: on a busy machine no connection would live long enough to be of use.
        let (mut next, mut cuts) = (200, 0);
        while threads.iter().any(|thread| !thread.is_finished()) {
            if answered.load(Ordering::Relaxed) >= next {
                hsm.cut();
                cuts += 1;
                next = answered.load(Ordering::Relaxed) + 200;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(cuts >= 10, "cut {cuts} times only");
    });
}

#[test]
fn a_dead_hsm_among_live_ones_is_skipped() {
    let fixture = Fixture::new();
    let hsms: Vec<FakeHsm> = (0..2).map(|_| FakeHsm::start(&fixture.pki)).collect();
    let addresses = [nobody(), hsms[0].address, hsms[1].address];
    let client = fixture.client(&addresses, "connections = 1");
    // Tokens are good on every HSM of a cluster.
    let token = Arc::new(Mutex::new(Vec::new()));
    for hsm in &hsms {
        let token = token.clone();
        hsm.on(
            move |header, body| match Operation::from_code(header.operation) {
                Some(Operation::Sign) => Some(Answer::Reply(Status::Ok, support::signed(body))),
                Some(Operation::Resume) => {
                    token.lock().unwrap().push(body.to_vec());
                    Some(Answer::Reply(Status::Ok, Vec::new()))
                }
                _ => None,
            },
        );
    }
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..500 {
                    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
                }
            });
        }
    });
    assert!(started.elapsed() < Duration::from_secs(8));
    for hsm in &hsms {
        assert_eq!(
            hsm.script.connections.load(Ordering::SeqCst),
            1,
            "both carry the load"
        );
    }
    let tokens = token.lock().unwrap();
    assert!(
        tokens.iter().all(|seen| seen == &tokens[0]),
        "one login for the cluster"
    );
}

#[test]
fn a_stopped_hsm_among_live_ones_is_left_in_time() {
    let fixture = Fixture::new();
    let (hsms, client) = fixture.with_the_used_hsm_stopped();
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
    for hsm in &hsms {
        hsm.script.stopped.store(false, Ordering::SeqCst);
    }
}

#[test]
fn a_change_is_repeated_with_its_request_id() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    sign(&client, b"ab").unwrap();
    let bodies: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let seen = bodies.clone();
    hsm.on(move |header, body| {
        if header.operation != Operation::DeleteKey.code() {
            return None;
        }
        seen.lock().unwrap().push(body.to_vec());
        (seen.lock().unwrap().len() < 3).then_some(Answer::Hang)
    });
    let request = DeleteKeyRequest {
        request_id: request_id(),
        handle: 2,
        only_session_key: false,
    };
    client.call(&request).unwrap();
    let bodies = bodies.lock().unwrap();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| *body == request.encode_to_vec()));
}

#[test]
fn what_must_not_be_repeated_is_not() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    let seen = Arc::new(AtomicU32::new(0));
    let count = seen.clone();
    hsm.on(move |header, _| {
        let activate = header.operation == Operation::ClusterActivate.code();
        activate
            .then(|| count.fetch_add(1, Ordering::SeqCst))
            .map(|_| Answer::Hang)
    });
    let error = client.call(&ClusterActivateRequest::default()).unwrap_err();
    assert_eq!(error.status, Status::ConnectionLost);
    assert_eq!(seen.load(Ordering::SeqCst), 1);

    // An idle connection that the HSM closed long ago is noticed before anything is sent on it.
    hsm.on(|_, _| None);
    client.call(&ClusterActivateRequest::default()).unwrap();
    hsm.cut();
    std::thread::sleep(Duration::from_millis(50));
    client.call(&ClusterActivateRequest::default()).unwrap();
}

#[test]
fn tries_elsewhere_when_an_hsm_says_so() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    sign(&client, b"ab").unwrap();
    for status in [
        Status::ShuttingDown,
        Status::RevisionUnavailable,
        Status::Busy,
    ] {
        let seen = AtomicUsize::new(0);
        hsm.on(move |_, _| (seen.fetch_add(1, Ordering::SeqCst) < 2).then(|| error(status)));
        assert_eq!(sign(&client, b"ab").unwrap(), b"ba", "{status}");
    }
}

#[test]
fn keeps_the_deadline_and_drops_the_late_reply() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "timeout-ms = 300\nconnections = 1");
    sign(&client, b"warm").unwrap();
    hsm.script.stopped.store(true, Ordering::SeqCst);
    let started = Instant::now();
    let failed = sign(&client, b"late").unwrap_err();
    let elapsed = started.elapsed();
    assert_eq!(failed.status, Status::Timeout);
    assert!(
        elapsed >= Duration::from_millis(290) && elapsed < Duration::from_millis(1500),
        "{elapsed:?}"
    );
    hsm.script.stopped.store(false, Ordering::SeqCst);
    support::wait_for("the HSM serves again", || {
        sign(&client, b"ab").is_ok_and(|reply| reply == b"ba")
    });
}

#[test]
fn a_deadline_holds_while_nobody_listens() {
    let fixture = Fixture::new();
    let address = nobody();
    let client = fixture.client(&[address], "timeout-ms = 400");
    let started = Instant::now();
    let failed = sign(&client, b"ab").unwrap_err();
    assert_eq!(failed.status, Status::Unreachable);
    let cause = format!("{address}: Connection refused");
    assert!(failed.message.contains(&cause), "{failed}");
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_person_is_told_at_once_that_nobody_listens() {
    let fixture = Fixture::new();
    let addresses = [nobody(), nobody()];
    let client = fixture.client(&addresses, "timeout-ms = 60000");
    let started = Instant::now();
    let failed = client.connect().unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(failed.status, Status::Unreachable);
    for address in addresses {
        let cause = format!("{address}: Connection refused");
        assert!(failed.message.contains(&cause), "{failed}");
    }
}

#[test]
fn connecting_finds_the_hsm_that_is_there_and_calls_use_that_connection() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[nobody(), hsm.address], "");
    client.connect().unwrap();
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
    assert_eq!(hsm.script.connections.load(Ordering::SeqCst), 1);
}

#[test]
fn carries_the_revision() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    sign(&client, b"ab").unwrap();
    hsm.on(|header, _| {
        assert_eq!(
            header.revision, 7,
            "the highest revision that a reply carried"
        );
        None
    });
    sign(&client, b"ab").unwrap();
}
