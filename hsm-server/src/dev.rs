//! `hsm-server dev`: a throwaway HSM with everything a client needs, for development and tests.
//!
//! It goes through the same life cycle as a real one, with a root and a client CA of its own whose keys are forgotten.
//! Its cluster is marked dev for ever and serves on loopback only.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;
use ferrohsm_protocol::messages::{ClusterState, Role, UserInfo};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::cluster::{DevClient, FIRST_OFFICER, hex};
use crate::error::OpError;
use crate::files::{create_private_directory, write_private};
use crate::hsm::Hsm;
use crate::policy::Mode;
use crate::seal::SealConfig;
use crate::serve;
use crate::setup::{self, Opening, SetupError};
use crate::throwaway::Throwaway;
use crate::users::name::UserName;

/// Name of the crypto user that applications use.
pub const APPLICATION_USER: &str = "app";
const PASSWORDS_FILE: &str = "passwords.toml";
/// Has the configurations of further users.
const USERS_DIRECTORY: &str = "users";

/// What `hsm-server dev` is told.
pub struct Options<'a> {
    /// Everything is under it.
    pub directory: &'a Path,
    /// A loopback address.
    pub listen: SocketAddr,
    /// For a new cluster (default FIPS); an existing one must have it.
    pub mode: Option<Mode>,
    /// How long login tokens are good.
    pub login_lifetime: Duration,
    /// Whether triple DES is on; not in FIPS mode.
    pub legacy_des3: bool,
    /// Names of crypto users beside [`APPLICATION_USER`].
    pub users: &'a [String],
    /// Whether it ends, and the directory with it, when standard input closes.
    pub throwaway: bool,
}

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// It would be reachable from elsewhere.
    #[error(
        "a dev HSM serves on loopback only, {0} is not: use 127.0.0.1 or ::1, or set up a real one with `hsm-server init`"
    )]
    NotLoopback(SocketAddr),
    /// The directory holds a cluster in the other mode.
    #[error(
        "this dev cluster was made in {0} mode, which never changes: leave --mode out, or use another directory"
    )]
    OtherMode(&'static str),
    /// Setting up or opening.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A file.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// `passwords.toml` cannot be read as such.
    #[error("{0} is damaged: use another directory")]
    Passwords(PathBuf),
    /// `--user` names one of the two that there are anyway, or one that an officer made.
    #[error("there is a user {0} already: --user adds crypto users with other names")]
    UserIsThere(String),
    /// `--throwaway` on a directory that may hold something else.
    #[error(
        "{0} holds files and was not made by `hsm-server dev --throwaway`, which deletes its directory: name a new or an empty one"
    )]
    NotThrowaway(PathBuf),
    /// The HSM refused a step of its own set-up.
    #[error("{0} (the log says more)")]
    Refused(#[from] OpError),
    /// Serving.
    #[error(transparent)]
    Serve(io::Error),
}

/// The one line on standard output.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    address: SocketAddr,
    config: PathBuf,
}

/// Passwords of the users; kept here because the configurations are written anew at each start.
#[derive(Serialize, Deserialize)]
struct Passwords {
    crypto_officer: Zeroizing<String>,
    crypto_user: Zeroizing<String>,
    /// Of further crypto users, by name.
    #[serde(default)]
    users: BTreeMap<String, Zeroizing<String>>,
}

impl Passwords {
    /// Names and passwords of all crypto users.
    fn crypto_users(&self) -> impl Iterator<Item = (&str, &Zeroizing<String>)> {
        let further = self.users.iter();
        std::iter::once((APPLICATION_USER, &self.crypto_user))
            .chain(further.map(|(name, password)| (name.as_str(), password)))
    }
}

