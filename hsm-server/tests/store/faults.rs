//! A failing disk: what the callers are told, and that the store goes on afterwards.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hsm_server::store::{Durability, Store, StoreError, Transaction};

use super::disk::{Disk, Fault};

fn durable(path: &str) -> Transaction {
    Transaction::new(Durability::Durable).put(path, path.as_bytes())
}

fn deferred(path: &str) -> Transaction {
    Transaction::new(Durability::Deferred).put(path, path.as_bytes())
}

/// How long a step may take on a busy machine before it counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(120);

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "never came: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Commits once the store takes commits again: it holds off a little after a failure.
fn commit_again(store: &dyn Store, transaction: &Transaction) -> u64 {
    let mut revision = None;
    wait_for("a commit succeeds", || {
        revision = store.commit(transaction.clone()).ok();
        revision.is_some()
    });
    revision.unwrap()
}

/// What a power cut right now would leave, with all that was not synced lost.
fn has_after_power_cut(disk: &Disk, path: &str) -> bool {
    let store = Disk::new(disk.synced_image()).store().unwrap();
    store.get(path).unwrap().is_some()
}

#[test]
fn a_durable_commit_is_on_the_disk_before_it_is_acknowledged() {
    let disk = Disk::new(Vec::new());
    let store = disk.store().unwrap();
    for i in 0..20 {
        let path = format!("key/{i}");
        store.commit(durable(&path)).unwrap();
        assert!(has_after_power_cut(&disk, &path));
    }
}

