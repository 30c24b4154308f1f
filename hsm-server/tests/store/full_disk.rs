//! A really full disk: a small tmpfs, mounted in a mount namespace of its own.

use std::path::Path;
use std::process::Command;

use hsm_server::store::redb::RedbStore;
use hsm_server::store::{Durability, Store, StoreError, Transaction};

const DIRECTORY: &str = "FERROHSM_TEST_TMPFS";
const SCRIPT: &str = "mount -t tmpfs -o size=4m tmpfs \"$0\" && exec \"$@\"";

/// Runs the test below again, as the only one, with the tmpfs in place.
#[test]
fn a_full_disk_is_reported_and_survived() {
    let directory = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let in_namespace = |flags: &[&str], command: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare
            .args(flags)
            .args(["sh", "-c", SCRIPT])
            .arg(directory.path())
            .args(command);
        unshare.env(DIRECTORY, directory.path()).output()
    };
    let as_root = ["--mount"].as_slice();
    let as_user = ["--user", "--map-root-user", "--mount"].as_slice();
    let possible =
        |flags: &[&str]| in_namespace(flags, &["true"]).is_ok_and(|o| o.status.success());
    let Some(flags) = [as_root, as_user].into_iter().find(|flags| possible(flags)) else {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(
            !ci,
            "no tmpfs can be mounted here (unshare --mount): CI must test a full disk"
        );
        eprintln!("skipped: no tmpfs can be mounted here (unshare --mount)");
        return;
    };
    let inner = [
        "full_disk::on_the_tmpfs",
        "--exact",
        "--ignored",
        "--nocapture",
    ];
    let command: Vec<&str> = [test.to_str().unwrap()].into_iter().chain(inner).collect();
    let output = in_namespace(flags, &command).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"));
}

#[test]
#[ignore = "run by a_full_disk_is_reported_and_survived, on a small tmpfs"]
fn on_the_tmpfs() {
    let directory = std::env::var_os(DIRECTORY).unwrap();
    let directory = Path::new(&directory);
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
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
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
