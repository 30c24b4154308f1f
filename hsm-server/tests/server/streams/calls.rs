//! What the tests of streams ask for.

use crate::harness::*;
use ferrohsm_protocol::Mechanism;
use ferrohsm_protocol::messages::*;
use hsm_server::hsm::Hsm;
use std::time::Instant;

pub fn text(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 + i / 251) as u8).collect()
}

pub fn key(handle: u64) -> Option<KeyReference> {
    Some(KeyReference {
        handle,
        public_key_info: Vec::new(),
    })
}

pub fn begin(
    handle: u64,
    mechanism: Mechanism,
    wanted: StreamUse,
    parameters: MechanismParameters,
    total_bytes: u64,
) -> StreamBeginRequest {
    StreamBeginRequest {
        key: key(handle),
        mechanism: mechanism.code(),
        parameters: Some(parameters),
        r#use: wanted.into(),
        total_bytes,
    }
}

pub fn gcm(iv: &[u8], aad: &[u8]) -> MechanismParameters {
    MechanismParameters {
        iv: iv.to_vec(),
        iv_source: match iv {
            [] => IvSource::IvFromHsm.into(),
            _ => IvSource::IvFromCaller.into(),
        },
        aad: aad.to_vec(),
        ..MechanismParameters::default()
    }
}

pub fn sealing(handle: u64) -> StreamBeginRequest {
    begin(
        handle,
        Mechanism::AesGcm,
        StreamUse::StreamEncrypt,
        gcm(&[], b""),
        0,
    )
}

pub fn opening(handle: u64, iv: &[u8], aad: &[u8], total: usize) -> StreamBeginRequest {
    let wanted = StreamUse::StreamDecrypt;
    begin(
        handle,
        Mechanism::AesGcm,
        wanted,
        gcm(iv, aad),
        total as u64,
    )
}

pub fn mac(handle: u64) -> StreamBeginRequest {
    let wanted = StreamUse::StreamSign;
    begin(
        handle,
        Mechanism::HmacSha256,
        wanted,
        MechanismParameters::default(),
        0,
    )
}

pub fn update(stream: u64, sequence: u64, data: &[u8]) -> StreamUpdateRequest {
    StreamUpdateRequest {
        stream,
        sequence,
        aad: Vec::new(),
        data: data.to_vec(),
    }
}

pub fn finish(stream: u64, sequence: u64, data: &[u8]) -> StreamFinishRequest {
    StreamFinishRequest {
        stream,
        sequence,
        data: data.to_vec(),
        signature: Vec::new(),
    }
}

/// Sends `data` in pieces, the last one with the end, and gives all output.
pub fn run(
    connection: &mut Connection,
    request: &StreamBeginRequest,
    data: &[u8],
    piece: usize,
) -> Result<(Vec<u8>, Vec<u8>), Refused> {
    let begun = connection.call(request)?;
    let (mut sequence, mut output) = (0, Vec::new());
    let mut pieces: Vec<&[u8]> = data.chunks(piece).collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let reply = connection.call(&update(begun.stream, sequence, piece))?;
        output.extend_from_slice(&reply.data);
        sequence += 1;
    }
    let finished = connection.call(&finish(begun.stream, sequence, last))?;
    output.extend_from_slice(&finished.data);
    let mut remaining_bytes = finished.remaining_bytes;
    while remaining_bytes > 0 {
        sequence += 1;
        let stream = begun.stream;
        let read = connection.call(&StreamReadRequest { stream, sequence })?;
        output.extend_from_slice(&read.data);
        assert!(read.remaining_bytes < remaining_bytes);
        remaining_bytes = read.remaining_bytes;
    }
    Ok((begun.iv, output))
}

pub fn generate_secret(connection: &mut Connection) -> u64 {
    let request = GenerateKeyRequest {
        request_id: request_id(),
        key_type: KeyType::GenericSecret.into(),
        size_bits: 256,
        attributes: Vec::new(),
    };
    connection.call(&request).unwrap().key.unwrap().handle
}

/// Waits until the HSM holds nothing for streams.
pub fn assert_returned(hsm: &Hsm) {
    let late = Instant::now() + PATIENCE;
    while hsm.streams.usage() != (0, 0) {
        assert!(
            Instant::now() < late,
            "{:?} stay behind",
            hsm.streams.usage()
        );
        std::thread::yield_now();
    }
}
