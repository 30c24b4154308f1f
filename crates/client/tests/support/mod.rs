//! A small HSM for tests: TLS with rustls and ring over loopback, frames, and answers that a test decides.
#![allow(dead_code)] // each test binary uses a part
#![allow(clippy::unwrap_used)]

mod pki;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ferrohsm_client::{Client, Config, CredentialSource, Credentials, FixedCredentials};
use ferrohsm_protocol::frame::{self, Header, MAX_BODY};
use ferrohsm_protocol::messages::{
    ErrorDetail, HelloResponse, LoginRequest, LoginResponse, ResumeRequest, ResumeResponse,
    SignRequest, SignResponse,
};
use ferrohsm_protocol::{Operation, Status};
use prost::Message;
use rustls::ServerConnection;
use zeroize::Zeroizing;

pub use pki::Pki;

pub const CLUSTER_ID: [u8; 16] = [0xa5; 16];
pub const PASSWORD: &[u8] = b"correct horse";

/// What the fake does with one frame.
pub enum Answer {
    Reply(Status, Vec<u8>),
    /// Bytes as they are, in place of a frame.
    Raw(Vec<u8>),
    /// No reply, ever.
    Silence,
    /// The connection ends.
    Hang,
}

/// Decides the answer to operations other than Hello, Login and Resume; `None`: the usual one.
pub type Handler = Box<dyn Fn(&Header, &[u8]) -> Option<Answer> + Send + Sync>;

/// How the fake behaves and what it has seen.
pub struct Script {
    pub dev: AtomicBool,
    pub cluster_id: Mutex<[u8; 16]>,
    pub handler: Mutex<Handler>,
    /// Tokens given out; a token is good while it is here.
    pub tokens: Mutex<Vec<Vec<u8>>>,
    pub password: Mutex<Vec<u8>>,
    /// What a wrong password gets.
    pub refusal: Mutex<Status>,
    pub logins: AtomicU32,
    pub connections: AtomicU32,
    /// Most frames that arrived together.
    pub largest_batch: AtomicU32,
    /// While true, nothing is read: the HSM is stopped, the kernel still accepts.
    pub stopped: AtomicBool,
}

impl Default for Script {
    fn default() -> Self {
        Script {
            dev: AtomicBool::new(false),
            cluster_id: Mutex::new(CLUSTER_ID),
            handler: Mutex::new(Box::new(|_, _| None)),
            tokens: Mutex::default(),
            password: Mutex::new(PASSWORD.to_vec()),
            refusal: Mutex::new(Status::LoginFailed),
            logins: AtomicU32::new(0),
            connections: AtomicU32::new(0),
            largest_batch: AtomicU32::new(0),
            stopped: AtomicBool::new(false),
        }
    }
}

/// A running fake; stops when dropped.
pub struct FakeHsm {
    pub address: SocketAddr,
    pub script: Arc<Script>,
    stop: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeHsm {
    pub fn start(pki: &Pki) -> FakeHsm {
        FakeHsm::start_with(pki.server_config(), "127.0.0.1:0", Arc::default())
    }

    /// Starts on `address`, as after a restart, with what `script` knows.
    pub fn start_with(
        config: Arc<rustls::ServerConfig>,
        address: &str,
        script: Arc<Script>,
    ) -> FakeHsm {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let streams: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let (stopping, kept, scripted) = (stop.clone(), streams.clone(), script.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                kept.lock().unwrap().push(stream.try_clone().unwrap());
                let mut tls = ServerConnection::new(config.clone()).unwrap();
                tls.set_buffer_limit(None);
                let script = scripted.clone();
                script.connections.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || serve(stream, tls, &script));
            }
        });
        FakeHsm {
            address,
            script,
            stop,
            streams,
            thread: Some(thread),
        }
    }

    /// Ends all connections, goes on listening.
    pub fn cut(&self) {
        for stream in self.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn on(&self, handler: impl Fn(&Header, &[u8]) -> Option<Answer> + Send + Sync + 'static) {
        *self.script.handler.lock().unwrap() = Box::new(handler);
    }
}

impl Drop for FakeHsm {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
        self.cut();
    }
}

