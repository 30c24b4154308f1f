//! A key's attributes: what a template may say, what is the default, and how they may change.

use super::part::{MechanismSet, Part};
use super::template::Templates;
use crate::error::OpError;
use ferrohsm_protocol::attributes::{
    ATTRIBUTES, AttributeKind, Change, MAX_ID_BYTES, MAX_LABEL_BYTES,
};
use ferrohsm_protocol::messages::AttributeValue;
use ferrohsm_protocol::messages::attribute_value::Value;
use ferrohsm_protocol::{Attribute, Mechanism, Status, attributes};

/// Where a key comes from. It decides what the HSM can vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Generated in the HSM.
    Generated,
    /// Imported in clear: it was outside.
    Imported,
    /// Unwrapped from a form that does not authenticate attributes: always sensitive, never able to wrap.
    Unwrapped,
    /// Derived: no freer than what it was derived from.
    Derived(Lineage),
}

/// What a derived key inherits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lineage {
    /// The base key may leave the HSM.
    pub extractable: bool,
    /// The base key leaves the HSM only under trusted keys.
    pub wrap_with_trusted: bool,
    /// The base key was never other than sensitive, and nobody outside can compute the derived key.
    pub always_sensitive: bool,
    /// The same for not being extractable.
    pub never_extractable: bool,
    /// It may do nothing but derive: it is an intermediate key.
    pub derives_only: bool,
}

impl Lineage {
    /// Refuses what the base key does not allow.
    fn check(self, set: &AttributeSet) -> Result<(), OpError> {
        let refused = |message| Err(OpError::new(Status::TemplateInconsistent, message));
        if !set.flag(Attribute::Sensitive) {
            return refused("sensitive cannot be false for a derived key");
        }
        if set.flag(Attribute::Extractable) && !self.extractable {
            return refused(
                "extractable cannot be true: the key it is derived from is not extractable",
            );
        }
        if self.wrap_with_trusted && !set.flag(Attribute::WrapWithTrusted) {
            return refused(
                "wrap-with-trusted cannot be false: the key it is derived from is wrap-with-trusted",
            );
        }
        if self.derives_only && set.flags & Part::ALL_USES != DERIVE {
            return refused("the result of HKDF-Extract derives and does nothing else");
        }
        if !self.derives_only && set.flag(Attribute::Derive) {
            // The same derivation gives the same bytes as a MAC key, which computes what this one derives in the clear.
            return refused(
                "a derived key does not derive: make an intermediate key with HKDF-Extract",
            );
        }
        Ok(())
    }
}

const DERIVE: u64 = 1 << Attribute::Derive as u32;
const WRAPPING: u64 = 1 << Attribute::Wrap as u32 | 1 << Attribute::Unwrap as u32;

/// What the new key does unless its template says otherwise.
fn default_uses(part: Part, origin: Origin, template: &[AttributeValue]) -> u64 {
    let derives = attributes::find_flag(template, Attribute::Derive) == Some(true);
    match origin {
        Origin::Derived(lineage) if lineage.derives_only => DERIVE,
        _ if derives && part.derives_alone() => DERIVE,
        _ => part.default_uses(),
    }
}

/// The attributes of one part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeSet {
    /// One bit for each flag of the table, by id.
    flags: u64,
    label: Option<String>,
    id: Vec<u8>,
    allowed: Option<MechanismSet>,
    templates: Templates,
}

