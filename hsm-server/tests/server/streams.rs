//! Data in chunks: what comes out, what is refused, and that nothing stays behind.

mod calls;

use crate::harness::*;
use calls::{
    assert_returned, begin, finish, gcm, generate_secret, mac, opening, run, sealing, text, update,
};
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{
    Attribute, MAX_DATA_BYTES, MAX_HELD_BYTES, Mechanism, Operation, STREAM_CHUNK_BYTES, Status,
};
use hsm_server::config;
use hsm_server::policy::Mode;

#[test]
fn long_data_gives_what_short_data_would() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    let aes = app.generate_aes(256, vec![]).handle;
    for length in [0, 1, 16, STREAM_CHUNK_BYTES, 3_000_001] {
        for piece in [100_000, MAX_DATA_BYTES] {
            let data = text(length);
            let (iv, sealed) = run(&mut app, &sealing(aes), &data, piece).unwrap();
            assert_eq!((iv.len(), sealed.len()), (12, length + 16));
            let request = opening(aes, &iv, b"", sealed.len());
            assert_eq!(run(&mut app, &request, &sealed, piece).unwrap().1, data);
            if sealed.len() <= MAX_DATA_BYTES {
                let whole = DecryptRequest {
                    handle: aes,
                    mechanism: Mechanism::AesGcm.code(),
                    parameters: Some(gcm(&iv, b"")),
                    data: sealed,
                };
                assert_eq!(app.call(&whole).unwrap().data, data);
            }
        }
    }
    assert_returned(&test.hsm);
}

#[test]
fn macs_of_long_data_are_made_and_checked() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    let secret = generate_secret(&mut app);
    let aes = app.generate_aes(128, vec![]).handle;
    for (handle, mechanism) in [
        (secret, Mechanism::HmacSha1),
        (secret, Mechanism::HmacSha512),
        (aes, Mechanism::AesCmac),
    ] {
        let none = MechanismParameters::default;
        let request = begin(handle, mechanism, StreamUse::StreamSign, none(), 0);
        let short = text(500_000);
        let whole = SignRequest {
            handle,
            mechanism: mechanism.code(),
            parameters: None,
            data: short.clone(),
        };
        let expected = app.call(&whole).unwrap().signature;
        assert_eq!(run(&mut app, &request, &short, 70_000).unwrap().1, expected);
        let long = text(2_500_000);
        let made = run(&mut app, &request, &long, 900_000).unwrap().1;
        for (signature, right) in [(made.clone(), true), (expected, false), (vec![], false)] {
            let request = begin(handle, mechanism, StreamUse::StreamVerify, none(), 0);
            let stream = app.call(&request).unwrap().stream;
            for (sequence, piece) in long.chunks(900_000).enumerate() {
                app.call(&update(stream, sequence as u64, piece)).unwrap();
            }
            let mut end = finish(stream, 3, b"");
            end.signature = signature;
            assert_eq!(app.call(&end).unwrap().valid, right);
        }
    }
    assert_returned(&test.hsm);
}

#[test]
fn nothing_comes_out_before_the_tag_is_right() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    let aes = app.generate_aes(256, vec![]).handle;
    let data = text(2_000_000);
    let mut request = sealing(aes);
    request.parameters = Some(gcm(&[], b"head"));
    let (iv, sealed) = run(&mut app, &request, &data, 300_000).unwrap();
    for (aad, flipped) in [
        (&b"head"[..], 0),
        (b"head", 1_999_999),
        (b"head", 2_000_015),
        (b"", 0),
    ] {
        let mut changed = sealed.clone();
        changed[flipped] ^= u8::from(!aad.is_empty());
        let begun = app.call(&opening(aes, &iv, aad, sealed.len())).unwrap();
        for (sequence, piece) in changed.chunks(300_000).enumerate() {
            let reply = app
                .call(&update(begun.stream, sequence as u64, piece))
                .unwrap();
            assert!(
                reply.data.is_empty(),
                "plaintext before the tag was checked"
            );
        }
        let (status, _) = app.call(&finish(begun.stream, 7, b"")).unwrap_err();
        assert_eq!(status, Status::AuthenticationFailed);
        let read = StreamReadRequest {
            stream: begun.stream,
            sequence: 7,
        };
        assert_eq!(app.status(&read), Status::StreamUnknown);
    }
    // Associated data may come in chunks too, until data comes.
    let begun = app.call(&opening(aes, &iv, b"he", sealed.len())).unwrap();
    let mut head = update(begun.stream, 0, b"");
    head.aad = b"ad".to_vec();
    app.call(&head).unwrap();
    for (sequence, piece) in sealed.chunks(300_000).enumerate() {
        app.call(&update(begun.stream, sequence as u64 + 1, piece))
            .unwrap();
    }
    let reply = app.call(&finish(begun.stream, 8, b"")).unwrap();
    assert_eq!(reply.data, data[..STREAM_CHUNK_BYTES]);
    app.call(&StreamCancelRequest {
        stream: begun.stream,
    })
    .unwrap();
    assert_returned(&test.hsm);
}

