//! `wrap-template` and `unwrap-template` (PKCS#11 3.0, 4.4): attributes that a wrapping key asks of others or gives to them.

use crate::error::OpError;
use ferrohsm_protocol::attributes::{
    ATTRIBUTES, AttributeKind, Change, MAX_ID_BYTES, MAX_LABEL_BYTES,
};
use ferrohsm_protocol::mechanisms::MECHANISMS;
use ferrohsm_protocol::messages::AttributeValue;
use ferrohsm_protocol::messages::attribute_value::Value;
use ferrohsm_protocol::{Attribute, Status};
use std::collections::HashSet;

/// The templates of one part of a key, as they were given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Templates {
    wrap: Vec<AttributeValue>,
    unwrap: Vec<AttributeValue>,
}

// The values are flags, texts, bytes and codes: `AttributeValue` has no `Eq` because prost derives none.
impl Eq for Templates {}

impl Templates {
    /// One of the two; empty for none.
    pub fn get(&self, attribute: Attribute) -> &[AttributeValue] {
        match attribute {
            Attribute::WrapTemplate => &self.wrap,
            Attribute::UnwrapTemplate => &self.unwrap,
            _ => &[],
        }
    }

    /// Takes a template over after checking it.
    ///
    /// # Errors
    /// [`Status::TemplateInconsistent`] for a template in a template, for an attribute that comes twice, is too long or that this
    /// build does not know, and, in an unwrap template, for one that only the HSM sets.
    pub fn set(
        &mut self,
        attribute: Attribute,
        template: &[AttributeValue],
    ) -> Result<(), OpError> {
        let name = attribute.row().name;
        let refused = |reason: String| {
            Err(OpError::new(
                Status::TemplateInconsistent,
                format!("{name} {reason}"),
            ))
        };
        // Before anything is looked at: each attribute at most once.
        if template.is_empty() || template.len() > ATTRIBUTES.len() {
            return refused("has at least one attribute, and each at most once".to_owned());
        }
        let unwraps = attribute == Attribute::UnwrapTemplate;
        let mut seen = HashSet::new();
        for value in template {
            let Some(row) = Attribute::from_id(value.id).map(Attribute::row) else {
                return refused(format!("has attribute {}: upgrade the HSM", value.id));
            };
            if !seen.insert(value.id) {
                return refused(format!("has {} twice", row.name));
            }
            let fits = match (row.kind, &value.value) {
                (AttributeKind::Flag, Some(Value::Flag(_))) => true,
                (AttributeKind::Mechanisms, Some(Value::Mechanisms(list))) => {
                    list.mechanisms.len() <= MECHANISMS.len()
                }
                (AttributeKind::Text, Some(Value::Text(text))) => {
                    (1..=MAX_LABEL_BYTES).contains(&text.len())
                }
                (AttributeKind::Octets, Some(Value::Octets(octets))) => {
                    row.attribute == Attribute::Id && octets.len() <= MAX_ID_BYTES
                }
                _ => false,
            };
            if !fits {
                return refused(format!("cannot have {} with this value", row.name));
            }
            if unwraps && (row.change == Change::Never || row.attribute == Attribute::Token) {
                return refused(format!("cannot have {}", row.name));
            }
        }
        let held = match unwraps {
            true => &mut self.unwrap,
            false => &mut self.wrap,
        };
        *held = template.to_vec();
        Ok(())
    }
}

/// The template of a key that is unwrapped: what the caller gave and what the unwrapping key adds.
///
/// # Errors
/// [`Status::TemplateInconsistent`] where they contradict each other.
pub fn merged(
    given: &[AttributeValue],
    unwrap_template: &[AttributeValue],
) -> Result<Vec<AttributeValue>, OpError> {
    let mut merged = given.to_vec();
    for value in unwrap_template {
        match given.iter().find(|given| given.id == value.id) {
            None => merged.push(value.clone()),
            Some(same) if same == value => {}
            Some(_) => {
                let name =
                    Attribute::from_id(value.id).map_or("", |attribute| attribute.row().name);
                let message = format!(
                    "{name} is given by the unwrapping key's unwrap-template: leave it out"
                );
                return Err(OpError::new(Status::TemplateInconsistent, message));
            }
        }
    }
    Ok(merged)
}
