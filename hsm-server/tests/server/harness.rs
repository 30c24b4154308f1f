//! An HSM in this process, and raw frames to it over its Unix socket or TLS.

use ferrohsm_protocol::frame::{HEADER_BYTES, Header, MAX_BODY};
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, Request, Status, hello};
use hsm_server::cluster::{DevClient, refresh_tls};
use hsm_server::hsm::Hsm;
use hsm_server::policy::Mode;
use hsm_server::seal::SealConfig;
use hsm_server::setup::{self, Opening};
use hsm_server::{config, listener};
use prost::Message;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use std::fs::Permissions;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// How long a step may take on a busy machine before it counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(120);
pub const PASSWORD: &[u8] = b"correct horse battery";
/// The users of an active HSM, with their roles.
pub const USERS: [(&str, Role); 4] = [
    ("admin", Role::CryptoOfficer),
    ("app", Role::CryptoUser),
    ("other", Role::CryptoUser),
    ("monitor", Role::ApplianceUser),
];

/// A running HSM in a directory of its own.
pub struct TestHsm {
    pub hsm: Arc<Hsm>,
    pub address: Option<SocketAddr>,
    directory: Option<TempDir>,
    client: Option<Identity>,
    running: Option<Running>,
}

struct Running {
    runtime: Runtime,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<io::Result<()>>,
}

/// A client's certificate and key.
#[derive(Clone)]
pub struct Identity {
    pub certificate: String,
    pub key: String,
}

impl TestHsm {
    /// A new HSM, UNINITIALIZED.
    pub fn new(mode: Mode) -> TestHsm {
        let directory = TempDir::new().unwrap();
        let seal = SealConfig::KeyFile {
            path: directory.path().join("seal.key"),
        };
        setup::init(opening(directory.path()), &seal, mode).unwrap();
        TestHsm::open(directory, None)
    }

    /// An INITIALIZED one.
    pub fn initialized(mode: Mode) -> TestHsm {
        let test = TestHsm::new(mode);
        let now = test.hsm.clock.now_unix_ms();
        let (certificate, root) = test.hsm.cluster.dev_sign(now).unwrap();
        test.hsm
            .cluster
            .initialize(&certificate, &root, now)
            .unwrap();
        test
    }

