//! The library itself, clients and their login.

use crate::bytes::Bytes;
use crate::calls::{complete, copy};
use crate::clients::{self, OpenClient};
use crate::codec::Writer;
use crate::credentials::JavaCredentials;
use crate::error::{BridgeError, hsm_error};
use crate::natives;
use ferrohsm_client::{
    Client, Config, ConfigFileCredentials, CredentialChain, CredentialSource,
    EnvironmentCredentials, FixedCredentials, NoCredentials,
};
use ferrohsm_protocol::Status;
use jni::Env;
use jni::objects::{JByteArray, JClass, JObject, JString};
use jni::sys::{jboolean, jlong};
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

type Result<T> = std::result::Result<T, BridgeError>;

/// Binds the other natives, if the jar is of our version, and lets the client log through it.
pub fn bind<'local>(
    env: &mut Env<'local>,
    class: JClass<'local>,
    jar_version: JString<'local>,
) -> Result<()> {
    let jar_version = jar_version.try_to_string(env)?;
    let library_version = env!("CARGO_PKG_VERSION");
    if jar_version != library_version {
        return Err(hsm_error(
            Status::ConfigurationInvalid,
            format!(
                "The FerroHSM jar is version {jar_version}, its native library {library_version}: \
                 use the library that comes inside the jar, or one of the same version"
            ),
        ));
    }
    // SAFETY: native_method! checked each signature against its Rust function at compile time.
    unsafe { env.register_native_methods(&class, natives::METHODS)? };
    crate::log::install();
    Ok(())
}

pub fn tables<'local>(env: &mut Env<'local>, _class: JClass<'local>) -> Result<JByteArray<'local>> {
    Ok(env.byte_array_from_slice(&crate::tables::tables())?)
}

/// Reads the configuration (null: wherever it is found) and makes a client. No network I/O.
pub fn open<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    config: JString<'local>,
    credentials: jlong,
) -> Result<jlong> {
    let path = if config.is_null() {
        None
    } else {
        Some(config.try_to_string(env)?)
    };
    let config = Config::find(path.as_deref().map(Path::new))?;
    let configured = Arc::new(ConfigFileCredentials(config.path.clone()));
    Ok(insert(config, credentials, configured))
}

/// Makes a client of a configuration that is not in a file. No network I/O.
pub fn open_text<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    text: JByteArray<'local>,
    credentials: jlong,
) -> Result<jlong> {
    let (config, configured) = Config::parse(&copy(env, &text)?)?;
    let configured: Arc<dyn CredentialSource> = match configured {
        Some(fixed) => Arc::new(FixedCredentials(fixed)),
        None => Arc::new(NoCredentials),
    };
    Ok(insert(config, credentials, configured))
}

fn insert(config: Config, credentials: jlong, configured: Arc<dyn CredentialSource>) -> jlong {
    let credentials: Arc<dyn CredentialSource> = Arc::new(CredentialChain(vec![
        Arc::new(JavaCredentials(credentials)),
        Arc::new(EnvironmentCredentials),
        configured,
    ]));
    let client = Client::new(&config, credentials.clone());
    clients::insert(OpenClient {
        client,
        credentials,
        defaults: config.defaults,
        config_path: config.path,
        cluster_id: config.cluster_id,
        pkcs11_keystore: config.pkcs11_keystore,
    })
}

pub fn close<'local>(_env: &mut Env<'local>, _class: JClass<'local>, client: jlong) -> Result<()> {
    if let Some(open) = clients::remove(client) {
        open.client.close();
    }
    Ok(())
}

/// Configuration file, cluster id in hex, whether the PKCS11 alias is wanted.
pub fn describe<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
) -> Result<JByteArray<'local>> {
    let open = clients::get(client)?;
    let mut writer = Writer::default();
    writer.text(&open.config_path.to_string_lossy());
    let cluster_id: String = open
        .cluster_id
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    writer.text(&cluster_id);
    writer.flag(open.pkcs11_keystore);
    Ok(env.byte_array_from_slice(&writer.finish())?)
}

pub fn is_logged_in<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
) -> Result<jboolean> {
    Ok(clients::get(client)?.client.is_logged_in())
}

/// The name of the user that is logged in; null for nobody.
pub fn user<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
) -> Result<JByteArray<'local>> {
    match clients::get(client)?.client.login_info() {
        Some(info) => Ok(env.byte_array_from_slice(info.user.as_bytes())?),
        None => Ok(JByteArray::null()),
    }
}

/// Logs in with what is given, or with what the credential source has now if the user is null.
pub fn login<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    user: JByteArray<'local>,
    password: JByteArray<'local>,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    let from_source = user.is_null();
    let user = String::from_utf8(copy(env, &user)?.take())
        .map_err(|_| BridgeError::Argument("a user name is not UTF-8"))?;
    let password = Zeroizing::new(copy(env, &password)?.take());
    wait(env, client, &future, move |open| {
        let (user, password) = if from_source {
            let found = open.credentials.read()?;
            let found = found.ok_or_else(|| hsm_error(Status::NotLoggedIn, ""))?;
            (found.user, found.password)
        } else {
            (user, password)
        };
        Ok(open.client.login(&user, password)?)
    })
}

pub fn logout<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    client: jlong,
    future: JObject<'local>,
) -> Result<JByteArray<'local>> {
    wait(env, client, &future, |open| Ok(open.client.logout()?))
}

/// Runs something rare that only has a waiting form: here, or on a thread of its own for a future.
fn wait<'local>(
    env: &mut Env<'local>,
    client: jlong,
    future: &JObject<'local>,
    work: impl FnOnce(&OpenClient) -> Result<()> + Send + 'static,
) -> Result<JByteArray<'local>> {
    let open = clients::get(client)?;
    if future.is_null() {
        work(&open)?;
        return Ok(env.byte_array_from_slice(&[])?);
    }
    let future = env.new_global_ref(future)?;
    let body = move || complete(future, work(&open).map(|()| Bytes::default()));
    std::thread::Builder::new()
        .name("ferrohsm-login".into())
        .spawn(body)
        .map(|_| JByteArray::null())
        .map_err(|error| {
            hsm_error(
                Status::LimitReached,
                format!("no thread for the login: {error}"),
            )
        })
}