impl AttributeSet {
    /// The attributes of a new key: the defaults, then the template.
    ///
    /// # Errors
    /// What names the attribute that is impossible.
    pub fn create(
        part: Part,
        origin: Origin,
        template: &[AttributeValue],
    ) -> Result<AttributeSet, OpError> {
        let mut set = AttributeSet::default();
        for attribute in [
            Attribute::Private,
            Attribute::Modifiable,
            Attribute::Destroyable,
        ] {
            set.put_flag(attribute, true);
        }
        set.put_flag(Attribute::Sensitive, matches!(part, Part::Secret(_)));
        set.flags |= default_uses(part, origin, template);
        if origin == Origin::Unwrapped {
            // A key whose attributes nothing vouches for must not carry others out.
            set.put_flag(Attribute::Wrap, false);
        }
        if let Origin::Derived(lineage) = origin {
            set.put_flag(Attribute::WrapWithTrusted, lineage.wrap_with_trusted);
        }
        let mut seen = 0u64;
        for value in template {
            let attribute = set.apply(part, value)?;
            let row = attribute.row();
            if seen & (1 << attribute.id()) != 0 {
                let message = format!("{} is in the template twice", row.name);
                return Err(OpError::new(Status::TemplateInconsistent, message));
            }
            seen |= 1 << attribute.id();
            if row.change == Change::Never {
                let message = format!("{} is set by the HSM: leave it out", row.name);
                return Err(OpError::new(Status::AttributeReadOnly, message));
            }
        }
        if matches!(part, Part::Secret(_)) && !set.flag(Attribute::Private) {
            let message = "private cannot be false: only its owner sees a key";
            return Err(OpError::new(Status::TemplateInconsistent, message));
        }
        if origin == Origin::Unwrapped {
            if matches!(part, Part::Secret(_)) && !set.flag(Attribute::Sensitive) {
                let message = "sensitive cannot be false for an unwrapped key";
                return Err(OpError::new(Status::TemplateInconsistent, message));
            }
            if set.flag(Attribute::Wrap) {
                let message = "wrap cannot be true for an unwrapped key: generate wrapping keys";
                return Err(OpError::new(Status::TemplateInconsistent, message));
            }
        }
        if part.derives_alone()
            && set.flag(Attribute::Derive)
            && set.flags & Part::ALL_USES != DERIVE
        {
            let message =
                "a secret key that derives does nothing else: leave derive or the other uses out";
            return Err(OpError::new(Status::TemplateInconsistent, message));
        }
        if let Origin::Derived(lineage) = origin {
            lineage.check(&set)?;
            set.put_flag(Attribute::AlwaysSensitive, lineage.always_sensitive);
            let never = lineage.never_extractable && !set.flag(Attribute::Extractable);
            set.put_flag(Attribute::NeverExtractable, never);
        }
        set.put_flag(
            Attribute::WrappingOnly,
            part.has(Attribute::WrappingOnly) && set.flags & Part::ALL_USES & !WRAPPING == 0,
        );
        if origin == Origin::Generated && part != Part::Certificate {
            set.put_flag(Attribute::Local, true);
            if matches!(part, Part::Secret(_)) {
                set.put_flag(Attribute::AlwaysSensitive, set.flag(Attribute::Sensitive));
                set.put_flag(
                    Attribute::NeverExtractable,
                    !set.flag(Attribute::Extractable),
                );
            }
        }
        Ok(set)
    }

    /// Changes attributes of a key that exists, all or none.
    ///
    /// # Errors
    /// [`Status::AttributeReadOnly`] for what may not change in this way.
    pub fn update(&self, part: Part, changes: &[AttributeValue]) -> Result<AttributeSet, OpError> {
        let mut changed = self.clone();
        for value in changes {
            let before = changed.clone();
            let attribute = changed.apply(part, value)?;
            if before == changed {
                continue;
            }
            let row = attribute.row();
            let (was, is) = (before.flag(attribute), changed.flag(attribute));
            if attribute == Attribute::AllowedMechanisms
                && self.flag(Attribute::Trusted)
                && self.allowed.is_none()
            {
                // Shorter, but what it names may wrap keys without their attributes: the officer did not trust that.
                let message = "allowed-mechanisms cannot be given to a trusted key: give them when the key is made";
                return Err(OpError::new(Status::AttributeReadOnly, message));
            }
            let allowed = match row.change {
                Change::Free => true,
                Change::OnlyToTrue => !was && is,
                Change::OnlyToFalse if row.kind == AttributeKind::Mechanisms => {
                    changed.allowed_in(part).is_subset(before.allowed_in(part))
                }
                Change::OnlyToFalse => was && !is,
                Change::AtCreation | Change::Never => false,
            };
            if !allowed {
                let how = match row.change {
                    Change::OnlyToTrue => "can only change from false to true",
                    Change::OnlyToFalse if row.kind == AttributeKind::Mechanisms => {
                        "can only become a shorter list"
                    }
                    Change::OnlyToFalse => "can only change from true to false",
                    Change::Free | Change::AtCreation => "can only be set when the key is made",
                    Change::Never => "is set by the HSM",
                };
                return Err(OpError::new(
                    Status::AttributeReadOnly,
                    format!("{} {how}", row.name),
                ));
            }
        }
        if changed != *self && !self.flag(Attribute::Modifiable) {
            let message = "the key's attributes cannot change: modifiable is false";
            return Err(OpError::new(Status::AttributeReadOnly, message));
        }
        Ok(changed)
    }

    /// As [`AttributeSet::update`], for another key made from one with these attributes: whether it is kept is its own
    /// matter, whatever the first one is.
    pub fn stricter(&self, part: Part, given: &[AttributeValue]) -> Result<AttributeSet, OpError> {
        let (token, others): (Vec<_>, Vec<_>) = given
            .iter()
            .cloned()
            .partition(|value| value.id == Attribute::Token.id());
        let token = attributes::find_flag(&token, Attribute::Token) == Some(true);
        Ok(self.update(part, &others)?.with_token(token))
    }

