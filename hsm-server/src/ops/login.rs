//! The start of a connection, and logging in.

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::session::{Caller, Login};
use ferrohsm_protocol::messages::{
    HelloRequest, HelloResponse, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse,
    ResumeRequest, ResumeResponse,
};
use ferrohsm_protocol::{Status, hello};
use std::sync::Arc;

/// Hello: agrees on the protocol version.
pub fn handle_hello(
    hsm: &Arc<Hsm>,
    _caller: &Caller,
    request: HelloRequest,
) -> Result<HelloResponse, OpError> {
    let version = hello::agree(&request).ok_or(Status::UnsupportedVersion)?;
    if request.client.len() > hello::MAX_CLIENT_NAME_BYTES {
        return Err(OpError::new(
            Status::MalformedRequest,
            format!(
                "the client's name in Hello has at most {} bytes",
                hello::MAX_CLIENT_NAME_BYTES
            ),
        ));
    }
    Ok(HelloResponse {
        version,
        capabilities: hello::common_capabilities(&request),
        cluster_id: hsm.cluster.cluster_id().to_vec(),
        hsm_id: hsm.cluster.hsm_id().to_vec(),
        state: hsm.cluster.state().into(),
        dev: hsm.cluster.dev(),
        server: concat!("hsm-server/", env!("CARGO_PKG_VERSION")).to_owned(),
    })
}

/// Login.
pub fn handle_login(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: LoginRequest,
) -> Result<(LoginResponse, Arc<Login>), OpError> {
    Err(OpError::internal("not built yet"))
}

/// Resume.
pub fn handle_resume(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ResumeRequest,
) -> Result<(ResumeResponse, Arc<Login>), OpError> {
    Err(OpError::internal("not built yet"))
}

/// Logout.
pub fn handle_logout(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: LogoutRequest,
) -> Result<LogoutResponse, OpError> {
    Err(OpError::internal("not built yet"))
}
