//! What has attributes, and which: a private or secret key, a public key, a certificate.

use crate::policy;
use ferrohsm_protocol::mechanisms::{MECHANISMS, Use, is_pair};
use ferrohsm_protocol::messages::KeyType;
use ferrohsm_protocol::{Attribute, Mechanism};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a set of attributes belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The private key of a pair, or a secret key.
    Secret(KeyType),
    /// The public key of a pair.
    Public(KeyType),
    /// A certificate on its own.
    Certificate,
}

const EVERYTHING: &[Attribute] = &[
    Attribute::Label,
    Attribute::Id,
    Attribute::Token,
    Attribute::Private,
    Attribute::Modifiable,
    Attribute::Destroyable,
];
const KEYS: &[Attribute] = &[
    Attribute::AllowedMechanisms,
    Attribute::Local,
    Attribute::CheckValue,
];
const SECRETS: &[Attribute] = &[
    Attribute::Sensitive,
    Attribute::Extractable,
    Attribute::WrapWithTrusted,
    Attribute::AlwaysSensitive,
    Attribute::NeverExtractable,
];

impl Part {
    /// The attributes of all uses of any key, as bits.
    pub(super) const ALL_USES: u64 = 1 << Attribute::Encrypt as u32
        | 1 << Attribute::Decrypt as u32
        | 1 << Attribute::Sign as u32
        | 1 << Attribute::Verify as u32
        | 1 << Attribute::Wrap as u32
        | 1 << Attribute::Unwrap as u32
        | 1 << Attribute::Derive as u32
        | 1 << Attribute::Encapsulate as u32
        | 1 << Attribute::Decapsulate as u32;

    /// Whether its type has the use that the attribute permits, as the mechanisms table says.
    pub fn has_use(self, attribute: Attribute) -> bool {
        self.uses() & (1 << attribute.id()) != 0
    }

    /// The attributes of its uses, as bits.
    pub(super) fn uses(self) -> u64 {
        static SECRET: LazyLock<HashMap<KeyType, u64>> = LazyLock::new(|| uses_by_type(false));
        static PUBLIC: LazyLock<HashMap<KeyType, u64>> = LazyLock::new(|| uses_by_type(true));
        let uses = match self {
            Part::Secret(key_type) => SECRET.get(&key_type),
            Part::Public(key_type) => PUBLIC.get(&key_type),
            Part::Certificate => None,
        };
        uses.copied().unwrap_or_default()
    }

    /// The uses that a key has unless its template says otherwise. A secret key derives only if it is asked to, since it
    /// does nothing else then.
    pub(super) fn default_uses(self) -> u64 {
        match self.derives_alone() {
            true => self.uses() & !(1 << Attribute::Derive.id()),
            false => self.uses(),
        }
    }

    /// Whether a key that derives must do nothing else: the same function with the same secret key would otherwise
    /// compute derived keys in the clear, as a MAC or as encrypted blocks.
    pub(super) fn derives_alone(self) -> bool {
        match self {
            Part::Secret(key_type) => !is_pair(key_type),
            Part::Public(_) | Part::Certificate => false,
        }
    }

    /// Whether the attribute means anything here.
    pub fn has(self, attribute: Attribute) -> bool {
        let key = self != Part::Certificate;
        let secret = matches!(self, Part::Secret(_));
        EVERYTHING.contains(&attribute)
            || self.has_use(attribute)
            || (key && KEYS.contains(&attribute))
            || (secret && SECRETS.contains(&attribute))
            || (attribute == Attribute::AllowCallerIv
                && matches!(self, Part::Secret(KeyType::Aes | KeyType::Chacha20)))
            || (attribute == Attribute::WrapTemplate && self.has_use(Attribute::Wrap))
            || (attribute == Attribute::UnwrapTemplate && self.has_use(Attribute::Unwrap))
            || (matches!(attribute, Attribute::Trusted | Attribute::WrappingOnly)
                && self == Part::Secret(KeyType::Aes))
    }

    pub(super) fn key_type(self) -> Option<KeyType> {
        match self {
            Part::Secret(key_type) | Part::Public(key_type) => Some(key_type),
            Part::Certificate => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Part::Secret(KeyType::Rsa) => "an RSA private key",
            Part::Public(KeyType::Rsa) => "an RSA public key",
            Part::Secret(KeyType::Ec) => "an EC private key",
            Part::Public(KeyType::Ec) => "an EC public key",
            Part::Secret(KeyType::EcEdwards) => "an Ed25519 private key",
            Part::Public(KeyType::EcEdwards) => "an Ed25519 public key",
            Part::Secret(KeyType::EcMontgomery) => "an X25519 private key",
            Part::Public(KeyType::EcMontgomery) => "an X25519 public key",
            Part::Secret(KeyType::MlDsa) => "an ML-DSA private key",
            Part::Public(KeyType::MlDsa) => "an ML-DSA public key",
            Part::Secret(KeyType::MlKem) => "an ML-KEM private key",
            Part::Public(KeyType::MlKem) => "an ML-KEM public key",
            Part::Secret(KeyType::Aes) => "an AES key",
            Part::Secret(KeyType::Chacha20) => "a ChaCha20 key",
            Part::Secret(KeyType::Des3) => "a triple DES key",
            Part::Secret(_) => "a generic secret",
            Part::Public(_) => "a public key",
            Part::Certificate => "a certificate",
        }
    }
}

