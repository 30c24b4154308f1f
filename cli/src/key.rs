//! `key`.

use ferrohsm_client::{Error, Result, request_id};
use ferrohsm_protocol::attributes::{find_flag, find_text};
use ferrohsm_protocol::messages::{
    AttributeValue, Curve, DeleteKeyRequest, FindKeysRequest, GenerateKeyPairRequest,
    GenerateKeyRequest, GetKeyRequest, KeyInfo, KeyType, SetTrustedRequest, UpdateKeyRequest,
};
use ferrohsm_protocol::{Attribute, Mechanism, Status, public_key};
use serde_json::{Value, json};

use crate::arguments::{Asymmetric, Filter, Key, Pair, Symmetric};
use crate::attributes::{key_type, key_type_name, parse, parse_pair, to_json};
use crate::connect::Connection;
use crate::output::{Output, hex, table, time};
use crate::usage;

pub fn run(connection: &Connection, command: Key) -> Result<Output> {
    match command {
        Key::List(filter) => {
            let keys = find(connection, &filter)?;
            let rows: Vec<Vec<String>> = keys.iter().map(row).collect();
            let data: Vec<Value> = keys.iter().map(key_json).collect();
            Ok(Output {
                data: json!({ "matched-keys": data, "total-key-count": data.len() }),
                text: table(
                    &["KEY REFERENCE", "TYPE", "BITS", "LABEL", "OWNER", "CREATED"],
                    &rows,
                ),
            })
        }
        Key::Show(filter) => Ok(show(&one(connection, &filter)?)),
        Key::GenerateSymmetric(command) => generate_symmetric(connection, command),
        Key::GenerateAsymmetricPair(command) => generate_pair(connection, command),
        Key::Delete(filter) => {
            let key = one(connection, &filter)?;
            let request = DeleteKeyRequest {
                request_id: request_id(),
                handle: key.handle,
                only_session_key: false,
            };
            connection.client.call(&request)?;
            Ok(Output::done(
                &format!("Key {} is deleted.", reference(&key)),
                json!({ "key-reference": reference(&key) }),
            ))
        }
        Key::SetAttribute {
            filter,
            name,
            value,
        } => {
            let attribute = parse(&name, &value)?;
            if attribute.id == Attribute::Trusted.id() {
                return set_trusted(
                    connection,
                    &filter,
                    find_flag(&[attribute], Attribute::Trusted),
                );
            }
            let key = one(connection, &filter)?;
            let reply = connection.client.call(&UpdateKeyRequest {
                request_id: request_id(),
                handle: key.handle,
                attributes: vec![attribute],
                ..UpdateKeyRequest::default()
            })?;
            Ok(show(&reply.key.unwrap_or_default()))
        }
    }
}

/// A crypto officer sees no keys, so the owner has to say which one it is.
fn set_trusted(connection: &Connection, filter: &Filter, trusted: Option<bool>) -> Result<Output> {
    let (_, handle) = parse_filter(&filter.filter)?;
    let handle = handle.ok_or_else(|| {
        usage("an admin names the key that is trusted by --filter key-reference=0x…")
    })?;
    let trusted = trusted.unwrap_or_default();
    let reply = connection.client.call(&SetTrustedRequest {
        request_id: request_id(),
        handle,
        trusted,
    })?;
    let named = reply.bytes_alone.into_iter().map(|code| {
        Mechanism::from_code(code).map_or(format!("{code:#x}"), |mechanism| {
            mechanism.row().name.to_owned()
        })
    });
    let named: Vec<String> = named.collect();
    let reference = format!("{handle:#018x}");
    let text = match (trusted, named.is_empty()) {
        (true, true) => format!("Key {reference} is trusted."),
        (true, false) => format!(
            "Key {reference} is trusted. Its owner named forms that carry keys without their attributes: {}.",
            named.join(", ")
        ),
        (false, _) => format!("Key {reference} is not trusted any more."),
    };
    Ok(Output::done(
        &text,
        json!({ "key-reference": reference, "trusted": trusted, "bytes-alone": named }),
    ))
}

