//! The life of keys: whose they are, how long they live, how they are found, changed and deleted.

use crate::harness::*;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, Mechanism, Status, attributes};
use hsm_server::policy::Mode;
use std::collections::HashSet;

fn sign(handle: u64) -> SignRequest {
    SignRequest {
        handle,
        mechanism: Mechanism::EcdsaSha256.code(),
        parameters: None,
        data: vec![3; 32],
    }
}

fn delete(handle: u64) -> DeleteKeyRequest {
    DeleteKeyRequest {
        request_id: request_id(),
        handle,
        only_session_key: false,
    }
}

fn update(handle: u64, attributes: Vec<AttributeValue>) -> UpdateKeyRequest {
    UpdateKeyRequest {
        request_id: request_id(),
        handle,
        attributes,
        ..UpdateKeyRequest::default()
    }
}

fn find(attributes: Vec<AttributeValue>) -> FindKeysRequest {
    FindKeysRequest {
        attributes,
        ..FindKeysRequest::default()
    }
}

#[test]
fn keys_made_in_one_millisecond_keep_their_order() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    let created: Vec<u64> = (0..50)
        .map(|_| app.generate_ec(Curve::P256, Vec::new()).created_unix_ms)
        .collect();
    assert!(created.is_sorted_by(|a, b| a < b), "{created:?}");
}

#[test]
fn a_key_is_its_owners_alone() {
    let test = TestHsm::active(Mode::Fips);
    let mut owner = test.log_in("app");
    let mut other = test.log_in("other");
    let key = owner.generate_ec(Curve::P256, token("secret plan"));
    for handle in [key.handle, key.handle + 1] {
        assert_eq!(other.status(&sign(handle)), Status::KeyNotFound);
        assert_eq!(other.status(&GetKeyRequest { handle }), Status::KeyNotFound);
        assert_eq!(
            other.status(&update(handle, Vec::new())),
            Status::KeyNotFound
        );
        assert_eq!(other.status(&delete(handle)), Status::KeyNotFound);
    }
    assert!(other.call(&find(Vec::new())).unwrap().keys.is_empty());
    assert_eq!(
        owner.call(&find(Vec::new())).unwrap().keys,
        std::slice::from_ref(&key)
    );
    for handle in [0, 1, 2, u64::MAX, key.handle ^ 2] {
        assert_eq!(owner.status(&sign(handle)), Status::KeyNotFound);
    }
    assert_eq!(
        owner
            .call(&GetKeyRequest {
                handle: key.handle + 1
            })
            .unwrap()
            .key,
        Some(key)
    );
}

#[test]
fn token_keys_stay_and_deleted_ones_do_not_come_back() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let kept = connection.generate_ec(Curve::P256, token("kept"));
    let deleted = connection.generate_aes(256, token("deleted"));
    assert_eq!(connection.status(&delete(deleted.handle)), Status::Ok);
    assert_eq!(
        connection.status(&GetKeyRequest {
            handle: deleted.handle
        }),
        Status::KeyNotFound
    );
    let tombstone = format!("tombstone/{:016x}", deleted.handle);
    assert!(test.hsm.barrier.get(&tombstone).unwrap().is_some());
    drop(connection);
    let test = test.restart();
    let mut connection = test.log_in("app");
    assert_eq!(
        connection.call(&find(Vec::new())).unwrap().keys,
        std::slice::from_ref(&kept)
    );
    assert_eq!(connection.status(&sign(kept.handle)), Status::Ok);
    assert_eq!(
        connection.status(&delete(kept.handle + 1)),
        Status::KeyTypeInconsistent
    );
    // A session key alone: refused of a token key, also of one that was a session key when its holder got it.
    let only_session = |handle| DeleteKeyRequest {
        only_session_key: true,
        ..delete(handle)
    };
    assert_eq!(
        connection.status(&only_session(kept.handle)),
        Status::NotDestroyable
    );
    let session = connection.generate_aes(256, Vec::new());
    connection
        .call(&update(session.handle, token("promoted")))
        .unwrap();
    assert_eq!(
        connection.status(&only_session(session.handle)),
        Status::NotDestroyable
    );
    assert_eq!(connection.status(&delete(session.handle)), Status::Ok);
    let session = connection.generate_aes(256, Vec::new());
    assert_eq!(connection.status(&only_session(session.handle)), Status::Ok);
    let fixed = [Attribute::Destroyable.flag(false)]
        .into_iter()
        .chain(token("fixed"))
        .collect();
    let fixed = connection.generate_ec(Curve::P256, fixed);
    assert_eq!(
        connection.status(&delete(fixed.handle)),
        Status::NotDestroyable
    );
    assert_eq!(connection.counts(), (2, 0));
}

