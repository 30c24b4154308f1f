//! `login`.

use std::time::Instant;

use ferrohsm_client::{Error, Result};
use ferrohsm_protocol::Status;
use serde_json::Value;

use crate::connect::Connection;
use crate::output::Output;
use crate::usage;
use crate::user::role_name;

pub fn run(connection: &Connection) -> Result<Output> {
    let credentials = connection
        .credentials
        .read()?
        .ok_or_else(|| usage("no user to log in as: add --user"))?;
    connection
        .client
        .login(&credentials.user, credentials.password)?;
    let info = connection
        .client
        .login_info()
        .ok_or_else(|| Error::of(Status::NotLoggedIn))?;
    let lasts = info.expires_at.saturating_duration_since(Instant::now());
    Ok(Output::fields(&[
        ("username", Value::from(info.user)),
        ("role", Value::from(role_name(info.role))),
        ("login-lasts-s", Value::from(lasts.as_secs())),
    ]))
}
