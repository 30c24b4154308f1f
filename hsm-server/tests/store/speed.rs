//! What a commit costs on this machine. Run with `--ignored --nocapture`.

use std::time::{Duration, Instant};

use hsm_server::store::redb::RedbStore;
use hsm_server::store::{Durability, Store, Transaction};

const RECORD_BYTES: usize = 600;

fn commits_per_second(store: &RedbStore, threads: usize, durability: Durability) -> f64 {
    let start = Instant::now();
    let time = Duration::from_secs(2);
    let commits: usize = std::thread::scope(|scope| {
        let work = |thread: usize| {
            let mut commits = 0;
            while start.elapsed() < time {
                let path = format!("key/{thread:02}-{commits:08}");
                let transaction = Transaction::new(durability);
                store
                    .commit(transaction.put(path, vec![7; RECORD_BYTES]))
                    .unwrap();
                commits += 1;
            }
            commits
        };
        let running: Vec<_> = (0..threads).map(|t| scope.spawn(move || work(t))).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    commits as f64 / start.elapsed().as_secs_f64()
}

#[test]
#[ignore = "a measurement"]
fn commits() {
    for threads in [1, 64] {
        for durability in [Durability::Durable, Durability::Deferred] {
            let directory = tempfile::tempdir().unwrap();
            let store = RedbStore::open(directory.path()).unwrap();
            let rate = commits_per_second(&store, threads, durability);
            println!("{threads:2} threads, {durability:?}: {rate:.0} commits/s");
        }
    }
}

#[test]
#[ignore = "a measurement"]
fn opening_and_reading() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(directory.path()).unwrap();
    let records = 200_000;
    for i in 0..records / 100 {
        let transaction = (0..100).fold(Transaction::new(Durability::Deferred), |t, j| {
            t.put(format!("key/{:08x}", i * 100 + j), vec![7; RECORD_BYTES])
        });
        store.commit(transaction).unwrap();
    }
    store.close().unwrap();
    drop(store);
    let bytes = std::fs::metadata(directory.path().join("store.redb"))
        .unwrap()
        .len();
    let start = Instant::now();
    let store = RedbStore::open(directory.path()).unwrap();
    println!(
        "{records} records, {} MiB: opened in {:?}",
        bytes >> 20,
        start.elapsed()
    );
    let start = Instant::now();
    for i in 0..100_000 {
        store
            .get(&format!("key/{:08x}", i * 7919 % records))
            .unwrap()
            .unwrap();
    }
    println!("get: {:?} each", start.elapsed() / 100_000);
    let start = Instant::now();
    store.scan("key/", None, usize::MAX).unwrap();
    println!("scan of all: {:?}", start.elapsed());
}
