//! The start of a connection, and logging in.

use crate::cluster::hex;
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::session::{Caller, Login};
use ferrohsm_protocol::messages::{
    HelloRequest, HelloResponse, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse,
    ResumeRequest, ResumeResponse,
};
use ferrohsm_protocol::{Status, hello};
use std::sync::Arc;
use zeroize::Zeroizing;

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

/// Login: checks the password and gives a token.
pub fn handle_login(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: LoginRequest,
) -> Result<(LoginResponse, Arc<Login>), OpError> {
    let password = Zeroizing::new(request.password);
    let previous_token = Zeroizing::new(request.previous_token);
    let now = hsm.clock.now_unix_ms();
    let attempt = hsm.logins.login(
        &hsm.users,
        &caller.peer,
        &request.user,
        &password,
        &previous_token,
        now,
    );
    let (login, token) = attempt.inspect_err(|error| {
        // Without the name: people type passwords into that field.
        tracing::info!(status = %error.status, "login refused");
    })?;
    // The id is no secret: only a token acts for the login. A renewed login shows the same one again.
    tracing::info!(user = login.user, login = hex(&login.id), "logged in");
    let response = LoginResponse {
        token: token.to_vec(),
        login_id: login.id.to_vec(),
        role: login.role.into(),
        expires_in_ms: login.expires_unix_ms().saturating_sub(now),
    };
    Ok((response, login))
}

/// Resume: the login of a token, on a new connection.
pub fn handle_resume(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: ResumeRequest,
) -> Result<(ResumeResponse, Arc<Login>), OpError> {
    let token = Zeroizing::new(request.token);
    let now = hsm.clock.now_unix_ms();
    let login = hsm.logins.resume(&caller.peer, &token, now)?;
    let response = ResumeResponse {
        login_id: login.id.to_vec(),
        role: login.role.into(),
        expires_in_ms: login.expires_unix_ms().saturating_sub(now),
        user: login.user.clone(),
    };
    Ok((response, login))
}

/// Logout: the login's tokens are void and its session keys gone when the reply leaves.
pub fn handle_logout(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    _request: LogoutRequest,
) -> Result<LogoutResponse, OpError> {
    let login = caller.login()?;
    hsm.logins.end(&login.id)?;
    hsm.keys.end_login(&login.id)?;
    Ok(LogoutResponse {})
}
