//! A key as operations see it.

use super::attributes::AttributeSet;
use super::part::{MechanismSet, Part};
use crate::crypto::{self, CryptoError, IvSource, KeyMaterial};
use crate::error::OpError;
use crate::session::{LoginId, UserId};
use ferrohsm_protocol::messages::{AttributeValue, Curve, KeyInfo, KeyType};
use ferrohsm_protocol::{Attribute, Status};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// A key, key pair or certificate. Never changed: an update puts another one with the same material in its place.
pub struct Key {
    /// Even; the public key of a pair is one more.
    pub handle: u64,
    /// Who may use it.
    pub owner: UserId,
    /// The login that a session key belongs to.
    pub login: Option<LoginId>,
    /// Its type.
    pub key_type: KeyType,
    /// RSA modulus, curve size or secret length, in bits; 0 for a certificate.
    pub size_bits: u32,
    /// The curve of an EC key.
    pub curve: Curve,
    /// What `attributes` belong to.
    pub part: Part,
    /// Of the private or secret key or certificate.
    pub attributes: AttributeSet,
    /// What those attributes allow.
    pub allowed: MechanismSet,
    /// Of the public key of a pair.
    pub public: Option<AttributeSet>,
    /// What those allow.
    pub public_allowed: MechanismSet,
    /// SubjectPublicKeyInfo, DER; empty for secret keys.
    pub public_key_info: Vec<u8>,
    /// X.509 DER, end entity first.
    pub certificate_chain: Vec<Vec<u8>>,
    /// Milliseconds since 1970.
    pub created_unix_ms: u64,
    pub(super) material: Option<Arc<Material>>,
}

impl Key {
    /// The key itself.
    ///
    /// # Errors
    /// [`Status::KeyTypeInconsistent`] for a certificate.
    pub fn material(&self) -> Result<&Material, OpError> {
        self.material.as_deref().ok_or_else(|| {
            OpError::new(
                Status::KeyTypeInconsistent,
                "this is a certificate without a key",
            )
        })
    }

    /// Fails for the handle of a public key that this key does not have.
    ///
    /// # Errors
    /// [`Status::KeyNotFound`].
    pub fn check_has_public(&self) -> Result<(), OpError> {
        match self.public {
            Some(_) => Ok(()),
            None => Err(Status::KeyNotFound.into()),
        }
    }

    /// Whether it is kept until it is deleted.
    pub fn is_token(&self) -> bool {
        self.login.is_none()
    }

    /// Three bytes that tell it from other keys. A pair has one for both halves.
    fn check_value(&self) -> Option<AttributeValue> {
        let computed = match (&self.public, &self.material) {
            (Some(_), _) => crypto::public_check_value(&self.public_key_info).ok()?,
            (None, Some(material)) => material.check_value(),
            (None, None) => None,
        };
        computed.map(|value| Attribute::CheckValue.octets(value))
    }

    /// What its owner is told of it.
    pub fn info(&self, owner: &str) -> KeyInfo {
        let public = self.public.as_ref().map(|public| {
            let mut values = public.to_values(Part::Public(self.key_type));
            values.extend(self.check_value());
            values
        });
        let mut attributes = self.attributes.to_values(self.part);
        attributes.extend(self.check_value());
        KeyInfo {
            handle: self.handle,
            key_type: self.key_type.into(),
            size_bits: self.size_bits,
            curve: self.curve.into(),
            attributes,
            public_attributes: public.unwrap_or_default(),
            public_key_info: self.public_key_info.clone(),
            certificate_chain: self.certificate_chain.clone(),
            owner: owner.to_owned(),
            created_unix_ms: self.created_unix_ms,
        }
    }
}

/// Key material, parsed when it is first used (start-up with many keys stays quick), and what belongs to it for as long
/// as the process lives.
pub struct Material {
    key_type: crypto::KeyType,
    stored: Mutex<Zeroizing<Vec<u8>>>,
    parsed: OnceLock<Result<KeyMaterial, CryptoError>>,
    /// Where its IVs for GCM come from.
    pub ivs: IvSource,
    /// Failed decryptions.
    pub failures: FailureBudget,
}