/// Serves until SIGTERM or SIGINT, or a throwaway one until standard input closes; on first use it sets everything up.
///
/// # Errors
/// [`DevError`].
pub fn run(options: &Options<'_>) -> Result<(), DevError> {
    if !options.listen.ip().is_loopback() {
        return Err(DevError::NotLoopback(options.listen));
    }
    let users = further_users(options.users)?;
    let directory = std::path::absolute(options.directory)
        .map_err(|error| DevError::File(options.directory.into(), error))?;
    let throwaway = if options.throwaway {
        Some(Throwaway::claim(&directory)?)
    } else {
        None
    };
    let opening = Opening {
        directory: &directory,
        dev: true,
        passphrase: None,
        credentials_directory: None,
        legacy_des3: options.legacy_des3,
    };
    if !setup::is_set_up(&directory)? {
        let seal = SealConfig::KeyFile {
            path: directory.join("seal.key"),
        };
        setup::init(opening, &seal, options.mode.unwrap_or(Mode::Fips))?;
    }
    let hsm = setup::open(opening, options.login_lifetime)?;
    if options.mode.is_some_and(|mode| mode != hsm.cluster.mode()) {
        return Err(DevError::OtherMode(hsm.mode.name()));
    }
    let known = hsm.users.list()?;
    let passwords = passwords(&directory, &users, &known)?;
    complete(&hsm, &directory, &passwords, &known)?;
    let mut failed = None;
    let on_listening = |address: SocketAddr| {
        announce(&hsm, &directory, &passwords, address).map_err(|error| {
            // Nobody would learn of an HSM that served all the same.
            failed = Some(error);
            io::Error::other("not announced")
        })?;
        // Not before: the signal that it sends has its handler from here on.
        throwaway.as_ref().map_or(Ok(()), Throwaway::watch_input)
    };
    let served = serve::serve(&hsm, Some(options.listen), on_listening);
    let unannounced = failed.is_some();
    let result = failed.map_or(served.map_err(DevError::Serve), Err);
    drop(hsm);
    match throwaway {
        Some(it) if unannounced || it.is_over() => {
            let deleted = it.delete();
            result.and(deleted.map_err(|error| DevError::File(directory, error)))
        }
        _ => result,
    }
}

/// Takes the cluster to ACTIVE, with a crypto user and a client certificate. Each step is skipped if it was done
/// before, so that a set-up cut short goes on. `known` are the users that there are before it.
fn complete(
    hsm: &Arc<Hsm>,
    directory: &Path,
    passwords: &Passwords,
    known: &[UserInfo],
) -> Result<(), DevError> {
    let now = hsm.clock.now_unix_ms();
    if hsm.cluster.state() == ClusterState::Uninitialized {
        let (certificate, root) = hsm.cluster.dev_sign(now)?;
        hsm.cluster.initialize(&certificate, &root, now)?;
    }
    if hsm.cluster.state() == ClusterState::Initialized {
        hsm.cluster.activate(
            &hsm.users,
            FIRST_OFFICER,
            passwords.crypto_officer.as_bytes(),
            now,
        )?;
    }
    for (name, password) in passwords.crypto_users() {
        if !known.iter().any(|user| user.name == name) {
            let password = password.as_bytes();
            hsm.users
                .create(name, Role::CryptoUser, password, now, |_, transaction| {
                    Ok(hsm.barrier.commit(&transaction)?)
                })?;
        }
    }
    if hsm.cluster.anchors().is_empty() {
        let client = DevClient::generate(now)?;
        write(directory, "client.crt", client.certificate_pem.as_bytes())?;
        write(directory, "client.key", client.key_pem.as_bytes())?;
        hsm.cluster
            .register_anchor(&client.authority_pem, &[], now, |_, transaction| {
                Ok(hsm.barrier.commit(&transaction)?)
            })?;
    }
    write(
        directory,
        "root.crt",
        hsm.cluster.trust_anchor_pem().as_bytes(),
    )
}

