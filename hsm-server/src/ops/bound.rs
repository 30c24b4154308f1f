//! The attribute-bound wrap: a wrapped key with its type, size and all attributes, which are authenticated with it.
//! docs/formats.md has the format; it is versioned and frozen.

use super::key::Draft;
use crate::crypto::{self, CryptoError, GCM_IV_LEN, KeyMaterial};
use crate::error::OpError;
use crate::keys::Key;
use crate::keys::attributes::AttributeSet;
use crate::keys::part::Part;
use crate::policy;
use ferrohsm_protocol::mechanisms;
use ferrohsm_protocol::messages::{AttributeValue, Curve, KeyType, UnwrapKeyRequest};
use ferrohsm_protocol::{Attribute, Status};
use prost::Message;

/// First byte; also authenticated.
const VERSION: u8 = 1;
/// Authenticated in front of version and header.
const CONTEXT: &[u8] = b"ferrohsm-bound-key";
/// Longest header in bytes.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// What is said about the key, in clear and authenticated. Fields are added to and never renumbered.
#[derive(Clone, PartialEq, prost::Message)]
struct Header {
    #[prost(enumeration = "KeyType", tag = "1")]
    key_type: i32,
    #[prost(uint32, tag = "2")]
    size_bits: u32,
    #[prost(enumeration = "Curve", tag = "3")]
    curve: i32,
    /// Of the private or secret key; allowed-mechanisms always among them, token never.
    #[prost(message, repeated, tag = "4")]
    attributes: Vec<AttributeValue>,
    /// Of the public key of a pair.
    #[prost(message, repeated, tag = "5")]
    public_attributes: Vec<AttributeValue>,
}

/// The wrapped form of a key. `seal` gets the IV and what to authenticate.
pub fn wrap(
    key: &Key,
    iv: &[u8],
    seal: impl FnOnce(&[u8], &[u8]) -> Result<Vec<u8>, OpError>,
) -> Result<Vec<u8>, OpError> {
    let bound = |set: &AttributeSet, part| {
        let mut values = set.to_values(part);
        // Where a key lives is decided where it is unwrapped.
        values.retain(|value| {
            value.id != Attribute::Token.id() && value.id != Attribute::AllowedMechanisms.id()
        });
        // A later release may allow more by default.
        let allowed = set.allowed_in(part);
        values.push(Attribute::AllowedMechanisms.mechanisms(allowed.iter()));
        values
    };
    let public = key.public.as_ref();
    let header = Header {
        key_type: key.key_type.into(),
        size_bits: key.size_bits,
        curve: key.curve.into(),
        attributes: bound(&key.attributes, key.part),
        public_attributes: public
            .map(|set| bound(set, Part::Public(key.key_type)))
            .unwrap_or_default(),
    }
    .encode_to_vec();
    if header.len() > HEADER_BYTES_MAX {
        let message = "the key's attributes are too long to wrap with it: shorten its templates";
        return Err(OpError::new(Status::DataLengthRange, message));
    }
    let sealed = seal(iv, &authenticated(&header))?;
    let length = header.len() as u32;
    Ok([&[VERSION], iv, &length.to_be_bytes(), &header, &sealed].concat())
}

fn authenticated(header: &[u8]) -> Vec<u8> {
    [CONTEXT, &[VERSION], header].concat()
}

/// A wrapped key, taken apart. Nothing in it is to be believed before it has been opened.
pub struct Bound<'a> {
    /// The IV it was sealed with.
    pub iv: &'a [u8],
    /// What is authenticated.
    pub header: Vec<u8>,
    /// Ciphertext and tag.
    pub wrapped: &'a [u8],
    encoded: &'a [u8],
}

impl<'a> Bound<'a> {
    /// Takes a wrapped key apart; `None` for what is none.
    pub fn read(bytes: &'a [u8]) -> Option<Bound<'a>> {
        let (version, rest) = bytes.split_first()?;
        let (iv, rest) = rest.split_at_checked(GCM_IV_LEN)?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes(*length) as usize;
        if *version != VERSION || length > HEADER_BYTES_MAX {
            return None;
        }
        let (encoded, wrapped) = rest.split_at_checked(length)?;
        Some(Bound {
            iv,
            header: authenticated(encoded),
            wrapped,
            encoded,
        })
    }

    /// The key's attributes as they were, then what the caller and the unwrapping key make stricter. Only once the wrapped
    /// key has been opened.
    ///
    /// # Errors
    /// [`Status::WrappedKeyInvalid`] for what this release cannot read or a key of another type than asked for,
    /// [`Status::AttributeReadOnly`] for a request that would make it less strict.
    pub fn restore(
        &self,
        key: &Key,
        request: &UnwrapKeyRequest,
    ) -> Result<(crypto::KeyType, Draft), OpError> {
        let header = self.decoded()?;
        let key_type = header.key_type();
        if key_type != request.key_type() {
            let message = "the wrapped key is of another type than the request says";
            return Err(OpError::new(Status::WrappedKeyInvalid, message));
        }
        let part = Part::Secret(key_type);
        let mut attributes = restored(part, &header.attributes)?;
        if !attributes.flag(Attribute::Extractable) || attributes.flag(Attribute::Trusted) {
            // No HSM wraps such a key.
            return Err(CryptoError::WrappedKey.into());
        }
        attributes = attributes.with_flag(Attribute::NeverExtractable, false);
        if !policy::vouches(key) {
            // Whoever knows the wrapping key may have made this up.
            for attribute in [Attribute::Local, Attribute::AlwaysSensitive] {
                attributes = attributes.with_flag(attribute, false);
            }
        }
        attributes = attributes
            .stricter(part, &request.attributes)?
            .update(part, key.attributes.unwrap_template())?;
        let mut public = None;
        if mechanisms::is_pair(key_type) {
            let part = Part::Public(key_type);
            let set = restored(part, &header.public_attributes)?;
            let set = set.stricter(part, &request.public_attributes)?;
            public = Some(set.with_token(attributes.flag(Attribute::Token)));
        } else if !request.public_attributes.is_empty() {
            let message = "a secret key has no public attributes: leave them out";
            return Err(OpError::new(Status::TemplateInconsistent, message));
        }
        let crypto_type = crypto::KeyType::try_from(key_type)?;
        Ok((crypto_type, Draft::restored(key_type, attributes, public)))
    }

    /// Whether what was inside is what the header says.
    pub fn check_size(&self, material: &KeyMaterial) -> Result<(), OpError> {
        let header = self.decoded()?;
        let curve = material.curve();
        if header.size_bits == material.bits() && header.curve() == curve {
            return Ok(());
        }
        Err(CryptoError::WrappedKey.into())
    }

    fn decoded(&self) -> Result<Header, OpError> {
        Header::decode(self.encoded).map_err(|_| CryptoError::WrappedKey.into())
    }
}

fn restored(part: Part, values: &[AttributeValue]) -> Result<AttributeSet, OpError> {
    AttributeSet::from_bound(part, values).map_err(|error| {
        let message = format!(
            "the wrapped key's attributes are of another release: {}",
            error.message
        );
        OpError::new(Status::WrappedKeyInvalid, message)
    })
}
