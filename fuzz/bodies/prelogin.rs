//! Everything that one connection sends before it has logged in, fed to the server's connection code.

use std::sync::Arc;
use std::time::Duration;

use ferrohsm_protocol::frame::{self, Header, MAX_BODY, MAX_BODY_BEFORE_LOGIN};
use ferrohsm_protocol::messages::LoginRequest;
use ferrohsm_protocol::operations::{Access, OPERATIONS};
use ferrohsm_protocol::{Operation, Status, hello};
use hsm_server::hsm::Hsm;
use hsm_server::listener;
use hsm_server::policy::Mode;
use hsm_server::seal::SealConfig;
use hsm_server::session::Peer;
use hsm_server::setup::{self, Opening};
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

use super::{PRE_LOGIN, take, take_u8, take_u16};

/// Most bytes that one run puts into a connection.
const INPUT_BYTES_MAX: usize = 1 << 20;

/// An HSM that nobody has initialized and one that is ACTIVE. INITIALIZED is left out: the first well-formed
/// ClusterActivate would end that state.
pub struct Hsms {
    runtime: Runtime,
    uninitialized: Arc<Hsm>,
    active: Arc<Hsm>,
}

impl Hsms {
    /// Sets both up in directories that are gone when this returns; what is open lives on without a name.
    pub fn new() -> Hsms {
        let active = hsm();
        let now = active.clock.now_unix_ms();
        let (certificate, root) = active.cluster.dev_sign(now).expect("signed");
        active
            .cluster
            .initialize(&certificate, &root, now)
            .expect("INITIALIZED");
        active
            .cluster
            .activate(&active.users, "admin", b"correct horse battery", now)
            .expect("ACTIVE");
        Hsms {
            runtime: Builder::new_current_thread()
                .enable_time()
                .build()
                .expect("a runtime"),
            uninitialized: hsm(),
            active,
        }
    }

    /// The first byte chooses the HSM and the peer, whether a good Hello comes first, and whether the rest is the
    /// connection's bytes or describes frames: an operation, a length and a body each.
    pub fn run(&self, mut data: &[u8]) {
        let choice = take_u8(&mut data);
        let certificate = Peer::Certificate {
            key_hash: [7; 32],
            users: None,
        };
        let (hsm, peer) = match choice % 4 {
            0 => (&self.uninitialized, Peer::Socket),
            1 => (&self.uninitialized, certificate),
            2 => (&self.active, Peer::Socket),
            _ => (&self.active, certificate),
        };
        let greet = choice & 4 != 0;
        let mut input = if greet { greeting() } else { Vec::new() };
        if choice & 8 != 0 {
            frames(data, &mut input);
        } else {
            input.extend_from_slice(data);
        }
        if input.len() > INPUT_BYTES_MAX || logs_in(&input) {
            return;
        }
        let revision = hsm.revision();
        let answer = self.serve(hsm, peer, &input);
        check(&answer, greet);
        assert_eq!(hsm.revision(), revision, "something was stored");
    }

    /// What a connection answers to these bytes and the end of the stream.
    fn serve(&self, hsm: &Arc<Hsm>, peer: Peer, input: &[u8]) -> Vec<u8> {
        self.runtime.block_on(async {
            let (mut client, server) = tokio::io::duplex(2 * INPUT_BYTES_MAX);
            let serving = tokio::spawn(listener::serve_stream(Arc::clone(hsm), peer, server));
            let mut answer = Vec::new();
            let talk = async {
                // It may close before it has read everything; then there is an answer all the same, or none.
                let _ = client.write_all(input).await;
                let _ = client.shutdown().await;
                let _ = client.read_to_end(&mut answer).await;
            };
            // Far below the server's own deadlines: nothing here should wait for one.
            tokio::time::timeout(Duration::from_secs(5), talk)
                .await
                .expect("the server neither answers nor closes");
            let served = serving.await.expect("the connection did not panic");
            assert!(served.is_ok() || answer.is_empty());
            answer
        })
    }
}

fn hsm() -> Arc<Hsm> {
    let directory = tempfile::tempdir().expect("a directory");
    let opening = Opening {
        directory: directory.path(),
        dev: true,
        passphrase: None,
        credentials_directory: None,
        legacy_des3: false,
    };
    let seal = SealConfig::KeyFile {
        path: directory.path().join("seal.key"),
    };
    setup::init(opening, &seal, Mode::NonFips).expect("set up");
    setup::open(opening, Duration::from_secs(3600)).expect("open")
}

fn greeting() -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = Header::request(Operation::Hello.code(), 0, 0, 0);
    frame::append(&mut bytes, header, |out| {
        hello::request("fuzz").encode_raw(out);
    });
    bytes
}

/// Frames with right lengths, most of them of operations that need no login.
fn frames(mut data: &[u8], out: &mut Vec<u8>) {
    let mut call = 1;
    while !data.is_empty() {
        let choice = usize::from(take_u8(&mut data));
        let operation = match PRE_LOGIN.get(choice % 16) {
            Some(operation) => *operation,
            None => OPERATIONS[choice % OPERATIONS.len()].operation,
        };
        let length = usize::from(take_u16(&mut data));
        let body = take(&mut data, length);
        frame::append(out, Header::request(operation.code(), call, 0, 0), |out| {
            out.extend_from_slice(body)
        });
        call += 1;
    }
}

/// Whether a login comes as far as the password, which takes as long to check as thousands of these runs. What can be
/// wrong with its bytes before that is the matter of `frames`.
fn logs_in(mut input: &[u8]) -> bool {
    while let Ok(Some(frame)) = frame::split(input, MAX_BODY_BEFORE_LOGIN) {
        let login = frame.header.operation == Operation::Login.code();
        if login && LoginRequest::decode(frame.body).is_ok() {
            return true;
        }
        input = &input[frame.bytes..];
    }
    false
}

/// Whole replies, and no success for what needs a login.
fn check(mut answer: &[u8], greeted: bool) {
    let mut replies = 0;
    while let Some(frame) = frame::split(answer, MAX_BODY).expect("frames") {
        assert!(frame.header.reply);
        let status = Status::from_code(frame.header.status).expect("a status");
        assert_ne!(status, Status::Internal, "{:?}", frame.header);
        if status == Status::Ok {
            let row = OPERATIONS
                .iter()
                .find(|row| row.operation.code() == frame.header.operation);
            assert_eq!(row.expect("a row").access, Access::Anyone);
        }
        replies += 1;
        answer = &answer[frame.bytes..];
    }
    assert!(answer.is_empty(), "half a reply");
    assert!(replies > 0 || !greeted, "no answer to Hello");
}