#[test]
fn session_keys_live_as_long_as_their_login() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.connect();
    let login = connection.log_in("app");
    let key = connection.generate_ec(Curve::P256, Vec::new());
    assert_eq!(
        attributes::find_flag(&key.attributes, Attribute::Token),
        Some(false)
    );
    let secret = connection.generate_aes(256, vec![Attribute::Label.text("session")]);
    // Another login of the same user does not see them.
    let mut second = test.log_in("app");
    assert_eq!(second.status(&sign(key.handle)), Status::KeyNotFound);
    assert!(second.call(&find(Vec::new())).unwrap().keys.is_empty());
    // A reconnect and a clean restart do not end the login.
    drop((connection, second));
    let test = test.restart();
    let mut connection = test.connect();
    let resume = ResumeRequest {
        token: login.token.clone(),
    };
    assert_eq!(connection.status(&resume), Status::Ok);
    assert_eq!(connection.status(&sign(key.handle)), Status::Ok);
    assert_eq!(connection.counts(), (0, 2));
    // One becomes a token key, with the same handle; the other goes with the login.
    let moved = connection
        .call(&update(key.handle, token("kept")))
        .unwrap()
        .key
        .unwrap();
    assert_eq!(moved.handle, key.handle);
    for attributes in [&moved.attributes, &moved.public_attributes] {
        assert_eq!(
            attributes::find_flag(attributes, Attribute::Token),
            Some(true)
        );
    }
    assert_eq!(connection.counts(), (1, 1));
    let back = update(key.handle, vec![Attribute::Token.flag(false)]);
    assert_eq!(connection.status(&back), Status::AttributeReadOnly);
    assert_eq!(connection.status(&LogoutRequest {}), Status::Ok);
    assert_eq!(connection.status(&sign(key.handle)), Status::NotLoggedIn);
    assert_eq!(connection.counts(), (1, 0));
    let mut connection = test.log_in("app");
    assert_eq!(connection.status(&sign(key.handle)), Status::Ok);
    assert_eq!(
        connection.status(&GetKeyRequest {
            handle: secret.handle
        }),
        Status::KeyNotFound
    );
    let paths = test.hsm.barrier.scan("session-key/", None, 10).unwrap();
    assert!(
        paths.is_empty(),
        "{} session keys left in the store",
        paths.len()
    );
}

#[test]
fn a_logout_ends_the_login_on_all_its_connections() {
    let test = TestHsm::active(Mode::Fips);
    let mut first = test.connect();
    let login = first.log_in("app");
    let mut second = test.connect();
    let resume = ResumeRequest {
        token: login.token.clone(),
    };
    assert_eq!(second.status(&resume), Status::Ok);
    let key = second.generate_ec(Curve::P256, token("used after logout"));
    assert_eq!(first.status(&LogoutRequest {}), Status::Ok);
    assert_eq!(second.status(&sign(key.handle)), Status::TokenInvalid);
    assert_eq!(second.status(&resume), Status::TokenInvalid);
}

#[test]
fn finds_keys_by_label_type_and_page() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let mut handles = HashSet::new();
    for index in 0..30 {
        let label = format!("key {}", index % 10);
        handles.insert(match index % 3 {
            0 => connection.generate_ec(Curve::P256, token(&label)).handle,
            _ => connection.generate_aes(128, token(&label)).handle,
        });
    }
    assert_eq!(handles.len(), 30);
    assert!(
        handles
            .iter()
            .all(|handle| handle % 2 == 0 && *handle > 0 && *handle >> 63 == 0)
    );
    let labelled = connection
        .call(&find(vec![Attribute::Label.text("key 4")]))
        .unwrap();
    assert_eq!(labelled.keys.len(), 3);
    let wanted = vec![
        Attribute::Label.text("key 4"),
        Attribute::Extractable.flag(true),
    ];
    assert!(connection.call(&find(wanted)).unwrap().keys.is_empty());
    let aes = FindKeysRequest {
        key_type: KeyType::Aes.into(),
        ..find(Vec::new())
    };
    assert_eq!(connection.call(&aes).unwrap().keys.len(), 20);
    let mut paged = Vec::new();
    loop {
        let after_handle = paged.last().copied().unwrap_or_default();
        let page = FindKeysRequest {
            after_handle,
            limit: 7,
            ..find(Vec::new())
        };
        let page = connection.call(&page).unwrap();
        assert!(page.keys.len() <= 7);
        paged.extend(page.keys.iter().map(|key| key.handle));
        if !page.more {
            break;
        }
    }
    assert!(paged.is_sorted());
    assert_eq!(paged.into_iter().collect::<HashSet<_>>(), handles);
}