/// The uses of each key type, as bits of their attributes. Of a pair, the public key does what needs no secret.
fn uses_by_type(public: bool) -> HashMap<KeyType, u64> {
    let mut uses: HashMap<KeyType, u64> = HashMap::new();
    for row in MECHANISMS {
        let Some(key_type) = row.key_type else {
            continue;
        };
        let pair = is_pair(key_type);
        for permitted in row.uses {
            let needs_no_secret = matches!(
                permitted,
                Use::Verify | Use::Encrypt | Use::Wrap | Use::Encapsulate
            );
            if let Some(attribute) = policy::attribute_of(*permitted)
                && (!pair || needs_no_secret == public)
            {
                *uses.entry(key_type).or_default() |= 1 << attribute.id();
            }
        }
    }
    uses
}

/// Rows of the mechanisms table as bits, by wire code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MechanismSet([u128; 2]);

impl MechanismSet {
    /// What a key of this type that names no mechanisms may be used with.
    pub fn defaults(key_type: KeyType) -> MechanismSet {
        let rows = MECHANISMS.iter().filter(|row| row.default_allowed);
        rows.filter(|row| row.key_type == Some(key_type)).fold(
            MechanismSet::default(),
            |mut set, row| {
                set.insert(row.mechanism);
                set
            },
        )
    }

    /// Whether the mechanism is in it.
    pub fn contains(self, mechanism: Mechanism) -> bool {
        let (word, bit) = place(mechanism.code());
        self.0[word] & bit != 0
    }

    pub(super) fn insert(&mut self, mechanism: Mechanism) {
        let (word, bit) = place(mechanism.code());
        self.0[word] |= bit;
    }

    pub(super) fn is_subset(self, of: MechanismSet) -> bool {
        self.0.iter().zip(of.0).all(|(own, of)| own & !of == 0)
    }

    /// Its mechanisms, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Mechanism> {
        MECHANISMS
            .iter()
            .map(|row| row.mechanism)
            .filter(move |mechanism| self.contains(*mechanism))
    }
}

/// The word and bit of a code; no bit at all for a code of 256 or more (a test says that no row has one).
fn place(code: u32) -> (usize, u128) {
    let bit = 1u128 << (code % 128);
    match code / 128 {
        0 => (0, bit),
        1 => (1, bit),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mechanism_has_a_bit() {
        assert!(MECHANISMS.iter().all(|row| row.mechanism.code() < 256));
    }

    #[test]
    fn uses_come_from_the_mechanisms() {
        use Attribute::{
            Decapsulate, Decrypt, Derive, Encapsulate, Encrypt, Sign, Unwrap, Verify, Wrap,
        };
        let all = [
            Decapsulate,
            Decrypt,
            Derive,
            Encapsulate,
            Encrypt,
            Sign,
            Unwrap,
            Verify,
            Wrap,
        ];
        for (part, expected) in [
            (Part::Secret(KeyType::Rsa), vec![Decrypt, Sign, Unwrap]),
            (Part::Public(KeyType::Rsa), vec![Encrypt, Verify, Wrap]),
            (Part::Secret(KeyType::Ec), vec![Derive, Sign]),
            (Part::Public(KeyType::Ec), vec![Verify]),
            (Part::Secret(KeyType::EcEdwards), vec![Sign]),
            (Part::Public(KeyType::EcEdwards), vec![Verify]),
            (Part::Secret(KeyType::EcMontgomery), vec![Derive]),
            (Part::Public(KeyType::EcMontgomery), vec![]),
            (Part::Secret(KeyType::MlDsa), vec![Sign]),
            (Part::Public(KeyType::MlDsa), vec![Verify]),
            (Part::Secret(KeyType::MlKem), vec![Decapsulate]),
            (Part::Public(KeyType::MlKem), vec![Encapsulate]),
            (Part::Secret(KeyType::Chacha20), vec![Decrypt, Encrypt]),
            (Part::Secret(KeyType::Des3), vec![Decrypt, Encrypt]),
            (
                Part::Secret(KeyType::Aes),
                vec![Decrypt, Derive, Encrypt, Sign, Unwrap, Verify, Wrap],
            ),
            (
                Part::Secret(KeyType::GenericSecret),
                vec![Derive, Sign, Verify],
            ),
            (Part::Certificate, vec![]),
        ] {
            let uses: Vec<_> = all.into_iter().filter(|use_| part.has_use(*use_)).collect();
            assert_eq!(uses, expected, "{part:?}");
        }
    }
}
