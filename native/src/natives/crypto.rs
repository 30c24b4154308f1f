//! Using keys.

use super::keys::{attributes, with_defaults};
use crate::bytes::{Bytes, wipe};
use crate::calls::{copy, copy_plain, run};
use crate::codec::{Reader, Writer};
use crate::error::BridgeError;
use crate::key_info;
use ferrohsm_client::request_id;
use ferrohsm_protocol::messages::{
    DecryptRequest, DeriveKeyRequest, DeriveSecretRequest, EncryptRequest, IssueIvRequest,
    KeyReference, MechanismParameters, RandomRequest, SignRequest, UnwrapKeyRequest, VerifyRequest,
    WrapKeyRequest,
};
use jni::Env;
use jni::objects::{JByteArray, JClass, JObject};
use jni::sys::{jint, jlong};

type Result<T> = std::result::Result<T, BridgeError>;

pub(super) fn parameters(
    env: &Env<'_>,
    array: &JByteArray<'_>,
) -> Result<Option<MechanismParameters>> {
    Reader(&copy(env, array)?).parameters()
}

/// A key of the HSM's, or the caller's public key where one is given.
pub(super) fn key_reference(
    env: &Env<'_>,
    handle: jlong,
    public_key_info: &JByteArray<'_>,
) -> Result<Option<KeyReference>> {
    Ok(Some(KeyReference {
        handle: handle.cast_unsigned(),
        public_key_info: copy_plain(env, public_key_info)?,
    }))
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn sign<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    mechanism: jint,
    parameters_array: JByteArray<'local>,
    data: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let mut request = SignRequest {
        handle: handle.cast_unsigned(),
        mechanism: mechanism.cast_unsigned(),
        parameters: parameters(env, &parameters_array)?,
        data: copy_plain(env, &data)?,
    };
    let result = run(env, client, &future, &request, |reply| {
        Bytes::new(reply.signature)
    });
    wipe(&mut request.data);
    result
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn verify<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    public_key_info: JByteArray<'local>,
    mechanism: jint,
    parameters_array: JByteArray<'local>,
    data: JByteArray<'local>,
    signature: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = VerifyRequest {
        key: key_reference(env, handle, &public_key_info)?,
        mechanism: mechanism.cast_unsigned(),
        parameters: parameters(env, &parameters_array)?,
        data: copy_plain(env, &data)?,
        signature: copy_plain(env, &signature)?,
    };
    run(env, client, &future, &request, |reply| {
        Bytes::new(vec![u8::from(reply.valid)])
    })
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn encrypt<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    public_key_info: JByteArray<'local>,
    mechanism: jint,
    parameters_array: JByteArray<'local>,
    data: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let mut request = EncryptRequest {
        key: key_reference(env, handle, &public_key_info)?,
        mechanism: mechanism.cast_unsigned(),
        parameters: parameters(env, &parameters_array)?,
        data: copy_plain(env, &data)?,
    };
    let result = run(env, client, &future, &request, |reply| {
        joined(&reply.iv, &reply.data)
    });
    wipe(&mut request.data);
    result
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn decrypt<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    mechanism: jint,
    parameters_array: JByteArray<'local>,
    data: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = DecryptRequest {
        handle: handle.cast_unsigned(),
        mechanism: mechanism.cast_unsigned(),
        parameters: parameters(env, &parameters_array)?,
        data: copy_plain(env, &data)?,
    };
    run(env, client, &future, &request, |reply| {
        Bytes::new(reply.data)
    })
}

pub fn issue_iv<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    mechanism: jint,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = IssueIvRequest {
        handle: handle.cast_unsigned(),
        mechanism: mechanism.cast_unsigned(),
    };
    run(env, client, &future, &request, |reply| Bytes::new(reply.iv))
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn wrap_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    wrapping_handle: jlong,
    public_key_info: JByteArray<'local>,
    mechanism: jint,
    parameters_array: JByteArray<'local>,
    handle: jlong,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = WrapKeyRequest {
        wrapping_key: key_reference(env, wrapping_handle, &public_key_info)?,
        mechanism: mechanism.cast_unsigned(),
        parameters: parameters(env, &parameters_array)?,
        handle: handle.cast_unsigned(),
    };
    run(env, client, &future, &request, |reply| {
        joined(&reply.iv, &reply.wrapped)
    })
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn unwrap_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    unwrapping_handle: jlong,
    mechanism: jint,
    parameters_array: JByteArray<'local>,
    wrapped: JByteArray<'local>,
    key_type: jint,
    key_attributes: JByteArray<'local>,
    public_attributes: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = UnwrapKeyRequest {
        request_id: request_id(),
        unwrapping_handle: unwrapping_handle.cast_unsigned(),
        mechanism: mechanism.cast_unsigned(),
        parameters: parameters(env, &parameters_array)?,
        wrapped: copy_plain(env, &wrapped)?,
        key_type,
        attributes: with_defaults(client, key_type, attributes(env, &key_attributes)?)?,
        public_attributes: attributes(env, &public_attributes)?,
    };
    run(env, client, &future, &request, |reply| {
        key_info::one(reply.key)
    })
}

pub fn derive_secret<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    mechanism: jint,
    peer_public_key_info: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = DeriveSecretRequest {
        handle: handle.cast_unsigned(),
        mechanism: mechanism.cast_unsigned(),
        peer_public_key_info: copy_plain(env, &peer_public_key_info)?,
    };
    run(env, client, &future, &request, |reply| {
        Bytes::new(reply.secret)
    })
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn derive_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    mechanism: jint,
    derivation: JByteArray<'local>,
    password: JByteArray<'local>,
    key_type: jint,
    size_bits: jint,
    key_attributes: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let mut request = DeriveKeyRequest {
        request_id: request_id(),
        handle: handle.cast_unsigned(),
        mechanism: mechanism.cast_unsigned(),
        parameters: Some(Reader(&copy(env, &derivation)?).derivation()?),
        key_type,
        size_bits: size_bits.cast_unsigned(),
        // Without the configuration's defaults: what the base key allows decides.
        attributes: attributes(env, &key_attributes)?,
        // Last: if one of the others failed, nobody would wipe it.
        password: copy_plain(env, &password)?,
    };
    let result = run(env, client, &future, &request, |reply| {
        key_info::one(reply.key)
    });
    wipe(&mut request.password);
    result
}

pub fn random<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    length: jint,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = RandomRequest {
        length: length.cast_unsigned(),
    };
    run(env, client, &future, &request, |reply| {
        Bytes::new(reply.data)
    })
}

/// Two byte strings in one: the first one's length as u32, its bytes, then the other's.
pub(super) fn joined(first: &[u8], rest: &[u8]) -> Bytes {
    let mut writer = Writer::with_capacity(size_of::<u32>() + first.len() + rest.len());
    writer.bytes(first);
    let mut bytes = writer.finish();
    bytes.extend_from_slice(rest);
    bytes
}