/// Chunks that no client sends. Each is refused, and the connection goes on.
#[test]
fn what_is_out_of_order_is_refused() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    let secret = generate_secret(&mut app);
    let aes = app.generate_aes(256, vec![]).handle;
    // Without a beginning.
    for stream in [0, 1, u64::MAX] {
        let read = StreamReadRequest {
            stream,
            sequence: 0,
        };
        assert_eq!(
            app.status(&update(stream, 0, b"data")),
            Status::StreamUnknown
        );
        assert_eq!(
            app.status(&finish(stream, 0, b"data")),
            Status::StreamUnknown
        );
        assert_eq!(app.status(&read), Status::StreamUnknown);
        assert_eq!(app.status(&StreamCancelRequest { stream }), Status::Ok);
    }
    // Out of turn: nothing changes, and the chunk that is due is taken.
    let stream = app.call(&mac(secret)).unwrap().stream;
    app.call(&update(stream, 0, b"one ")).unwrap();
    for sequence in [0, 2, u64::MAX] {
        let (status, message) = app.call(&update(stream, sequence, b"twice")).unwrap_err();
        assert_eq!(status, Status::MalformedRequest);
        assert!(message.contains("chunk 1 is due"), "{message}");
        assert_eq!(
            app.status(&finish(stream, sequence, b"twice")),
            Status::MalformedRequest
        );
    }
    let made = app.call(&finish(stream, 1, b"two")).unwrap().data;
    let whole = SignRequest {
        handle: secret,
        mechanism: Mechanism::HmacSha256.code(),
        parameters: None,
        data: b"one two".to_vec(),
    };
    assert_eq!(app.call(&whole).unwrap().signature, made);
    // After the end.
    assert_eq!(
        app.status(&update(stream, 2, b"more")),
        Status::StreamUnknown
    );
    assert_eq!(
        app.status(&finish(stream, 2, b"more")),
        Status::StreamUnknown
    );
    // What does not fit what is under way ends it.
    let mut late = update(0, 1, b"");
    late.aad = b"late".to_vec();
    let mut none = late.clone();
    none.sequence = 0;
    for (request, first, then, status) in [
        (
            sealing(aes),
            &b"data"[..],
            late.clone(),
            Status::MechanismParameterInvalid,
        ),
        (mac(secret), b"", none, Status::MechanismParameterInvalid),
        (
            sealing(aes),
            b"x",
            update(0, 1, &vec![0; MAX_DATA_BYTES + 1]),
            Status::DataLengthRange,
        ),
        (
            opening(aes, &[7; 12], b"", 5),
            b"12345",
            update(0, 1, b"6"),
            Status::DataLengthRange,
        ),
    ] {
        let stream = app.call(&request).unwrap().stream;
        if !first.is_empty() {
            app.call(&update(stream, 0, first)).unwrap();
        }
        let chunk = StreamUpdateRequest { stream, ..then };
        assert_eq!(app.status(&chunk), status);
        assert_eq!(app.status(&chunk), Status::StreamUnknown);
    }
    let stream = app.call(&mac(secret)).unwrap().stream;
    let read = StreamReadRequest {
        stream,
        sequence: 0,
    };
    assert_eq!(app.status(&read), Status::MalformedRequest);
    // Beginnings that mean nothing.
    let none = MechanismParameters::default;
    for (request, status) in [
        (StreamBeginRequest::default(), Status::MalformedRequest),
        (
            begin(
                aes,
                Mechanism::AesCbcPad,
                StreamUse::StreamEncrypt,
                none(),
                0,
            ),
            Status::MechanismParameterInvalid,
        ),
        (
            begin(aes, Mechanism::AesGcm, StreamUse::StreamSign, none(), 0),
            Status::MechanismInvalid,
        ),
        (
            begin(aes, Mechanism::HmacSha256, StreamUse::StreamSign, none(), 0),
            Status::KeyTypeInconsistent,
        ),
        (
            begin(2, Mechanism::AesGcm, StreamUse::StreamEncrypt, none(), 0),
            Status::KeyNotFound,
        ),
        (
            begin(
                aes,
                Mechanism::AesGcm,
                StreamUse::StreamEncrypt,
                gcm(&[1; 12], b""),
                0,
            ),
            Status::IvNotAllowed,
        ),
        (opening(aes, &[1; 12], b"", 0), Status::MalformedRequest),
        (
            opening(aes, &[1; 11], b"", 9),
            Status::MechanismParameterInvalid,
        ),
    ] {
        assert_eq!(app.status(&request), status);
    }
    // The flag of the frame header that no operation uses.
    let mut header =
        ferrohsm_protocol::frame::Header::request(Operation::StreamUpdate.code(), 900, 0, 0);
    header.more = true;
    app.send_bytes(&header.encode()).unwrap();
    let (header, _) = app.receive().unwrap();
    assert_eq!(header.status, Status::MalformedRequest.code());
    assert_returned(&test.hsm);
}