#[test]
fn a_deferred_commit_is_flushed_by_itself() {
    let disk = Disk::new(Vec::new());
    let store = disk.store().unwrap();
    store.commit(durable("key/1")).unwrap();
    let start = Instant::now();
    store.commit(deferred("session-key/1")).unwrap();
    assert!(
        store.get("session-key/1").unwrap().is_some(),
        "visible at once"
    );
    wait_for("the flush", || has_after_power_cut(&disk, "session-key/1"));
    println!("flushed after {:?}", start.elapsed());
    // A stream of deferred commits does not put the flush off.
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                store.commit(deferred("session-key/3")).unwrap();
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        store.commit(deferred("session-key/2")).unwrap();
        wait_for("the flush", || has_after_power_cut(&disk, "session-key/2"));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_durable_commit_takes_deferred_ones_along() {
    let disk = Disk::new(Vec::new());
    let store = disk.store().unwrap();
    store.commit(deferred("session-key/1")).unwrap();
    store.commit(durable("key/1")).unwrap();
    assert!(has_after_power_cut(&disk, "session-key/1"));
}

#[test]
fn revisions_of_lost_deferred_commits_are_not_given_out_again() {
    let disk = Disk::new(Vec::new());
    let store = disk.store().unwrap();
    store.commit(durable("key/1")).unwrap();
    let (image, lost) = loop {
        let lost = store.commit(deferred("session-key/1")).unwrap();
        let image = disk.synced_image();
        if Disk::new(image.clone())
            .store()
            .unwrap()
            .get("session-key/1")
            .unwrap()
            .is_none()
        {
            break (image, lost);
        }
        store.commit(durable("key/1")).unwrap();
    };
    let after = Disk::new(image).store().unwrap();
    assert!(after.revision() >= lost);
    assert!(after.commit(durable("key/2")).unwrap() > lost);
}

#[test]
fn a_failed_sync_is_an_error_and_the_store_goes_on() {
    for good_syncs in 0..2 {
        let disk = Disk::new(Vec::new());
        let store = disk.store().unwrap();
        store.commit(durable("key/1")).unwrap();
        disk.set_fault(Fault::SyncLoses(good_syncs));
        let error = store.commit(durable("key/2")).unwrap_err();
        assert!(
            matches!(error, StoreError::Io { .. }),
            "{good_syncs}: {error:?}"
        );
        assert!(error.to_string().contains("nothing was changed"));
        assert_eq!(store.get("key/2").unwrap(), None);
        assert!(store.get("key/1").unwrap().is_some());
        commit_again(&store, &durable("key/3"));
        for (path, there) in [("key/1", true), ("key/2", false), ("key/3", true)] {
            assert_eq!(has_after_power_cut(&disk, path), there, "{path}");
        }
    }
}

#[test]
fn a_commit_that_reached_the_disk_is_acknowledged_though_its_sync_failed() {
    let disk = Disk::new(Vec::new());
    let store = disk.store().unwrap();
    store.commit(durable("key/1")).unwrap();
    // The first sync of a two-phase commit writes the data: without the second it does not count.
    disk.set_fault(Fault::SyncLies(0));
    assert!(matches!(
        store.commit(durable("key/2")).unwrap_err(),
        StoreError::Io { .. }
    ));
    assert_eq!(store.get("key/2").unwrap(), None);
    // The second makes it count.
    commit_again(&store, &durable("key/1"));
    disk.set_fault(Fault::SyncLies(1));
    let revision = store.commit(durable("key/3")).unwrap();
    assert_eq!(store.get("key/3").unwrap().unwrap().revision, revision);
    assert!(has_after_power_cut(&disk, "key/3"));
    assert!(commit_again(&store, &durable("key/4")) > revision);
}

#[test]
fn a_dead_disk_gives_errors_until_it_works_again() {
    let disk = Disk::new(Vec::new());
    let store = disk.store().unwrap();
    let before = store.commit(durable("key/1")).unwrap();
    disk.set_fault(Fault::Dead);
    // The commit got as far as the disk, and the disk cannot be asked how far.
    let error = store.commit(durable("key/2")).unwrap_err();
    assert!(matches!(error, StoreError::InDoubt { .. }), "{error:?}");
    for _ in 0..3 {
        let error = store.get("key/1").unwrap_err();
        assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
        let error = store.commit(durable("key/3")).unwrap_err();
        assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
    }
    assert_eq!(store.revision(), before);
    disk.set_fault(Fault::None);
    wait_for("the store reopens", || store.get("key/1").is_ok());
    assert_eq!(store.get("key/3").unwrap(), None);
    assert!(commit_again(&store, &durable("key/4")) > before);
}

#[test]
fn a_full_disk_changes_nothing_and_ends_when_there_is_space() {
    let disk = Disk::new(Vec::new());
    let store = disk.store().unwrap();
    store.commit(durable("key/1")).unwrap();
    disk.set_fault(Fault::Full);
    std::thread::scope(|scope| {
        for i in 0..8 {
            let store = &store;
            scope.spawn(move || {
                let error = store.commit(durable(&format!("key/full-{i}"))).unwrap_err();
                // Not one byte can be written here, so nor can the file be reopened.
                assert!(matches!(
                    error,
                    StoreError::DiskFull { .. } | StoreError::InDoubt { .. }
                ));
                assert!(
                    error.to_string().contains("space") || error.to_string().contains("repeat")
                );
            });
        }
    });
    disk.set_fault(Fault::None);
    wait_for("the store reopens", || store.get("key/1").is_ok());
    assert_eq!(store.scan("key/full", None, 10).unwrap(), []);
    commit_again(&store, &durable("key/2"));
    assert!(has_after_power_cut(&disk, "key/2"));
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn lost_deferred_commits_are_counted_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .init();
    // Once more if the machine was so slow that a part was flushed before the fault.
    wait_for("37 deferred commits between two flushes", || {
        let disk = Disk::new(Vec::new());
        let store = disk.store().unwrap();
        store.commit(durable("key/1")).unwrap();
        // Other tests log here too, but none loses 37.
        for i in 0..37 {
            store.commit(deferred(&format!("session-key/{i}"))).unwrap();
        }
        disk.set_fault(Fault::SyncLoses(0));
        // Fails, or the flush by itself did just before.
        let _ = store.commit(durable("key/2"));
        let lost_all = store.scan("session-key/", None, 100).unwrap().is_empty();
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        lost_all && text.contains("deferred commits were lost") && text.contains("lost=37")
    });
}
