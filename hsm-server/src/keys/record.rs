//! How a key is stored. docs/formats.md lists the fields; they are added to and never renumbered.

use super::attributes::AttributeSet;
use super::key::{Key, Material};
use super::part::Part;
use crate::crypto;
use crate::error::OpError;
use crate::session::{LoginId, UserId};
use ferrohsm_protocol::mechanisms;
use ferrohsm_protocol::messages::{AttributeValue, Curve, KeyType};
use prost::Message;
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

/// Where token keys are stored, by handle.
pub const KEY_PREFIX: &str = "key/";
/// Where session keys are stored, by login and handle.
pub const SESSION_KEY_PREFIX: &str = "session-key/";
/// Where handles of deleted keys are kept, so that none is given twice.
pub const TOMBSTONE_PREFIX: &str = "tombstone/";

/// A key, key pair or certificate.
#[derive(PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct KeyRecord {
    /// Of the private or secret key or certificate; the public key of a pair is one more.
    #[prost(fixed64, tag = "1")]
    pub handle: u64,
    /// User id of the owner.
    #[prost(fixed64, tag = "2")]
    pub owner: UserId,
    /// The login that a session key belongs to; empty for a token key.
    #[prost(bytes = "vec", tag = "3")]
    pub login_id: Vec<u8>,
    /// Its type.
    #[prost(enumeration = "KeyType", tag = "4")]
    pub key_type: i32,
    /// RSA modulus, curve size or secret length, in bits.
    #[prost(uint32, tag = "5")]
    pub size_bits: u32,
    /// Of an EC, Ed25519 or X25519 key.
    #[prost(enumeration = "Curve", tag = "6")]
    pub curve: i32,
    /// Of the private or secret key or certificate.
    #[prost(message, repeated, tag = "7")]
    pub attributes: Vec<AttributeValue>,
    /// Of the public key of a pair.
    #[prost(message, repeated, tag = "8")]
    pub public_attributes: Vec<AttributeValue>,
    /// PKCS#8 DER of a private key, the bytes of a secret key; empty for a certificate.
    #[prost(bytes = "vec", tag = "9")]
    pub material: Vec<u8>,
    /// SubjectPublicKeyInfo, DER; empty for secret keys.
    #[prost(bytes = "vec", tag = "10")]
    pub public_key_info: Vec<u8>,
    /// X.509 DER, end entity first.
    #[prost(bytes = "vec", repeated, tag = "11")]
    pub certificate_chain: Vec<Vec<u8>>,
    /// Milliseconds since 1970.
    #[prost(uint64, tag = "12")]
    pub created_unix_ms: u64,
}

impl Drop for KeyRecord {
    fn drop(&mut self) {
        self.material.zeroize();
    }
}

impl KeyRecord {
    /// Reads a stored record.
    pub fn read(plaintext: &[u8]) -> Result<KeyRecord, OpError> {
        KeyRecord::decode(plaintext)
            .map_err(|_| OpError::internal("a key record does not decode: restore a backup"))
    }

    /// The bytes to store.
    pub fn write(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.encode_to_vec())
    }

    /// Where it is stored.
    pub fn path(&self) -> String {
        path(
            self.handle,
            LoginId::try_from(self.login_id.as_slice()).ok(),
        )
    }

    /// The key, with material that is parsed when it is first used; `parsed` if it is at hand.
    pub fn to_key(&self, parsed: Option<crypto::KeyMaterial>) -> Result<Key, OpError> {
        let key_type = self.key_type();
        let part = match key_type {
            KeyType::Unspecified => {
                return Err(OpError::internal("a key record of an unknown type"));
            }
            KeyType::Certificate => Part::Certificate,
            KeyType::Rsa
            | KeyType::Ec
            | KeyType::Aes
            | KeyType::GenericSecret
            | KeyType::EcEdwards
            | KeyType::EcMontgomery
            | KeyType::MlDsa
            | KeyType::MlKem
            | KeyType::Des3
            | KeyType::Chacha20 => Part::Secret(key_type),
        };
        let material = match crypto::KeyType::try_from(key_type) {
            Ok(key_type) => Some(Material::new(key_type, &self.material, parsed)),
            Err(_) => None,
        };
        let public_part = mechanisms::is_pair(key_type).then_some(Part::Public(key_type));
        let public = public_part
            .map(|part| AttributeSet::from_values(part, &self.public_attributes))
            .transpose()?;
        let attributes = AttributeSet::from_values(part, &self.attributes)?;
        Ok(Key {
            handle: self.handle,
            owner: self.owner,
            login: LoginId::try_from(self.login_id.as_slice()).ok(),
            key_type,
            size_bits: self.size_bits,
            curve: self.curve(),
            part,
            allowed: attributes.allowed_in(part),
            attributes,
            public_allowed: match (&public, public_part) {
                (Some(public), Some(part)) => public.allowed_in(part),
                _ => Default::default(),
            },
            public,
            public_key_info: self.public_key_info.clone(),
            certificate_chain: self.certificate_chain.clone(),
            created_unix_ms: self.created_unix_ms,
            material: material.map(Arc::new),
        })
    }
}

/// Where a key is stored.
pub fn path(handle: u64, login: Option<LoginId>) -> String {
    match login {
        None => format!("{KEY_PREFIX}{handle:016x}"),
        Some(login) => format!("{}{handle:016x}", login_prefix(&login)),
    }
}

/// What the paths of a login's session keys start with.
pub fn login_prefix(login: &LoginId) -> String {
    format!("{SESSION_KEY_PREFIX}{:032x}/", u128::from_be_bytes(*login))
}

/// Where it is kept that a handle was given.
pub fn tombstone(handle: u64) -> String {
    format!("{TOMBSTONE_PREFIX}{handle:016x}")
}
