//! The bodies of the fuzz targets (fuzz/), with random input on stable: they cannot rot between fuzzing runs.

#[path = "../../fuzz/bodies/mod.rs"]
mod bodies;

use bodies::{PRE_LOGIN, certificates, frames, prelogin::Hsms};
use ferrohsm_protocol::operations::{Access, OPERATIONS};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Runs a body on so many inputs.
fn feed(cases: u32, body: impl Fn(&[u8])) {
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    });
    let any = proptest::collection::vec(any::<u8>(), 0..600);
    let run = |data: Vec<u8>| {
        body(&data);
        Ok(())
    };
    runner.run(&any, run).expect("the body holds");
}

#[test]
fn they_cover_what_comes_before_a_login() {
    let open = |access| access == Access::Anyone;
    let rows = OPERATIONS.iter().filter(|row| open(row.access));
    assert_eq!(rows.map(|row| row.operation).collect::<Vec<_>>(), PRE_LOGIN);
}

#[test]
fn frames_body() {
    feed(5_000, frames::run);
    // A frame whose body is a Hello.
    frames::run(b"\0\0\0\x04\x01\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\x08\x01\x10\x01");
}

#[test]
fn certificates_body() {
    feed(2_000, certificates::run);
    certificates::run(&[1, 0]); // the good ones, unchanged
    assert!(certificates::good_ones_verify());
}

#[test]
fn prelogin_body() {
    let hsms = Hsms::new();
    feed(1_000, |data| hsms.run(data));
    for choice in 0..16 {
        hsms.run(&[choice]);
    }
}
