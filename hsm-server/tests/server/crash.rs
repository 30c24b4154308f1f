//! What a kill leaves behind, and what damage to the files does.

use crate::harness::*;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, Status};
use hsm_server::barrier::BarrierError;
use hsm_server::cluster;
use hsm_server::policy::Mode;
use hsm_server::seal::SealConfig;
use hsm_server::setup::{self, SetupError};
use hsm_server::store::redb::RedbStore;
use hsm_server::store::{Durability, Store, Transaction};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn get(connection: &mut Connection, handle: u64) -> Result<KeyInfo, Status> {
    connection
        .call(&GetKeyRequest { handle })
        .map(|reply| reply.key.unwrap())
        .map_err(|(status, _)| status)
}

/// Makes everything before it durable.
fn sync(connection: &mut Connection) {
    connection.generate_aes(256, token("sync"));
}

#[test]
fn a_session_key_that_was_deleted_or_restricted_stays_so_after_a_kill() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.connect();
    let login = app.log_in("app");
    let deleted = app.generate_aes(256, Vec::new()).handle;
    let extractable = vec![Attribute::Extractable.flag(true)];
    let restricted = app.generate_aes(256, extractable).handle;
    sync(&mut app);
    app.call(&DeleteKeyRequest {
        request_id: request_id(),
        handle: deleted,
        only_session_key: false,
    })
    .unwrap();
    let after_delete = test.after_a_kill();
    app.call(&UpdateKeyRequest {
        request_id: request_id(),
        handle: restricted,
        attributes: vec![Attribute::Extractable.flag(false)],
        ..UpdateKeyRequest::default()
    })
    .unwrap();
    let after_update = test.after_a_kill();

    for (test, extractable) in [(after_delete, true), (after_update, false)] {
        let mut app = test.connect();
        app.resume(&login.token);
        assert_eq!(get(&mut app, deleted).unwrap_err(), Status::KeyNotFound);
        let key = get(&mut app, restricted).unwrap();
        let wanted = Attribute::Extractable.flag(extractable);
        assert!(key.attributes.contains(&wanted), "{:?}", key.attributes);
    }
}

#[test]
fn session_keys_whose_login_is_gone_go_at_the_next_start_and_in_maintenance() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.connect();
    let login = app.log_in("app");
    app.generate_aes(256, Vec::new());
    sync(&mut app);
    assert_eq!(app.counts(), (1, 1));
    // The first half of a logout, which is durable; then the kill.
    let id = login.login_id.as_slice().try_into().unwrap();
    test.hsm.logins.end(&id).unwrap();
    let restarted = test.after_a_kill();
    assert_eq!(restarted.connect().counts(), (1, 0));
    let stored = |test: &TestHsm| test.hsm.barrier.scan("session-key/", None, 10).unwrap();
    assert!(stored(&restarted).is_empty());

    // Without a kill: the second half failed.
    assert_eq!(stored(&test).len(), 1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let maintenance = tokio::spawn(cluster::maintain(Arc::clone(&test.hsm)));
        let gone = async {
            while !stored(&test).is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.unwrap();
        maintenance.abort();
    });
    assert_eq!(test.hsm.keys.counts().session_keys, 0);
}

#[test]
fn a_damaged_key_record_does_not_take_the_other_keys_away() {
    let mut test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    let keys: Vec<u64> = ["flipped", "moved", "whole"]
        .map(|label| app.generate_aes(256, token(label)).handle)
        .to_vec();
    drop(app);
    let directory = test.stop();
    let path = |handle: u64| format!("key/{handle:016x}");
    let store = RedbStore::open(directory.path()).unwrap();
    let mut flipped = store.get(&path(keys[0])).unwrap().unwrap().value;
    *flipped.last_mut().unwrap() ^= 1;
    let moved = store.get(&path(keys[2])).unwrap().unwrap().value;
    store
        .commit(
            Transaction::new(Durability::Durable)
                .put(path(keys[0]), flipped)
                .put(path(keys[1]), moved),
        )
        .unwrap();
    store.close().unwrap();
    drop(store);

    let test = TestHsm::open(directory, None);
    let mut app = test.log_in("app");
    let statuses: Vec<_> = keys
        .iter()
        .map(|handle| get(&mut app, *handle).map(|key| key.handle))
        .collect();
    assert_eq!(
        statuses,
        [
            Err(Status::KeyNotFound),
            Err(Status::KeyNotFound),
            Ok(keys[2])
        ]
    );
    assert_eq!(app.counts(), (1, 0));
}

#[test]
fn a_set_up_that_was_cut_short_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let opening = opening(directory.path());
    let seal = SealConfig::KeyFile {
        path: directory.path().join("seal.key"),
    };
    setup::init(opening, &seal, Mode::NonFips).unwrap();
    remove_cluster(directory.path());
    assert!(!setup::is_set_up(directory.path()).unwrap());
    let lifetime = Duration::from_secs(3600);
    let error = setup::open(opening, lifetime).err().unwrap();
    assert!(matches!(error, SetupError::CutShort), "{error}");
    assert!(error.to_string().contains("hsm-server init"));

    setup::init(opening, &seal, Mode::NonFips).unwrap();
    assert!(setup::is_set_up(directory.path()).unwrap());
    // A kill while the id was being written left a part of it behind.
    std::fs::create_dir_all(directory.path().join("identity")).unwrap();
    std::fs::write(directory.path().join("identity/hsm-id.new"), "01").unwrap();
    let hsm = setup::open(opening, lifetime).unwrap();
    assert_eq!(hsm.mode, Mode::NonFips);
    let id = hsm.cluster.hsm_id();
    hsm.barrier.close().unwrap();
    drop(hsm);
    let hsm = setup::open(opening, lifetime).unwrap();
    assert_eq!(hsm.cluster.hsm_id(), id);
    hsm.barrier.close().unwrap();
    drop(hsm);
    let again = setup::init(opening, &seal, Mode::NonFips).unwrap_err();
    assert!(
        matches!(again, SetupError::Barrier(BarrierError::AlreadyCreated)),
        "{again}"
    );
}

/// What a kill between the barrier and the cluster leaves.
fn remove_cluster(directory: &Path) {
    let store = RedbStore::open(directory).unwrap();
    store
        .commit(
            Transaction::new(Durability::Durable)
                .delete("cluster/state")
                .delete("cluster/key"),
        )
        .unwrap();
    store.close().unwrap();
}
