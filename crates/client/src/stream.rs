//! Operations on data in chunks. They are tied to the connection that they began on: nothing of them is sent again
//! elsewhere, since only the HSM at its other end knows them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ferrohsm_protocol::messages::{
    StreamBeginRequest, StreamCancelRequest, StreamFinishRequest, StreamReadRequest,
    StreamUpdateRequest,
};
use ferrohsm_protocol::{Request, Status};

use crate::call::{Pin, Progress, decode};
use crate::client::{Client, check_size};
use crate::connection::{Connection, Reply};
use crate::encode;
use crate::error::{Error, Result};
use crate::submit;

/// A request that is a chunk of a stream.
pub trait Chunk: Request {
    /// Writes which stream it belongs to, and its number there, into the request.
    fn place(&mut self, stream: u64, sequence: u64);
    /// Whether the stream is over with this answer.
    fn ends(response: &Self::Response) -> bool;
}

macro_rules! chunk {
    ($($request:ident: $ends:expr;)*) => { $(impl Chunk for $request {
        fn place(&mut self, stream: u64, sequence: u64) {
            self.stream = stream;
            self.sequence = sequence;
        }

        fn ends(response: &Self::Response) -> bool {
            let ends: fn(&Self::Response) -> bool = $ends;
            ends(response)
        }
    })* };
}

chunk! {
    StreamUpdateRequest: |_| false;
    StreamFinishRequest: |response| response.remaining_bytes == 0;
    StreamReadRequest: |response| response.remaining_bytes == 0;
}

/// An operation whose data comes in chunks, under way on one connection to one HSM.
///
/// Chunks go one after the other: the next only when the last has been answered. Each has the client's timeout for
/// itself. After any error the stream is over; [`Status::StreamLost`] says that its HSM or connection was lost, and
/// that the operation has to begin again from its first byte. A stream that is dropped before its end is cancelled.
pub struct Stream {
    client: Client,
    connection: Arc<Connection>,
    id: u64,
    iv: Vec<u8>,
    sequence: AtomicU64,
    over: AtomicBool,
}

impl Client {
    /// Begins a stream. Repeated on other HSMs like any call, as nothing depends on it yet.
    pub fn begin_stream(&self, request: &StreamBeginRequest) -> Result<Stream> {
        check_size(request)?;
        let mut progress = self.first_of_stream();
        let reply = self
            .inner
            .run(&mut progress, &|body| encode(request, body))?;
        Stream::begun(self, &reply, progress.pin)
    }

    /// As [`Client::begin_stream`] without waiting; see [`Client::submit`].
    pub fn submit_stream<F>(&self, request: &StreamBeginRequest, callback: F) -> Result<()>
    where
        F: FnOnce(Result<Stream>) + Send + 'static,
    {
        check_size(request)?;
        let mut body = Vec::new();
        encode(request, &mut body);
        let client = self.clone();
        let callback = Box::new(move |reply: Result<Reply>, pin| {
            callback(reply.and_then(|reply| Stream::begun(&client, &reply, pin)));
        });
        submit::submit(&self.inner, self.first_of_stream(), body, callback)
    }

    fn first_of_stream(&self) -> Progress {
        let mut progress = Progress::new(StreamBeginRequest::OPERATION, self.deadline());
        progress.pin = Pin::Wanted;
        progress
    }
}

impl Stream {
    fn begun(client: &Client, reply: &Reply, pin: Pin) -> Result<Stream> {
        let begun = decode::<StreamBeginRequest>(reply)?;
        let Pin::To(connection) = pin else {
            return Err(Error::of(Status::StreamLost));
        };
        Ok(Stream {
            client: client.clone(),
            connection,
            id: begun.stream,
            iv: begun.iv,
            sequence: AtomicU64::new(0),
            over: AtomicBool::new(false),
        })
    }

    /// The IV of an encryption.
    pub fn iv(&self) -> &[u8] {
        &self.iv
    }

    /// Sends a chunk and waits for its answer. Fills in the stream and the number.
    pub fn call<R: Chunk>(&self, request: &mut R) -> Result<R::Response> {
        let mut progress = self.next(request)?;
        let reply = self
            .client
            .inner
            .run(&mut progress, &|body| encode(request, body));
        self.answered::<R>(reply)
    }

    /// Sends a chunk without waiting for its answer; see [`Client::submit`].
    pub fn submit<R, F>(self: &Arc<Self>, request: &mut R, callback: F) -> Result<()>
    where
        R: Chunk,
        F: FnOnce(Result<R::Response>) + Send + 'static,
    {
        let progress = self.next(request)?;
        let mut body = Vec::new();
        encode(request, &mut body);
        let stream = self.clone();
        let callback = Box::new(move |reply: Result<Reply>, _| {
            callback(stream.answered::<R>(reply));
        });
        submit::submit(&self.client.inner, progress, body, callback)
    }

    fn next<R: Chunk>(&self, request: &mut R) -> Result<Progress> {
        if self.over.load(Ordering::Acquire) {
            return Err(Error::of(Status::StreamUnknown));
        }
        request.place(self.id, self.sequence.load(Ordering::Acquire));
        check_size(request)?;
        Ok(self.progress::<R>())
    }

    fn progress<R: Request>(&self) -> Progress {
        let mut progress = Progress::new(R::OPERATION, self.client.deadline());
        progress.pin = Pin::To(self.connection.clone());
        progress
    }

    fn answered<R: Chunk>(&self, reply: Result<Reply>) -> Result<R::Response> {
        self.sequence.fetch_add(1, Ordering::AcqRel);
        let response = reply.and_then(|reply| decode::<R>(&reply));
        match &response {
            Ok(response) if R::ends(response) => self.over.store(true, Ordering::Release),
            Ok(_) => {}
            Err(_) => self.cancel(),
        }
        response
    }

    /// Gives back what the HSM holds; never waits.
    fn cancel(&self) {
        if self.over.swap(true, Ordering::AcqRel) || self.connection.is_retired() {
            return;
        }
        let mut body = Vec::new();
        encode(&StreamCancelRequest { stream: self.id }, &mut body);
        let progress = self.progress::<StreamCancelRequest>();
        // Where it fails the connection is gone, and the stream with it, or it ends by itself when it was idle for long.
        let _ = submit::submit(&self.client.inner, progress, body, Box::new(|_, _| {}));
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.cancel();
    }
}
