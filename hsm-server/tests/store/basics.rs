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
