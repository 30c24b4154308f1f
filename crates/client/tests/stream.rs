//! Streams stay where they began; what is lost is said, and nothing is sent twice.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex, mpsc};

use ferrohsm_client::{Client, Stream};
use ferrohsm_protocol::messages::{
    StreamBeginRequest, StreamBeginResponse, StreamCancelRequest, StreamFinishRequest,
    StreamFinishResponse, StreamReadRequest, StreamReadResponse, StreamUpdateRequest,
    StreamUpdateResponse,
};
use ferrohsm_protocol::{Operation, Status};
use prost::Message;
use support::{Answer, FakeHsm, Fixture, PATIENCE, error, sign, wait_for};

/// What a fake HSM was asked: `begin`, chunk numbers and data, `cancel`.
type Seen = Arc<Mutex<Vec<String>>>;

/// Answers streams: updates give their data back, the end gives what was seen of the number, reads count down.
fn serve_streams(hsm: &FakeHsm, id: u64) -> Seen {
    let seen = Seen::default();
    let log = seen.clone();
    hsm.on(move |header, body| {
        let note = |what: String| log.lock().unwrap().push(what);
        let ok = |body: Vec<u8>| Some(Answer::Reply(Status::Ok, body));
        match Operation::from_code(header.operation)? {
            Operation::Resume => ok(Vec::new()),
            Operation::Sign => ok(support::signed(body)),
            Operation::StreamBegin => {
                note("begin".to_owned());
                let reply = StreamBeginResponse {
                    stream: id,
                    iv: vec![id as u8],
                };
                ok(reply.encode_to_vec())
            }
            Operation::StreamUpdate => {
                let request = StreamUpdateRequest::decode(body).unwrap();
                assert_eq!(request.stream, id, "a stream of another HSM");
                note(format!("{} {}", request.sequence, request.data.len()));
                ok(StreamUpdateResponse { data: request.data }.encode_to_vec())
            }
            Operation::StreamFinish => {
                let request = StreamFinishRequest::decode(body).unwrap();
                note(format!("{} end", request.sequence));
                let reply = StreamFinishResponse {
                    remaining_bytes: request.data.len() as u64,
                    ..Default::default()
                };
                ok(reply.encode_to_vec())
            }
            Operation::StreamRead => {
                let request = StreamReadRequest::decode(body).unwrap();
                note(format!("{} read", request.sequence));
                ok(StreamReadResponse::default().encode_to_vec())
            }
            Operation::StreamCancel => {
                assert_eq!(StreamCancelRequest::decode(body).unwrap().stream, id);
                note("cancel".to_owned());
                ok(Vec::new())
            }
            _ => None,
        }
    });
    seen
}

fn update(stream: &Stream, data: &[u8]) -> Result<Vec<u8>, Status> {
    let mut request = StreamUpdateRequest {
        data: data.to_vec(),
        ..Default::default()
    };
    let reply = stream.call(&mut request);
    reply.map(|reply| reply.data).map_err(|error| error.status)
}

/// As [`update`], asynchronously.
fn submit_update(stream: &Arc<Stream>, data: &[u8]) -> Result<Vec<u8>, Status> {
    let (sender, receiver) = mpsc::channel();
    let mut request = StreamUpdateRequest {
        data: data.to_vec(),
        ..Default::default()
    };
    let submitted = stream.submit(&mut request, move |reply| {
        let _ = sender.send(reply.map(|reply| reply.data).map_err(|error| error.status));
    });
    submitted.map_err(|error| error.status)?;
    receiver.recv_timeout(PATIENCE).unwrap()
}

fn begin(client: &Client) -> Arc<Stream> {
    Arc::new(client.begin_stream(&StreamBeginRequest::default()).unwrap())
}

fn submit_begin(client: &Client) -> Arc<Stream> {
    let (sender, receiver) = mpsc::channel();
    client
        .submit_stream(&StreamBeginRequest::default(), move |stream| {
            let _ = sender.send(stream);
        })
        .unwrap();
    Arc::new(receiver.recv_timeout(PATIENCE).unwrap().unwrap())
}