fn generate_symmetric(connection: &Connection, command: Symmetric) -> Result<Output> {
    let (key_type, label, bytes, attributes) = match command {
        Symmetric::Aes {
            label,
            key_length_bytes,
            attributes,
        } => (KeyType::Aes, label, key_length_bytes, attributes),
        Symmetric::Chacha20 { label, attributes } => (KeyType::Chacha20, label, 32, attributes),
        Symmetric::GenericSecret {
            label,
            key_length_bytes,
            attributes,
        } => (KeyType::GenericSecret, label, key_length_bytes, attributes),
    };
    let size_bits = bytes
        .checked_mul(8)
        .ok_or_else(|| usage(format!("--key-length-bytes {bytes} is too large")))?;
    let reply = connection.client.call(&GenerateKeyRequest {
        request_id: request_id(),
        key_type: key_type.into(),
        size_bits,
        attributes: template(label, &attributes)?,
    })?;
    Ok(show(&reply.key.unwrap_or_default()))
}

fn generate_pair(connection: &Connection, command: Asymmetric) -> Result<Output> {
    let (key_type, size_bits, curve, pair) = match command {
        Asymmetric::Rsa {
            modulus_size_bits,
            pair,
        } => (KeyType::Rsa, modulus_size_bits, Curve::Unspecified, pair),
        Asymmetric::Ec { curve, pair } => (curve.key_type(), 0, curve.curve(), pair),
        Asymmetric::MlDsa {
            parameter_set,
            pair,
        } => (
            KeyType::MlDsa,
            parameter_set as u32,
            Curve::Unspecified,
            pair,
        ),
        Asymmetric::MlKem {
            parameter_set,
            pair,
        } => (
            KeyType::MlKem,
            parameter_set as u32,
            Curve::Unspecified,
            pair,
        ),
    };
    let Pair {
        private_label,
        public_label,
        private_attributes,
        public_attributes,
    } = pair;
    let public_label = public_label.unwrap_or_else(|| private_label.clone());
    let reply = connection.client.call(&GenerateKeyPairRequest {
        request_id: request_id(),
        key_type: key_type.into(),
        size_bits,
        curve: curve.into(),
        private_attributes: template(private_label, &private_attributes)?,
        public_attributes: template(public_label, &public_attributes)?,
    })?;
    Ok(show(&reply.key.unwrap_or_default()))
}

/// Attributes of a key that is kept: the login ends with the command, and session keys with it.
fn template(label: String, attributes: &[String]) -> Result<Vec<AttributeValue>> {
    let mut template = attributes
        .iter()
        .map(|text| parse_pair(text))
        .collect::<Result<Vec<_>>>()?;
    template.push(Attribute::Label.text(label));
    template.push(Attribute::Token.flag(true));
    Ok(template)
}

/// All keys that match.
fn find(connection: &Connection, filter: &Filter) -> Result<Vec<KeyInfo>> {
    let (request, handle) = parse_filter(&filter.filter)?;
    if let Some(handle) = handle {
        let key = connection.client.call(&GetKeyRequest { handle })?.key;
        return Ok(key.into_iter().collect());
    }
    let mut request = request;
    let mut keys: Vec<KeyInfo> = Vec::new();
    loop {
        let reply = connection.client.call(&request)?;
        let last = reply.keys.last().map(|key| key.handle);
        keys.extend(reply.keys);
        match last {
            Some(last) if reply.more => request.after_handle = last,
            Some(_) | None => return Ok(keys),
        }
    }
}

/// The one key that matches.
fn one(connection: &Connection, filter: &Filter) -> Result<KeyInfo> {
    if filter.filter.is_empty() {
        return Err(usage(
            "say which key: --filter attr.label=… or --filter key-reference=0x…",
        ));
    }
    let mut keys = find(connection, filter)?;
    match (keys.pop(), keys.len()) {
        (Some(key), 0) => Ok(key),
        (None, _) => Err(Error::new(
            Status::KeyNotFound,
            "no key matches the filter: see `ferrohsm key list`",
        )),
        (Some(_), others) => Err(usage(format!(
            "{} keys match the filter: name one with --filter key-reference=0x…",
            others + 1
        ))),
    }
}