#[test]
fn streams_belong_to_a_connection_and_a_login() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.connect();
    let token = app.log_in("app").token;
    let mut again = test.connect();
    again.resume(&token);
    let mut other = test.log_in("other");
    let secret = generate_secret(&mut app);
    let stream = app.call(&mac(secret)).unwrap().stream;
    for stranger in [&mut again, &mut other] {
        assert_eq!(
            stranger.status(&update(stream, 0, b"x")),
            Status::StreamUnknown
        );
        assert_eq!(
            stranger.status(&finish(stream, 0, b"x")),
            Status::StreamUnknown
        );
        assert_eq!(stranger.status(&StreamCancelRequest { stream }), Status::Ok);
    }
    // The same login presented again changes nothing; another one on the connection ends it.
    app.resume(&token);
    app.call(&update(stream, 0, b"x")).unwrap();
    app.log_in("app");
    assert_eq!(app.status(&update(stream, 1, b"x")), Status::StreamUnknown);
    assert_returned(&test.hsm);
}

#[test]
fn each_chunk_is_authorized_again() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.connect();
    let token = app.log_in("app").token;
    let mut again = test.connect();
    again.resume(&token);
    // The key is deleted, in each phase.
    let aes = app.generate_aes(256, token_key()).handle;
    let data = text(1_000_000);
    let (iv, sealed) = run(&mut app, &sealing(aes), &data, 300_000).unwrap();
    let running = app.call(&sealing(aes)).unwrap().stream;
    app.call(&update(running, 0, b"data")).unwrap();
    let ending = app.call(&sealing(aes)).unwrap().stream;
    let reading = app
        .call(&opening(aes, &iv, b"", sealed.len()))
        .unwrap()
        .stream;
    for (sequence, piece) in sealed.chunks(300_000).enumerate() {
        app.call(&update(reading, sequence as u64, piece)).unwrap();
    }
    app.call(&finish(reading, 4, b"")).unwrap();
    let delete = DeleteKeyRequest {
        request_id: request_id(),
        handle: aes,
        ..DeleteKeyRequest::default()
    };
    again.call(&delete).unwrap();
    let read = StreamReadRequest {
        stream: reading,
        sequence: 5,
    };
    assert_eq!(
        app.status(&update(running, 1, b"data")),
        Status::KeyNotFound
    );
    assert_eq!(app.status(&finish(ending, 0, b"")), Status::KeyNotFound);
    assert_eq!(app.status(&read), Status::KeyNotFound);
    assert_returned(&test.hsm);
    // The use is taken away.
    let aes = app.generate_aes(256, token_key()).handle;
    let stream = app.call(&sealing(aes)).unwrap().stream;
    let stricter = UpdateKeyRequest {
        request_id: request_id(),
        handle: aes,
        attributes: vec![Attribute::Encrypt.flag(false)],
        ..UpdateKeyRequest::default()
    };
    again.call(&stricter).unwrap();
    assert_eq!(
        app.status(&update(stream, 0, b"x")),
        Status::KeyFunctionNotPermitted
    );
    // The login ends elsewhere.
    let secret = generate_secret(&mut app);
    let stream = app.call(&mac(secret)).unwrap().stream;
    again.call(&LogoutRequest {}).unwrap();
    assert_eq!(app.status(&update(stream, 0, b"x")), Status::TokenInvalid);
    test.hsm.streams.purge(test.hsm.clock.now_unix_ms());
    assert_returned(&test.hsm);
}

fn token_key() -> Vec<AttributeValue> {
    token("stream")
}

