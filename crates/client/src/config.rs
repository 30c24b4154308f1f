//! `client.toml`: which HSMs, which cluster, which certificates, which limits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ferrohsm_protocol::Status;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::credentials::Credentials;
use crate::defaults::Defaults;
use crate::error::{Error, Result};
use crate::tls;

/// Where a configuration is looked for when nothing else names one.
pub const SYSTEM_CONFIG: &str = "/etc/ferrohsm/client.toml";
/// The environment variable that names a configuration.
pub const CONFIG_VARIABLE: &str = "FERROHSM_CONFIG";
/// Deadline of one call unless configured.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest deadline: an HSM remembers request ids for an hour, so nothing is repeated after that.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(600);
/// Connections to one HSM unless configured (measured: see `docs/client.md`).
pub const DEFAULT_CONNECTIONS: usize = 4;
/// Most connections to one HSM.
pub const MAX_CONNECTIONS: usize = 64;
/// What a configuration is called that came from no file.
const UNNAMED: &str = "(configuration without a file)";
/// Largest configuration file or PEM file, bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A checked configuration with its certificates and key loaded.
#[derive(Clone)]
pub struct Config {
    /// The file it came from.
    pub path: PathBuf,
    /// `host:port` of each HSM, at least one.
    pub addresses: Vec<String>,
    /// The cluster that these HSMs must belong to.
    pub cluster_id: [u8; 16],
    /// Whether a dev cluster is accepted.
    pub dev: bool,
    /// Deadline of one call, connecting and repeating included.
    pub timeout: Duration,
    /// Connections to one HSM, 1 to [`MAX_CONNECTIONS`].
    pub connections: usize,
    /// Whether the KeyStore type `PKCS11` is offered as an alias of `FERROHSM`.
    pub pkcs11_keystore: bool,
    /// Attributes for keys whose generation names none.
    pub defaults: Defaults,
    pub(crate) tls: Arc<rustls::ClientConfig>,
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    addresses: Vec<String>,
    cluster_id: String,
    root: PathBuf,
    client_certificate: PathBuf,
    client_key: PathBuf,
    #[serde(default)]
    dev: bool,
    user: Option<String>,
    password: Option<Password>,
    timeout_ms: Option<u64>,
    connections: Option<usize>,
    #[serde(default)]
    pkcs11_keystore: bool,
    #[serde(default)]
    defaults: Defaults,
}

/// A value, not a string: serde's message for a wrong type would quote it. Wiped when dropped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Password(toml::Value);

