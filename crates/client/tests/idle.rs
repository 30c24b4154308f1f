//! An idle client uses no CPU. Alone in its binary, as the measure is the whole process.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use support::{FakeHsm, Fixture, sign, sign_request, wait_for};

/// CPU time of this process so far, in clock ticks of 10 ms (fields 14 and 15 of proc(5) stat).
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn an_idle_client_uses_no_cpu() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..100).for_each(|_| drop(sign(&client, b"ab").unwrap())));
        }
    });
    // The threads for asynchronous calls are there too.
    let (sender, receiver) = std::sync::mpsc::channel();
    client
        .submit(&sign_request(vec![1]), move |reply| {
            sender.send(reply.is_ok()).unwrap()
        })
        .unwrap();
    assert!(receiver.recv().unwrap());
    wait_for("quiet", || {
        let before = cpu_ticks();
        std::thread::sleep(Duration::from_millis(100));
        cpu_ticks() == before
    });
    // The fake server's threads block in read, so every tick would be the client's.
    let before = cpu_ticks();
    std::thread::sleep(Duration::from_secs(2));
    let used = cpu_ticks() - before;
    assert!(used <= 1, "{used} ticks of 10 ms in 2 s of idleness");
}
