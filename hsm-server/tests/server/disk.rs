//! A really full disk as a client sees it.

use crate::harness::*;
use crate::tmpfs;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::*;
use hsm_server::policy::Mode;
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

#[test]
fn a_full_disk_is_told_and_survived() {
    tmpfs::run("disk::on_the_tmpfs", "8m");
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
    let end = Instant::now() + PATIENCE;
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
