//! Where user name and password come from. They are read when a login is due and never kept.

use std::path::PathBuf;
use std::sync::Arc;

use ferrohsm_protocol::Status;
use zeroize::Zeroizing;

use crate::config;
use crate::error::{Error, Result};

/// A user's name and password.
#[derive(Clone)]
pub struct Credentials {
    /// The user's name, 1 to 64 characters.
    pub user: String,
    /// The password, wiped when dropped.
    pub password: Zeroizing<Vec<u8>>,
}

/// Gives credentials when a login is due. Called from any thread, one at a time per client; may block. It must not use
/// the client that asks: that call would wait for this login.
pub trait CredentialSource: Send + Sync {
    /// The credentials now; `None` when this source has none.
    fn read(&self) -> Result<Option<Credentials>>;
}

/// No credentials: log in with `Client::login`.
pub struct NoCredentials;

impl CredentialSource for NoCredentials {
    fn read(&self) -> Result<Option<Credentials>> {
        Ok(None)
    }
}

/// Always the same credentials; the password stays in memory as long as this lives.
pub struct FixedCredentials(pub Credentials);

impl CredentialSource for FixedCredentials {
    fn read(&self) -> Result<Option<Credentials>> {
        Ok(Some(self.0.clone()))
    }
}

/// `FERROHSM_USER` and `FERROHSM_PASSWORD`, else CloudHSM's `HSM_USER` and `HSM_PASSWORD`.
pub struct EnvironmentCredentials;

impl CredentialSource for EnvironmentCredentials {
    fn read(&self) -> Result<Option<Credentials>> {
        for (user_name, password_name) in [
            ("FERROHSM_USER", "FERROHSM_PASSWORD"),
            ("HSM_USER", "HSM_PASSWORD"),
        ] {
            let Some(user) = std::env::var_os(user_name) else {
                continue;
            };
            let Some(password) = std::env::var_os(password_name) else {
                return Err(Error::new(
                    Status::ConfigurationInvalid,
                    format!("{user_name} is set but {password_name} is not: set both or none"),
                ));
            };
            let user = user.into_string().map_err(|_| {
                Error::new(
                    Status::ConfigurationInvalid,
                    format!("{user_name} is not UTF-8"),
                )
            })?;
            let password = Zeroizing::new(std::os::unix::ffi::OsStringExt::into_vec(password));
            return Ok(Some(Credentials { user, password }));
        }
        Ok(None)
    }
}

/// `user` and `password` of a `client.toml`, read anew each time, so that a rotated password is picked up.
pub struct ConfigFileCredentials(pub PathBuf);

impl CredentialSource for ConfigFileCredentials {
    fn read(&self) -> Result<Option<Credentials>> {
        config::read_credentials(&self.0)
    }
}

/// The first source that has credentials.
pub struct CredentialChain(pub Vec<Arc<dyn CredentialSource>>);

impl CredentialSource for CredentialChain {
    fn read(&self) -> Result<Option<Credentials>> {
        for source in &self.0 {
            if let Some(credentials) = source.read()? {
                return Ok(Some(credentials));
            }
        }
        Ok(None)
    }
}
