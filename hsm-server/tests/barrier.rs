//! Records under the barrier: sealed, bound to their place, under keys that rotate.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use hsm_server::barrier::{Barrier, BarrierError, BarrierTransaction};
use hsm_server::seal::MasterKey;
use hsm_server::store::redb::RedbStore;
use hsm_server::store::{Durability, Store, StoreError, Transaction};
use zeroize::Zeroizing;

const CLUSTER: [u8; 16] = *b"cluster-id-bytes";

struct Setup {
    store: Arc<RedbStore>,
    barrier: Barrier,
    key: MasterKey,
    _directory: tempfile::TempDir,
}

fn setup() -> Setup {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(RedbStore::open(directory.path()).unwrap());
    let key = MasterKey::generate().unwrap();
    let barrier = Barrier::create(store.clone(), &key, CLUSTER).unwrap();
    Setup {
        store,
        barrier,
        key,
        _directory: directory,
    }
}

fn durable() -> BarrierTransaction {
    BarrierTransaction::new(Durability::Durable)
}

fn secret(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

/// Writes past the barrier, as one who has the disk would.
fn overwrite(store: &dyn Store, path: &str, value: Vec<u8>) {
    store
        .commit(Transaction::new(Durability::Durable).put(path, value))
        .unwrap();
}

fn get_error(barrier: &Barrier, path: &str) -> BarrierError {
    barrier.get(path).err().unwrap()
}

#[test]
fn what_is_put_comes_back_with_its_version() {
    let s = setup();
    assert!(s.barrier.get("key/01").unwrap().is_none());
    for version in 1..=3 {
        let text = format!("private {version}");
        let revision = s
            .barrier
            .commit(&durable().put("key/01", secret(&text)))
            .unwrap();
        let opened = s.barrier.get("key/01").unwrap().unwrap();
        assert_eq!(opened.plaintext.as_slice(), text.as_bytes());
        assert_eq!((opened.version, opened.revision), (version, revision));
    }
    s.barrier.commit(&durable().delete("key/01")).unwrap();
    assert!(s.barrier.get("key/01").unwrap().is_none());
    // An empty record is a record.
    s.barrier
        .commit(&durable().put("key/01", secret("")))
        .unwrap();
    let opened = s.barrier.get("key/01").unwrap().unwrap();
    assert_eq!((opened.plaintext.len(), opened.version), (0, 1));
}

#[test]
fn the_disk_shows_neither_contents_nor_names() {
    let s = setup();
    let path = s.barrier.name_path("user", "alice.example");
    s.barrier
        .commit(&durable().put(&path, secret("very-secret-record-contents")))
        .unwrap();
    s.barrier.close().unwrap();
    let file = std::fs::read(s._directory.path().join("store.redb")).unwrap();
    let shows = |needle: &[u8]| file.windows(needle.len()).any(|window| window == needle);
    assert!(!shows(b"very-secret-record-contents"));
    assert!(!shows(b"alice.example"));
    // The same search does find what is there in clear.
    assert!(shows(path.as_bytes()));
    assert!(shows(&CLUSTER));
}

#[test]
fn a_record_opens_only_at_its_own_path() {
    let s = setup();
    s.barrier
        .commit(
            &durable()
                .put("key/01", secret("one"))
                .put("key/02", secret("two")),
        )
        .unwrap();
    let moved = s.store.get("key/01").unwrap().unwrap().value;
    overwrite(&*s.store, "key/02", moved.clone());
    overwrite(&*s.store, "key/03", moved);
    for path in ["key/02", "key/03"] {
        assert_eq!(
            get_error(&s.barrier, path),
            BarrierError::Tampered { path: path.into() }
        );
    }
    assert_eq!(
        s.barrier
            .get("key/01")
            .unwrap()
            .unwrap()
            .plaintext
            .as_slice(),
        b"one"
    );
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let s = setup();
    s.barrier
        .commit(&durable().put("key/01", secret("private")))
        .unwrap();
    let good = s.store.get("key/01").unwrap().unwrap().value;
    assert_eq!(good.len(), 1 + 4 + 8 + 12 + "private".len() + 16);
    let refused = |value: Vec<u8>| {
        overwrite(&*s.store, "key/01", value);
        let error = get_error(&s.barrier, "key/01");
        let text = error.to_string();
        assert!(
            text.contains("key/01") && text.contains("restore"),
            "{text}"
        );
        error
    };
    for bit in 0..good.len() * 8 {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = refused(flipped);
        match bit / 8 {
            0 => assert!(matches!(error, BarrierError::Damaged { .. }), "{error}"),
            1..5 => assert!(matches!(
                error,
                BarrierError::MissingDataKey { .. } | BarrierError::Tampered { .. }
            )),
            _ => assert!(matches!(error, BarrierError::Tampered { .. }), "{error}"),
        }
    }
    for length in 0..good.len() {
        refused(good[..length].to_vec());
    }
    let mut longer = good.clone();
    longer.push(0);
    refused(longer);
    // A record that does not open is not silently replaced; deleting it is a decision.
    let error = s
        .barrier
        .commit(&durable().put("key/01", secret("new")))
        .unwrap_err();
    assert!(matches!(error, BarrierError::Tampered { .. }));
    s.barrier.commit(&durable().delete("key/01")).unwrap();
    s.barrier
        .commit(&durable().put("key/01", secret("new")))
        .unwrap();
    overwrite(&*s.store, "key/01", good);
    // Replay of an old record as the same version is authentic: docs/formats.md says so.
    assert_eq!(s.barrier.get("key/01").unwrap().unwrap().version, 1);
}

#[test]
fn an_older_copy_is_refused_where_the_version_is_known() {
    let s = setup();
    s.barrier
        .commit(&durable().put("user/01", secret("locked: no")))
        .unwrap();
    let old = s.store.get("user/01").unwrap().unwrap().value;
    s.barrier
        .commit(&durable().put("user/01", secret("locked: yes")))
        .unwrap();
    let seen = s
        .barrier
        .get_at_least("user/01", 2)
        .unwrap()
        .unwrap()
        .version;
    assert_eq!(seen, 2);
    overwrite(&*s.store, "user/01", old.clone());
    assert_eq!(
        s.barrier.get_at_least("user/01", seen).err().unwrap(),
        BarrierError::Replayed {
            path: "user/01".into(),
            found: 1,
            expected: 2
        }
    );
    // Its version is authenticated: it cannot be passed off as the newer one.
    let mut renumbered = old;
    renumbered[5..13].copy_from_slice(&2_u64.to_be_bytes());
    overwrite(&*s.store, "user/01", renumbered);
    let error = s.barrier.get_at_least("user/01", seen).err().unwrap();
    assert_eq!(
        error,
        BarrierError::Tampered {
            path: "user/01".into()
        }
    );
}

#[test]
fn a_record_of_another_cluster_does_not_open() {
    let (s, other) = (setup(), setup());
    s.barrier
        .commit(&durable().put("key/01", secret("one")))
        .unwrap();
    let value = s.store.get("key/01").unwrap().unwrap().value;
    overwrite(&*other.store, "key/01", value);
    let expected = BarrierError::Tampered {
        path: "key/01".into(),
    };
    assert_eq!(get_error(&other.barrier, "key/01"), expected);
}

#[test]
fn compares_hold_or_nothing_changes() {
    let s = setup();
    let revision = s
        .barrier
        .commit(&durable().if_absent("key/01").put("key/01", secret("a")))
        .unwrap();
    let conflict = BarrierError::Store(StoreError::Conflict {
        path: "key/01".into(),
        revision: Some(revision),
    });
    let again = durable()
        .if_absent("key/01")
        .put("key/01", secret("b"))
        .put("key/02", secret("b"));
    assert_eq!(s.barrier.commit(&again).unwrap_err(), conflict);
    let stale = durable()
        .if_revision("key/01", revision - 1)
        .put("key/02", secret("b"));
    assert_eq!(s.barrier.commit(&stale).unwrap_err(), conflict);
    assert!(s.barrier.get("key/02").unwrap().is_none());
    let right = durable()
        .if_revision("key/01", revision)
        .put("key/01", secret("c"));
    s.barrier.commit(&right).unwrap();
}

#[test]
fn puts_without_a_compare_take_turns() {
    let s = setup();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    s.barrier
                        .commit(&durable().put("user/01", secret("x")))
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(s.barrier.get("user/01").unwrap().unwrap().version, 160);
}

#[test]
fn rotation_seals_new_records_and_leaves_old_ones() {
    let s = setup();
    s.barrier
        .commit(&durable().put("key/01", secret("old")))
        .unwrap();
    let before = s.store.get("key/01").unwrap().unwrap();
    assert_eq!(s.barrier.rotate().unwrap(), 2);
    s.barrier
        .commit(&durable().put("key/02", secret("new")))
        .unwrap();
    assert_eq!(s.store.get("key/01").unwrap().unwrap(), before);
    let number = |path: &str| s.store.get(path).unwrap().unwrap().value[1..5].to_vec();
    assert_eq!(
        (number("key/01"), number("key/02")),
        (vec![0, 0, 0, 1], vec![0, 0, 0, 2])
    );
    // Also after opening anew.
    let reopened = Barrier::open(s.store.clone(), &s.key).unwrap();
    assert_eq!(
        reopened
            .get("key/01")
            .unwrap()
            .unwrap()
            .plaintext
            .as_slice(),
        b"old"
    );
    assert_eq!(
        reopened
            .get("key/02")
            .unwrap()
            .unwrap()
            .plaintext
            .as_slice(),
        b"new"
    );
    reopened
        .commit(&durable().put("key/03", secret("newer")))
        .unwrap();
    assert_eq!(number("key/03"), [0, 0, 0, 2]);
    // A barrier that was open meanwhile finds the data key of another.
    assert_eq!(reopened.rotate().unwrap(), 3);
    reopened
        .commit(&durable().put("key/04", secret("newest")))
        .unwrap();
    assert_eq!(
        s.barrier
            .get("key/04")
            .unwrap()
            .unwrap()
            .plaintext
            .as_slice(),
        b"newest"
    );
    assert_eq!(s.barrier.rotate().unwrap(), 4);
}

#[test]
fn a_damaged_data_key_is_named_when_opening() {
    let s = setup();
    let path = "data-key/00000001";
    let mut wrapped = s.store.get(path).unwrap().unwrap().value;
    *wrapped.last_mut().unwrap() ^= 1;
    overwrite(&*s.store, path, wrapped);
    let found = Barrier::open(s.store.clone(), &s.key).err().unwrap();
    assert_eq!(found, BarrierError::Tampered { path: path.into() });
}

#[test]
fn scan_pages_and_one_damaged_record_does_not_hide_the_others() {
    let s = setup();
    for i in 0..7 {
        s.barrier
            .commit(&durable().put(format!("key/{i}"), secret(&i.to_string())))
            .unwrap();
    }
    s.barrier
        .commit(&durable().put("login/01", secret("no key")))
        .unwrap();
    overwrite(&*s.store, "key/3", b"junk".to_vec());
    let (mut good, mut bad, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = s.barrier.scan("key/", after.as_deref(), 3).unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (path, opened) in page {
            match opened {
                Ok(opened) => good.push((path, opened.plaintext.to_vec())),
                Err(error) => bad.push(error),
            }
        }
    }
    let expected: Vec<_> = [0, 1, 2, 4, 5, 6]
        .map(|i| (format!("key/{i}"), i.to_string().into_bytes()))
        .into();
    assert_eq!(good, expected);
    assert!(matches!(&bad[..], [BarrierError::Damaged { path, .. }] if path == "key/3"));
}

#[test]
fn the_barriers_own_paths_are_refused() {
    let s = setup();
    for path in [
        "barrier/header",
        "data-key/00000001",
        "data-key-uses/00000001",
    ] {
        let reserved = BarrierError::Reserved { path: path.into() };
        assert_eq!(get_error(&s.barrier, path), reserved);
        assert_eq!(
            s.barrier.commit(&durable().delete(path)).unwrap_err(),
            reserved
        );
        let error = s
            .barrier
            .commit(&durable().put(path, secret("x")))
            .unwrap_err();
        assert_eq!(error, reserved);
    }
    for prefix in ["data-key/", "barrier/", "data-key-uses/", "", "data"] {
        assert!(s.barrier.scan(prefix, None, 10).is_err(), "{prefix:?}");
    }
}

#[test]
fn name_paths_are_stable_and_apart() {
    let s = setup();
    let path = s.barrier.name_path("user", "alice");
    let (prefix, hash) = path.split_once('/').unwrap();
    assert_eq!((prefix, hash.len()), ("user", 32));
    let reopened = Barrier::open(s.store.clone(), &s.key).unwrap();
    assert_eq!(reopened.name_path("user", "alice"), path);
    assert_ne!(s.barrier.name_path("user", "Alice"), path);
    assert!(!s.barrier.name_path("label", "alice").ends_with(hash));
    // Where the prefix ends and the name begins is part of what is hashed.
    let hash_of = |prefix, name| s.barrier.name_path(prefix, name).split_off(prefix.len());
    assert_ne!(hash_of("ab", "c"), hash_of("a", "bc"));
    assert_ne!(setup().barrier.name_path("user", "alice"), path);
}

#[test]
fn the_cluster_id_is_known_without_the_master_key() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    assert_eq!(Barrier::cluster_id_of(&store).unwrap(), None);
    let s = setup();
    assert_eq!(Barrier::cluster_id_of(&*s.store).unwrap(), Some(CLUSTER));
    // A header given to another cluster does not open.
    let mut header = s.store.get("barrier/header").unwrap().unwrap().value;
    header[1] ^= 1;
    overwrite(&*s.store, "barrier/header", header);
    let found = Barrier::open(s.store.clone(), &s.key).err().unwrap();
    assert_eq!(found, BarrierError::WrongMasterKey);
}
