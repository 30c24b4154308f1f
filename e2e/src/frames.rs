//! Calls in raw frames, over any stream: what a client of another make would send.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use ferrohsm_protocol::frame::{self, HEADER_BYTES, Header};
use ferrohsm_protocol::messages::{ErrorDetail, LoginRequest, LoginResponse};
use ferrohsm_protocol::{REQUEST_ID_BYTES, Request, Status, hello};
use prost::Message;

use crate::server::PATIENCE;

/// An error reply.
#[derive(Debug)]
pub struct Refused {
    /// Its status.
    pub status: Status,
    /// Its sentence.
    pub message: String,
}

/// A new request id: one change.
pub fn request_id() -> Vec<u8> {
    let mut id = vec![0; REQUEST_ID_BYTES];
    let mut random = std::fs::File::open("/dev/urandom").expect("/dev/urandom");
    random.read_exact(&mut id).expect("random bytes");
    id
}

/// A connection that has said Hello.
pub struct Frames<S> {
    stream: S,
    calls: u32,
}

impl Frames<UnixStream> {
    /// To the Unix socket in a data directory.
    pub fn local(directory: &Path) -> Frames<UnixStream> {
        let stream =
            UnixStream::connect(directory.join("hsm.sock")).expect("the HSM serves its socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Frames::new(stream).expect("Hello over the socket")
    }
}

impl<S: Read + Write> Frames<S> {
    /// Says Hello on a new stream. Fails with what the stream says if the peer cuts it.
    pub fn new(stream: S) -> std::io::Result<Frames<S>> {
        let mut frames = Frames { stream, calls: 0 };
        frames
            .exchange(&hello::request("e2e"))?
            .map(|_| frames)
            .map_err(|refused| std::io::Error::other(refused.message))
    }

    /// A call that is answered, well or not.
    pub fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, Refused> {
        self.exchange(request).expect("the connection lives")
    }

    /// A call on a connection that may be cut.
    pub fn exchange<R: Request>(
        &mut self,
        request: &R,
    ) -> std::io::Result<Result<R::Response, Refused>> {
        self.calls += 1;
        let mut bytes = Vec::new();
        let header = Header::request(R::OPERATION.code(), self.calls, 0, 0);
        frame::append(&mut bytes, header, |out| {
            request.encode(out).expect("a Vec grows")
        });
        self.stream.write_all(&bytes)?;
        self.stream.flush()?;
        let mut head = [0; HEADER_BYTES];
        self.stream.read_exact(&mut head)?;
        let header = Header::decode(&head, frame::MAX_BODY)
            .map_err(std::io::Error::other)?
            .expect("a whole header");
        let mut body = vec![0; header.length as usize];
        self.stream.read_exact(&mut body)?;
        if header.status == Status::Ok.code() {
            return Ok(Ok(R::Response::decode(body.as_slice())?));
        }
        let message = ErrorDetail::decode(body.as_slice())?.message;
        Ok(Err(Refused {
            status: Status::from_code(header.status).expect("a known status"),
            message,
        }))
    }

    /// Logs in.
    pub fn login(&mut self, user: &str, password: &str) -> Result<LoginResponse, Refused> {
        self.call(&LoginRequest {
            user: user.into(),
            password: password.into(),
            previous_token: Vec::new(),
        })
    }
}
