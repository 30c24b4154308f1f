//! A full disk as a client sees it: on a small tmpfs in a mount namespace of its own.

use crate::harness::*;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::*;
use hsm_server::policy::Mode;
use std::fs::File;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

const SCRIPT: &str = "mount -t tmpfs -o size=8m tmpfs \"$0\" && exec \"$@\"";

/// Runs the test below again, as the only one, with its temporary files on the tmpfs.
#[test]
fn a_full_disk_is_told_and_survived() {
    let directory = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let in_namespace = |flags: &[&str], command: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare
            .args(flags)
            .args(["sh", "-c", SCRIPT])
            .arg(directory.path())
            .args(command);
        unshare.env("TMPDIR", directory.path()).output()
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
    let inner = ["disk::on_the_tmpfs", "--exact", "--ignored", "--nocapture"];
    let command: Vec<&str> = [test.to_str().unwrap()].into_iter().chain(inner).collect();
    let output = in_namespace(flags, &command).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"));
}

#[test]
#[ignore = "run by a_full_disk_is_told_and_survived, on a small tmpfs"]
fn on_the_tmpfs() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    let kept = app.generate_aes(256, token("kept")).handle;
    let filler = test.path().join("filler");
    let mut file = File::create(&filler).unwrap();
    for size in [65536, 4096] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    drop(file);
    let generate = |app: &mut Connection| {
        app.status(&GenerateKeyRequest {
            request_id: request_id(),
            key_type: KeyType::Aes.into(),
            size_bits: 256,
            attributes: token("more"),
        })
    };
    let mut made = 1;
    let status = loop {
        match generate(&mut app) {
            Status::Ok => made += 1,
            status => break status,
        }
        assert!(made < 100_000, "the disk never filled up");
    };
    assert_eq!(status, Status::DiskFull);
    assert_eq!(generate(&mut app), Status::DiskFull);
    // What needs no disk goes on.
    app.call(&GetKeyRequest { handle: kept }).unwrap();
    assert_eq!(app.counts().0, made);

    std::fs::remove_file(&filler).unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        match generate(&mut app) {
            Status::Ok => break,
            Status::DiskFull => std::thread::sleep(Duration::from_millis(20)),
            status => panic!("{status}"),
        }
        assert!(Instant::now() < end, "it does not go on");
    }
    drop(app);
    let test = test.restart();
    assert_eq!(test.connect().counts().0, made + 1);
}
