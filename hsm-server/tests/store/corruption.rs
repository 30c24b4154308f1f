//! A damaged file is refused with a clear error, or reads as what was written; never as anything
//! else.

use std::path::Path;

use hsm_server::store::redb::{FILE_NAME, RedbStore};
use hsm_server::store::{Durability, Store, StoreError, Transaction};

use super::disk::Random;

const RECORDS: usize = 40;

fn value(i: usize) -> Vec<u8> {
    let mut random = Random(i as u64);
    (0..200 + i * 20)
        .map(|_| random.next().to_le_bytes()[0])
        .collect()
}

fn make_file() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    for i in 0..RECORDS {
        let transaction = Transaction::new(Durability::Durable);
        store
            .commit(transaction.put(format!("key/{i:02}"), value(i)))
            .unwrap();
    }
    store.close().unwrap();
    std::fs::read(directory.path().join(FILE_NAME)).unwrap()
}

/// Opens a file with these bytes and reads all. `Ok` means that everything was there.
fn open(directory: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    std::fs::write(directory.join(FILE_NAME), bytes).unwrap();
    let store = RedbStore::open(directory)?;
    let found = store.scan("", None, usize::MAX)?;
    let expected: Vec<_> = (0..RECORDS)
        .map(|i| (format!("key/{i:02}"), value(i)))
        .collect();
    let found: Vec<_> = found
        .into_iter()
        .map(|(path, entry)| (path, entry.value))
        .collect();
    assert!(
        found == expected,
        "the store gave something else than what was written"
    );
    assert_eq!(store.revision(), RECORDS as u64);
    Ok(())
}

#[test]
fn a_truncated_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let good = make_file();
    open(directory.path(), &good).unwrap();
    let lengths = [
        0,
        1,
        8,
        100,
        511,
        512,
        4095,
        4096,
        8192,
        good.len() / 2,
        good.len() - 4096,
        good.len() - 1,
    ];
    for length in lengths {
        let error = open(directory.path(), &good[..length]).unwrap_err();
        assert!(
            matches!(error, StoreError::Corrupt { .. }),
            "{length}: {error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("damaged") && text.contains("restore a backup"),
            "{text}"
        );
    }
}

#[test]
fn another_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for bytes in [
        b"#!/bin/sh\n".repeat(1000),
        vec![0; 100_000],
        b"redb".to_vec(),
    ] {
        let error = open(directory.path(), &bytes).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    }
}

#[test]
fn flipped_bits_are_found_or_harmless() {
    let directory = tempfile::tempdir().unwrap();
    let good = make_file();
    let seed = std::env::var("FERROHSM_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(1);
    let mut random = Random(seed);
    let (mut refused, mut harmless) = (0, 0);
    // Every byte of the header, then anywhere.
    let header = (0..320).map(|byte| byte * 8);
    let anywhere: Vec<usize> = (0..300).map(|_| random.below(good.len() * 8)).collect();
    for bit in header.chain(anywhere) {
        let bit = bit + random.below(8) * usize::from(bit % 8 == 0);
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        match open(directory.path(), &bad) {
            Ok(()) => harmless += 1,
            Err(StoreError::Corrupt { .. }) => refused += 1,
            Err(other) => panic!("byte {}: {other:?} (seed {seed})", bit / 8),
        }
    }
    println!("seed {seed}: {refused} refused, {harmless} in unused places");
    assert!(refused > 50, "most of the file is used: {refused} refused");
}

#[test]
fn a_store_of_a_later_release_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    RedbStore::open(directory.path()).map(drop).unwrap();
    let file = redb::Database::open(directory.path().join(FILE_NAME)).unwrap();
    let transaction = file.begin_write().unwrap();
    let meta: redb::TableDefinition<&str, u64> = redb::TableDefinition::new("meta");
    transaction
        .open_table(meta)
        .unwrap()
        .insert("format", 2)
        .unwrap();
    transaction.commit().unwrap();
    drop(file);
    let error = RedbStore::open(directory.path()).err().unwrap();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error:?}");
    assert!(error.to_string().contains("format 2"), "{error}");
}

#[test]
fn an_emptied_database_is_not_a_new_store() {
    let directory = tempfile::tempdir().unwrap();
    redb::Database::create(directory.path().join(FILE_NAME))
        .map(drop)
        .unwrap();
    let error = RedbStore::open(directory.path()).err().unwrap();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_missing_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let error = RedbStore::open(&missing).err().unwrap();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error:?}");
    assert!(
        error.to_string().contains(missing.to_str().unwrap()),
        "{error}"
    );
}
