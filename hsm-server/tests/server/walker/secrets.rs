//! The bytes that must not appear.

use std::collections::{HashMap, HashSet};

/// So many bytes of a key in a row are a leak; by chance they appear once in 2^128.
const LEAK_BYTES: usize = 16;

/// Keys, and all their stretches of [`LEAK_BYTES`] bytes.
#[derive(Default)]
pub struct Secrets {
    whole: HashSet<Vec<u8>>,
    stretches: HashMap<[u8; LEAK_BYTES], ()>,
}

impl Secrets {
    /// Remembers a secret of at least [`LEAK_BYTES`] bytes, for ever.
    pub fn add(&mut self, secret: &[u8]) {
        assert!(secret.len() >= LEAK_BYTES);
        if self.whole.insert(secret.to_vec()) {
            for stretch in secret.windows(LEAK_BYTES) {
                self.stretches.insert(stretch.try_into().unwrap(), ());
            }
        }
    }

    /// Whether this is one of them.
    pub fn has(&self, secret: &[u8]) -> bool {
        self.whole.contains(secret)
    }

    /// Whether any of them shows in these bytes.
    pub fn found_in(&self, bytes: &[u8]) -> bool {
        bytes
            .windows(LEAK_BYTES)
            .any(|stretch| self.stretches.contains_key(stretch))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.whole.len()
    }
}
