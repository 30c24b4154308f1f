use hsm_server::store::redb::RedbStore;
use hsm_server::store::{Durability, Store, StoreError, Transaction};

fn durable() -> Transaction {
    Transaction::new(Durability::Durable)
}

#[test]
fn crud_and_revisions() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    assert_eq!(store.revision(), 0);
    assert_eq!(store.get("key/01").unwrap(), None);
    let first = store
        .commit(durable().put("key/01", "one").put("key/02", "two"))
        .unwrap();
    assert_eq!((first, store.revision()), (1, 1));
    let entry = store.get("key/01").unwrap().unwrap();
    assert_eq!(
        (entry.value.as_slice(), entry.revision),
        (b"one".as_slice(), 1)
    );
    let second = store
        .commit(durable().put("key/01", "uno").delete("key/02"))
        .unwrap();
    assert_eq!(second, 2);
    assert_eq!(store.get("key/01").unwrap().unwrap().revision, 2);
    assert_eq!(store.get("key/02").unwrap(), None);
    // Removing what is not there is no error.
    assert_eq!(store.commit(durable().delete("key/02")).unwrap(), 3);
}

#[test]
fn a_failed_compare_names_the_path_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    let revision = store
        .commit(durable().if_absent("key/01").put("key/01", "one"))
        .unwrap();
    let conflict = |transaction| store.commit(transaction).unwrap_err();
    assert_eq!(
        conflict(durable().if_absent("key/01").put("key/02", "x")),
        StoreError::Conflict {
            path: "key/01".into(),
            revision: Some(revision)
        }
    );
    assert_eq!(
        conflict(
            durable()
                .if_revision("key/01", revision + 1)
                .put("key/02", "x")
        ),
        StoreError::Conflict {
            path: "key/01".into(),
            revision: Some(revision)
        }
    );
    assert_eq!(
        conflict(durable().if_revision("key/03", 1).put("key/02", "x")),
        StoreError::Conflict {
            path: "key/03".into(),
            revision: None
        }
    );
    assert_eq!(store.get("key/02").unwrap(), None);
    assert_eq!(store.revision(), revision);
    store
        .commit(
            durable()
                .if_revision("key/01", revision)
                .put("key/01", "uno"),
        )
        .unwrap();
}

#[test]
fn scan_gives_pages_in_order_within_the_prefix() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    let mut paths: Vec<String> = (0..25).map(|i| format!("key/{i:02x}")).collect();
    for path in paths.iter().rev() {
        store.commit(durable().put(path, path.as_bytes())).unwrap();
    }
    // Neighbours that a careless prefix or bound would bring in.
    store
        .commit(
            durable()
                .put("key", "x")
                .put("keys/00", "x")
                .put("key-0/0", "x"),
        )
        .unwrap();
    for page_length in [1, 7, 25, 100] {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = store.scan("key/", after.as_deref(), page_length).unwrap();
            assert!(page.len() <= page_length);
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            found.extend(page.into_iter().map(|(path, entry)| {
                assert_eq!(entry.value, path.as_bytes());
                path
            }));
        }
        assert_eq!(found, paths);
    }
    assert_eq!(store.scan("", None, 100).unwrap().len(), 28);
    assert_eq!(store.scan("key/", None, 0).unwrap(), []);
    assert_eq!(store.scan("nothing/", None, 9).unwrap(), []);
    // An `after` that is gone, or before the prefix, still says where to go on.
    store.commit(durable().delete(&paths[3])).unwrap();
    assert_eq!(
        store.scan("key/", Some(&paths[3]), 1).unwrap()[0].0,
        paths[4]
    );
    assert_eq!(store.scan("key/", Some("a"), 1).unwrap()[0].0, paths[0]);
    assert_eq!(store.scan("key/", Some("z"), 1).unwrap(), []);
    paths.remove(3);
    assert_eq!(store.scan("key/", None, 100).unwrap().len(), paths.len());
}

