//! Using keys on data in chunks. Java has the number of a stream, and closes it when it is over or garbage.

use super::crypto::{key_reference, parameters};
use crate::bytes::{Bytes, wipe};
use crate::calls::{complete, copy_plain, run_chunk};
use crate::clients;
use crate::codec::Writer;
use crate::error::{BridgeError, hsm_error};
use crate::numbered::Numbered;
use ferrohsm_client::Stream;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::{
    StreamBeginRequest, StreamFinishRequest, StreamReadRequest, StreamUpdateRequest,
};
use jni::Env;
use jni::objects::{JByteArray, JClass, JObject};
use jni::sys::{jint, jlong};
use once_cell::sync::Lazy;
use std::sync::Arc;

type Result<T> = std::result::Result<T, BridgeError>;

static STREAMS: Lazy<Numbered<Stream>> = Lazy::new(Numbered::default);

fn stream(number: jlong) -> Result<Arc<Stream>> {
    STREAMS
        .get(number)
        .ok_or_else(|| hsm_error(Status::StreamUnknown, ""))
}

/// Keeps a stream; gives its number (u64) and the IV.
fn begun(stream: Stream) -> Bytes {
    let iv = stream.iv().to_vec();
    let mut writer = Writer::default();
    writer.u64(STREAMS.insert(stream).cast_unsigned());
    let mut bytes = writer.finish();
    bytes.extend_from_slice(&iv);
    bytes
}

#[allow(clippy::too_many_arguments)] // a native has the arguments that it has
pub fn begin<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    handle: jlong,
    public_key_info: JByteArray<'local>,
    mechanism: jint,
    usage: jint,
    parameters_array: JByteArray<'local>,
    total_bytes: jlong,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let request = StreamBeginRequest {
        key: key_reference(env, handle, &public_key_info)?,
        mechanism: mechanism.cast_unsigned(),
        parameters: parameters(env, &parameters_array)?,
        r#use: usage,
        total_bytes: total_bytes.cast_unsigned(),
    };
    let open = clients::get(client)?;
    if future.is_null() {
        let bytes = begun(open.client.begin_stream(&request)?);
        return Ok(env.byte_array_from_slice(&bytes)?);
    }
    let future = env.new_global_ref(&future)?;
    open.client.submit_stream(&request, move |stream| {
        complete(future, stream.map(begun).map_err(BridgeError::from));
    })?;
    Ok(JByteArray::null())
}

pub fn update<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    number: jlong,
    aad: JByteArray<'local>,
    data: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let mut request = StreamUpdateRequest {
        aad: copy_plain(env, &aad)?,
        data: copy_plain(env, &data)?,
        ..StreamUpdateRequest::default()
    };
    let result = run_chunk(env, &stream(number)?, &future, &mut request, |reply| {
        Bytes::new(reply.data)
    });
    wipe(&mut request.data);
    result
}

pub fn finish<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    number: jlong,
    data: JByteArray<'local>,
    signature: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let mut request = StreamFinishRequest {
        data: copy_plain(env, &data)?,
        signature: copy_plain(env, &signature)?,
        ..StreamFinishRequest::default()
    };
    let result = run_chunk(env, &stream(number)?, &future, &mut request, |reply| {
        output(reply.valid, reply.remaining_bytes, reply.data)
    });
    wipe(&mut request.data);
    result
}

pub fn read<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    number: jlong,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let mut request = StreamReadRequest::default();
    run_chunk(env, &stream(number)?, &future, &mut request, |reply| {
        output(true, reply.remaining_bytes, reply.data)
    })
}

pub fn close<'local>(_env: &mut Env<'local>, _class: JClass<'local>, number: jlong) -> Result<()> {
    drop(STREAMS.remove(number));
    Ok(())
}

/// Whether a signature was right (u8), how much is still to be read (u64), and the output.
fn output(valid: bool, remaining_bytes: u64, data: Vec<u8>) -> Bytes {
    let data = Bytes::new(data);
    let mut writer = Writer::default();
    writer.flag(valid);
    writer.u64(remaining_bytes);
    let mut bytes = writer.finish();
    bytes.extend_from_slice(&data);
    bytes
}
