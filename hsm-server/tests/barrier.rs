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
