//! The protocol's tables for Java, which registers its services and names attributes from them.

use crate::bytes::Bytes;
use crate::codec::Writer;
use ferrohsm_protocol::attributes::ATTRIBUTES;
use ferrohsm_protocol::mechanisms::{Engine, MECHANISMS, ParameterKind, Use};
use ferrohsm_protocol::status::STATUSES;

/// Mechanisms (code, name, key type, hash, parameter kind, uses, services), attributes (id, name), the limits of one
/// call, and the exception classes that natives throw.
pub fn tables() -> Bytes {
    let mut writer = Writer::default();
    writer.count(MECHANISMS.len());
    for row in MECHANISMS {
        writer.u32(row.mechanism.code());
        writer.text(row.name);
        writer.u32(
            row.key_type
                .map_or(0, |key_type| (key_type as i32).cast_unsigned()),
        );
        writer.u32(row.hash.map_or(0, |hash| (hash as i32).cast_unsigned()));
        writer.text(parameter_kind(row.parameters));
        writer.count(row.uses.len());
        for usage in row.uses {
            writer.text(use_name(*usage));
        }
        writer.count(row.jca.len());
        for service in row.jca {
            writer.text(engine_name(service.engine));
            writer.text(service.name);
            writer.count(service.aliases.len());
            for alias in service.aliases {
                writer.text(alias);
            }
        }
    }
    writer.count(ATTRIBUTES.len());
    for row in ATTRIBUTES {
        writer.u32(row.attribute.id());
        writer.text(row.name);
    }
    writer.count(ferrohsm_protocol::MAX_DATA_BYTES);
    writer.count(ferrohsm_protocol::MAX_RANDOM_BYTES);
    writer.count(ferrohsm_protocol::STREAM_CHUNK_BYTES);
    writer.count(ferrohsm_protocol::MAX_HELD_BYTES);
    writer.count(STATUSES.len());
    for row in STATUSES {
        writer.text(&row.java_exception.replace('/', "."));
    }
    writer.finish()
}

fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::KeyPairGenerator => "KeyPairGenerator",
        Engine::KeyGenerator => "KeyGenerator",
        Engine::KeyFactory => "KeyFactory",
        Engine::SecretKeyFactory => "SecretKeyFactory",
        Engine::Signature => "Signature",
        Engine::Cipher => "Cipher",
        Engine::Mac => "Mac",
        Engine::KeyAgreement => "KeyAgreement",
        Engine::SecureRandom => "SecureRandom",
        Engine::KEM => "KEM",
        Engine::MessageDigest => "MessageDigest",
        Engine::KDF => "KDF",
    }
}

fn parameter_kind(kind: ParameterKind) -> &'static str {
    match kind {
        ParameterKind::None => "NONE",
        ParameterKind::Pss => "PSS",
        ParameterKind::Oaep => "OAEP",
        ParameterKind::Iv => "IV",
        ParameterKind::Gcm => "GCM",
        ParameterKind::Context => "CONTEXT",
        ParameterKind::Nonce => "NONCE",
        ParameterKind::ShortIv => "SHORT_IV",
        ParameterKind::X963 => "X963",
        ParameterKind::Hkdf => "HKDF",
        ParameterKind::Sp800108 => "SP800_108",
        ParameterKind::Pbkdf2 => "PBKDF2",
    }
}

fn use_name(usage: Use) -> &'static str {
    match usage {
        Use::Generate => "GENERATE",
        Use::Sign => "SIGN",
        Use::Verify => "VERIFY",
        Use::Encrypt => "ENCRYPT",
        Use::Decrypt => "DECRYPT",
        Use::Wrap => "WRAP",
        Use::Unwrap => "UNWRAP",
        Use::Derive => "DERIVE",
        Use::Encapsulate => "ENCAPSULATE",
        Use::Decapsulate => "DECAPSULATE",
        Use::Random => "RANDOM",
        Use::Digest => "DIGEST",
    }
}