impl Material {
    pub(super) fn new(
        key_type: crypto::KeyType,
        stored: &[u8],
        parsed: Option<KeyMaterial>,
    ) -> Material {
        let (stored, parsed) = match parsed {
            Some(parsed) => (Vec::new(), OnceLock::from(Ok(parsed))),
            None => (stored.to_vec(), OnceLock::new()),
        };
        Material {
            key_type,
            stored: Mutex::new(Zeroizing::new(stored)),
            parsed,
            ivs: IvSource::new(),
            failures: FailureBudget::default(),
        }
    }

    /// The key, ready to use.
    ///
    /// # Errors
    /// A fault of the HSM: the record was whole when it was stored.
    pub fn get(&self) -> Result<&KeyMaterial, OpError> {
        let parsed = self.parsed.get_or_init(|| {
            let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
            let stored = std::mem::take(&mut *stored);
            KeyMaterial::from_stored(self.key_type, &stored)
        });
        parsed.as_ref().map_err(OpError::internal)
    }
}

impl Material {
    /// Of a secret key. A key that has not been used yet stays unparsed: listing many keys must not cost their memory.
    fn check_value(&self) -> Option<Vec<u8>> {
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        if stored.is_empty() {
            // It is parsed, or just about to be.
            drop(stored);
            return crypto::check_value(self.get().ok()?).ok()?;
        }
        let parsed = KeyMaterial::from_stored(self.key_type, &stored).ok()?;
        crypto::check_value(&parsed).ok()?
    }
}

/// Failures that are answered at once; more wait for one [`FAILURE_PAUSE`] each.
const FAILURES_AT_ONCE: u32 = 100;
const FAILURE_PAUSE: Duration = Duration::from_millis(100);

/// Makes padding oracles slow: decryptions that fail for their padding are answered at ten a second per key once a
/// hundred have. Those that succeed never wait, so nobody can block a key.
#[derive(Default)]
pub struct FailureBudget(Mutex<Failures>);

#[derive(Default)]
struct Failures {
    count: u32,
    /// When the last failure that was put off is answered, milliseconds since 1970.
    answered_unix_ms: u64,
}

impl FailureBudget {
    /// Counts a failure; gives how long its answer must wait.
    pub fn failed(&self, now_unix_ms: u64) -> Duration {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.count < FAILURES_AT_ONCE {
            failures.count += 1;
            failures.answered_unix_ms = now_unix_ms;
            return Duration::ZERO;
        }
        let pause_ms = FAILURE_PAUSE.as_millis() as u64;
        let quiet_ms = now_unix_ms.saturating_sub(failures.answered_unix_ms);
        // A key that was left alone for the whole time starts over.
        if quiet_ms > pause_ms * u64::from(FAILURES_AT_ONCE) {
            *failures = Failures {
                count: 1,
                answered_unix_ms: now_unix_ms,
            };
            return Duration::ZERO;
        }
        // Without an upper end: past it, parallel calls would get their answers at any rate.
        failures.answered_unix_ms = failures.answered_unix_ms.max(now_unix_ms) + pause_ms;
        Duration::from_millis(failures.answered_unix_ms - now_unix_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_get_slow_and_recover() {
        let budget = FailureBudget::default();
        for _ in 0..FAILURES_AT_ONCE {
            assert_eq!(budget.failed(1_000), Duration::ZERO);
        }
        // However many at once: never two in the same pause.
        for count in 1..=5_000 {
            assert_eq!(budget.failed(1_000), FAILURE_PAUSE * count);
        }
        // Time passes: the next one waits less.
        assert_eq!(budget.failed(491_000), Duration::from_millis(10_100));
        // Left alone, it starts over.
        assert_eq!(budget.failed(600_000), Duration::ZERO);
        assert_eq!(budget.failed(600_000), Duration::ZERO);
    }
}