#[test]
fn limits_and_what_gives_room_again() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    let aes = app.generate_aes(256, vec![]).handle;
    let (status, message) = app
        .call(&opening(aes, &[1; 12], b"", MAX_HELD_BYTES + 17))
        .unwrap_err();
    assert_eq!(status, Status::DataLengthRange);
    assert!(message.contains("64 MiB"), "{message}");
    // Memory: a login has its share, others theirs.
    let largest = opening(aes, &[1; 12], b"", MAX_HELD_BYTES);
    let first = app.call(&largest).unwrap().stream;
    let (status, message) = app.call(&largest).unwrap_err();
    assert_eq!(status, Status::Busy);
    assert!(message.contains("memory"), "{message}");
    let mut other = test.log_in("other");
    let others = other.generate_aes(256, vec![]).handle;
    let elsewhere = opening(others, &[1; 12], b"", MAX_HELD_BYTES);
    other.call(&elsewhere).unwrap();
    app.call(&StreamCancelRequest { stream: first }).unwrap();
    let second = app.call(&largest).unwrap().stream;
    // A closed connection gives its memory back, also while the HSM is busy with others.
    let held = test.hsm.streams.usage().1;
    drop(other);
    while test.hsm.streams.usage().1 == held {
        std::thread::yield_now();
    }
    app.call(&StreamCancelRequest { stream: second }).unwrap();
    assert_returned(&test.hsm);
    // Number.
    let streams: Vec<u64> = (0..config::STREAMS_PER_LOGIN_MAX)
        .map(|_| app.call(&sealing(aes)).unwrap().stream)
        .collect();
    assert_eq!(app.status(&sealing(aes)), Status::LimitReached);
    // Idle ones end: when room is needed, when a chunk comes too late, and by themselves.
    let idle = i64::try_from(config::STREAM_IDLE_MS).unwrap();
    test.hsm.clock.advance_ms(idle / 2);
    app.call(&update(streams[0], 0, b"x")).unwrap();
    test.hsm.clock.advance_ms(idle / 2);
    assert_eq!(
        app.status(&update(streams[1], 0, b"x")),
        Status::StreamUnknown
    );
    app.call(&update(streams[0], 1, b"x")).unwrap();
    app.call(&sealing(aes)).unwrap();
    app.call(&sealing(aes)).unwrap();
    assert_eq!(test.hsm.streams.usage().0, 3);
    test.hsm.clock.advance_ms(idle);
    test.hsm.streams.purge(test.hsm.clock.now_unix_ms());
    assert_returned(&test.hsm);
    // All that was refused harmed nobody.
    let (iv, sealed) = run(&mut app, &sealing(aes), b"data", 2).unwrap();
    let request = opening(aes, &iv, b"", sealed.len());
    assert_eq!(run(&mut app, &request, &sealed, 3).unwrap().1, b"data");
}

#[test]
fn the_rule_for_ivs_holds_in_streams() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    let aes = app.generate_aes(256, vec![]).handle;
    let mechanism = Mechanism::AesGcm.code();
    let iv = app
        .call(&IssueIvRequest {
            handle: aes,
            mechanism,
        })
        .unwrap()
        .iv;
    let mut issued = sealing(aes);
    issued.parameters = Some(MechanismParameters {
        iv: iv.clone(),
        iv_source: IvSource::IvIssued.into(),
        ..MechanismParameters::default()
    });
    assert_eq!(run(&mut app, &issued, b"data", 2).unwrap().0, iv);
    assert_eq!(app.status(&issued), Status::IvUnknown);
    let own = app
        .generate_aes(256, vec![Attribute::AllowCallerIv.flag(true)])
        .handle;
    let mut chosen = sealing(own);
    chosen.parameters = Some(gcm(&[9; 12], b""));
    let (iv, _) = run(&mut app, &chosen, b"data", 2).unwrap();
    assert_eq!(iv, [9; 12]);
    // A place that is not there uses no IV up.
    for _ in 0..config::STREAMS_PER_LOGIN_MAX {
        app.call(&sealing(aes)).unwrap();
    }
    test.hsm.clock.advance_ms(1000);
    let iv = app
        .call(&IssueIvRequest {
            handle: aes,
            mechanism,
        })
        .unwrap()
        .iv;
    issued.parameters.as_mut().unwrap().iv = iv.clone();
    assert_eq!(app.status(&issued), Status::LimitReached);
    // All but the IV are too old now.
    let idle = i64::try_from(config::STREAM_IDLE_MS).unwrap();
    test.hsm.clock.advance_ms(idle - 1000);
    assert_eq!(run(&mut app, &issued, b"data", 2).unwrap().0, iv);
    assert_returned(&test.hsm);
}