#[test]
fn chunks_go_where_the_stream_began_and_are_numbered() {
    let fixture = Fixture::new();
    let hsms: Vec<FakeHsm> = (0..2).map(|_| FakeHsm::start(&fixture.pki)).collect();
    let seen: Vec<Seen> = hsms
        .iter()
        .zip(1..)
        .map(|(hsm, id)| serve_streams(hsm, id))
        .collect();
    let client = fixture.client(&[hsms[0].address, hsms[1].address], "connections = 1");
    // Busy connections, so that calls spread.
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for _ in 0..20 {
                    let stream = if thread % 2 == 0 {
                        begin(client)
                    } else {
                        submit_begin(client)
                    };
                    for length in 1..20 {
                        let data = vec![thread; length];
                        let echoed = match length % 2 {
                            0 => update(&stream, &data),
                            _ => submit_update(&stream, &data),
                        };
                        assert_eq!(echoed.unwrap(), data);
                        assert_eq!(sign(client, b"ab").unwrap(), b"ba");
                    }
                    stream.call(&mut StreamFinishRequest::default()).unwrap();
                    assert_eq!(update(&stream, b"x"), Err(Status::StreamUnknown));
                }
            });
        }
    });
    for seen in &seen {
        let seen = seen.lock().unwrap();
        let begun = seen.iter().filter(|what| *what == "begin").count();
        assert!(begun > 0, "both HSMs carry streams");
        for number in 0..19 {
            let expected = format!("{number} {}", number + 1);
            assert_eq!(
                seen.iter().filter(|what| **what == expected).count(),
                begun,
                "{expected}"
            );
        }
        assert!(
            !seen.contains(&"cancel".to_owned()),
            "what was finished is not cancelled"
        );
    }
}

#[test]
fn an_hsm_that_dies_takes_its_streams_along_and_nothing_else() {
    let fixture = Fixture::new();
    let first = FakeHsm::start(&fixture.pki);
    let second = FakeHsm::start(&fixture.pki);
    let seen = [serve_streams(&first, 1), serve_streams(&second, 2)];
    let client = fixture.client(&[first.address, second.address], "connections = 1");
    let mut hsms = [Some(first), Some(second)];
    let (blocking, submitted) = (begin(&client), submit_begin(&client));
    update(&blocking, b"x").unwrap();
    submit_update(&submitted, b"x").unwrap();
    for stream in [&blocking, &submitted] {
        let hsm = usize::from(stream.iv()[0]) - 1;
        drop(hsms[hsm].take());
        // A cancel of the stream below may come at any time.
        let chunks = |hsm: usize| {
            let seen = seen[hsm].lock().unwrap();
            seen.iter().filter(|what| *what != "cancel").count()
        };
        let before = [chunks(0), chunks(1)];
        let lost = match Arc::ptr_eq(stream, &blocking) {
            true => update(stream, b"y"),
            false => submit_update(stream, b"y"),
        };
        assert_eq!(lost, Err(Status::StreamLost));
        assert_eq!([chunks(0), chunks(1)], before, "a chunk was sent elsewhere");
        assert_eq!(update(stream, b"y"), Err(Status::StreamUnknown));
        if hsms.iter().all(Option::is_none) {
            break;
        }
        // The other one serves what begins now.
        assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
        update(&begin(&client), b"z").unwrap();
    }
}

#[test]
fn a_chunk_whose_answer_is_lost_is_not_sent_again() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    serve_streams(&hsm, 1);
    let client = fixture.client(&[hsm.address], "");
    for asynchronous in [false, true] {
        serve_streams(&hsm, 1);
        let stream = begin(&client);
        let sent = Arc::new(Mutex::new(0));
        let count = sent.clone();
        hsm.on(move |header, _| {
            (Operation::from_code(header.operation) == Some(Operation::StreamUpdate)).then(|| {
                *count.lock().unwrap() += 1;
                Answer::Hang
            })
        });
        let lost = match asynchronous {
            false => update(&stream, b"x"),
            true => submit_update(&stream, b"x"),
        };
        assert_eq!(lost, Err(Status::StreamLost));
        assert_eq!(*sent.lock().unwrap(), 1);
    }
}

