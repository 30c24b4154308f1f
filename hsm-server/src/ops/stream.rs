//! Using keys on data in chunks. Each chunk is authorized as a call of its own would be.

use super::crypto::{Verifier, secret_key};
use crate::crypto::{self, Finished};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::policy;
use crate::session::Caller;
use crate::streams::{Purpose, Work};
use crate::wipe::wipe;
use ferrohsm_protocol::mechanisms::Use;
use ferrohsm_protocol::messages::{
    StreamBeginRequest, StreamBeginResponse, StreamCancelRequest, StreamCancelResponse,
    StreamFinishRequest, StreamFinishResponse, StreamReadRequest, StreamReadResponse,
    StreamUpdateRequest, StreamUpdateResponse, StreamUse,
};
use ferrohsm_protocol::{MAX_DATA_BYTES, MAX_HELD_BYTES, Mechanism, STREAM_CHUNK_BYTES, Status};
use std::sync::Arc;

/// A tag at the end of a ciphertext does not count against the limit of held data.
const TAG_BYTES: usize = 16;

/// Begins a stream.
pub fn handle_begin(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: StreamBeginRequest,
) -> Result<StreamBeginResponse, OpError> {
    let wanted = match request.r#use() {
        StreamUse::Unspecified => {
            let message = "the request does not say what the stream is for";
            return Err(OpError::new(Status::MalformedRequest, message));
        }
        StreamUse::StreamSign => Use::Sign,
        StreamUse::StreamVerify => Use::Verify,
        StreamUse::StreamEncrypt => Use::Encrypt,
        StreamUse::StreamDecrypt => Use::Decrypt,
    };
    let purpose = Purpose {
        key: request.key.unwrap_or_default(),
        mechanism: request.mechanism,
        wanted,
    };
    let (mechanism, key) = authorize(hsm, caller, &purpose)?;
    let mut parameters = request.parameters.unwrap_or_default();
    let held_bytes = match crypto::holds(mechanism, &parameters, wanted)? {
        true => held_bytes(request.total_bytes)?,
        false => 0,
    };
    let now = hsm.clock.now_unix_ms();
    let (stream, iv) = hsm.streams.open(caller, purpose, held_bytes, now, || {
        if wanted == Use::Encrypt {
            key.choose_iv(hsm, caller.login()?, mechanism, &mut parameters)?;
        }
        let stream = crypto::Stream::begin(key.any()?, mechanism, &parameters, wanted, held_bytes)?;
        Ok((stream, parameters.iv))
    })?;
    Ok(StreamBeginResponse { stream, iv })
}

/// Takes associated data and data; gives what can be given out by now.
pub fn handle_update(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    mut request: StreamUpdateRequest,
) -> Result<StreamUpdateResponse, OpError> {
    let (id, sequence) = (request.stream, request.sequence);
    let now = hsm.clock.now_unix_ms();
    let data = hsm
        .streams
        .chunk(caller, id, sequence, now, |purpose, work| {
            authorize(hsm, caller, purpose)?;
            let mut stream = running(work)?;
            check_length(&request.data)?;
            stream.aad(&request.aad)?;
            let data = stream.update(&request.data)?;
            Ok((data, Some(Work::Running(stream))))
        });
    wipe(&mut request.data);
    Ok(StreamUpdateResponse { data: data? })
}

/// Takes the last data and gives the result, of a plaintext the beginning.
pub fn handle_finish(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    mut request: StreamFinishRequest,
) -> Result<StreamFinishResponse, OpError> {
    let (id, sequence) = (request.stream, request.sequence);
    let now = hsm.clock.now_unix_ms();
    let response = hsm
        .streams
        .chunk(caller, id, sequence, now, |purpose, work| {
            let (_, key) = authorize(hsm, caller, purpose)?;
            let stream = running(work)?;
            check_length(&request.data)?;
            let finished = stream.finish(key.any()?, &request.data, &request.signature)?;
            let mut response = StreamFinishResponse::default();
            let mut rest = None;
            match finished {
                Finished::Output(data) => response.data = data,
                Finished::Valid(valid) => response.valid = valid,
                Finished::Plaintext(mut plaintext) => {
                    response.data = plaintext.next(STREAM_CHUNK_BYTES);
                    response.remaining_bytes = plaintext.remaining() as u64;
                    rest = Some(Work::Reading(plaintext)).filter(|_| response.remaining_bytes > 0);
                }
            }
            Ok((response, rest))
        });
    wipe(&mut request.data);
    response
}

