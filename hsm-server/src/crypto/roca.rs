//! The fingerprint of RSA keys made by Infineon's library (ROCA, CVE-2017-15361; Nemec et al., CCS 2017).

/// Small primes under which such a modulus is always a power of 65537, and few other moduli are.
const PRIMES: [u32; 17] = [
    11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
];

/// True when the modulus (big-endian) has the fingerprint. A sound key has it with probability below 2^-27.
pub(super) fn is_suspect(modulus: &[u8]) -> bool {
    PRIMES
        .iter()
        .all(|&prime| is_power_of_65537(remainder(modulus, prime), prime))
}

fn remainder(number: &[u8], divisor: u32) -> u32 {
    number
        .iter()
        .fold(0, |rest, &byte| (rest * 256 + u32::from(byte)) % divisor)
}

fn is_power_of_65537(value: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == value {
            return true;
        }
        power = power * 65537 % prime;
        if power == 1 {
            return false;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// 65537^exponent as big-endian bytes: a number with the fingerprint by construction.
    fn power_of_65537(exponent: usize) -> Vec<u8> {
        let mut number = vec![1u8];
        for _ in 0..exponent {
            // Little-endian; times 65537 is itself plus itself shifted by two bytes.
            let mut sum = vec![0u8; number.len() + 3];
            let mut carry = 0u16;
            for (i, slot) in sum.iter_mut().enumerate() {
                let low = number.get(i).copied().unwrap_or(0);
                let high = i
                    .checked_sub(2)
                    .and_then(|j| number.get(j))
                    .copied()
                    .unwrap_or(0);
                let total = u16::from(low) + u16::from(high) + carry;
                *slot = (total & 0xff) as u8;
                carry = total >> 8;
            }
            number = sum;
        }
        number.reverse();
        number
    }

    #[test]
    fn finds_the_fingerprint_and_not_more() {
        for exponent in [1, 2, 100, 127] {
            assert!(is_suspect(&power_of_65537(exponent)));
        }
        let mut other = power_of_65537(127);
        *other.last_mut().unwrap() ^= 2;
        assert!(!is_suspect(&other));
        // A sound key passes all 17 primes about once in 2^27 draws.
        let odds: f64 = PRIMES
            .iter()
            .map(|&prime| {
                (0..prime).filter(|&v| is_power_of_65537(v, prime)).count() as f64
                    / f64::from(prime)
            })
            .product();
        println!("share of moduli with the fingerprint: 2^{:.1}", odds.log2());
        assert!(odds < 2f64.powi(-27));
    }
}
