//! The natives: each copies its arguments, builds one request and names what of the reply goes back.

mod client;
mod crypto;
mod kem;
mod keys;
mod stream;

use crate::error::Throw;
use jni::{NativeMethod, native_method};

/// A static native of `HsmNative` whose failures and panics become Java exceptions.
macro_rules! native {
    ($($method:tt)*) => {
        native_method! { error_policy = Throw, $($method)* }
    };
}

/// Bound when the library is loaded; binds the rest once versions agree.
pub const BIND: &[NativeMethod] = &[native! {
    static fn bind(jar_version: JString) -> void, fn = client::bind
}];

/// Everything else.
pub const METHODS: &[NativeMethod] = &[
    native! { static fn tables() -> jbyte[], fn = client::tables },
    native! { static fn open(config: JString, credentials: jlong) -> jlong, fn = client::open },
    native! { static fn open_text(text: jbyte[], credentials: jlong) -> jlong, fn = client::open_text },
    native! { static fn close(client: jlong) -> void, fn = client::close },
    native! { static fn describe(client: jlong) -> jbyte[], fn = client::describe },
    native! { static fn is_logged_in(client: jlong) -> jboolean, fn = client::is_logged_in },
    native! { static fn user(client: jlong) -> jbyte[], fn = client::user },
    native! {
        static fn login(client: jlong, user: jbyte[], password: jbyte[], future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = client::login
    },
    native! {
        static fn logout(client: jlong, future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = client::logout
    },
    native! {
        static fn generate_key(client: jlong, key_type: jint, size_bits: jint, attributes: jbyte[],
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = keys::generate_key
    },
    native! {
        static fn generate_key_pair(client: jlong, key_type: jint, size_bits: jint, curve: jint, private_attributes: jbyte[],
            public_attributes: jbyte[], future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = keys::generate_key_pair
    },
    native! {
        static fn import_key(client: jlong, key_type: jint, material: jbyte[], attributes: jbyte[], public_attributes: jbyte[],
            certificate_chain: jbyte[], unique_label: jboolean, future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = keys::import_key
    },
    native! {
        static fn import_certificate(client: jlong, certificate: jbyte[], attributes: jbyte[], unique_label: jboolean,
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = keys::import_certificate
    },
    native! {
        static fn get_key(client: jlong, handle: jlong, future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = keys::get_key
    },
    native! {
        static fn find_keys(client: jlong, attributes: jbyte[], key_type: jint, after_handle: jlong, limit: jint,
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = keys::find_keys
    },
    native! {
        static fn update_key(client: jlong, handle: jlong, attributes: jbyte[], set_certificate_chain: jboolean,
            certificate_chain: jbyte[], unique_label: jboolean, future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = keys::update_key
    },
    native! {
        static fn delete_key(client: jlong, handle: jlong, only_session_key: jboolean,
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = keys::delete_key
    },
    native! {
        static fn sign(client: jlong, handle: jlong, mechanism: jint, parameters: jbyte[], data: jbyte[],
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::sign
    },
    native! {
        static fn verify(client: jlong, handle: jlong, public_key_info: jbyte[], mechanism: jint, parameters: jbyte[],
            data: jbyte[], signature: jbyte[], future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::verify
    },
    native! {
        static fn encrypt(client: jlong, handle: jlong, public_key_info: jbyte[], mechanism: jint, parameters: jbyte[],
            data: jbyte[], future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::encrypt
    },
    native! {
        static fn decrypt(client: jlong, handle: jlong, mechanism: jint, parameters: jbyte[], data: jbyte[],
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::decrypt
    },
    native! {
        static fn issue_iv(client: jlong, handle: jlong, mechanism: jint, future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::issue_iv
    },
    native! {
        static fn wrap_key(client: jlong, wrapping_handle: jlong, public_key_info: jbyte[], mechanism: jint,
            parameters: jbyte[], handle: jlong, future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::wrap_key
    },
    native! {
        static fn unwrap_key(client: jlong, unwrapping_handle: jlong, mechanism: jint, parameters: jbyte[], wrapped: jbyte[],
            key_type: jint, attributes: jbyte[], public_attributes: jbyte[],
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::unwrap_key
    },
    native! {
        static fn derive_secret(client: jlong, handle: jlong, mechanism: jint, peer_public_key_info: jbyte[],
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::derive_secret
    },
    native! {
        static fn encapsulate(client: jlong, public_key_info: jbyte[], mechanism: jint,
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = kem::encapsulate
    },
    native! {
        static fn decapsulate(client: jlong, handle: jlong, mechanism: jint, ciphertext: jbyte[],
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = kem::decapsulate
    },
    native! {
        static fn encapsulate_key(client: jlong, public_key_info: jbyte[], mechanism: jint, key_type: jint,
            attributes: jbyte[], future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = kem::encapsulate_key
    },
    native! {
        static fn decapsulate_key(client: jlong, handle: jlong, mechanism: jint, ciphertext: jbyte[], key_type: jint,
            attributes: jbyte[], future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = kem::decapsulate_key
    },
    native! {
        static fn derive_key(client: jlong, handle: jlong, mechanism: jint, derivation: jbyte[], password: jbyte[],
            key_type: jint, size_bits: jint, attributes: jbyte[], future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::derive_key
    },
    native! {
        static fn random(client: jlong, length: jint, future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = crypto::random
    },
    native! {
        static fn stream_begin(client: jlong, handle: jlong, public_key_info: jbyte[], mechanism: jint, usage: jint,
            parameters: jbyte[], total_bytes: jlong, future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = stream::begin
    },
    native! {
        static fn stream_update(stream: jlong, aad: jbyte[], data: jbyte[],
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = stream::update
    },
    native! {
        static fn stream_finish(stream: jlong, data: jbyte[], signature: jbyte[],
            future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = stream::finish
    },
    native! {
        static fn stream_read(stream: jlong, future: java.util.concurrent.CompletableFuture) -> jbyte[],
        fn = stream::read
    },
    native! { static fn stream_close(stream: jlong) -> void, fn = stream::close },
];
