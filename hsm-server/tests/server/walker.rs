//! A random walk over everything that makes, moves and uses keys, looking for bytes of protected keys in every reply.
//!
//! A key is protected if neither it nor what it was made from may leave the HSM: it is not extractable, or leaves only
//! under trusted keys. The walk knows the keys' bytes from the store, which no client can read. `FERROHSM_WALK_STEPS` and
//! `FERROHSM_WALK_SEED` choose the length and the walk; `make soak` walks 1,000,000 steps.

mod choices;
mod random;
mod secrets;
mod steps;

use crate::harness::*;
use hsm_server::policy::Mode;
use steps::Walk;

/// Steps in the ordinary test run.
const STEPS: u64 = 4_000;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
    )
}

#[test]
fn a_random_walk_finds_no_bytes_of_a_protected_key() {
    let steps = number("FERROHSM_WALK_STEPS").unwrap_or(STEPS);
    let seed = number("FERROHSM_WALK_SEED").unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_nanos() as u64
    });
    println!("random walk: {steps} steps, FERROHSM_WALK_SEED={seed}");
    let test = TestHsm::active(Mode::NonFips);
    let mut walk = Walk::new(&test, seed);
    for _ in 0..steps {
        walk.step();
    }
    println!("{}", walk.summary());
    if steps >= STEPS {
        walk.check_variety();
    }
}

/// The detector itself: what it must find, and what it must not mistake for a key.
#[test]
fn the_walk_would_find_a_leak() {
    let mut secrets = secrets::Secrets::default();
    let key: Vec<u8> = (0..32).collect();
    secrets.add(&key);
    assert!(secrets.found_in(&[&[9; 7], &key[..], &[9; 3]].concat()));
    // Half of it is a leak too, wherever it is cut.
    for at in 0..=16 {
        assert!(secrets.found_in(&key[at..at + 16]), "{at}");
    }
    assert!(!secrets.found_in(&key[..15]));
    assert!(!secrets.found_in(&[7; 100]));
    assert!(secrets.has(&key) && !secrets.has(&key[1..]));
}