#[test]
fn a_beginning_is_tried_elsewhere() {
    let fixture = Fixture::new();
    let hsms: Vec<FakeHsm> = (0..2).map(|_| FakeHsm::start(&fixture.pki)).collect();
    let client = fixture.client(&[hsms[0].address, hsms[1].address], "connections = 1");
    hsms[0].on(
        |header, body| match Operation::from_code(header.operation)? {
            Operation::Resume => Some(Answer::Reply(Status::Ok, Vec::new())),
            Operation::Sign => Some(Answer::Reply(Status::Ok, support::signed(body))),
            Operation::StreamBegin => Some(Answer::Hang),
            _ => None,
        },
    );
    serve_streams(&hsms[1], 2);
    for _ in 0..4 {
        assert_eq!(begin(&client).iv(), [2]);
        assert_eq!(submit_begin(&client).iv(), [2]);
    }
}

#[test]
fn a_login_that_expires_in_the_middle_is_renewed_there() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    let seen = serve_streams(&hsm, 1);
    let stream = begin(&client);
    for asynchronous in [false, true] {
        let chunks = Arc::new(Mutex::new(Vec::new()));
        let log = chunks.clone();
        hsm.on(
            move |header, body| match Operation::from_code(header.operation)? {
                Operation::Resume => Some(Answer::Reply(Status::Ok, Vec::new())),
                Operation::StreamUpdate => {
                    let request = StreamUpdateRequest::decode(body).unwrap();
                    let mut log = log.lock().unwrap();
                    log.push(request.sequence);
                    if log.len() == 1 {
                        return Some(error(Status::TokenExpired));
                    }
                    let data = request.data;
                    Some(Answer::Reply(
                        Status::Ok,
                        StreamUpdateResponse { data }.encode_to_vec(),
                    ))
                }
                _ => None,
            },
        );
        let number = u64::from(asynchronous);
        let echoed = match asynchronous {
            false => update(&stream, b"x"),
            true => submit_update(&stream, b"x"),
        };
        assert_eq!(echoed.unwrap(), b"x");
        assert_eq!(*chunks.lock().unwrap(), [number, number]);
    }
    assert_eq!(*seen.lock().unwrap(), ["begin"]);
    assert_eq!(
        hsm.script.logins.load(std::sync::atomic::Ordering::SeqCst),
        3
    );
}

#[test]
fn what_is_left_before_its_end_is_cancelled() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let seen = serve_streams(&hsm, 1);
    let client = fixture.client(&[hsm.address], "");
    let cancelled = |seen: &Seen| {
        seen.lock()
            .unwrap()
            .iter()
            .filter(|what| *what == "cancel")
            .count()
    };
    let stream = begin(&client);
    update(&stream, b"x").unwrap();
    drop(stream);
    wait_for("a cancel", || cancelled(&seen) == 1);
    // A plaintext that was read to its end needs none; one that was not does.
    let stream = begin(&client);
    let mut end = StreamFinishRequest {
        data: b"data".to_vec(),
        ..Default::default()
    };
    stream.call(&mut end).unwrap();
    stream.call(&mut StreamReadRequest::default()).unwrap();
    drop(stream);
    let stream = begin(&client);
    stream.call(&mut end).unwrap();
    drop(stream);
    wait_for("a second cancel", || cancelled(&seen) == 2);
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
    assert_eq!(cancelled(&seen), 2);
}

#[test]
fn a_silent_hsm_ends_the_stream_at_its_deadline() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    serve_streams(&hsm, 1);
    let client = fixture.client(&[hsm.address], "timeout-ms = 1000");
    for asynchronous in [false, true] {
        serve_streams(&hsm, 1);
        let stream = begin(&client);
        hsm.on(|header, _| {
            let chunk = Operation::from_code(header.operation) == Some(Operation::StreamUpdate);
            chunk.then_some(Answer::Silence)
        });
        let late = match asynchronous {
            false => update(&stream, b"x"),
            true => submit_update(&stream, b"x"),
        };
        assert_eq!(late, Err(Status::Timeout));
        assert_eq!(update(&stream, b"x"), Err(Status::StreamUnknown));
    }
}
