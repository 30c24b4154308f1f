//! Errors of the natives, and how they become Java exceptions.

use crate::hsm_native;
use ferrohsm_protocol::Status;
use jni::Env;
use jni::errors::ErrorPolicy;
use jni::objects::{JThrowable, JValue};
use jni::strings::JNIString;
use jni::{jni_sig, jni_str};
use std::any::Any;

/// Exceptions of the provider's own.
const OWN_CLASSES: &str = "org/ferrohsm/";

/// What a native can fail with.
#[derive(Debug)]
pub enum BridgeError {
    /// The client or the HSM refused; the status table names the exception class.
    Hsm(ferrohsm_client::Error),
    /// JNI failed; a Java exception may be pending.
    Jni(jni::errors::Error),
    /// Java passed something that this release of the jar never passes.
    Argument(&'static str),
}

impl std::fmt::Display for BridgeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BridgeError::Hsm(error) => write!(f, "{}: {}", error.status, error.message),
            BridgeError::Jni(error) => error.fmt(f),
            BridgeError::Argument(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for BridgeError {}

impl From<jni::errors::Error> for BridgeError {
    fn from(error: jni::errors::Error) -> Self {
        BridgeError::Jni(error)
    }
}

impl From<ferrohsm_client::Error> for BridgeError {
    fn from(error: ferrohsm_client::Error) -> Self {
        BridgeError::Hsm(error)
    }
}

/// An error with the table's own text.
pub fn hsm_error(status: Status, message: impl Into<String>) -> BridgeError {
    BridgeError::Hsm(ferrohsm_client::Error {
        status,
        message: message.into(),
    })
}

/// Throws what a native failed with, and a `ProviderException` for a panic.
pub struct Throw;

impl<T: Default> ErrorPolicy<T, BridgeError> for Throw {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        _captures: &mut (),
        error: BridgeError,
    ) -> jni::errors::Result<T> {
        if !env.exception_check() {
            let throwable = throwable(env, &error)?;
            // `throw` answers with an error to say that an exception is now pending, which is what is wanted.
            let _ = env.throw(throwable);
        }
        Ok(T::default())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        _captures: &mut (),
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        if !env.exception_check() {
            let throwable = new_throwable(
                env,
                "java/security/ProviderException",
                &panic_message(payload.as_ref()),
            )?;
            let _ = env.throw(throwable);
        }
        Ok(T::default())
    }
}

/// The Java exception for `error`.
pub fn throwable<'local>(
    env: &mut Env<'local>,
    error: &BridgeError,
) -> jni::errors::Result<JThrowable<'local>> {
    match error {
        BridgeError::Hsm(error) => {
            let row = error.status.row();
            let message = if error.message.is_empty() {
                row.message
            } else {
                &error.message
            };
            new_throwable(env, row.java_exception, message)
        }
        BridgeError::Jni(error) => new_throwable(
            env,
            "java/security/ProviderException",
            &format!("The FerroHSM library failed inside: {error}"),
        ),
        BridgeError::Argument(what) => new_throwable(
            env,
            "java/security/ProviderException",
            &format!("The FerroHSM jar and its native library do not fit together: {what}"),
        ),
    }
}

fn new_throwable<'local>(
    env: &mut Env<'local>,
    class: &str,
    message: &str,
) -> jni::errors::Result<JThrowable<'local>> {
    if class.starts_with(OWN_CLASSES) {
        return own_throwable(env, class, message);
    }
    let class = env.find_class(JNIString::from(class))?;
    let message = env.new_string(message)?;
    let object = env.new_object(
        class,
        jni_sig!((message: JString) -> void),
        &[JValue::Object(&message)],
    )?;
    env.cast_local::<JThrowable>(object)
}

/// `HsmNative.throwable`: on a thread of ours the JVM looks classes up through its system loader, which need not know the
/// provider.
fn own_throwable<'local>(
    env: &mut Env<'local>,
    class: &str,
    message: &str,
) -> jni::errors::Result<JThrowable<'local>> {
    let name = env.new_string(class.replace('/', "."))?;
    let message = env.new_string(message)?;
    let object = env
        .call_static_method(
            hsm_native()?,
            jni_str!("throwable"),
            jni_sig!((name: JString, message: JString) -> java.lang.Throwable),
            &[JValue::Object(&name), JValue::Object(&message)],
        )?
        .l()?;
    env.cast_local::<JThrowable>(object)
}

/// Text of a panic, which Rust code of ours never means to reach.
pub fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text");
    format!("The FerroHSM library panicked (a fault of ours, please report it): {text}")
}
