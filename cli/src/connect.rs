//! The HSM that a command speaks to, and the credentials it uses.

use std::path::Path;
use std::sync::Arc;

use ferrohsm_client::{
    Client, Config, ConfigFileCredentials, CredentialChain, CredentialSource, Credentials,
    EnvironmentCredentials, Result,
};
use zeroize::Zeroizing;

use crate::arguments::Target;
use crate::password::Source;
use crate::usage;

/// Name of the socket in an HSM's data directory.
const SOCKET_NAME: &str = "hsm.sock";

/// A client and where its credentials come from.
pub struct Connection {
    pub client: Client,
    pub credentials: Arc<dyn CredentialSource>,
    /// `--user`.
    pub user: Option<String>,
    /// Where the login password comes from.
    pub password: Source,
}

impl Connection {
    /// Fails at once if no HSM is there, before anybody is asked for a password.
    pub fn new(target: &Target) -> Result<Connection> {
        let password = match (&target.password_file, target.password_stdin) {
            (Some(path), _) => Source::File(path.clone()),
            (None, true) => Source::StandardInput,
            (None, false) => Source::Terminal,
        };
        let socket = match (&target.socket, &target.dir) {
            (Some(socket), _) => Some(socket.clone()),
            (None, Some(dir)) => Some(dir.join(SOCKET_NAME)),
            (None, None) => None,
        };
        let mut sources: Vec<Arc<dyn CredentialSource>> = Vec::new();
        let named = target.user.is_some() || !matches!(password, Source::Terminal);
        if !named {
            sources.push(Arc::new(EnvironmentCredentials));
        }
        let asked = Arc::new(Asked {
            user: target.user.clone(),
            password: password.clone(),
        });
        let (client, credentials) = match socket {
            Some(socket) => {
                check_socket(&socket)?;
                sources.push(asked);
                let credentials: Arc<dyn CredentialSource> = Arc::new(CredentialChain(sources));
                (Client::local(&socket, credentials.clone()), credentials)
            }
            None => {
                let config = Config::find(target.config.as_deref())?;
                if !named {
                    sources.push(Arc::new(ConfigFileCredentials(config.path.clone())));
                }
                sources.push(asked);
                let credentials: Arc<dyn CredentialSource> = Arc::new(CredentialChain(sources));
                (Client::new(&config, credentials.clone()), credentials)
            }
        };
        client.connect()?;
        Ok(Connection {
            client,
            credentials,
            user: target.user.clone(),
            password,
        })
    }
}

fn check_socket(socket: &Path) -> Result<()> {
    if socket.exists() {
        return Ok(());
    }
    Err(usage(format!(
        "{} does not exist: name the data directory of an hsm-server that runs on this host",
        socket.display()
    )))
}

/// Credentials from the command line, asking for what is missing.
struct Asked {
    user: Option<String>,
    password: Source,
}

impl CredentialSource for Asked {
    fn read(&self) -> Result<Option<Credentials>> {
        let user = match &self.user {
            Some(user) => user.clone(),
            None if self.password.asks() => return Ok(None),
            None => return Err(usage("a password without a user: add --user")),
        };
        let password: Zeroizing<Vec<u8>> = self.password.read(&format!("Password of {user}: "))?;
        Ok(Some(Credentials { user, password }))
    }
}