fn serve(mut stream: TcpStream, mut tls: ServerConnection, script: &Script) {
    let mut plain = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        // One read of whatever has arrived, all of it answered, one write: as the real server does.
        let count = match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => count,
        };
        while script.stopped.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut wire = &chunk[..count];
        while !wire.is_empty() {
            if tls.read_tls(&mut wire).is_err() {
                return;
            }
            let processed = tls.process_new_packets();
            if processed.is_err() {
                let _ = tls.write_tls(&mut stream);
                return;
            }
            match tls.reader().read_to_end(&mut plain) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
        let mut batch = 0;
        let mut at = 0;
        let mut hang = false;
        while let Ok(Some(frame)) = frame::split(&plain[at..], MAX_BODY) {
            batch += 1;
            at += frame.bytes;
            match answer(script, &frame.header, frame.body) {
                Answer::Reply(status, body) => {
                    let header = Header::reply_to(&frame.header, status, 7, body.len());
                    tls.writer().write_all(&header.encode()).unwrap();
                    tls.writer().write_all(&body).unwrap();
                }
                Answer::Raw(bytes) => tls.writer().write_all(&bytes).unwrap(),
                Answer::Silence => {}
                Answer::Hang => hang = true,
            }
        }
        plain.drain(..at);
        script.largest_batch.fetch_max(batch, Ordering::SeqCst);
        while tls.wants_write() {
            if tls.write_tls(&mut stream).is_err() {
                return;
            }
        }
        if hang {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

pub fn error(status: Status) -> Answer {
    Answer::Reply(status, ErrorDetail::default().encode_to_vec())
}

fn answer(script: &Script, header: &Header, body: &[u8]) -> Answer {
    let Some(operation) = Operation::from_code(header.operation) else {
        return error(Status::UnknownOperation);
    };
    if let Some(answer) = script.handler.lock().unwrap()(header, body) {
        return answer;
    }
    match operation {
        Operation::Hello => Answer::Reply(
            Status::Ok,
            HelloResponse {
                version: 1,
                cluster_id: script.cluster_id.lock().unwrap().to_vec(),
                hsm_id: vec![1; 16],
                state: 3,
                dev: script.dev.load(Ordering::SeqCst),
                ..HelloResponse::default()
            }
            .encode_to_vec(),
        ),
        Operation::Login => {
            let request = LoginRequest::decode(body).unwrap();
            let count = script.logins.fetch_add(1, Ordering::SeqCst);
            if request.password != *script.password.lock().unwrap() {
                return error(*script.refusal.lock().unwrap());
            }
            let token = format!("token {count}").into_bytes();
            script.tokens.lock().unwrap().push(token.clone());
            let reply = LoginResponse {
                token,
                role: 2,
                expires_in_ms: 3_600_000,
                ..Default::default()
            };
            Answer::Reply(Status::Ok, reply.encode_to_vec())
        }
        Operation::Resume => {
            let request = ResumeRequest::decode(body).unwrap();
            if !script.tokens.lock().unwrap().contains(&request.token) {
                return error(Status::TokenExpired);
            }
            Answer::Reply(Status::Ok, ResumeResponse::default().encode_to_vec())
        }
        Operation::Sign => {
            if script.tokens.lock().unwrap().is_empty() {
                return error(Status::TokenExpired);
            }
            Answer::Reply(Status::Ok, signed(body))
        }
        Operation::Logout => {
            script.tokens.lock().unwrap().clear();
            Answer::Reply(Status::Ok, Vec::new())
        }
        _ => Answer::Reply(Status::Ok, Vec::new()),
    }
}

/// The fake's signature: the data reversed, so that a reply shows whose it is.
pub fn signed(body: &[u8]) -> Vec<u8> {
    let request = SignRequest::decode(body).unwrap();
    let signature = request.data.into_iter().rev().collect();
    SignResponse { signature }.encode_to_vec()
}

/// A configuration and the files it names, in a directory that goes with it.
pub struct Fixture {
    pub pki: Pki,
    pub directory: tempfile::TempDir,
}

impl Fixture {
    pub fn new() -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        let pki = Pki::new(&CLUSTER_ID);
        pki.write_to(directory.path());
        Fixture { pki, directory }
    }

    /// Writes a `client.toml` with `more` lines in it.
    pub fn config_file(&self, addresses: &[SocketAddr], more: &str) -> PathBuf {
        let path = self.directory.path().join("client.toml");
        let addresses: Vec<String> = addresses.iter().map(|a| format!("\"{a}\"")).collect();
        let text = format!(
            "addresses = [{}]\ncluster-id = \"{}\"\nroot = \"root.crt\"\nclient-certificate = \"client.crt\"\n\
             client-key = \"client.key\"\n{more}\n",
            addresses.join(", "),
            "a5".repeat(16),
        );
        write_private(&path, &text);
        path
    }

    pub fn client(&self, addresses: &[SocketAddr], more: &str) -> Client {
        self.client_as(
            addresses,
            more,
            Arc::new(FixedCredentials(credentials(PASSWORD))),
        )
    }

    pub fn client_as(
        &self,
        addresses: &[SocketAddr],
        more: &str,
        source: Arc<dyn CredentialSource>,
    ) -> Client {
        let config = Config::load(&self.config_file(addresses, more)).unwrap();
        Client::new(&config, source)
    }

    /// Two HSMs of which the client has used one, and that one stopped.
    pub fn with_the_used_hsm_stopped(&self) -> (Vec<FakeHsm>, Client) {
        let hsms: Vec<FakeHsm> = (0..2).map(|_| FakeHsm::start(&self.pki)).collect();
        for hsm in &hsms {
            hsm.script.tokens.lock().unwrap().push(b"token 0".to_vec());
        }
        let client = self.client(
            &[hsms[0].address, hsms[1].address],
            "timeout-ms = 2000\nconnections = 1",
        );
        assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
        for hsm in &hsms {
            if hsm.script.connections.load(Ordering::SeqCst) > 0 {
                hsm.script.stopped.store(true, Ordering::SeqCst);
            }
        }
        (hsms, client)
    }
}

pub fn write_private(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = std::fs::remove_file(path);
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

pub fn credentials(password: &[u8]) -> Credentials {
    Credentials {
        user: "app".to_owned(),
        password: Zeroizing::new(password.to_vec()),
    }
}

pub fn sign_request(data: Vec<u8>) -> SignRequest {
    SignRequest {
        handle: 2,
        mechanism: 1,
        parameters: None,
        data,
    }
}

pub fn sign(client: &Client, data: &[u8]) -> ferrohsm_client::Result<Vec<u8>> {
    client
        .call(&sign_request(data.to_vec()))
        .map(|reply| reply.signature)
}

/// How long a step may take on a busy machine before it counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until `condition` holds.
pub fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
