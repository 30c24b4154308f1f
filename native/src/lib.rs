//! The JNI bridge: static natives of `org.ferrohsm.provider.HsmNative` over the client core.
//!
//! Every native that talks to an HSM takes a `CompletableFuture` as its last argument: null means that the calling
//! thread waits here, otherwise the call returns at once and the future gets the result, so that a virtual thread never
//! blocks its carrier in native code. Arguments and results are primitives and byte arrays; structured ones are in the
//! big-endian layout of [`codec`], which is private to one release of jar and library.
#![allow(unsafe_code)] // the whole crate is the boundary; every block says why it is sound

mod bytes;
mod calls;
mod clients;
mod codec;
mod credentials;
mod error;
mod key_info;
mod log;
mod natives;
mod numbered;
mod tables;

use jni::objects::JClass;
use jni::refs::Global;
use jni::sys::{JNI_ERR, JNI_VERSION_1_8, jint};
use jni::{JavaVM, jni_str};
use once_cell::sync::OnceCell;
use std::ffi::c_void;

/// The class of the natives, through which credentials are read and lines are logged. Held for as long as the library is loaded.
static HSM_NATIVE: OnceCell<Global<JClass<'static>>> = OnceCell::new();

/// Called by the JVM when the library is loaded: finds the class of the natives through the loader that loads us and
/// binds them, so that a library and a jar that do not match fail here and not at some first use.
///
/// # Safety
/// The JVM passes a valid VM pointer; nobody else calls this.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn JNI_OnLoad(
    vm: *mut jni::sys::JavaVM,
    _reserved: *mut c_void,
) -> jint {
    let bound = std::panic::catch_unwind(|| {
        // SAFETY: the JVM hands its own VM pointer to JNI_OnLoad.
        let vm = unsafe { JavaVM::from_raw(vm) };
        vm.attach_current_thread(|env| -> jni::errors::Result<()> {
            let class = env.find_class(jni_str!("org/ferrohsm/provider/HsmNative"))?;
            // SAFETY: the signatures were checked against the Rust functions at compile time by native_method!.
            unsafe { env.register_native_methods(&class, natives::BIND)? };
            let class = env.new_global_ref(&class)?;
            // A second load into the same process sees its own copy of the statics; a repeated OnLoad keeps the first.
            let _ = HSM_NATIVE.set(class);
            Ok(())
        })
    });
    match bound {
        Ok(Ok(())) => JNI_VERSION_1_8,
        // A pending exception (NoSuchMethodError, say) reaches the caller of System.load with its own message.
        Ok(Err(_)) | Err(_) => JNI_ERR,
    }
}

/// The class of the natives.
fn hsm_native() -> Result<&'static Global<JClass<'static>>, jni::errors::Error> {
    HSM_NATIVE
        .get()
        .ok_or(jni::errors::Error::UninitializedJavaVM)
}
