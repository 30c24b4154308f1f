//! A really full disk under the store.

use std::path::Path;

use hsm_server::store::redb::RedbStore;
use hsm_server::store::{Durability, Store, StoreError, Transaction};

use super::faults::PATIENCE;
use super::tmpfs;

#[test]
fn a_full_disk_is_reported_and_survived() {
    tmpfs::run("full_disk::on_the_tmpfs", "4m");
}

#[test]
#[ignore = "run by a_full_disk_is_reported_and_survived, on a small tmpfs"]
fn on_the_tmpfs() {
    let directory = std::env::temp_dir();
    let data = directory.join("data");
    std::fs::create_dir(&data).unwrap();
    let store = RedbStore::open(&data).unwrap();
    let put = |i: usize, bytes: usize| {
        let transaction = Transaction::new(Durability::Durable);
        store.commit(transaction.put(format!("key/{i:04}"), vec![i.to_le_bytes()[0]; bytes]))
    };
    for i in 0..20 {
        put(i, 1000).unwrap();
    }
    // A session key that only waits for the next sync.
    let deferred = Transaction::new(Durability::Deferred).put("session-key/1", "x");
    store.commit(deferred).unwrap();

    let filler = directory.join("filler");
    fill(&filler);
    let mut kept = 20;
    let error = loop {
        match put(kept, 20_000) {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 1000, "the disk never filled up");
    };
    println!("full after {kept} records: {error}");
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert!(error.to_string().contains("free some space"));
    for _ in 0..3 {
        let again = put(kept, 20_000).unwrap_err();
        assert!(matches!(again, StoreError::DiskFull { .. }), "{again:?}");
    }
    // Everything acknowledged is still there to be read while the disk is full.
    let check = |store: &RedbStore, kept: usize| {
        let found = store.scan("key/", None, usize::MAX).unwrap();
        assert_eq!(
            found.len(),
            kept,
            "something acknowledged is lost, or something refused is not"
        );
        for (i, (path, entry)) in found.iter().enumerate() {
            assert_eq!(path, &format!("key/{i:04}"));
            assert!(entry.value.iter().all(|byte| *byte == i.to_le_bytes()[0]));
        }
    };
    check(&store, kept);

    std::fs::remove_file(&filler).unwrap();
    // It goes on by itself, after holding off a little.
    let deadline = std::time::Instant::now() + PATIENCE;
    while let Err(error) = put(kept, 20_000) {
        assert!(std::time::Instant::now() < deadline, "{error}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    check(&store, kept + 1);
    store.close().unwrap();
    drop(store);
    check(&RedbStore::open(&data).unwrap(), kept + 1);
}

fn fill(path: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    for size in [65536, 4096] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}