    /// An ACTIVE one with [`USERS`] and a trust anchor: a copy of one that all tests of this process share, because each
    /// user's password costs a tenth of a second.
    pub fn active(mode: Mode) -> TestHsm {
        static MADE: [OnceLock<Files>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
        MADE[mode as usize]
            .get_or_init(|| Files::of(TestHsm::activated(mode)))
            .start()
    }

    fn activated(mode: Mode) -> TestHsm {
        let mut test = TestHsm::initialized(mode);
        let hsm = Arc::clone(&test.hsm);
        let now = hsm.clock.now_unix_ms();
        hsm.cluster
            .activate(&hsm.users, "admin", PASSWORD, now)
            .unwrap();
        for (name, role) in USERS.into_iter().skip(1) {
            hsm.users
                .create(name, role, PASSWORD, now, |_, transaction| {
                    Ok(hsm.barrier.commit(&transaction)?)
                })
                .unwrap();
        }
        let client = DevClient::generate(now).unwrap();
        test.client = Some(Identity {
            certificate: client.certificate_pem.clone(),
            key: client.key_pem.to_string(),
        });
        hsm.cluster
            .register_anchor(&client.authority_pem, &[], now, |_, transaction| {
                Ok(hsm.barrier.commit(&transaction)?)
            })
            .unwrap();
        refresh_tls(&hsm).unwrap();
        test
    }

    /// What a start after a kill -9 at this instant finds: only what is in the files now.
    pub fn after_a_kill(&self) -> TestHsm {
        let directory = TempDir::new().unwrap();
        for name in ["store.redb", "seal.toml"] {
            std::fs::copy(self.path().join(name), directory.path().join(name)).unwrap();
        }
        TestHsm::open(directory, self.client.clone())
    }

    /// Opens a data directory.
    pub fn open(directory: TempDir, client: Option<Identity>) -> TestHsm {
        // Longer than any walk of `make soak`.
        let lifetime = Duration::from_secs(24 * 3600);
        let hsm = setup::open(opening(directory.path()), lifetime).unwrap();
        refresh_tls(&hsm).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(config::POOL_THREADS_MAX)
            .enable_all()
            .build()
            .unwrap();
        let (stop, stopped) = oneshot::channel();
        let (listening, address) = std::sync::mpsc::channel();
        let serves_tls = hsm.tls.borrow().is_some();
        let run = listener::run(
            Arc::clone(&hsm),
            Some("127.0.0.1:0".parse().unwrap()),
            move |address| {
                // Nobody waits for it when the first anchor comes later.
                let _ = listening.send(address);
                Ok(())
            },
            async { stopped.await.unwrap_or(()) },
        );
        let task = runtime.spawn(run);
        let address = serves_tls.then(|| address.recv_timeout(PATIENCE).unwrap());
        let socket = directory.path().join(listener::SOCKET_NAME);
        while UnixStream::connect(&socket).is_err() {
            assert!(!task.is_finished(), "the listener ended");
            std::thread::yield_now();
        }
        TestHsm {
            hsm,
            address,
            directory: Some(directory),
            client,
            running: Some(Running {
                runtime,
                stop,
                task,
            }),
        }
    }

    /// Stops in order, as on SIGTERM.
    pub fn stop(&mut self) -> TempDir {
        let Running {
            runtime,
            stop,
            task,
        } = self.running.take().unwrap();
        let _ = stop.send(());
        runtime.block_on(task).unwrap().unwrap();
        drop(runtime);
        self.hsm.barrier.close().unwrap();
        self.directory.take().unwrap()
    }

    /// Stops and starts on the same directory.
    pub fn restart(mut self) -> TestHsm {
        let directory = self.stop();
        let client = self.client.clone();
        drop(self);
        TestHsm::open(directory, client)
    }

    pub fn path(&self) -> &Path {
        self.directory.as_ref().unwrap().path()
    }

    pub fn identity(&self) -> Identity {
        self.client.clone().unwrap()
    }

    /// A connection over the Unix socket, before Hello.
    pub fn connect_raw(&self) -> Connection {
        let stream = UnixStream::connect(self.path().join(listener::SOCKET_NAME)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection::new(Box::new(stream))
    }

    /// A connection over the Unix socket.
    pub fn connect(&self) -> Connection {
        let mut connection = self.connect_raw();
        connection.hello();
        connection
    }

    /// A connection over the Unix socket with a login of its own.
    pub fn log_in(&self, user: &str) -> Connection {
        let mut connection = self.connect();
        connection.log_in(user);
        connection
    }

    /// A TLS connection, before Hello; with no identity, no certificate is sent.
    pub fn connect_tls(&self, identity: Option<&Identity>) -> io::Result<Connection> {
        let stream = TcpStream::connect(self.address.unwrap())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let connection = ClientConnection::new(
            Arc::new(client_config(identity)),
            ServerName::try_from("hsm.test").unwrap(),
        )
        .unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Connection::new(Box::new(stream)))
    }
}

/// A stopped HSM's data directory.
struct Files {
    files: [(&'static str, Vec<u8>); 3],
    directory: String,
    client: Option<Identity>,
}

impl Files {
    fn of(mut test: TestHsm) -> Files {
        let client = test.client.clone();
        let directory = test.stop();
        let read = |name| std::fs::read(directory.path().join(name)).unwrap();
        Files {
            files: ["store.redb", "seal.key", setup::SEAL_FILE_NAME].map(|name| (name, read(name))),
            directory: directory.path().to_str().unwrap().to_owned(),
            client,
        }
    }

    /// A copy of it, running.
    fn start(&self) -> TestHsm {
        let directory = TempDir::new().unwrap();
        for (name, bytes) in &self.files {
            let path = directory.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }
        // It has the path of the key file.
        let seal = directory.path().join(setup::SEAL_FILE_NAME);
        let text = std::fs::read_to_string(&seal).unwrap();
        let here = directory.path().to_str().unwrap();
        std::fs::write(&seal, text.replace(&self.directory, here)).unwrap();
        TestHsm::open(directory, self.client.clone())
    }
}

impl Drop for TestHsm {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.stop();
        }
    }
}

/// How these tests open a data directory.
pub fn opening(directory: &Path) -> Opening<'_> {
    Opening {
        directory,
        dev: true,
        passphrase: None,
        credentials_directory: None,
        legacy_des3: false,
    }
}

/// A client that trusts any server: these tests are about what the server accepts.
fn client_config(identity: Option<&Identity>) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer));
    match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let certificates = CertificateDer::pem_slice_iter(identity.certificate.as_bytes());
            let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
            builder
                .with_client_auth_cert(certificates.map(Result::unwrap).collect(), key)
                .unwrap()
        }
    }
}

#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms =
            rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms =
            rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// A client that speaks frames.
pub struct Connection {
    stream: Box<dyn Stream>,
    next_call: u32,
    pub revision: u64,
}

/// A failed call: the status and the message of the reply.
pub type Refused = (Status, String);

impl Connection {
    fn new(stream: Box<dyn Stream>) -> Connection {
        Connection {
            stream,
            next_call: 1,
            revision: 0,
        }
    }