#[test]
fn attributes_only_get_stricter() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let open = [
        Attribute::Extractable.flag(true),
        Attribute::Sensitive.flag(false),
    ];
    let key = connection.generate_ec(Curve::P256, open.into_iter().chain(token("a")).collect());
    let flags = |key: &KeyInfo, attribute| attributes::find_flag(&key.attributes, attribute);
    assert_eq!(flags(&key, Attribute::NeverExtractable), Some(false));
    assert_eq!(flags(&key, Attribute::AlwaysSensitive), Some(false));
    let stricter = vec![
        Attribute::Extractable.flag(false),
        Attribute::Sensitive.flag(true),
        Attribute::Derive.flag(false),
        Attribute::Label.text("b"),
        Attribute::AllowedMechanisms.mechanisms([Mechanism::EcdsaSha256, Mechanism::EcdsaSha384]),
    ];
    let key = connection
        .call(&update(key.handle, stricter.clone()))
        .unwrap()
        .key
        .unwrap();
    assert_eq!(flags(&key, Attribute::NeverExtractable), Some(false));
    assert_eq!(flags(&key, Attribute::AlwaysSensitive), Some(false));
    assert_eq!(
        attributes::find_text(&key.attributes, Attribute::Label),
        Some("b")
    );
    // Again is no change, so no fault.
    assert_eq!(connection.status(&update(key.handle, stricter)), Status::Ok);
    for weaker in [
        Attribute::Extractable.flag(true),
        Attribute::Sensitive.flag(false),
        Attribute::Derive.flag(true),
        Attribute::Private.flag(false),
        Attribute::NeverExtractable.flag(true),
        Attribute::AllowedMechanisms.mechanisms([Mechanism::EcdsaSha256, Mechanism::Ecdh]),
    ] {
        let changes = vec![Attribute::Label.text("c"), weaker.clone()];
        let status = connection.status(&update(key.handle, changes));
        assert_eq!(status, Status::AttributeReadOnly, "{weaker:?}");
    }
    let after = connection
        .call(&GetKeyRequest { handle: key.handle })
        .unwrap()
        .key
        .unwrap();
    assert_eq!(after, key, "half of a refused update was kept");
    let frozen = update(key.handle, vec![Attribute::Modifiable.flag(false)]);
    assert_eq!(connection.status(&frozen), Status::Ok);
    let relabel = update(key.handle, vec![Attribute::Label.text("d")]);
    assert_eq!(connection.status(&relabel), Status::AttributeReadOnly);
    drop(connection);
    let test = test.restart();
    let mut connection = test.log_in("app");
    assert_eq!(connection.status(&relabel), Status::AttributeReadOnly);
    assert_eq!(connection.status(&sign(key.handle)), Status::Ok);
    let mut sha512 = sign(key.handle);
    sha512.mechanism = Mechanism::EcdsaSha512.code();
    sha512.data = vec![0; 64];
    assert_eq!(connection.status(&sha512), Status::MechanismNotAllowed);
}

#[test]
fn a_unique_label_stays_unique_whoever_comes_first() {
    let test = TestHsm::active(Mode::Fips);
    let login = test.connect().log_in("app");
    let connect = || {
        let mut connection = test.connect();
        let resume = ResumeRequest {
            token: login.token.clone(),
        };
        assert_eq!(connection.status(&resume), Status::Ok);
        connection
    };
    for round in 0..10 {
        let label = format!("label {round}");
        let made: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|_| {
                    let (mut connection, label) = (connect(), label.clone());
                    let key = connection.generate_ec(Curve::P256, Vec::new());
                    scope.spawn(move || {
                        let mut update = update(key.handle, token(&label));
                        update.unique_label = true;
                        match connection.status(&update) {
                            Status::Ok => 1,
                            Status::LabelInUse => 0,
                            other => panic!("{other}"),
                        }
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(made, 1);
    }
    // The same label again for the same key is no conflict.
    let mut connection = connect();
    let found = connection
        .call(&find(vec![Attribute::Label.text("label 0")]))
        .unwrap();
    let mut same = update(found.keys[0].handle, token("label 0"));
    same.unique_label = true;
    assert_eq!(connection.status(&same), Status::Ok);
}