/// Gives more of a plaintext.
pub fn handle_read(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: StreamReadRequest,
) -> Result<StreamReadResponse, OpError> {
    let (id, sequence) = (request.stream, request.sequence);
    let now = hsm.clock.now_unix_ms();
    hsm.streams
        .chunk(caller, id, sequence, now, |purpose, work| {
            authorize(hsm, caller, purpose)?;
            let Work::Reading(mut plaintext) = work else {
                let message = "the stream has nothing to read: finish it first";
                return Err(OpError::new(Status::MalformedRequest, message));
            };
            let response = StreamReadResponse {
                data: plaintext.next(STREAM_CHUNK_BYTES),
                remaining_bytes: plaintext.remaining() as u64,
            };
            let rest = Some(Work::Reading(plaintext)).filter(|_| response.remaining_bytes > 0);
            Ok((response, rest))
        })
}

/// Ends a stream before its end.
pub fn handle_cancel(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: StreamCancelRequest,
) -> Result<StreamCancelResponse, OpError> {
    hsm.streams.cancel(caller, request.stream);
    Ok(StreamCancelResponse {})
}

/// The key, if it may (still) be used so.
fn authorize(
    hsm: &Hsm,
    caller: &Caller,
    purpose: &Purpose,
) -> Result<(Mechanism, Verifier), OpError> {
    let mechanism = policy::mechanism(hsm.mode, purpose.mechanism, purpose.wanted)?;
    let key = match purpose.wanted {
        Use::Sign | Use::Decrypt if purpose.key.public_key_info.is_empty() => Verifier::Own(
            secret_key(hsm, caller, purpose.key.handle, mechanism, purpose.wanted)?,
        ),
        Use::Sign | Use::Decrypt => {
            let message = "this takes a key of the HSM, by its handle";
            return Err(OpError::new(Status::MalformedRequest, message));
        }
        wanted => Verifier::find(hsm, caller, Some(purpose.key.clone()), mechanism, wanted)?,
    };
    Ok((mechanism, key))
}

/// The bytes that the HSM may have to hold for a stream.
fn held_bytes(total_bytes: u64) -> Result<usize, OpError> {
    let limit = MAX_HELD_BYTES + TAG_BYTES;
    match usize::try_from(total_bytes) {
        Ok(0) => {
            let message = "the HSM holds the data of this operation until its end: say in total_bytes how much will come";
            Err(OpError::new(Status::MalformedRequest, message))
        }
        Ok(total) if total <= limit => Ok(total),
        Ok(_) | Err(_) => {
            let message = format!(
                "the HSM holds the data of this operation until its end, at most {MAX_HELD_BYTES} bytes ({} MiB): split it",
                MAX_HELD_BYTES >> 20
            );
            Err(OpError::new(Status::DataLengthRange, message))
        }
    }
}

fn running(work: Work) -> Result<crypto::Stream, OpError> {
    match work {
        Work::Running(stream) => Ok(stream),
        Work::Reading(_) => {
            let message = "the stream was finished: it takes no more data";
            Err(OpError::new(Status::MalformedRequest, message))
        }
    }
}

/// Leaves room for a tag and the fields around it: a reply that does not fit would be lost with what it says.
fn check_length(data: &[u8]) -> Result<(), OpError> {
    if data.len() <= MAX_DATA_BYTES {
        return Ok(());
    }
    let message = format!("a chunk has at most {MAX_DATA_BYTES} bytes");
    Err(OpError::new(Status::DataLengthRange, message))
}