impl Drop for Password {
    fn drop(&mut self) {
        if let toml::Value::String(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

impl Password {
    /// The password; `None` if it is not text.
    fn take(mut self) -> Option<Zeroizing<Vec<u8>>> {
        match &mut self.0 {
            toml::Value::String(text) => Some(Zeroizing::new(std::mem::take(text).into_bytes())),
            _ => None,
        }
    }
}

impl Config {
    /// The configuration that `explicit` names, else the environment variable `FERROHSM_CONFIG`, else
    /// [`SYSTEM_CONFIG`].
    pub fn find(explicit: Option<&Path>) -> Result<Config> {
        if let Some(path) = explicit {
            return Config::load(path);
        }
        if let Some(path) = std::env::var_os(CONFIG_VARIABLE) {
            return Config::load(Path::new(&path));
        }
        if Path::new(SYSTEM_CONFIG).exists() {
            return Config::load(Path::new(SYSTEM_CONFIG));
        }
        Err(Error::new(
            Status::ConfigurationInvalid,
            format!(
                "no client configuration: name a client.toml (Java: constructor, configure() or -Dferrohsm.config; \
                 everywhere: {CONFIG_VARIABLE}) or create {SYSTEM_CONFIG}"
            ),
        ))
    }

    /// Reads and checks a configuration and the files it names.
    pub fn load(path: &Path) -> Result<Config> {
        let directory = path.parent().unwrap_or(Path::new("."));
        Config::check(path, directory, read_file(path)?)
    }

    /// Checks a configuration that is not in a file, and the files it names; relative paths are relative to the working
    /// directory. Gives its user and password beside it, as there is no file to read them from later.
    pub fn parse(text: &[u8]) -> Result<(Config, Option<Credentials>)> {
        let name = Path::new(UNNAMED);
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(Error::new(
                Status::ConfigurationInvalid,
                format!("{UNNAMED} is larger than 1 MiB"),
            ));
        }
        let mut file = parse_file(name, text)?;
        let credentials = take_credentials(name, &mut file)?;
        Ok((Config::check(name, Path::new(""), file)?, credentials))
    }

    fn check(path: &Path, directory: &Path, file: File) -> Result<Config> {
        if file.addresses.is_empty() {
            return Err(invalid(
                path,
                "addresses",
                "is empty: name at least one HSM as host:port",
            ));
        }
        for address in &file.addresses {
            check_address(path, address)?;
        }
        let cluster_id = crate::unhex(&file.cluster_id)
            .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
            .ok_or_else(|| invalid(path, "cluster-id", "is not 32 hex digits"))?;
        let timeout = file
            .timeout_ms
            .map_or(DEFAULT_TIMEOUT, Duration::from_millis);
        if timeout.is_zero() || timeout > MAX_TIMEOUT {
            return Err(invalid(path, "timeout-ms", "is not between 1 and 600000"));
        }
        let connections = file.connections.unwrap_or(DEFAULT_CONNECTIONS);
        if !(1..=MAX_CONNECTIONS).contains(&connections) {
            return Err(invalid(path, "connections", "is not between 1 and 64"));
        }
        Ok(Config {
            tls: Arc::new(load_tls(path, directory, &file)?),
            path: path.to_owned(),
            addresses: file.addresses,
            cluster_id,
            dev: file.dev,
            timeout,
            connections,
            pkcs11_keystore: file.pkcs11_keystore,
            defaults: file.defaults,
        })
    }
}

/// `user` and `password` of a configuration file, as they are now.
pub(crate) fn read_credentials(path: &Path) -> Result<Option<Credentials>> {
    take_credentials(path, &mut read_file(path)?)
}

fn take_credentials(path: &Path, file: &mut File) -> Result<Option<Credentials>> {
    match (file.user.take(), file.password.take()) {
        (Some(user), Some(password)) => match password.take() {
            Some(password) => Ok(Some(Credentials { user, password })),
            None => Err(invalid(path, "password", "is not text: put it in quotes")),
        },
        (Some(_), None) => Err(invalid(
            path,
            "user",
            "has no password beside it: set both or none",
        )),
        (None, Some(_)) => Err(invalid(
            path,
            "password",
            "has no user beside it: set both or none",
        )),
        (None, None) => Ok(None),
    }
}

fn load_tls(path: &Path, directory: &Path, file: &File) -> Result<rustls::ClientConfig> {
    let root = directory.join(&file.root);
    let mut roots = load_certificates(path, "root", &root)?;
    if roots.len() != 1 {
        return Err(invalid(
            path,
            "root",
            &format!(
                "{} has {} certificates, it must have one",
                root.display(),
                roots.len()
            ),
        ));
    }
    let chain_path = directory.join(&file.client_certificate);
    let chain = load_certificates(path, "client-certificate", &chain_path)?;
    let key_path = directory.join(&file.client_key);
    let key_pem = read_bounded(&key_path).map_err(|cause| {
        invalid(
            path,
            "client-key",
            &format!("{}: {cause}", key_path.display()),
        )
    })?;
    refuse_others(&key_path, "holds the client's private key")?;
    let key = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| {
        invalid(
            path,
            "client-key",
            &format!(
                "{} holds no unencrypted PEM private key (PKCS#8)",
                key_path.display()
            ),
        )
    })?;
    tls::client_config(roots.remove(0), chain, key).map_err(|cause| {
        invalid(
            path,
            "client-key",
            &format!(
                "{} does not fit {}: {cause}",
                key_path.display(),
                chain_path.display()
            ),
        )
    })
}

fn load_certificates(
    config: &Path,
    key: &str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>> {
    let pem = read_bounded(path)
        .map_err(|cause| invalid(config, key, &format!("{}: {cause}", path.display())))?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|_| invalid(config, key, &format!("{} is damaged PEM", path.display())))?;
    if certificates.is_empty() {
        return Err(invalid(
            config,
            key,
            &format!("{} holds no PEM certificate", path.display()),
        ));
    }
    Ok(certificates)
}

fn read_file(path: &Path) -> Result<File> {
    let bytes = read_bounded(path).map_err(|cause| {
        Error::new(
            Status::ConfigurationInvalid,
            format!("{}: {cause}", path.display()),
        )
    })?;
    let file = parse_file(path, &bytes)?;
    if file.password.is_some() {
        refuse_others(path, "holds a password")?;
    }
    Ok(file)
}

fn parse_file(path: &Path, bytes: &[u8]) -> Result<File> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        Error::new(
            Status::ConfigurationInvalid,
            format!("{} is not UTF-8", path.display()),
        )
    })?;
    toml::from_str(text).map_err(|error| {
        // The error's own Display quotes the line, which may hold the password.
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or(1, |before| before.matches('\n').count() + 1);
        Error::new(
            Status::ConfigurationInvalid,
            format!(
                "{}, line {line}: {}",
                path.display(),
                error.message().trim()
            ),
        )
    })
}

fn read_bounded(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    use std::io::Read;
    let file = std::fs::File::open(path)?;
    // Room for all of it and for the probe at its end: a buffer that grows leaves unwiped copies behind.
    let length = file.metadata()?.len().min(MAX_FILE_BYTES);
    let mut bytes = Zeroizing::new(Vec::with_capacity(length as usize + 64));
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(std::io::Error::other("is larger than 1 MiB"));
    }
    Ok(bytes)
}

fn refuse_others(path: &Path, why: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).map_err(|cause| {
        Error::new(
            Status::ConfigurationInvalid,
            format!("{}: {cause}", path.display()),
        )
    })?;
    if metadata.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::new(
        Status::ConfigurationInvalid,
        format!(
            "{path} {why} and can be read by others: run `chmod 600 {path}`",
            path = path.display()
        ),
    ))
}

fn check_address(path: &Path, address: &str) -> Result<()> {
    let port = address
        .rsplit_once(':')
        .map(|(host, port)| (host, port.parse::<u16>()));
    match port {
        Some((host, Ok(_))) if !host.is_empty() => Ok(()),
        Some(_) | None => Err(invalid(
            path,
            "addresses",
            &format!("has {address:?}, which is not host:port"),
        )),
    }
}

fn invalid(path: &Path, key: &str, what: &str) -> Error {
    Error::new(
        Status::ConfigurationInvalid,
        format!("{}: `{key}` {what}", path.display()),
    )
}
