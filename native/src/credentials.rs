//! User and password, read from Java each time the client needs them: none stays in native memory.

use crate::bytes::Bytes;
use crate::calls::with_env;
use crate::codec::Reader;
use crate::hsm_native;
use ferrohsm_client::{CredentialSource, Credentials, Error};
use ferrohsm_protocol::Status;
use jni::objects::{JByteArray, JValue};
use jni::{jni_sig, jni_str};
use zeroize::Zeroizing;

/// Asks `HsmNative.readCredentials(id)`.
pub struct JavaCredentials(pub i64);

impl CredentialSource for JavaCredentials {
    fn read(&self) -> Result<Option<Credentials>, Error> {
        let read = with_env(|env| {
            let class = hsm_native()?;
            let object = env
                .call_static_method(
                    class,
                    jni_str!("readCredentials"),
                    jni_sig!((id: jlong) -> byte[]),
                    &[JValue::Long(self.0)],
                )?
                .l()?;
            let array = env.cast_local::<JByteArray>(object)?;
            if array.is_null() {
                return Ok(None);
            }
            let bytes = Bytes::new(env.convert_byte_array(&array)?);
            // Java's copy is of no further use.
            array.set_region(env, 0, &vec![0; bytes.len()])?;
            Ok(Some(bytes))
        });
        match read {
            Ok(None) => Ok(None),
            Ok(Some(bytes)) => parse(&bytes).map(Some),
            Err(error) => Err(Error {
                status: Status::NotLoggedIn,
                message: format!("user and password could not be read: {}", cause(&error)),
            }),
        }
    }
}

/// What went wrong, of a Java exception only its message: a stack trace is nothing for an error's text.
fn cause(error: &jni::errors::Error) -> String {
    match error {
        jni::errors::Error::CaughtJavaException { name, msg, .. }
            if msg.is_empty() || msg == "<NULL>" =>
        {
            name.clone()
        }
        jni::errors::Error::CaughtJavaException { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

fn parse(bytes: &[u8]) -> Result<Credentials, Error> {
    let mut reader = Reader(bytes);
    let mut read = || Some((reader.text().ok()?, reader.bytes().ok()?.to_vec()));
    let (user, password) = read().ok_or_else(|| Error {
        status: Status::NotLoggedIn,
        message: "user and password came from Java in an unknown form".into(),
    })?;
    Ok(Credentials {
        user,
        password: Zeroizing::new(password),
    })
}