    /// Takes over one value after checking it, whatever it replaces.
    fn apply(&mut self, part: Part, value: &AttributeValue) -> Result<Attribute, OpError> {
        let attribute = Attribute::from_id(value.id).ok_or_else(|| {
            let message = format!("this HSM does not know attribute {}: upgrade it", value.id);
            OpError::new(Status::AttributeValueInvalid, message)
        })?;
        let row = attribute.row();
        let invalid = |reason: String| {
            OpError::new(
                Status::AttributeValueInvalid,
                format!("{} {reason}", row.name),
            )
        };
        match (row.kind, &value.value) {
            (AttributeKind::Flag, Some(Value::Flag(flag))) => {
                if *flag && !part.has(attribute) {
                    let message = format!("{} cannot have {}", part.name(), row.name);
                    return Err(OpError::new(Status::TemplateInconsistent, message));
                }
                self.put_flag(attribute, *flag);
            }
            (AttributeKind::Text, Some(Value::Text(text))) => {
                if text.is_empty() || text.len() > MAX_LABEL_BYTES {
                    return Err(invalid(format!(
                        "has 1 to {MAX_LABEL_BYTES} bytes of UTF-8, not {}: shorten it, or leave it out",
                        text.len()
                    )));
                }
                self.label = Some(text.clone());
            }
            (AttributeKind::Octets, Some(Value::Octets(octets))) if attribute == Attribute::Id => {
                if octets.len() > MAX_ID_BYTES {
                    return Err(invalid(format!("has at most {MAX_ID_BYTES} bytes")));
                }
                self.id.clone_from(octets);
            }
            (AttributeKind::Mechanisms, Some(Value::Mechanisms(list))) => {
                let mut set = MechanismSet::default();
                for code in &list.mechanisms {
                    let mechanism = Mechanism::from_code(*code)
                        .filter(|mechanism| {
                            part.key_type().is_some() && mechanism.row().key_type == part.key_type()
                        })
                        .ok_or_else(|| {
                            invalid(format!(
                                "names mechanism {code:#x}, which {} has not",
                                part.name()
                            ))
                        })?;
                    set.insert(mechanism);
                }
                self.allowed = Some(set);
            }
            (AttributeKind::Template, Some(Value::Template(template))) if part.has(attribute) => {
                self.templates.set(attribute, &template.attributes)?;
            }
            (AttributeKind::Template, Some(Value::Template(_))) => {
                let message = format!("{} cannot have {}", part.name(), row.name);
                return Err(OpError::new(Status::TemplateInconsistent, message));
            }
            (AttributeKind::Octets, Some(Value::Octets(_))) => {
                let message = format!("{} is set by the HSM: leave it out", row.name);
                return Err(OpError::new(Status::AttributeReadOnly, message));
            }
            (kind, _) => {
                let needed = match kind {
                    AttributeKind::Flag => "takes true or false",
                    AttributeKind::Text => "takes text",
                    AttributeKind::Octets => "takes bytes",
                    AttributeKind::Mechanisms => "takes a list of mechanisms",
                    AttributeKind::Template => "takes attributes",
                };
                return Err(invalid(needed.to_owned()));
            }
        }
        Ok(attribute)
    }

    /// A flag; false for what is no flag.
    pub fn flag(&self, attribute: Attribute) -> bool {
        self.flags & (1 << attribute.id()) != 0
    }

    /// What a wrapping key asks of the keys it wraps; empty for none.
    pub fn wrap_template(&self) -> &[AttributeValue] {
        self.templates.get(Attribute::WrapTemplate)
    }

    /// What an unwrapping key gives to the keys it unwraps; empty for none.
    pub fn unwrap_template(&self) -> &[AttributeValue] {
        self.templates.get(Attribute::UnwrapTemplate)
    }

    /// The same attributes with another value of `token`.
    pub fn with_token(&self, token: bool) -> AttributeSet {
        self.with_flag(Attribute::Token, token)
    }

    /// The same attributes with another value of a flag. The caller answers for its being allowed.
    pub fn with_flag(&self, attribute: Attribute, value: bool) -> AttributeSet {
        let mut set = self.clone();
        set.put_flag(attribute, value);
        set
    }

    fn put_flag(&mut self, attribute: Attribute, value: bool) {
        let bit = 1u64 << attribute.id();
        self.flags = if value {
            self.flags | bit
        } else {
            self.flags & !bit
        };
    }

    /// The label.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// The mechanisms that the key may be used with.
    pub fn allowed_in(&self, part: Part) -> MechanismSet {
        let defaults = || part.key_type().map(MechanismSet::defaults);
        self.allowed.or_else(defaults).unwrap_or_default()
    }

    /// Whether allowed-mechanisms were given and have this one.
    pub fn names(&self, mechanism: Mechanism) -> bool {
        self.allowed
            .is_some_and(|allowed| allowed.contains(mechanism))
    }

