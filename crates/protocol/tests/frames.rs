//! Golden frames, and: any bytes give a message or a clear error.

use ferrohsm_protocol::frame::{
    self, Frame, FrameError, HEADER_BYTES, Header, MAX_BODY, MAX_BODY_BEFORE_LOGIN, VERSION,
};
use ferrohsm_protocol::messages::{ErrorDetail, SignRequest, SignResponse};
use ferrohsm_protocol::{Mechanism, Operation, Status, hello};
use proptest::prelude::*;
use prost::Message;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn golden_hello_request() {
    let mut out = Vec::new();
    let body = hello::request("test/1");
    frame::append(
        &mut out,
        Header::request(Operation::Hello.code(), 1, 0, 0),
        |out| {
            body.encode(out).expect("a Vec grows");
        },
    );
    assert_eq!(
        hex(&out),
        "0000000c0100000100000001000000000000000000000000\
         080110012206746573742f31"
    );
}

#[test]
fn golden_sign_request_and_reply() {
    let request = SignRequest {
        handle: 0x1234_5678_9abc_def0,
        mechanism: Mechanism::EcdsaSha256.code(),
        parameters: None,
        data: vec![0xab; 4],
    };
    let mut out = Vec::new();
    let header = Header::request(Operation::Sign.code(), 7, 42, request.encoded_len());
    frame::append(&mut out, header, |out| {
        request.encode(out).expect("a Vec grows")
    });
    assert_eq!(
        hex(&out),
        "0000001201000400000000070000000000000000\
         0000002a\
         08f0bdf3d589cf959a1210332204abababab"
    );

    let reply = SignResponse {
        signature: vec![1, 2, 3],
    };
    let mut out = Vec::new();
    frame::append(
        &mut out,
        Header::reply_to(&header, Status::Ok, 43, 0),
        |out| {
            reply.encode(out).expect("a Vec grows");
        },
    );
    assert_eq!(
        hex(&out),
        "00000005010104000000000700000000000000000000002b0a03010203"
    );
}

#[test]
fn golden_error_reply() {
    let request = Header::request(Operation::Sign.code(), 9, 0, 0);
    let mut out = Vec::new();
    let detail = ErrorDetail {
        message: "no".into(),
    };
    frame::append(
        &mut out,
        Header::reply_to(&request, Status::KeyNotFound, 1, 0),
        |out| {
            detail.encode(out).expect("a Vec grows");
        },
    );
    assert_eq!(
        hex(&out),
        "000000040101040000000009000000200000000000000001\
                           0a026e6f"
    );
}

#[test]
fn limits_hold_before_anything_is_allocated() {
    let mut header = Header::request(1, 1, 0, MAX_BODY_BEFORE_LOGIN + 1);
    assert_eq!(
        Header::decode(&header.encode(), MAX_BODY_BEFORE_LOGIN),
        Err(FrameError::TooLong {
            length: 65_537,
            limit: MAX_BODY_BEFORE_LOGIN
        })
    );
    assert!(Header::decode(&header.encode(), MAX_BODY).is_ok());
    header.length = u32::MAX;
    assert!(matches!(
        Header::decode(&header.encode(), MAX_BODY),
        Err(FrameError::TooLong { .. })
    ));
}

#[test]
fn another_protocol_is_refused_at_its_fifth_byte() {
    assert_eq!(
        Header::decode(b"GET / HTTP/1.1", MAX_BODY),
        Err(FrameError::Version(b'/'))
    );
    assert_eq!(Header::decode(b"GET ", MAX_BODY), Ok(None));
    let mut bytes = Header::request(1, 1, 0, 0).encode();
    bytes[5] = 0x80;
    assert_eq!(
        Header::decode(&bytes, MAX_BODY),
        Err(FrameError::Flags(0x80))
    );
}

#[test]
fn every_frame_error_says_what_to_do_and_has_a_status() {
    for error in [
        FrameError::Version(9),
        FrameError::Flags(4),
        FrameError::TooLong {
            length: 9,
            limit: 8,
        },
        FrameError::Direction,
    ] {
        assert!(error.to_string().len() > 30, "{error}");
        assert_ne!(error.status(), Status::Ok);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_frame_or_a_clear_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        match frame::split(&bytes, 100) {
            Ok(Some(Frame { header, body, bytes: taken })) => {
                prop_assert!(taken <= bytes.len());
                prop_assert_eq!(body.len(), header.length as usize);
            }
            Ok(None) => prop_assert!(bytes.len() < HEADER_BYTES + 100),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn any_body_is_a_message_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        // Decoding must not panic; that it returns is the property.
        let _ = SignRequest::decode(body.as_slice());
        let _ = ferrohsm_protocol::messages::GenerateKeyPairRequest::decode(body.as_slice());
        let _ = ferrohsm_protocol::messages::LoginRequest::decode(body.as_slice());
        let _ = ferrohsm_protocol::messages::KeyInfo::decode(body.as_slice());
    }

    #[test]
    fn headers_survive_the_wire(length in 0u32..1000, reply: bool, more: bool, operation: u16, call_id: u32, status: u32, revision: u64) {
        let header = Header { length, reply, more, operation, call_id, status, revision };
        let bytes = header.encode();
        prop_assert_eq!(bytes[4], VERSION);
        prop_assert_eq!(Header::decode(&bytes, 1000), Ok(Some(header)));
    }

    #[test]
    fn a_frame_is_waited_for_until_it_is_whole(body in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..323) {
        let mut out = Vec::new();
        frame::append(&mut out, Header::request(1, 1, 0, 0), |out| out.extend_from_slice(&body));
        let cut = cut.min(out.len() - 1);
        prop_assert_eq!(frame::split(&out[..cut], 1000), Ok(None));
        prop_assert_eq!(frame::split(&out, 1000).map(|frame| frame.map(|frame| frame.body.to_vec())), Ok(Some(body)));
    }
}
