//! `defaults` of a `client.toml`: attributes for keys whose generation names none.

use std::collections::BTreeMap;

use ferrohsm_protocol::attributes::AttributeKind;
use ferrohsm_protocol::messages::{AttributeValue, KeyType};
use ferrohsm_protocol::{Attribute, Mechanism, mechanisms::MECHANISMS};
use serde::Deserialize;
use serde::de::Error as _;

/// Attributes that are added to what plain JCA code generates; an attribute that the caller names wins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Defaults {
    cloudhsm: bool,
    by_type: BTreeMap<i32, Vec<AttributeValue>>,
}

impl Defaults {
    /// The attributes for a private or secret key of this type. What is not here is the HSM's own default.
    pub fn attributes(&self, key_type: KeyType) -> Vec<AttributeValue> {
        let own = self.by_type.get(&(key_type as i32));
        let mut attributes = own.cloned().unwrap_or_default();
        let extractable = Attribute::Extractable.id();
        if self.cloudhsm && !attributes.iter().any(|value| value.id == extractable) {
            attributes.push(Attribute::Extractable.flag(true));
        }
        attributes
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Profile(String),
    Table(BTreeMap<String, Entry>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Profile(String),
    Attributes(BTreeMap<String, toml::Value>),
}

impl<'de> Deserialize<'de> for Defaults {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut defaults = Defaults::default();
        match Written::deserialize(deserializer)? {
            Written::Profile(name) => {
                defaults.cloudhsm = is_cloudhsm(&name).map_err(D::Error::custom)?
            }
            Written::Table(table) => {
                for (name, entry) in table {
                    defaults.set(&name, entry).map_err(D::Error::custom)?;
                }
            }
        }
        Ok(defaults)
    }
}

impl Defaults {
    fn set(&mut self, name: &str, entry: Entry) -> Result<(), String> {
        match entry {
            Entry::Profile(profile) if name == "profile" => {
                self.cloudhsm = is_cloudhsm(&profile)?;
            }
            Entry::Profile(_) => return Err(format!("unknown key `{name}` in defaults")),
            Entry::Attributes(table) => {
                let key_type = key_type(name)?;
                let values = table
                    .iter()
                    .map(|(name, value)| attribute(name, value))
                    .collect::<Result<_, _>>()?;
                self.by_type.insert(key_type as i32, values);
            }
        }
        Ok(())
    }
}

fn is_cloudhsm(profile: &str) -> Result<bool, String> {
    match profile {
        "cloudhsm" => Ok(true),
        "ferrohsm" => Ok(false),
        other => Err(format!(
            "unknown defaults profile {other:?}: \"ferrohsm\" or \"cloudhsm\""
        )),
    }
}

fn key_type(name: &str) -> Result<KeyType, String> {
    match name {
        "rsa" => Ok(KeyType::Rsa),
        "ec" => Ok(KeyType::Ec),
        "aes" => Ok(KeyType::Aes),
        "generic-secret" => Ok(KeyType::GenericSecret),
        "ec-edwards" => Ok(KeyType::EcEdwards),
        "ec-montgomery" => Ok(KeyType::EcMontgomery),
        "ml-dsa" => Ok(KeyType::MlDsa),
        "ml-kem" => Ok(KeyType::MlKem),
        "des3" => Ok(KeyType::Des3),
        "chacha20" => Ok(KeyType::Chacha20),
        other => Err(format!(
            "unknown key type `{other}` in defaults: rsa, ec, aes, generic-secret, ec-edwards, ec-montgomery, ml-dsa, ml-kem, des3, chacha20"
        )),
    }
}

fn attribute(name: &str, value: &toml::Value) -> Result<AttributeValue, String> {
    let attribute = Attribute::from_name(name)
        .ok_or_else(|| format!("unknown attribute `{name}` in defaults"))?;
    match (attribute.row().kind, value) {
        (AttributeKind::Flag, toml::Value::Boolean(flag)) => Ok(attribute.flag(*flag)),
        (AttributeKind::Mechanisms, toml::Value::Array(names)) => {
            let list = names.iter().map(mechanism).collect::<Result<Vec<_>, _>>()?;
            Ok(attribute.mechanisms(list))
        }
        (AttributeKind::Flag, _) => Err(format!("`{name}` in defaults is true or false")),
        (AttributeKind::Mechanisms, _) => {
            Err(format!("`{name}` in defaults is a list of mechanism names"))
        }
        (AttributeKind::Text | AttributeKind::Octets | AttributeKind::Template, _) => Err(format!(
            "`{name}` belongs to one key and cannot be a default"
        )),
    }
}

fn mechanism(value: &toml::Value) -> Result<Mechanism, String> {
    let name = value.as_str().ok_or("a mechanism is named by text")?;
    MECHANISMS
        .iter()
        .find(|row| row.name == name)
        .map(|row| row.mechanism)
        .ok_or_else(|| format!("unknown mechanism {name:?} in defaults"))
}
