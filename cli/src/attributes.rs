//! Attributes between text, JSON and messages, by the attributes table.

use ferrohsm_client::Result;
use ferrohsm_protocol::attributes::AttributeKind;
use ferrohsm_protocol::mechanisms::MECHANISMS;
use ferrohsm_protocol::messages::attribute_value::Value as Held;
use ferrohsm_protocol::messages::{AttributeValue, KeyType};
use ferrohsm_protocol::{Attribute, Mechanism};
use serde_json::{Map, Value};

use crate::output::hex;
use crate::usage;

/// An attribute from its name and its value as text.
pub fn parse(name: &str, value: &str) -> Result<AttributeValue> {
    let attribute = Attribute::from_name(name).ok_or_else(|| {
        usage(format!(
            "there is no attribute {name}: see `ferrohsm key show`"
        ))
    })?;
    match attribute.row().kind {
        AttributeKind::Flag => value
            .parse()
            .map(|flag| attribute.flag(flag))
            .map_err(|_| usage(format!("{name} is true or false, not {value}"))),
        AttributeKind::Text => Ok(attribute.text(value)),
        AttributeKind::Octets => octets(value)
            .map(|bytes| attribute.octets(bytes))
            .ok_or_else(|| {
                usage(format!(
                    "{name} is 0x and an even number of hex digits, not {value}"
                ))
            }),
        AttributeKind::Mechanisms => {
            let names = value
                .split(',')
                .map(mechanism)
                .collect::<Result<Vec<_>>>()?;
            Ok(attribute.mechanisms(names))
        }
        AttributeKind::Template => value
            .split(';')
            .map(parse_pair)
            .collect::<Result<Vec<_>>>()
            .map(|template| attribute.template(template)),
    }
}

/// As [`parse`], from `NAME=VALUE`.
pub fn parse_pair(text: &str) -> Result<AttributeValue> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| usage(format!("{text} is not NAME=VALUE")))?;
    parse(name, value)
}

fn mechanism(name: &str) -> Result<Mechanism> {
    MECHANISMS
        .iter()
        .find(|row| row.name == name)
        .map(|row| row.mechanism)
        .ok_or_else(|| usage(format!("there is no mechanism {name}")))
}

fn octets(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok())
        .collect()
}

/// A key's attributes as JSON, by name.
pub fn to_json(attributes: &[AttributeValue]) -> Value {
    let named = attributes.iter().map(|value| {
        let name = match Attribute::from_id(value.id) {
            Some(attribute) => attribute.row().name.to_owned(),
            None => format!("attribute-{}", value.id), // of a newer HSM
        };
        let held = match &value.value {
            Some(Held::Flag(flag)) => Value::from(*flag),
            Some(Held::Text(text)) => Value::from(text.as_str()),
            Some(Held::Octets(bytes)) => Value::from(format!("0x{}", hex(bytes))),
            Some(Held::Number(number)) => Value::from(*number),
            Some(Held::Mechanisms(list)) => list
                .mechanisms
                .iter()
                .map(|code| match Mechanism::from_code(*code) {
                    Some(mechanism) => mechanism.row().name.to_owned(),
                    None => format!("mechanism-{code}"),
                })
                .collect(),
            Some(Held::Template(template)) => to_json(&template.attributes),
            None => Value::Null,
        };
        (name, held)
    });
    Value::Object(named.collect::<Map<_, _>>())
}

/// The name of a key type, as filters take it.
pub fn key_type_name(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::Rsa => "rsa",
        KeyType::Ec => "ec",
        KeyType::Aes => "aes",
        KeyType::GenericSecret => "generic-secret",
        KeyType::EcEdwards => "ec-edwards",
        KeyType::EcMontgomery => "ec-montgomery",
        KeyType::MlDsa => "ml-dsa",
        KeyType::MlKem => "ml-kem",
        KeyType::Des3 => "des3",
        KeyType::Chacha20 => "chacha20",
        KeyType::Certificate => "certificate",
        KeyType::Unspecified => "unknown",
    }
}

/// The key type of a name.
pub fn key_type(name: &str) -> Result<KeyType> {
    [
        KeyType::Rsa,
        KeyType::Ec,
        KeyType::Aes,
        KeyType::GenericSecret,
        KeyType::EcEdwards,
        KeyType::EcMontgomery,
        KeyType::MlDsa,
        KeyType::MlKem,
        KeyType::Des3,
        KeyType::Chacha20,
        KeyType::Certificate,
    ]
    .into_iter()
    .find(|key_type| key_type_name(*key_type) == name)
    .ok_or_else(|| {
        usage(format!(
            "there is no key type {name}: rsa, ec, aes, generic-secret, ec-edwards, ec-montgomery, ml-dsa, ml-kem, des3, chacha20 or certificate"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_the_table() {
        assert_eq!(parse("sign", "true").unwrap(), Attribute::Sign.flag(true));
        assert_eq!(
            parse_pair("label=a=b").unwrap(),
            Attribute::Label.text("a=b")
        );
        assert_eq!(
            parse("id", "0x01ff").unwrap(),
            Attribute::Id.octets([1, 255])
        );
        let mechanisms = parse("allowed-mechanisms", "ecdsa,ecdsa-sha256").unwrap();
        assert_eq!(
            mechanisms,
            Attribute::AllowedMechanisms.mechanisms([Mechanism::Ecdsa, Mechanism::EcdsaSha256])
        );
        assert_eq!(
            parse("unwrap-template", "extractable=false;wrap=false").unwrap(),
            Attribute::UnwrapTemplate.template([
                Attribute::Extractable.flag(false),
                Attribute::Wrap.flag(false)
            ])
        );
        for (name, value) in [
            ("sing", "true"),
            ("unwrap-template", "extractable"),
            ("sign", "yes"),
            ("id", "01"),
            ("id", "0x1"),
            ("id", "0x+1"),
            ("allowed-mechanisms", "x"),
        ] {
            assert!(parse(name, value).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn json_has_names_and_values() {
        let attributes = [
            Attribute::Label.text("x"),
            Attribute::Id.octets([1]),
            Attribute::Token.flag(true),
        ];
        assert_eq!(
            to_json(&attributes).to_string(),
            r#"{"id":"0x01","label":"x","token":true}"#
        );
    }
}