fn parse_filter(filters: &[String]) -> Result<(FindKeysRequest, Option<u64>)> {
    let mut request = FindKeysRequest::default();
    let mut handle = None;
    for filter in filters {
        let (name, value) = filter
            .split_once('=')
            .ok_or_else(|| usage(format!("the filter {filter} has no =")))?;
        match name.strip_prefix("attr.") {
            None if name == "key-reference" => {
                let digits = value.strip_prefix("0x").unwrap_or_default();
                let parsed = u64::from_str_radix(digits, 16).ok();
                handle = Some(parsed.ok_or_else(|| {
                    usage(format!("{value} is not a key reference: 0x and hex digits"))
                })?);
            }
            Some("key-type") => request.key_type = key_type(value)?.into(),
            Some(name) => request.attributes.push(parse(name, value)?),
            None => {
                return Err(usage(format!(
                    "the filter {filter} is neither key-reference=0x… nor attr.NAME=VALUE"
                )));
            }
        }
    }
    if handle.is_some() && filters.len() > 1 {
        return Err(usage("key-reference is a filter of its own"));
    }
    Ok((request, handle))
}

fn reference(key: &KeyInfo) -> String {
    format!("{:#018x}", key.handle)
}

fn row(key: &KeyInfo) -> Vec<String> {
    vec![
        reference(key),
        key_type_name(key.key_type()).to_owned(),
        key.size_bits.to_string(),
        find_text(&key.attributes, Attribute::Label)
            .unwrap_or_default()
            .to_owned(),
        key.owner.clone(),
        time(key.created_unix_ms),
    ]
}

fn key_json(key: &KeyInfo) -> Value {
    let mut json = json!({
        "key-reference": reference(key),
        "key-type": key_type_name(key.key_type()),
        "size-bits": key.size_bits,
        "owner": key.owner,
        "created": time(key.created_unix_ms),
        "certificates": key.certificate_chain.len(),
        "attributes": to_json(&key.attributes),
        "public-attributes": to_json(&key.public_attributes),
    });
    for (name, value) in described(key) {
        json[name] = value;
    }
    json
}

/// What the key is rather than what it may do, under the names of CloudHSM's CLI.
fn described(key: &KeyInfo) -> Vec<(&'static str, Value)> {
    let class = match key.key_type() {
        KeyType::Certificate => "certificate",
        _ if key.public_key_info.is_empty() => "secret-key",
        _ => "private-key",
    };
    let mut values = vec![("class", Value::from(class))];
    match key.key_type() {
        KeyType::Rsa => values.push(("modulus-size-bits", Value::from(key.size_bits))),
        _ if class == "secret-key" => {
            values.push(("key-length-bytes", Value::from(key.size_bits / 8)));
        }
        _ => {}
    }
    let numbers = public_key::numbers(&key.public_key_info);
    values.extend(
        numbers
            .into_iter()
            .map(|(name, bytes)| (name, Value::from(format!("0x{}", hex(&bytes))))),
    );
    values
}

fn show(key: &KeyInfo) -> Output {
    let mut lines = vec![
        ("key-reference".to_owned(), Value::from(reference(key))),
        (
            "key-type".to_owned(),
            Value::from(key_type_name(key.key_type())),
        ),
        ("size-bits".to_owned(), Value::from(key.size_bits)),
        ("owner".to_owned(), Value::from(key.owner.as_str())),
        ("created".to_owned(), Value::from(time(key.created_unix_ms))),
        (
            "certificates".to_owned(),
            Value::from(key.certificate_chain.len()),
        ),
    ];
    lines.extend(
        described(key)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value)),
    );
    for (prefix, attributes) in [("", &key.attributes), ("public ", &key.public_attributes)] {
        if let Value::Object(values) = to_json(attributes) {
            lines.extend(
                values
                    .into_iter()
                    .map(|(name, value)| (format!("{prefix}{name}"), value)),
            );
        }
    }
    let fields: Vec<(&str, Value)> = lines
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    Output {
        data: key_json(key),
        text: Output::fields(&fields).text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(texts: &[&str]) -> Result<(FindKeysRequest, Option<u64>)> {
        parse_filter(
            &texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn filters() {
        let (request, handle) = filter(&["attr.label=a=b", "attr.key-type=ec"]).unwrap();
        assert_eq!(request.attributes, [Attribute::Label.text("a=b")]);
        assert_eq!((request.key_type(), handle), (KeyType::Ec, None));
        assert_eq!(filter(&["key-reference=0x2a"]).unwrap().1, Some(42));
        for wrong in [
            "label=a",
            "attr.label",
            "key-reference=42",
            "attr.key-type=x",
            "attr.sing=true",
        ] {
            assert!(filter(&[wrong]).is_err(), "{wrong}");
        }
        assert!(filter(&["key-reference=0x2", "attr.label=a"]).is_err());
    }
}
