//! Key encapsulation.

use super::crypto::{joined, key_reference};
use super::keys::{attributes, with_defaults};
use crate::bytes::Bytes;
use crate::calls::{copy_plain, run};
use crate::error::BridgeError;
use crate::key_info;
use ferrohsm_client::request_id;
use ferrohsm_protocol::messages::{
    DecapsulateKeyRequest, DecapsulateRequest, EncapsulateKeyRequest, EncapsulateRequest,
};
use jni::Env;
use jni::objects::{JByteArray, JClass, JObject};
use jni::sys::{jint, jlong};

type Result<T> = std::result::Result<T, BridgeError>;

pub fn encapsulate<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    public_key_info: JByteArray<'local>,
    mechanism: jint,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = EncapsulateRequest {
        key: key_reference(env, 0, &public_key_info)?,
        mechanism: mechanism.cast_unsigned(),
    };
    run(env, client, &future, &request, |reply| {
        // The secret is wiped with the bytes that take it over.
        let secret = Bytes::new(reply.secret);
        joined(&reply.ciphertext, &secret)
    })
}

pub fn decapsulate<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    mechanism: jint,
    ciphertext: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = DecapsulateRequest {
        handle: handle.cast_unsigned(),
        mechanism: mechanism.cast_unsigned(),
        ciphertext: copy_plain(env, &ciphertext)?,
    };
    run(env, client, &future, &request, |reply| {
        Bytes::new(reply.secret)
    })
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn encapsulate_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    public_key_info: JByteArray<'local>,
    mechanism: jint,
    key_type: jint,
    key_attributes: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = EncapsulateKeyRequest {
        request_id: request_id(),
        key: key_reference(env, 0, &public_key_info)?,
        mechanism: mechanism.cast_unsigned(),
        key_type,
        attributes: with_defaults(client, key_type, attributes(env, &key_attributes)?)?,
    };
    run(env, client, &future, &request, |reply| {
        joined(&reply.ciphertext, &key_info::one(reply.key))
    })
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn decapsulate_key<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    mechanism: jint,
    ciphertext: JByteArray<'local>,
    key_type: jint,
    key_attributes: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = DecapsulateKeyRequest {
        request_id: request_id(),
        handle: handle.cast_unsigned(),
        mechanism: mechanism.cast_unsigned(),
        ciphertext: copy_plain(env, &ciphertext)?,
        key_type,
        attributes: with_defaults(client, key_type, attributes(env, &key_attributes)?)?,
    };
    run(env, client, &future, &request, |reply| {
        key_info::one(reply.key)
    })
}
