//! A change takes effect once, however often its request arrives: results are remembered by request id for an hour.

use crate::error::OpError;
use crate::session::Caller;
use ferrohsm_protocol::{Operation, REQUEST_ID_BYTES, Request, Status, messages};

/// How long a request id is remembered, in milliseconds. Deadlines of calls are at most 10 minutes.
pub const REMEMBERED_MS: u64 = 60 * 60 * 1000;

/// A change that is under way for a caller. Its handler commits its transaction through it, so that the change and
/// the memory of it are one.
pub struct Change<'a> {
    /// Who asks; logged in.
    pub caller: &'a Caller,
}

/// A request message that carries a request id.
pub trait WithRequestId: Request {
    /// [`REQUEST_ID_BYTES`] drawn at random by the client.
    fn request_id(&self) -> &[u8];
}

macro_rules! with_request_id {
    ($($request:ident)*) => { $(impl WithRequestId for messages::$request {
        fn request_id(&self) -> &[u8] { &self.request_id }
    })* };
}

with_request_id! {
    RegisterTrustAnchorRequest DeregisterTrustAnchorRequest BarrierRotateRequest
    CreateUserRequest DeleteUserRequest ChangePasswordRequest UnlockUserRequest
    GenerateKeyRequest GenerateKeyPairRequest ImportKeyRequest ImportCertificateRequest
    UpdateKeyRequest DeleteKeyRequest UnwrapKeyRequest
}

impl<'a> Change<'a> {
    /// The change that a request asks for. Fails if the request id has another length.
    pub fn new(
        caller: &'a Caller,
        _operation: Operation,
        request_id: &[u8],
        _body: &[u8],
    ) -> Result<Change<'a>, OpError> {
        if request_id.len() != REQUEST_ID_BYTES {
            return Err(OpError::new(
                Status::MalformedRequest,
                format!("a change needs a request id of {REQUEST_ID_BYTES} bytes"),
            ));
        }
        Ok(Change { caller })
    }
}
