//! Keys, certificates and their attributes.

use crate::bytes::{Bytes, wipe};
use crate::calls::{copy, copy_plain, run};
use crate::clients;
use crate::codec::Reader;
use crate::error::BridgeError;
use crate::key_info;
use ferrohsm_client::request_id;
use ferrohsm_protocol::messages::{
    AttributeValue, DeleteKeyRequest, FindKeysRequest, GenerateKeyPairRequest, GenerateKeyRequest,
    GetKeyRequest, ImportCertificateRequest, ImportKeyRequest, KeyType, UpdateKeyRequest,
};
use jni::Env;
use jni::objects::{JByteArray, JClass, JObject};
use jni::sys::{jboolean, jint, jlong};

type Result<T> = std::result::Result<T, BridgeError>;

pub(super) fn attributes(env: &Env<'_>, array: &JByteArray<'_>) -> Result<Vec<AttributeValue>> {
    let bytes = copy(env, array)?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    Reader(&bytes).attributes()
}

/// Adds what `defaults` in the configuration says about new keys of this type; what the caller names wins.
pub(super) fn with_defaults(
    client: jlong,
    key_type: jint,
    mut attributes: Vec<AttributeValue>,
) -> Result<Vec<AttributeValue>> {
    let key_type =
        KeyType::try_from(key_type).map_err(|_| BridgeError::Argument("a key type is unknown"))?;
    for default in clients::get(client)?.defaults.attributes(key_type) {
        if !attributes.iter().any(|given| given.id == default.id) {
            attributes.push(default);
        }
    }
    Ok(attributes)
}

fn chain(env: &Env<'_>, array: &JByteArray<'_>) -> Result<Vec<Vec<u8>>> {
    let bytes = copy(env, array)?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    Reader(&bytes).byte_strings()
}

pub fn generate_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    key_type: jint,
    size_bits: jint,
    attributes_array: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = GenerateKeyRequest {
        request_id: request_id(),
        key_type,
        size_bits: size_bits.cast_unsigned(),
        attributes: with_defaults(client, key_type, attributes(env, &attributes_array)?)?,
    };
    run(env, client, &future, &request, |reply| {
        key_info::one(reply.key)
    })
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn generate_key_pair<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    key_type: jint,
    size_bits: jint,
    curve: jint,
    private_attributes: JByteArray<'local>,
    public_attributes: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = GenerateKeyPairRequest {
        request_id: request_id(),
        key_type,
        size_bits: size_bits.cast_unsigned(),
        curve,
        private_attributes: with_defaults(client, key_type, attributes(env, &private_attributes)?)?,
        public_attributes: attributes(env, &public_attributes)?,
    };
    run(env, client, &future, &request, |reply| {
        key_info::one(reply.key)
    })
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn import_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    key_type: jint,
    material: JByteArray<'local>,
    key_attributes: JByteArray<'local>,
    public_attributes: JByteArray<'local>,
    certificate_chain: JByteArray<'local>,
    unique_label: jboolean,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let mut request = ImportKeyRequest {
        request_id: request_id(),
        key_type,
        attributes: with_defaults(client, key_type, attributes(env, &key_attributes)?)?,
        public_attributes: attributes(env, &public_attributes)?,
        certificate_chain: chain(env, &certificate_chain)?,
        unique_label,
        // Last: if one of the others failed, nobody would wipe it.
        material: copy_plain(env, &material)?,
    };
    let result = run(env, client, &future, &request, |reply| {
        key_info::one(reply.key)
    });
    wipe(&mut request.material);
    result
}

pub fn import_certificate<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    certificate: JByteArray<'local>,
    certificate_attributes: JByteArray<'local>,
    unique_label: jboolean,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = ImportCertificateRequest {
        request_id: request_id(),
        certificate: copy_plain(env, &certificate)?,
        attributes: attributes(env, &certificate_attributes)?,
        unique_label,
    };
    run(env, client, &future, &request, |reply| {
        key_info::one(reply.key)
    })
}

pub fn get_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = GetKeyRequest {
        handle: handle.cast_unsigned(),
    };
    run(env, client, &future, &request, |reply| {
        key_info::one(reply.key)
    })
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn find_keys<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    wanted: JByteArray<'local>,
    key_type: jint,
    after_handle: jlong,
    limit: jint,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = FindKeysRequest {
        attributes: attributes(env, &wanted)?,
        key_type,
        after_handle: after_handle.cast_unsigned(),
        limit: limit.cast_unsigned(),
    };
    run(env, client, &future, &request, |reply| {
        key_info::list(&reply.keys, reply.more)
    })
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn update_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    new_attributes: JByteArray<'local>,
    set_certificate_chain: jboolean,
    certificate_chain: JByteArray<'local>,
    unique_label: jboolean,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = UpdateKeyRequest {
        request_id: request_id(),
        handle: handle.cast_unsigned(),
        attributes: attributes(env, &new_attributes)?,
        set_certificate_chain,
        certificate_chain: chain(env, &certificate_chain)?,
        unique_label,
    };
    run(env, client, &future, &request, |reply| {
        key_info::one(reply.key)
    })
}

pub fn delete_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    only_session_key: jboolean,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = DeleteKeyRequest {
        request_id: request_id(),
        handle: handle.cast_unsigned(),
        only_session_key,
    };
    run(env, client, &future, &request, |_| Bytes::default())
}
