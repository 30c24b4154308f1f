//! One call to the HSM, in its two forms.

use crate::bytes::Bytes;
use crate::clients;
use crate::error::{BridgeError, hsm_error, panic_message, throwable};
use ferrohsm_client::{Chunk, Stream};
use ferrohsm_protocol::{Request, Status};
use jni::objects::{JByteArray, JObject, JValue};
use jni::refs::Global;
use jni::{Env, JavaVM, jni_sig, jni_str, sys};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

/// Copies a Java array. Null counts as empty. No array is ever pinned: the copy is made before any I/O.
pub fn copy(env: &Env<'_>, array: &JByteArray<'_>) -> Result<Bytes, BridgeError> {
    if array.is_null() {
        return Ok(Bytes::default());
    }
    Ok(Bytes::new(env.convert_byte_array(array)?))
}

/// As [`copy`], for what goes into a message, which owns plain bytes.
pub fn copy_plain(env: &Env<'_>, array: &JByteArray<'_>) -> Result<Vec<u8>, BridgeError> {
    Ok(copy(env, array)?.take())
}

/// Sends `request` and gives its result to the caller (null future) or to the future.
pub fn run<'local, R, F>(
    env: &mut Env<'local>,
    client: i64,
    future: &JObject<'local>,
    request: &R,
    result: F,
) -> Result<JByteArray<'local>, BridgeError>
where
    R: Request,
    F: FnOnce(R::Response) -> Bytes + Send + 'static,
{
    let open = clients::get(client)?;
    if future.is_null() {
        let bytes = result(open.client.call(request)?);
        return Ok(env.byte_array_from_slice(&bytes)?);
    }
    let future = env.new_global_ref(future)?;
    open.client.submit(request, move |response| {
        complete(future, response.map(result).map_err(BridgeError::from));
    })?;
    Ok(JByteArray::null())
}

/// As [`run`], with a chunk of a stream.
pub fn run_chunk<'local, R, F>(
    env: &mut Env<'local>,
    stream: &Arc<Stream>,
    future: &JObject<'local>,
    request: &mut R,
    result: F,
) -> Result<JByteArray<'local>, BridgeError>
where
    R: Chunk,
    F: FnOnce(R::Response) -> Bytes + Send + 'static,
{
    if future.is_null() {
        let bytes = result(stream.call(request)?);
        return Ok(env.byte_array_from_slice(&bytes)?);
    }
    let future = env.new_global_ref(future)?;
    stream.submit(request, move |response| {
        complete(future, response.map(result).map_err(BridgeError::from));
    })?;
    Ok(JByteArray::null())
}

/// Gives a result to a `CompletableFuture`, on whatever thread the client answers. Where that fails, as when Java has no
/// memory for the array, the future ends with an exception, or is cancelled: nobody waits for it forever.
pub fn complete(future: Global<JObject<'static>>, result: Result<Bytes, BridgeError>) {
    let Err(failure) = attempt(|env| hand_over(env, &future, &result)) else {
        return;
    };
    let error = hsm_error(
        Status::Internal,
        "the call has ended, but its result could not be handed to Java: is memory short?",
    );
    let Err(second) = attempt(|env| complete_exceptionally(env, &future, &error)) else {
        return;
    };
    if let Err(third) = attempt(|env| cancel(env, &future)) {
        // Nobody is left to tell but the log: the JVM is on its way down.
        eprintln!("ferrohsm: a result could not be handed to Java: {failure}; {second}; {third}");
    }
}

/// Runs `body` attached to the JVM. The client's thread serves other callers too: neither a panic nor a pending
/// exception may stay with it.
pub fn attempt(
    body: impl FnOnce(&mut Env<'_>) -> Result<(), jni::errors::Error>,
) -> Result<(), String> {
    let done = catch_unwind(AssertUnwindSafe(|| {
        with_env(|env| {
            let result = body(env);
            if env.exception_check() {
                env.exception_clear();
            }
            result
        })
    }));
    match done {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(payload) => Err(panic_message(payload.as_ref())),
    }
}

fn hand_over(
    env: &mut Env<'_>,
    future: &Global<JObject<'static>>,
    result: &Result<Bytes, BridgeError>,
) -> Result<(), jni::errors::Error> {
    let bytes = match result {
        Ok(bytes) => bytes,
        Err(error) => return complete_exceptionally(env, future, error),
    };
    let array = env.byte_array_from_slice(bytes)?;
    env.call_method(
        future,
        jni_str!("complete"),
        jni_sig!((value: java.lang.Object) -> boolean),
        &[JValue::Object(&array)],
    )?;
    Ok(())
}

fn complete_exceptionally(
    env: &mut Env<'_>,
    future: &Global<JObject<'static>>,
    error: &BridgeError,
) -> Result<(), jni::errors::Error> {
    let cause = throwable(env, error)?;
    env.call_method(
        future,
        jni_str!("completeExceptionally"),
        jni_sig!((cause: java.lang.Throwable) -> boolean),
        &[JValue::Object(&cause)],
    )?;
    Ok(())
}

fn cancel(env: &mut Env<'_>, future: &Global<JObject<'static>>) -> Result<(), jni::errors::Error> {
    env.call_method(
        future,
        jni_str!("cancel"),
        jni_sig!((interrupt: jboolean) -> boolean),
        &[JValue::Bool(false)],
    )?;
    Ok(())
}

/// Runs `body` with this thread attached to the JVM; a thread of ours stays attached, as a daemon, until it ends.
pub fn with_env<T>(
    body: impl FnOnce(&mut Env<'_>) -> Result<T, jni::errors::Error>,
) -> Result<T, jni::errors::Error> {
    let vm = JavaVM::singleton()?;
    if !vm.is_thread_attached()? {
        ATTACHMENT.with(|attachment| -> Result<(), jni::errors::Error> {
            *attachment.borrow_mut() = Some(Attachment::new(vm.clone())?);
            Ok(())
        })?;
    }
    vm.attach_current_thread(body)
}

thread_local! {
    static ATTACHMENT: RefCell<Option<Attachment>> = const { RefCell::new(None) };
}

/// This thread as a daemon of the JVM: one that is not would keep the JVM from ending.
struct Attachment(JavaVM);

impl Attachment {
    fn new(vm: JavaVM) -> Result<Attachment, jni::errors::Error> {
        let raw = vm.get_raw();
        let mut env = ptr::null_mut();
        // SAFETY: `raw` is the live VM of this process, its function table is valid for as long as it lives, and `env`
        // is a place for the pointer that the call writes.
        let code =
            unsafe { ((**raw).v1_4.AttachCurrentThreadAsDaemon)(raw, &mut env, ptr::null_mut()) };
        if code == sys::JNI_OK {
            Ok(Attachment(vm))
        } else {
            Err(jni::errors::Error::UninitializedJavaVM)
        }
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let raw = self.0.get_raw();
        // SAFETY: this thread was attached by `new` and runs no Java code while its thread-locals are dropped.
        unsafe { ((**raw).v1_4.DetachCurrentThread)(raw) };
    }
}
