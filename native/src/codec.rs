//! The layout of structured arguments and results: big-endian, as `DataInputStream` and `DataOutputStream` have it.
//!
//! Texts and byte strings are a u32 length and the bytes. Private to one release of jar and library, so it has no version.

use crate::bytes::Bytes;
use crate::error::BridgeError;
use ferrohsm_protocol::messages::{
    AttributeValue, MechanismList, MechanismParameters, Template, attribute_value::Value,
};

const TRUNCATED: BridgeError = BridgeError::Argument("a structured argument is truncated");

/// Writes results. The buffer may hold secrets.
#[derive(Default)]
pub struct Writer(Bytes);

impl Writer {
    /// For a result of known size: growing would copy what it holds.
    pub fn with_capacity(bytes: usize) -> Writer {
        Writer(Bytes::new(Vec::with_capacity(bytes)))
    }

    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub fn flag(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    pub fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    /// A count of things that follow. Frames bound everything far below what a u32 holds.
    pub fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.count(value.len());
        self.0.extend_from_slice(value);
    }

    pub fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    pub fn attributes(&mut self, attributes: &[AttributeValue]) {
        let known = attributes
            .iter()
            .filter(|attribute| attribute.value.is_some());
        self.count(known.clone().count());
        for attribute in known {
            self.u32(attribute.id);
            match &attribute.value {
                Some(Value::Flag(flag)) => {
                    self.u8(b'f');
                    self.flag(*flag);
                }
                Some(Value::Text(text)) => {
                    self.u8(b't');
                    self.text(text);
                }
                Some(Value::Octets(octets)) => {
                    self.u8(b'o');
                    self.bytes(octets);
                }
                Some(Value::Mechanisms(list)) => {
                    self.u8(b'm');
                    self.count(list.mechanisms.len());
                    list.mechanisms.iter().for_each(|code| self.u32(*code));
                }
                Some(Value::Number(number)) => {
                    self.u8(b'n');
                    self.u64(*number);
                }
                Some(Value::Template(template)) => {
                    self.u8(b'a');
                    self.attributes(&template.attributes);
                }
                None => {}
            }
        }
    }

    pub fn finish(self) -> Bytes {
        self.0
    }
}

/// Reads arguments.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], BridgeError> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(TRUNCATED)?;
        self.0 = tail;
        Ok(head)
    }

    pub fn u8(&mut self) -> Result<u8, BridgeError> {
        Ok(self.take(1)?[0])
    }

    pub fn flag(&mut self) -> Result<bool, BridgeError> {
        Ok(self.u8()? != 0)
    }

    pub fn u32(&mut self) -> Result<u32, BridgeError> {
        let (head, tail) = self.0.split_first_chunk().ok_or(TRUNCATED)?;
        self.0 = tail;
        Ok(u32::from_be_bytes(*head))
    }

    pub fn u64(&mut self) -> Result<u64, BridgeError> {
        let (head, tail) = self.0.split_first_chunk().ok_or(TRUNCATED)?;
        self.0 = tail;
        Ok(u64::from_be_bytes(*head))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], BridgeError> {
        let length = self.u32()?;
        self.take(usize::try_from(length).map_err(|_| TRUNCATED)?)
    }

    pub fn text(&mut self) -> Result<String, BridgeError> {
        String::from_utf8(self.bytes()?.to_vec())
            .map_err(|_| BridgeError::Argument("a text is not UTF-8"))
    }

    pub fn attributes(&mut self) -> Result<Vec<AttributeValue>, BridgeError> {
        self.attributes_at(0)
    }

    /// `depth` counts templates: one inside another is refused, by the HSM too.
    fn attributes_at(&mut self, depth: u8) -> Result<Vec<AttributeValue>, BridgeError> {
        let count = self.u32()?;
        let mut attributes = Vec::new();
        for _ in 0..count {
            let id = self.u32()?;
            let value = match self.u8()? {
                b'f' => Value::Flag(self.flag()?),
                b't' => Value::Text(self.text()?),
                b'o' => Value::Octets(self.bytes()?.to_vec()),
                b'm' => {
                    let count = self.u32()?;
                    let mechanisms = (0..count).map(|_| self.u32()).collect::<Result<_, _>>()?;
                    Value::Mechanisms(MechanismList { mechanisms })
                }
                b'n' => Value::Number(self.u64()?),
                b'a' if depth == 0 => Value::Template(Template {
                    attributes: self.attributes_at(1)?,
                }),
                _ => return Err(BridgeError::Argument("an attribute has an unknown kind")),
            };
            attributes.push(AttributeValue {
                id,
                value: Some(value),
            });
        }
        Ok(attributes)
    }

    /// A list of byte strings: a certificate chain.
    pub fn byte_strings(&mut self) -> Result<Vec<Vec<u8>>, BridgeError> {
        let count = self.u32()?;
        (0..count).map(|_| Ok(self.bytes()?.to_vec())).collect()
    }

    /// Parameters of a key derivation, which no other call takes.
    pub fn derivation(&mut self) -> Result<MechanismParameters, BridgeError> {
        Ok(MechanismParameters {
            salt: self.bytes()?.to_vec(),
            info: self.bytes()?.to_vec(),
            fixed_prefix: self.bytes()?.to_vec(),
            counter_bits: self.u32()?,
            iterations: self.u32()?,
            hkdf_step: i32::from(self.u8()?),
            peer_public_key_info: self.bytes()?.to_vec(),
            ..MechanismParameters::default()
        })
    }

    /// Mechanism parameters; no bytes at all mean none.
    pub fn parameters(&mut self) -> Result<Option<MechanismParameters>, BridgeError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        Ok(Some(MechanismParameters {
            hash: i32::from(self.u8()?),
            mgf_hash: i32::from(self.u8()?),
            salt_bytes: self.u32()?,
            oaep_label: self.bytes()?.to_vec(),
            iv: self.bytes()?.to_vec(),
            iv_source: i32::from(self.u8()?),
            aad: self.bytes()?.to_vec(),
            tag_bits: self.u32()?,
            more_chunks: self.flag()?,
            context: self.bytes()?.to_vec(),
            ..MechanismParameters::default()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Writer};
    use ferrohsm_protocol::{Attribute, Mechanism};

    #[test]
    fn attributes_survive_the_way_there_and_back() {
        let attributes = vec![
            Attribute::Label.text("schlüssel"),
            Attribute::Token.flag(true),
            Attribute::Id.octets([1, 2, 3]),
            Attribute::AllowedMechanisms.mechanisms([Mechanism::AesGcm, Mechanism::AesCbc]),
            Attribute::UnwrapTemplate.template([Attribute::Extractable.flag(false)]),
        ];
        let mut writer = Writer::default();
        writer.attributes(&attributes);
        let bytes = writer.finish();
        assert_eq!(Reader(&bytes).attributes().unwrap(), attributes);
    }

    #[test]
    fn truncated_arguments_are_refused() {
        let mut writer = Writer::default();
        writer.attributes(&[Attribute::Label.text("label")]);
        let bytes = writer.finish();
        for length in 0..bytes.len() {
            assert!(
                Reader(&bytes[..length]).attributes().is_err(),
                "{length} bytes"
            );
        }
    }
}