    /// Whether an attribute has this value; false for a value of the wrong kind.
    pub fn matches(&self, wanted: &AttributeValue) -> bool {
        let Some(attribute) = Attribute::from_id(wanted.id) else {
            return false;
        };
        match (attribute.row().kind, &wanted.value) {
            (AttributeKind::Flag, Some(Value::Flag(flag))) => self.flag(attribute) == *flag,
            (AttributeKind::Text, Some(Value::Text(text))) => self.label() == Some(text),
            (AttributeKind::Octets, Some(Value::Octets(octets))) => {
                attribute == Attribute::Id && self.id == *octets
            }
            (AttributeKind::Template, Some(Value::Template(template))) => {
                self.templates.get(attribute) == template.attributes
            }
            (AttributeKind::Mechanisms, Some(Value::Mechanisms(list))) => {
                let codes = self.allowed.unwrap_or_default().iter().map(Mechanism::code);
                codes.eq(list.mechanisms.iter().copied())
            }
            _ => false,
        }
    }

    /// The attributes as messages and records have them, in the order of ids.
    pub fn to_values(&self, part: Part) -> Vec<AttributeValue> {
        let mut values = Vec::with_capacity(20);
        for row in ATTRIBUTES.iter().filter(|row| part.has(row.attribute)) {
            match row.kind {
                AttributeKind::Flag => {
                    values.push(row.attribute.flag(self.flag(row.attribute)));
                }
                AttributeKind::Text => {
                    values.extend(self.label().map(|label| row.attribute.text(label)));
                }
                AttributeKind::Octets if row.attribute == Attribute::Id && !self.id.is_empty() => {
                    values.push(row.attribute.octets(self.id.clone()));
                }
                // A check value is computed, not stored.
                AttributeKind::Octets => {}
                AttributeKind::Template => {
                    let template = self.templates.get(row.attribute);
                    if !template.is_empty() {
                        values.push(row.attribute.template(template));
                    }
                }
                AttributeKind::Mechanisms => {
                    values.extend(
                        self.allowed
                            .map(|allowed| row.attribute.mechanisms(allowed.iter())),
                    );
                }
            }
        }
        values
    }

    /// The attributes of a record. Nothing is checked again but that they can be read.
    pub fn from_values(part: Part, values: &[AttributeValue]) -> Result<AttributeSet, OpError> {
        AttributeSet::from_bound(part, values)
            .map_err(|error| OpError::internal(format!("attributes of a key record: {error}")))
    }

    /// The attributes of an attribute-bound wrap, which may be of a later release.
    ///
    /// # Errors
    /// What names the attribute that cannot be read.
    pub fn from_bound(part: Part, values: &[AttributeValue]) -> Result<AttributeSet, OpError> {
        let mut set = AttributeSet::default();
        for value in values {
            set.apply(part, value)?;
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrohsm_protocol::messages::KeyType;

    #[test]
    fn every_attribute_has_a_bit() {
        assert!(ATTRIBUTES.iter().all(|row| row.attribute.id() < 64));
    }

    #[test]
    fn a_set_survives_its_record() {
        let template = [
            Attribute::Label.text("a label"),
            Attribute::Id.octets([1, 2, 3]),
            Attribute::Derive.flag(false),
            Attribute::AllowedMechanisms.mechanisms([Mechanism::Ecdsa, Mechanism::EcdsaSha256]),
        ];
        for (part, template) in [
            (Part::Secret(KeyType::Ec), template.as_slice()),
            (Part::Public(KeyType::Rsa), &template[..2]),
            (Part::Secret(KeyType::Aes), &[]),
            (Part::Certificate, &template[..1]),
        ] {
            let set = AttributeSet::create(part, Origin::Generated, template).unwrap();
            let values = set.to_values(part);
            assert_eq!(AttributeSet::from_values(part, &values).unwrap(), set);
            assert!(values.iter().all(|value| set.matches(value)));
        }
    }

    #[test]
    fn a_default_key_can_do_what_its_type_does_and_stays_inside() {
        for key_type in [
            KeyType::Rsa,
            KeyType::Ec,
            KeyType::Aes,
            KeyType::GenericSecret,
            KeyType::EcEdwards,
            KeyType::EcMontgomery,
            KeyType::MlDsa,
            KeyType::MlKem,
            KeyType::Chacha20,
            KeyType::Des3,
        ] {
            let part = Part::Secret(key_type);
            let set = AttributeSet::create(part, Origin::Generated, &[]).unwrap();
            assert_eq!(set.flags & part.uses(), part.default_uses());
            assert!(set.flag(Attribute::Sensitive) && !set.flag(Attribute::Extractable));
            assert!(!set.flag(Attribute::Token) && !set.flag(Attribute::Trusted));
            let allowed = set.allowed_in(part);
            for mechanism in [Mechanism::RsaPkcsEncrypt, Mechanism::RsaX509] {
                assert!(!allowed.contains(mechanism));
            }
        }
    }
}
