//! A change takes effect once, however often its request arrives.

use crate::harness::*;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, REQUEST_ID_BYTES, Status, attributes};
use hsm_server::cluster::DevClient;
use hsm_server::policy::Mode;

#[test]
fn a_repeated_request_gets_the_same_reply_and_changes_nothing() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let request = ec_request(Curve::P256, token("once"));
    let first = connection.call(&request).unwrap();
    let revision = test.hsm.revision();
    assert_eq!(connection.call(&request).unwrap(), first);
    // On another connection, under another login of the user, and after a restart.
    assert_eq!(test.log_in("app").call(&request).unwrap(), first);
    assert_eq!(connection.counts(), (1, 0));
    drop(connection);
    assert!(test.hsm.revision() >= revision);
    let test = test.restart();
    let mut connection = test.log_in("app");
    assert_eq!(connection.call(&request).unwrap(), first);
    assert_eq!(connection.counts(), (1, 0));
    // Deleting the key does not bring it back, and deleting twice is deleting once.
    let delete = DeleteKeyRequest {
        request_id: request_id(),
        handle: first.key.as_ref().unwrap().handle,
        only_session_key: false,
    };
    assert_eq!(connection.status(&delete), Status::Ok);
    assert_eq!(connection.status(&delete), Status::Ok);
    assert_eq!(connection.call(&request).unwrap(), first);
    assert_eq!(connection.counts(), (0, 0));
    let again = DeleteKeyRequest {
        request_id: request_id(),
        ..delete
    };
    assert_eq!(connection.status(&again), Status::KeyNotFound);
}

#[test]
fn a_request_id_belongs_to_one_request_of_one_user() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let request = ec_request(Curve::P256, token("mine"));
    let first = connection.call(&request).unwrap();
    let mut other_body = request.clone();
    other_body.curve = Curve::P384.into();
    assert_eq!(connection.status(&other_body), Status::RequestIdReused);
    let other_operation = DeleteKeyRequest {
        request_id: request.request_id.clone(),
        handle: first.key.unwrap().handle,
        only_session_key: false,
    };
    assert_eq!(connection.status(&other_operation), Status::RequestIdReused);
    assert_eq!(connection.counts(), (1, 0));
    // Another user's id is another id.
    let second = test.log_in("other").call(&request).unwrap();
    assert_eq!(second.key.unwrap().owner, "other");
    assert_eq!(connection.counts(), (2, 0));
}

#[test]
fn a_request_that_failed_may_succeed_later() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let holder = connection.generate_ec(Curve::P256, token("taken"));
    let mut import = ImportKeyRequest {
        request_id: request_id(),
        key_type: KeyType::Aes.into(),
        material: vec![7; 32],
        attributes: token("taken"),
        unique_label: true,
        ..ImportKeyRequest::default()
    };
    assert_eq!(connection.status(&import), Status::LabelInUse);
    let delete = DeleteKeyRequest {
        request_id: request_id(),
        handle: holder.handle,
        only_session_key: false,
    };
    assert_eq!(connection.status(&delete), Status::Ok);
    let imported = connection.call(&import).unwrap().key.unwrap();
    for (attribute, value) in [
        (Attribute::Local, false),
        (Attribute::Sensitive, true),
        (Attribute::Extractable, false),
        (Attribute::AlwaysSensitive, false),
        (Attribute::NeverExtractable, false),
    ] {
        assert_eq!(
            attributes::find_flag(&imported.attributes, attribute),
            Some(value)
        );
    }
    import.request_id = request_id();
    assert_eq!(connection.status(&import), Status::LabelInUse);
}

#[test]
fn the_same_request_at_the_same_time_takes_effect_once() {
    let test = TestHsm::active(Mode::Fips);
    let login = test.connect().log_in("app");
    for round in 0..20 {
        let request = ec_request(Curve::P256, token(&format!("round {round}")));
        let replies: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let mut connection = test.connect();
                    let resume = ResumeRequest {
                        token: login.token.clone(),
                    };
                    assert_eq!(connection.status(&resume), Status::Ok);
                    let request = &request;
                    scope.spawn(move || {
                        let reply = connection.call(request).unwrap();
                        // Whoever has the answer can use the key, also if another call made it.
                        let handle = reply.key.as_ref().unwrap().handle;
                        assert_eq!(connection.status(&GetKeyRequest { handle }), Status::Ok);
                        reply
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(replies.iter().all(|reply| *reply == replies[0]));
    }
    assert_eq!(test.connect().counts(), (20, 0));
}

#[test]
fn results_are_remembered_for_an_hour() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let request = ec_request(Curve::P256, token("old"));
    assert_eq!(request.request_id.len(), REQUEST_ID_BYTES);
    let first = connection.call(&request).unwrap();
    let purge = |test: &TestHsm| {
        let now = test.hsm.clock.now_unix_ms();
        test.hsm.requests.purge(&test.hsm.barrier, now).unwrap()
    };
    test.hsm.clock.advance_ms(59 * 60 * 1000);
    assert_eq!(purge(&test), 0);
    let mut connection = test.log_in("app");
    assert_eq!(connection.call(&request).unwrap(), first);
    test.hsm.clock.advance_ms(2 * 60 * 1000);
    let mut connection = test.log_in("app");
    assert_eq!(connection.status(&request), Status::RequestIdReused);
    assert_eq!(purge(&test), 1);
    assert_eq!(purge(&test), 0);
    // What was remembered before a restart goes as well.
    connection.generate_ec(Curve::P256, token("before"));
    drop(connection);
    let test = test.restart();
    let mut connection = test.log_in("app");
    connection.generate_ec(Curve::P256, token("after"));
    assert_eq!(purge(&test), 0);
    test.hsm.clock.advance_ms(4 * 60 * 60 * 1000);
    assert_eq!(purge(&test), 2);
    assert_eq!(purge(&test), 0);
}

#[test]
fn a_session_key_is_made_again_under_another_login() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let request = ec_request(Curve::P256, Vec::new());
    let first = connection.call(&request).unwrap();
    assert_eq!(connection.call(&request).unwrap(), first);
    assert_eq!(connection.status(&LogoutRequest {}), Status::Ok);
    connection.log_in("app");
    let second = connection.call(&request).unwrap();
    assert_ne!(second, first);
    let handle = second.key.unwrap().handle;
    assert_eq!(connection.status(&GetKeyRequest { handle }), Status::Ok);
}

#[test]
fn what_fails_after_it_is_stored_is_no_success() {
    let test = TestHsm::active(Mode::Fips);
    // The cluster certificate of the throwaway cluster has expired by then.
    test.hsm.clock.advance_ms(40 * 366 * 24 * 3600 * 1000);
    let mut officer = test.log_in("admin");
    let anchor = DevClient::generate(test.hsm.clock.now_unix_ms()).unwrap();
    let register = RegisterTrustAnchorRequest {
        request_id: request_id(),
        certificate_pem: anchor.authority_pem,
        users: Vec::new(),
    };
    assert_eq!(officer.status(&register), Status::CertificateRefused);
    let anchors = officer.call(&ListTrustAnchorsRequest {}).unwrap().anchors;
    assert_eq!(anchors.len(), 2);
}