#[test]
fn bad_requests_are_refused_with_the_rule() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    let refused = |transaction, words: &str| match store.commit(transaction).unwrap_err() {
        StoreError::Invalid { reason } => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other}"),
    };
    for path in [
        "", "/", "key/", "/key", "key//1", "Key/1", "key/é", "key/a b", "key/\0", "a.b",
    ] {
        refused(durable().put(path, "x"), "a path is");
        refused(durable().if_absent(path).put("ok", "x"), "a path is");
    }
    refused(durable().put("k".repeat(513), "x"), "a path is");
    refused(durable(), "at least one");
    refused(durable().if_absent("key/1"), "at least one");
    refused(durable().put("key/1", "a").put("key/1", "b"), "twice");
    refused(durable().put("key/1", "a").delete("key/1"), "twice");
    refused(durable().put("key/1", vec![0; 1024 * 1024 + 1]), "bytes");
    let half = vec![0; 700 * 1024];
    refused(
        durable().put("key/1", half.clone()).put("key/2", half),
        "bytes",
    );
    let many = (0..129).fold(durable(), |t, i| t.put(format!("key/{i}"), "x"));
    refused(many, "128");
    assert_eq!(store.revision(), 0);
    store
        .commit(durable().put("k".repeat(512), vec![1; 1024 * 1024]))
        .unwrap();
}

#[test]
fn compare_and_swap_loses_no_update() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    store
        .commit(durable().put("counter", 0_u64.to_be_bytes()))
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut done = 0;
                while done < 10 {
                    let entry = store.get("counter").unwrap().unwrap();
                    let count = u64::from_be_bytes(entry.value.try_into().unwrap());
                    let next = (count + 1).to_be_bytes();
                    let swap = durable().if_revision("counter", entry.revision);
                    match store.commit(swap.put("counter", next)) {
                        Ok(_) => done += 1,
                        Err(StoreError::Conflict { path, .. }) => assert_eq!(path, "counter"),
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    let count = store.get("counter").unwrap().unwrap().value;
    assert_eq!(count, 160_u64.to_be_bytes());
    assert_eq!(store.revision(), 161, "a conflict uses up no revision");
}

#[test]
fn only_one_of_many_creates() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    let created = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for i in 0..32_u8 {
            let (store, created) = (&store, &created);
            scope.spawn(move || {
                if store
                    .commit(durable().if_absent("key/1").put("key/1", [i]))
                    .is_ok()
                {
                    created.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(created.into_inner(), 1);
}

#[test]
fn a_clean_close_keeps_everything_and_revisions_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    store.commit(durable().put("key/1", "one")).unwrap();
    let deferred = Transaction::new(Durability::Deferred).put("session-key/1", "two");
    assert_eq!(store.commit(deferred).unwrap(), 2);
    assert_eq!(store.get("session-key/1").unwrap().unwrap().value, b"two");
    store.close().unwrap();
    store.close().unwrap();
    assert_eq!(
        store.commit(durable().put("key/2", "x")).unwrap_err(),
        StoreError::Closed
    );
    assert_eq!(store.get("key/1").unwrap_err(), StoreError::Closed);
    let store = RedbStore::open(directory.path()).unwrap();
    assert_eq!(store.revision(), 2);
    assert_eq!(store.get("session-key/1").unwrap().unwrap().revision, 2);
    assert_eq!(store.commit(durable().put("key/2", "x")).unwrap(), 3);
}

#[test]
fn a_second_opener_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    let error = RedbStore::open(directory.path()).err().unwrap();
    assert!(matches!(error, StoreError::Locked { .. }));
    let text = error.to_string();
    assert!(
        text.contains(directory.path().to_str().unwrap()) && text.contains("in use"),
        "{text}"
    );
    drop(store);
    RedbStore::open(directory.path()).map(drop).unwrap();
}

#[test]
fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let _store = RedbStore::open(directory.path()).unwrap();
    for name in ["store.redb", "store.lock"] {
        let mode = std::fs::metadata(directory.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