    pub fn hello(&mut self) -> HelloResponse {
        self.call(&hello::request("tests/1")).unwrap()
    }

    pub fn log_in(&mut self, user: &str) -> LoginResponse {
        self.call(&LoginRequest {
            user: user.to_owned(),
            password: PASSWORD.to_vec(),
            previous_token: Vec::new(),
        })
        .unwrap()
    }

    /// The login of a token, on this connection.
    pub fn resume(&mut self, token: &[u8]) -> ResumeResponse {
        let token = token.to_vec();
        self.call(&ResumeRequest { token }).unwrap()
    }

    pub fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, Refused> {
        let body = request.encode_to_vec();
        let (header, body) = self.exchange(R::OPERATION.code(), &body).unwrap();
        match Status::from_code(header.status).unwrap() {
            Status::Ok => Ok(R::Response::decode(body.as_slice()).unwrap()),
            status => {
                let detail = ErrorDetail::decode(body.as_slice()).unwrap();
                assert!(!detail.message.is_empty(), "{status} without a message");
                Err((status, detail.message))
            }
        }
    }

    /// The status of a call.
    pub fn status<R: Request>(&mut self, request: &R) -> Status {
        match self.call(request) {
            Ok(_) => Status::Ok,
            Err((status, _)) => status,
        }
    }

    pub fn exchange(&mut self, operation: u16, body: &[u8]) -> io::Result<(Header, Vec<u8>)> {
        let call = self.send(operation, body)?;
        let (header, body) = self.receive()?;
        assert_eq!((header.call_id, header.operation), (call, operation));
        self.revision = self.revision.max(header.revision);
        Ok((header, body))
    }

    pub fn send(&mut self, operation: u16, body: &[u8]) -> io::Result<u32> {
        let call = self.next_call;
        self.next_call += 1;
        let mut frame = Header::request(operation, call, self.revision, body.len())
            .encode()
            .to_vec();
        frame.extend_from_slice(body);
        self.send_bytes(&frame)?;
        Ok(call)
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    pub fn receive(&mut self) -> io::Result<(Header, Vec<u8>)> {
        let mut header = [0; HEADER_BYTES];
        self.stream.read_exact(&mut header)?;
        let header = Header::decode(&header, MAX_BODY).unwrap().unwrap();
        assert!(header.reply);
        let mut body = vec![0; header.length as usize];
        self.stream.read_exact(&mut body)?;
        Ok((header, body))
    }

    /// Whether the server has closed the connection; waits until it does or answers.
    pub fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(0) => true,
            Ok(_) => false,
            Err(error) => !matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ),
        }
    }

    pub fn generate_ec(&mut self, curve: Curve, private: Vec<AttributeValue>) -> KeyInfo {
        let request = ec_request(curve, private);
        self.call(&request).unwrap().key.unwrap()
    }

    pub fn generate_aes(&mut self, size_bits: u32, attributes: Vec<AttributeValue>) -> KeyInfo {
        let request = GenerateKeyRequest {
            request_id: request_id(),
            key_type: KeyType::Aes.into(),
            size_bits,
            attributes,
        };
        self.call(&request).unwrap().key.unwrap()
    }

    pub fn counts(&mut self) -> (u64, u64) {
        let info = self.call(&ClusterInfoRequest {}).unwrap();
        (info.token_keys, info.session_keys)
    }
}

pub fn ec_request(curve: Curve, private_attributes: Vec<AttributeValue>) -> GenerateKeyPairRequest {
    GenerateKeyPairRequest {
        request_id: request_id(),
        key_type: KeyType::Ec.into(),
        size_bits: 0,
        curve: curve.into(),
        private_attributes,
        public_attributes: Vec::new(),
    }
}

/// Of an AES key that wraps and unwraps and does nothing else, whose unwrap-template has this.
pub fn only_wrapping(given: AttributeValue) -> Vec<AttributeValue> {
    let mut attributes: Vec<_> = [
        Attribute::Encrypt,
        Attribute::Decrypt,
        Attribute::Sign,
        Attribute::Verify,
    ]
    .map(|attribute| attribute.flag(false))
    .into();
    attributes.push(Attribute::UnwrapTemplate.template([given]));
    attributes
}

/// Attributes of a token key with a label.
pub fn token(label: &str) -> Vec<AttributeValue> {
    vec![Attribute::Token.flag(true), Attribute::Label.text(label)]
}

/// A new request id.
pub fn request_id() -> Vec<u8> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut id = u128::from(NEXT.fetch_add(1, Ordering::Relaxed))
        .to_be_bytes()
        .to_vec();
    id[0] = 0xA5;
    id
}
