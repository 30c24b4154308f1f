//! The attributes table: a key's properties, with PKCS#11 and CloudHSM CLI names, and the rules for changing them.

use crate::messages::{AttributeValue, MechanismList, Template, attribute_value::Value};

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// True or false.
    Flag,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Octets,
    /// Rows of the mechanisms table.
    Mechanisms,
    /// Attributes of other keys.
    Template,
}

/// When a client may set an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// At creation and later, both ways.
    Free,
    /// At creation; later only from false to true.
    OnlyToTrue,
    /// At creation; later only from true to false (or a shorter list).
    OnlyToFalse,
    /// At creation only.
    AtCreation,
    /// The HSM sets it.
    Never,
}

/// A row of the attributes table.
#[derive(Debug, Clone, Copy)]
pub struct AttributeRow {
    /// The attribute.
    pub attribute: Attribute,
    /// Its PKCS#11-style name, as in CloudHSM's CLI.
    pub name: &'static str,
    /// PKCS#11 attribute type; our own ones are in the vendor range.
    pub cka: u64,
    /// What it holds.
    pub kind: AttributeKind,
    /// When it may be set.
    pub change: Change,
}

macro_rules! attributes {
    ($($variant:ident = $id:literal, $name:literal, $cka:literal, $kind:ident, $change:ident;)*) => {
        /// A property of a key; the number is its id in records and messages.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum Attribute { $(#[doc = $name] $variant = $id,)* }

        /// The attributes table, in the order of ids.
        pub static ATTRIBUTES: &[AttributeRow] = &[$(AttributeRow {
            attribute: Attribute::$variant, name: $name, cka: $cka, kind: AttributeKind::$kind, change: Change::$change,
        },)*];

        impl Attribute {
            /// The attribute of an id; `None` for one this build does not know.
            pub fn from_id(id: u32) -> Option<Attribute> {
                match id { $($id => Some(Attribute::$variant),)* _ => None }
            }
        }
    };
}

attributes! {
    Label = 1, "label", 0x3, Text, Free;
    Id = 2, "id", 0x102, Octets, Free;
    Token = 3, "token", 0x1, Flag, OnlyToTrue;
    Private = 4, "private", 0x2, Flag, AtCreation;
    Sensitive = 5, "sensitive", 0x103, Flag, OnlyToTrue;
    Extractable = 6, "extractable", 0x162, Flag, OnlyToFalse;
    Modifiable = 7, "modifiable", 0x170, Flag, OnlyToFalse;
    Destroyable = 8, "destroyable", 0x172, Flag, OnlyToFalse;
    Encrypt = 9, "encrypt", 0x104, Flag, OnlyToFalse;
    Decrypt = 10, "decrypt", 0x105, Flag, OnlyToFalse;
    Sign = 11, "sign", 0x108, Flag, OnlyToFalse;
    Verify = 12, "verify", 0x10A, Flag, OnlyToFalse;
    Wrap = 13, "wrap", 0x106, Flag, OnlyToFalse;
    Unwrap = 14, "unwrap", 0x107, Flag, OnlyToFalse;
    Derive = 15, "derive", 0x10C, Flag, OnlyToFalse;
    WrapWithTrusted = 16, "wrap-with-trusted", 0x210, Flag, OnlyToTrue;
    Trusted = 17, "trusted", 0x86, Flag, Never;
    AllowCallerIv = 18, "allow-caller-iv", 0x8000_F401, Flag, OnlyToFalse;
    AllowedMechanisms = 19, "allowed-mechanisms", 0x4000_0600, Mechanisms, OnlyToFalse;
    Local = 20, "local", 0x163, Flag, Never;
    AlwaysSensitive = 21, "always-sensitive", 0x165, Flag, Never;
    NeverExtractable = 22, "never-extractable", 0x164, Flag, Never;
    CheckValue = 23, "check-value", 0x90, Octets, Never;
    WrapTemplate = 24, "wrap-template", 0x4000_0211, Template, AtCreation;
    UnwrapTemplate = 25, "unwrap-template", 0x4000_0212, Template, AtCreation;
    WrappingOnly = 26, "wrapping-only", 0x8000_F402, Flag, Never;
    Encapsulate = 40, "encapsulate", 0x633, Flag, OnlyToFalse;
    Decapsulate = 41, "decapsulate", 0x634, Flag, OnlyToFalse;
}

/// Longest label, in bytes of UTF-8. An empty label is refused: leave the attribute out.
pub const MAX_LABEL_BYTES: usize = 1024;
/// Longest `id` attribute, in bytes.
pub const MAX_ID_BYTES: usize = 256;

impl Attribute {
    /// The id in records and messages.
    pub fn id(self) -> u32 {
        self as u32
    }

    /// The row of this attribute.
    pub fn row(self) -> &'static AttributeRow {
        // Every variant has a row: enum and table come from the same macro, in the order of ids.
        match ATTRIBUTES.binary_search_by_key(&self.id(), |row| row.attribute.id()) {
            Ok(index) | Err(index) => &ATTRIBUTES[index],
        }
    }

    /// The attribute with this name.
    pub fn from_name(name: &str) -> Option<Attribute> {
        ATTRIBUTES
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.attribute)
    }

    /// This attribute as a flag.
    pub fn flag(self, value: bool) -> AttributeValue {
        AttributeValue {
            id: self.id(),
            value: Some(Value::Flag(value)),
        }
    }

    /// This attribute as text.
    pub fn text(self, value: impl Into<String>) -> AttributeValue {
        AttributeValue {
            id: self.id(),
            value: Some(Value::Text(value.into())),
        }
    }

    /// This attribute as bytes.
    pub fn octets(self, value: impl Into<Vec<u8>>) -> AttributeValue {
        AttributeValue {
            id: self.id(),
            value: Some(Value::Octets(value.into())),
        }
    }

    /// This attribute as a template.
    pub fn template(self, attributes: impl Into<Vec<AttributeValue>>) -> AttributeValue {
        let attributes = attributes.into();
        AttributeValue {
            id: self.id(),
            value: Some(Value::Template(Template { attributes })),
        }
    }

    /// This attribute as a list of mechanisms.
    pub fn mechanisms(
        self,
        value: impl IntoIterator<Item = crate::mechanisms::Mechanism>,
    ) -> AttributeValue {
        let mechanisms = value
            .into_iter()
            .map(crate::mechanisms::Mechanism::code)
            .collect();
        AttributeValue {
            id: self.id(),
            value: Some(Value::Mechanisms(MechanismList { mechanisms })),
        }
    }
}

/// The value of `attribute` in a list.
pub fn find(attributes: &[AttributeValue], attribute: Attribute) -> Option<&Value> {
    attributes
        .iter()
        .find(|candidate| candidate.id == attribute.id())?
        .value
        .as_ref()
}

/// A flag in a list.
pub fn find_flag(attributes: &[AttributeValue], attribute: Attribute) -> Option<bool> {
    match find(attributes, attribute) {
        Some(Value::Flag(flag)) => Some(*flag),
        Some(
            Value::Text(_)
            | Value::Octets(_)
            | Value::Mechanisms(_)
            | Value::Number(_)
            | Value::Template(_),
        )
        | None => None,
    }
}

/// A text in a list.
pub fn find_text(attributes: &[AttributeValue], attribute: Attribute) -> Option<&str> {
    match find(attributes, attribute) {
        Some(Value::Text(text)) => Some(text),
        Some(
            Value::Flag(_)
            | Value::Octets(_)
            | Value::Mechanisms(_)
            | Value::Number(_)
            | Value::Template(_),
        )
        | None => None,
    }
}
