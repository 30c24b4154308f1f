//! What a key that came from outside must satisfy before it is used.

use super::pkey::{Kind, Pkey};
use super::{Curve, Failed, curve_nid, done, failed, sys};
use std::ffi::c_int;
use std::ptr::{NonNull, null_mut};

/// Rounds of Miller-Rabin, each wrong in at most one case of four.
const PRIMALITY_ROUNDS: c_int = 20;

/// Public facts of an RSA key, enough for the policy checks.
pub(in crate::crypto) struct RsaFacts {
    /// The public exponent where it fits 64 bits.
    pub(in crate::crypto) exponent: Option<u64>,
    /// The modulus, big-endian without leading zeros.
    pub(in crate::crypto) modulus: Vec<u8>,
}

impl Pkey {
    /// Exponent and modulus.
    pub(in crate::crypto) fn rsa_facts(&self) -> Result<RsaFacts, Failed> {
        let rsa = self.rsa()?;
        // SAFETY: numbers returned by RSA_get0_* belong to the live key; null is checked before use.
        unsafe {
            let (n, e) = (sys::RSA_get0_n(rsa), sys::RSA_get0_e(rsa));
            if n.is_null() || e.is_null() {
                return Err(Failed);
            }
            let mut exponent = 0;
            let exponent = (sys::BN_get_u64(e, &mut exponent) == 1).then_some(exponent);
            let mut modulus = vec![
                0u8;
                usize::try_from(sys::BN_num_bits(n))
                    .map_err(|_| Failed)?
                    .div_ceil(8)
            ];
            let written = sys::BN_bn2bin(n, modulus.as_mut_ptr());
            modulus.truncate(written);
            Ok(RsaFacts { exponent, modulus })
        }
    }

    /// `RSA_check_fips`: what the parser has checked already (`RSA_check_key`: sizes, private numbers consistent with
    /// each other and with the CRT values), plausibility of the modulus (SP 800-89, 5.3.3), and a pairwise test.
    pub(in crate::crypto) fn check_rsa_pair(&self) -> Result<(), Failed> {
        // SAFETY: the RSA object belongs to the live key; the function changes nothing but the library's own caches.
        done(unsafe { sys::RSA_check_fips(self.rsa()?) })
    }

    /// True when p and q are present, half as long as the modulus, more than 2^(bits/2 - 100) apart (FIPS 186-5,
    /// A.1.3) and prime: a composite number passes with a chance of at most 2^-40 however it was chosen.
    pub(in crate::crypto) fn rsa_factors_are_sound(&self) -> Result<bool, Failed> {
        let rsa = self.rsa()?;
        let half_bits = self.bits() / 2;
        let scratch = Scratch::new()?;
        // SAFETY: p and q belong to the live key; the scratch values are ours.
        unsafe {
            let (p, q) = (sys::RSA_get0_p(rsa), sys::RSA_get0_q(rsa));
            if p.is_null() || q.is_null() {
                return Ok(false);
            }
            if sys::BN_num_bits(p) != half_bits || sys::BN_num_bits(q) != half_bits {
                return Ok(false);
            }
            done(sys::BN_sub(scratch.number.as_ptr(), p, q))?;
            if sys::BN_num_bits(scratch.number.as_ptr()) <= half_bits.saturating_sub(100) {
                return Ok(false);
            }
            for factor in [p, q] {
                let mut prime = 0;
                done(sys::BN_primality_test(
                    &mut prime,
                    factor,
                    PRIMALITY_ROUNDS,
                    scratch.context.as_ptr(),
                    1,
                    null_mut(),
                ))?;
                if prime != 1 {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The curve, if the key names one of ours (explicit parameters are refused, RFC 5480).
    pub(in crate::crypto) fn ec_named_curve(&self) -> Option<Curve> {
        let ec = self.ec().ok()?;
        // SAFETY: the EC_KEY belongs to the live key and its group to it.
        let nid = unsafe {
            if sys::EC_KEY_decoded_from_explicit_params(ec) == 1 {
                return None;
            }
            let group = sys::EC_KEY_get0_group(ec);
            if group.is_null() {
                return None;
            }
            sys::EC_GROUP_get_curve_name(group)
        };
        Curve::ALL
            .into_iter()
            .find(|curve| curve_nid(*curve) == nid)
    }

    /// Point on the curve and not at infinity, coordinates in range; with a private part that the two belong together
    /// (`EC_KEY_check_fips`).
    pub(in crate::crypto) fn check_ec(&self) -> Result<(), Failed> {
        // SAFETY: the EC_KEY belongs to the live key.
        done(unsafe { sys::EC_KEY_check_fips(self.ec()?) })
    }

    fn rsa(&self) -> Result<*mut sys::RSA, Failed> {
        if self.kind() != Kind::Rsa {
            return Err(Failed);
        }
        // SAFETY: a live RSA key; the object stays the key's.
        let rsa = unsafe { sys::EVP_PKEY_get0_RSA(self.as_ptr()) };
        if rsa.is_null() {
            Err(failed())
        } else {
            Ok(rsa)
        }
    }

    fn ec(&self) -> Result<*mut sys::EC_KEY, Failed> {
        if self.kind() != Kind::Ec {
            return Err(Failed);
        }
        // SAFETY: a live EC key; the object stays the key's.
        let ec = unsafe { sys::EVP_PKEY_get0_EC_KEY(self.as_ptr()) };
        if ec.is_null() { Err(failed()) } else { Ok(ec) }
    }
}

/// One big number and the working memory for a primality test; wiped when freed.
struct Scratch {
    number: NonNull<sys::BIGNUM>,
    context: NonNull<sys::BN_CTX>,
}

impl Scratch {
    fn new() -> Result<Self, Failed> {
        // SAFETY: allocation only.
        let number = NonNull::new(unsafe { sys::BN_new() }).ok_or_else(failed)?;
        // SAFETY: allocation only.
        match NonNull::new(unsafe { sys::BN_CTX_new() }) {
            Some(context) => Ok(Self { number, context }),
            None => {
                // SAFETY: owned, freed once.
                unsafe { sys::BN_free(number.as_ptr()) };
                Err(failed())
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: both owned, freed once.
        unsafe {
            sys::BN_clear_free(self.number.as_ptr());
            sys::BN_CTX_free(self.context.as_ptr());
        }
    }
}
