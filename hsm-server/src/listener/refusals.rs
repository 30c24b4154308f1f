//! Keeps peers that are refused again and again from filling the log.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One line per address in this time.
const PERIOD: Duration = Duration::from_secs(60);
/// Addresses counted apart; the others share one count.
const ADDRESSES_MAX: usize = 1024;
const OTHERS: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// Refused connections by address. Safe to share between threads.
#[derive(Default)]
pub struct Refusals(Mutex<HashMap<IpAddr, Refused>>);

struct Refused {
    logged: Instant,
    unlogged: u64,
}

impl Refusals {
    /// Notes a refusal. Gives how many of this address were not logged since the last line, if this one is to be
    /// logged.
    pub fn note(&self, address: IpAddr, now: Instant) -> Option<u64> {
        let mut addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = addresses.contains_key(&address);
        if !known && addresses.len() >= ADDRESSES_MAX {
            addresses.retain(|_, refused| now.duration_since(refused.logged) < PERIOD);
        }
        let address = match !known && addresses.len() >= ADDRESSES_MAX {
            true => OTHERS,
            false => address,
        };
        let Some(refused) = addresses.get_mut(&address) else {
            let refused = Refused {
                logged: now,
                unlogged: 0,
            };
            addresses.insert(address, refused);
            return Some(0);
        };
        if now.duration_since(refused.logged) < PERIOD {
            refused.unlogged += 1;
            return None;
        }
        refused.logged = now;
        Some(std::mem::take(&mut refused.unlogged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn one_line_a_minute_for_each_address_with_a_count() {
        let refusals = Refusals::default();
        let start = Instant::now();
        let (one, two) = (
            IpAddr::from(Ipv4Addr::LOCALHOST),
            IpAddr::from(Ipv4Addr::BROADCAST),
        );
        assert_eq!(refusals.note(one, start), Some(0));
        for _ in 0..7 {
            assert_eq!(refusals.note(one, start + PERIOD / 2), None);
        }
        assert_eq!(refusals.note(two, start), Some(0));
        assert_eq!(refusals.note(one, start + PERIOD), Some(7));
        assert_eq!(refusals.note(one, start + PERIOD), None);
    }

    #[test]
    fn many_addresses_take_no_more_memory_and_lines() {
        let refusals = Refusals::default();
        let start = Instant::now();
        let lines = (0..100_000u32)
            .filter(|i| refusals.note(Ipv4Addr::from(*i).into(), start).is_some())
            .count();
        assert_eq!(lines, ADDRESSES_MAX + 1);
        assert_eq!(refusals.0.lock().unwrap().len(), ADDRESSES_MAX + 1);
        let later = start + PERIOD;
        assert_eq!(refusals.note(Ipv4Addr::BROADCAST.into(), later), Some(0));
        assert_eq!(refusals.0.lock().unwrap().len(), 1);
    }
}
