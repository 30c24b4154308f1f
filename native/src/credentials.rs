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
            Err(error) => Err(unreadable(&error.to_string())),
        }
    }
}

fn unreadable(why: &str) -> Error {
    Error {
        status: Status::NotLoggedIn,
        message: format!("user and password could not be read: {why}"),
    }
}

/// What Java gave: whether it has them, then user and password, or why not.
fn parse(bytes: &[u8]) -> Result<Credentials, Error> {
    let mut reader = Reader(bytes);
    let unknown = || unreadable("they came from Java in an unknown form");
    let found = reader.flag().map_err(|_| unknown())?;
    let text = reader.text().map_err(|_| unknown())?;
    if !found {
        return Err(unreadable(&text));
    }
    let password = reader.bytes().map_err(|_| unknown())?.to_vec();
    Ok(Credentials {
        user: text,
        password: Zeroizing::new(password),
    })
}
