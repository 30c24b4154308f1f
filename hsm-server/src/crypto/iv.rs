//! IVs for AES-GCM that never repeat under a key; the analysis is in `docs/gcm-iv.md`.

use super::{CryptoError, random};
use std::sync::{Mutex, PoisonError};

/// Length of an IV in bytes: 8 random, 4 counted.
pub const GCM_IV_LEN: usize = 12;

/// The source of one key's IVs in one process: a 64-bit prefix drawn at random when it is first used and each time the
/// 32-bit counter has run through. Shared by all threads that use the key; a lock held for some nanoseconds keeps
/// prefix and counter together.
pub struct IvSource(Mutex<State>);

struct State {
    prefix: [u8; 8],
    /// Number of IVs left under `prefix`; at most 2^32.
    left: u64,
}

/// IVs under one prefix.
const PER_PREFIX: u64 = 1 << 32;

impl Default for IvSource {
    fn default() -> Self {
        Self::new()
    }
}

impl IvSource {
    /// A source that draws its prefix when it is first asked.
    pub fn new() -> Self {
        Self(Mutex::new(State {
            prefix: [0; 8],
            left: 0,
        }))
    }

    /// The next IV.
    pub fn issue(&self) -> Result<[u8; GCM_IV_LEN], CryptoError> {
        self.lock().next()
    }

    /// The next `count` IVs; the caller bounds `count`.
    pub fn issue_many(&self, count: usize) -> Result<Vec<[u8; GCM_IV_LEN]>, CryptoError> {
        let mut state = self.lock();
        (0..count).map(|_| state.next()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while it is held, and a state left by a panic would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> Result<[u8; GCM_IV_LEN], CryptoError> {
        if self.left == 0 {
            // The counter only starts over once the new prefix is there.
            random::fill(&mut self.prefix)?;
            self.left = PER_PREFIX;
        }
        let counter = PER_PREFIX - self.left;
        self.left -= 1;
        let mut iv = [0; GCM_IV_LEN];
        iv[..8].copy_from_slice(&self.prefix);
        iv[8..].copy_from_slice(&counter.to_be_bytes()[4..]);
        Ok(iv)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn counts_under_one_prefix() {
        let source = IvSource::new();
        let ivs = source.issue_many(1000).unwrap();
        for (i, iv) in ivs.iter().enumerate() {
            assert_eq!(iv[..8], ivs[0][..8]);
            assert_eq!(iv[8..], (i as u32).to_be_bytes());
        }
        assert_eq!(source.issue().unwrap()[8..], 1000u32.to_be_bytes());
    }

    #[test]
    fn two_sources_have_different_prefixes() {
        let prefixes: HashSet<_> = (0..1000)
            .map(|_| IvSource::new().issue().unwrap())
            .collect();
        assert_eq!(prefixes.len(), 1000);
    }

    #[test]
    fn draws_a_new_prefix_when_the_counter_wraps() {
        let source = IvSource::new();
        let first = source.issue().unwrap();
        source.lock().left = 2;
        let before = source.issue_many(2).unwrap();
        assert_eq!(
            before[0],
            [&first[..8], &[0xff, 0xff, 0xff, 0xfe]].concat()[..]
        );
        assert_eq!(before[1], [&first[..8], &[0xff; 4]].concat()[..]);
        let after = source.issue_many(2).unwrap();
        assert_ne!(after[0][..8], first[..8]);
        assert_eq!(after[0][8..], [0; 4]);
        assert_eq!(after[1][8..], [0, 0, 0, 1]);
    }

    #[test]
    fn no_iv_repeats_over_eight_threads() {
        let source = IvSource::new();
        // Near the wrap, so that the threads race through it.
        source.issue().unwrap();
        source.lock().left = 50_000;
        let ivs: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|i| {
                    let source = &source;
                    scope.spawn(move || {
                        let mut ivs = Vec::new();
                        for _ in 0..2_000 {
                            ivs.push(source.issue().unwrap());
                            ivs.extend(source.issue_many(i + 1).unwrap());
                        }
                        ivs
                    })
                })
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(ivs.len(), 2_000 * (8 + 36));
        let prefixes: HashSet<_> = ivs.iter().map(|iv| iv[..8].to_vec()).collect();
        assert_eq!(prefixes.len(), 2);
        assert_eq!(ivs.iter().collect::<HashSet<_>>().len(), ivs.len());
        println!(
            "{} IVs under {} prefixes, all different",
            ivs.len(),
            prefixes.len()
        );
    }
}
