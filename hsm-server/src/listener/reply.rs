//! Reply frames.

use crate::dispatch::{self, Effect};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::session::Caller;
use crate::wipe::wipe;
use ferrohsm_protocol::frame::{self, HEADER_BYTES, Header, MAX_BODY};
use ferrohsm_protocol::{Operation, Status};
use prost::Message;
use std::sync::Arc;
use zeroize::Zeroize;

/// A buffer that keeps no more than this when it is empty.
const KEEP_BYTES: usize = 64 * 1024;

/// Reply frames that wait to be written. Wiped, since they hold plaintext and tokens.
#[derive(Default)]
pub struct Output(Vec<u8>);

impl Output {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn append(&mut self, other: &Output) {
        self.0.extend_from_slice(&other.0);
    }

    /// Takes out what was appended from `start` on.
    pub fn split_off(&mut self, start: usize) -> Output {
        Output(self.0.split_off(start))
    }

    /// Wipes and empties it.
    pub fn clear(&mut self) {
        wipe(&mut self.0);
        self.0.shrink_to(KEEP_BYTES);
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Calls the handler of an admitted request and appends its reply, good or bad.
pub fn answer(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: &Header,
    operation: Operation,
    body: &[u8],
    output: &mut Output,
) -> Result<Effect, OpError> {
    let out = &mut output.0;
    let start = out.len();
    out.resize(start + HEADER_BYTES, 0);
    let mut result = dispatch::answer(hsm, caller, operation, body, out);
    if out.len() - start - HEADER_BYTES > MAX_BODY {
        let message = "the reply does not fit a frame: ask for less at a time";
        result = Err(OpError::new(Status::LimitReached, message));
    }
    let revision = hsm.revision();
    match &result {
        Ok(_) => {
            let body_bytes = out.len() - start - HEADER_BYTES;
            let header = Header::reply_to(request, Status::Ok, revision, body_bytes);
            out[start..start + HEADER_BYTES].copy_from_slice(&header.encode());
        }
        Err(failure) => {
            out[start..].zeroize();
            out.truncate(start);
            error(output, request, failure, revision);
        }
    }
    result
}

/// Appends an error reply.
pub fn error(output: &mut Output, request: &Header, error: &OpError, revision: u64) {
    let detail = error.detail();
    let header = Header::reply_to(request, error.status, revision, detail.encoded_len());
    frame::append(&mut output.0, header, |out| {
        // A Vec has always room.
        let _ = detail.encode(out);
    });
}
