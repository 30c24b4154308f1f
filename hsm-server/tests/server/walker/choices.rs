//! What the walk chooses by chance for its calls.

use super::steps::{Walk, is};
use crate::harness::only_wrapping;
use ferrohsm_protocol::mechanisms::{MECHANISMS, MechanismRow, Use};
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, Mechanism};

impl Walk<'_> {
    pub(super) fn any_key(&mut self) -> Option<KeyInfo> {
        self.random.pick(&self.keys).cloned()
    }

    /// A key that a use is meant for, mostly: some calls have to be refused.
    pub(super) fn key_for(&mut self, attribute: Attribute) -> Option<KeyInfo> {
        if self.random.chance(8) {
            return self.any_key();
        }
        let able: Vec<KeyInfo> = self
            .keys
            .iter()
            .filter(|key| is(key, attribute))
            .cloned()
            .collect();
        self.random.pick(&able).cloned()
    }

    pub(super) fn mechanism(
        &mut self,
        wanted: Use,
        key: Option<&KeyInfo>,
    ) -> &'static MechanismRow {
        let rows: Vec<_> = MECHANISMS
            .iter()
            .filter(|row| row.has_use(wanted))
            .filter(|row| key.is_none_or(|key| row.key_type == Some(key.key_type())))
            .collect();
        match self.random.pick(&rows) {
            Some(row) => row,
            None => Mechanism::AesGcm.row(),
        }
    }

    pub(super) fn attributes(&mut self) -> Vec<AttributeValue> {
        let mut attributes = Vec::new();
        let flags = [
            (Attribute::Extractable, 3),
            (Attribute::WrapWithTrusted, 4),
            (Attribute::Derive, 4),
            (Attribute::Sensitive, 12),
            (Attribute::Encrypt, 12),
            (Attribute::Decrypt, 12),
            (Attribute::Sign, 12),
            (Attribute::Wrap, 12),
        ];
        for (attribute, one_in) in flags {
            if self.random.chance(one_in) {
                // Mostly the value that is not the default.
                let default = !matches!(
                    attribute,
                    Attribute::Extractable | Attribute::WrapWithTrusted | Attribute::Derive
                );
                let value = default == self.random.chance(4);
                attributes.push(attribute.flag(value));
            }
        }
        attributes
    }

    /// What makes a key that an officer may trust, often.
    pub(super) fn wrapping_attributes(&mut self) -> Vec<AttributeValue> {
        only_wrapping(match self.random.below(3) {
            0 => Attribute::Extractable.flag(false),
            _ => Attribute::WrapWithTrusted.flag(true),
        })
    }

    pub(super) fn secret_type(&mut self) -> KeyType {
        match self.random.below(2) {
            0 => KeyType::Aes,
            _ => KeyType::GenericSecret,
        }
    }

    /// Few values, so that a key and a MAC meet over the same input if they can.
    pub(super) fn derivation(&mut self, peer: Vec<u8>) -> MechanismParameters {
        let step = match self.random.below(3) {
            0 => HkdfStep::Extract,
            1 => HkdfStep::Expand,
            _ => HkdfStep::ExtractAndExpand,
        };
        MechanismParameters {
            hkdf_step: step.into(),
            counter_bits: 8,
            info: match step {
                HkdfStep::Extract => Vec::new(),
                _ => b"x".to_vec(),
            },
            peer_public_key_info: peer,
            ..Default::default()
        }
    }

    pub(super) fn peer(&mut self) -> Vec<u8> {
        let pairs: Vec<_> = self
            .keys
            .iter()
            .filter(|key| key.key_type() == KeyType::Ec)
            .map(|key| key.public_key_info.clone())
            .collect();
        self.random.pick(&pairs).cloned().unwrap_or_default()
    }
}