/// Writes the client configurations for the address it got, and says that it serves.
fn announce(
    hsm: &Hsm,
    directory: &Path,
    passwords: &Passwords,
    address: SocketAddr,
) -> Result<(), DevError> {
    let client = configuration(hsm, address, "", APPLICATION_USER, &passwords.crypto_user);
    write(directory, "client.toml", client.as_bytes())?;
    let admin = configuration(hsm, address, "", FIRST_OFFICER, &passwords.crypto_officer);
    write(directory, "admin.toml", admin.as_bytes())?;
    let further = directory.join(USERS_DIRECTORY);
    if !passwords.users.is_empty() {
        create_private_directory(&further)
            .map_err(|error| DevError::File(further.clone(), error))?;
    }
    for (name, password) in &passwords.users {
        let user = configuration(hsm, address, "../", name, password);
        write(&further, &format!("{name}.toml"), user.as_bytes())?;
    }
    let ready = Ready {
        ready: true,
        address,
        config: directory.join("client.toml"),
    };
    let ready = serde_json::to_string(&ready).map_err(OpError::internal)?;
    let mut output = io::stdout();
    writeln!(output, "{ready}")
        .and_then(|()| output.flush())
        .map_err(|error| DevError::File("standard output".into(), error))
}

/// A client configuration; `up` leads from its folder to the directory.
fn configuration(
    hsm: &Hsm,
    address: SocketAddr,
    up: &str,
    user: &str,
    password: &str,
) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "# A DEV cluster, made by `hsm-server dev`: for development and tests, never for production.\n\
         # Written anew each time it starts. The user is a {}.\n\
         addresses = [\"{address}\"]\n\
         cluster-id = \"{}\"\n\
         root = \"{up}root.crt\"\n\
         client-certificate = \"{up}client.crt\"\n\
         client-key = \"{up}client.key\"\n\
         dev = true\n\
         user = \"{user}\"\n\
         password = \"{password}\"\n",
        if user == FIRST_OFFICER {
            "crypto officer (CO): it manages users and cannot use keys"
        } else {
            "crypto user (CU)"
        },
        hex(&hsm.cluster.cluster_id()),
    );
    text
}

/// The names that `--user` gives, folded.
fn further_users(names: &[String]) -> Result<Vec<String>, DevError> {
    let mut users = Vec::new();
    for name in names {
        let name = UserName::parse(name)?.as_str().to_owned();
        if name == APPLICATION_USER || name == FIRST_OFFICER {
            return Err(DevError::UserIsThere(name));
        }
        users.push(name);
    }
    Ok(users)
}

/// The passwords in the directory, and of `users` that have none yet; drawn at random and kept before they are set. So a user
/// of the HSM without one here was made by an officer, who knows it.
fn passwords(
    directory: &Path,
    users: &[String],
    known: &[UserInfo],
) -> Result<Passwords, DevError> {
    let path = directory.join(PASSWORDS_FILE);
    let kept = match fs::read_to_string(&path).map(Zeroizing::new) {
        Ok(text) => Some(toml::from_str(&text).map_err(|_| DevError::Passwords(path.clone()))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(DevError::File(path, error)),
    };
    let is_new = kept.is_none();
    let mut passwords = match kept {
        Some(passwords) => passwords,
        None => Passwords {
            crypto_officer: random_password()?,
            crypto_user: random_password()?,
            users: BTreeMap::new(),
        },
    };
    let before = passwords.users.len();
    for name in users {
        if let Entry::Vacant(new) = passwords.users.entry(name.clone()) {
            if known.iter().any(|user| user.name == *name) {
                return Err(DevError::UserIsThere(name.clone()));
            }
            new.insert(random_password()?);
        }
    }
    if is_new || passwords.users.len() != before {
        let text = Zeroizing::new(
            toml::to_string(&passwords).map_err(|_| DevError::Passwords(path.clone()))?,
        );
        write(directory, PASSWORDS_FILE, text.as_bytes())?;
    }
    Ok(passwords)
}

fn random_password() -> Result<Zeroizing<String>, OpError> {
    let mut bytes = Zeroizing::new([0; 16]);
    rand::fill(bytes.as_mut_slice()).map_err(OpError::internal)?;
    Ok(Zeroizing::new(hex(bytes.as_slice())))
}

fn write(directory: &Path, name: &str, contents: &[u8]) -> Result<(), DevError> {
    let path = directory.join(name);
    write_private(&path, contents).map_err(|error| DevError::File(path, error))
}
