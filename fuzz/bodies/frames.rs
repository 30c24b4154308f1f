//! Splitting bytes into frames, and reading the bodies of everything that comes before a login.

use std::fmt::Debug;

use ferrohsm_protocol::frame::{self, HEADER_BYTES, MAX_BODY, MAX_BODY_BEFORE_LOGIN};
use ferrohsm_protocol::hello;
use ferrohsm_protocol::messages::{
    ClusterActivateRequest, ClusterCsrRequest, ClusterInfoRequest, ClusterInitializeRequest,
    ErrorDetail, HelloRequest, HelloResponse, LoginRequest, ResumeRequest,
};
use prost::Message;

/// Frames follow each other from the first byte; all of `data` is also taken as one body.
pub fn run(data: &[u8]) {
    for limit in [MAX_BODY_BEFORE_LOGIN, MAX_BODY] {
        split(data, limit);
    }
    body(data);
}

fn split(mut data: &[u8], limit: usize) {
    loop {
        match frame::split(data, limit) {
            Ok(Some(frame)) => {
                assert!(frame.body.len() <= limit);
                assert_eq!(frame.bytes, HEADER_BYTES + frame.body.len());
                assert_eq!(frame.header.encode(), data[..HEADER_BYTES]);
                body(frame.body);
                data = &data[frame.bytes..];
            }
            Ok(None) => return assert!(data.len() < HEADER_BYTES + limit),
            Err(error) => return assert!(!error.to_string().is_empty()),
        }
    }
}

fn body(data: &[u8]) {
    if let Some(hello) = message::<HelloRequest>(data) {
        let version = hello::agree(&hello);
        assert!(version.is_none_or(|version| version == u32::from(frame::VERSION)));
        assert!(hello::common_capabilities(&hello).len() <= hello.capabilities.len());
    }
    message::<ClusterInfoRequest>(data);
    message::<ClusterCsrRequest>(data);
    message::<ClusterInitializeRequest>(data);
    message::<ClusterActivateRequest>(data);
    message::<LoginRequest>(data);
    message::<ResumeRequest>(data);
    // What a client reads before it trusts the HSM's word for anything.
    message::<HelloResponse>(data);
    message::<ErrorDetail>(data);
}

/// What can be read can be written, and then says the same.
fn message<M: Message + Default + PartialEq + Debug>(data: &[u8]) -> Option<M> {
    let message = M::decode(data).ok()?;
    let written = message.encode_to_vec();
    assert_eq!(M::decode(written.as_slice()).as_ref(), Ok(&message));
    Some(message)
}
