//! Calls over one connection and many: every reply goes to its caller.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::Ordering;

use support::{FakeHsm, Fixture, sign};

#[test]
fn logs_in_and_signs() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    assert!(!client.is_logged_in());
    assert_eq!(sign(&client, b"abc").unwrap(), b"cba");
    assert!(client.is_logged_in());
    assert_eq!(client.login_info().unwrap().user, "app");
    assert_eq!(hsm.script.logins.load(Ordering::SeqCst), 1);
}

#[test]
fn gives_every_reply_to_its_caller() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "connections = 1");
    std::thread::scope(|scope| {
        for thread in 0u32..64 {
            let client = &client;
            scope.spawn(move || {
                for call in 0u32..1000 {
                    let mut data = [thread.to_be_bytes(), call.to_be_bytes()].concat();
                    // Now and then one that takes many TLS records.
                    data.resize(if call % 250 == 7 { 100_000 } else { 40 }, 0x55);
                    let signature = sign(client, &data).unwrap();
                    data.reverse();
                    assert_eq!(signature, data);
                }
            });
        }
    });
    assert_eq!(hsm.script.connections.load(Ordering::SeqCst), 1);
    assert_eq!(hsm.script.logins.load(Ordering::SeqCst), 1);
    let batch = hsm.script.largest_batch.load(Ordering::SeqCst);
    assert!(
        batch > 4,
        "frames were not written together: at most {batch} at once"
    );
}
