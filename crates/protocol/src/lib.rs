//! What an HSM and its clients say to each other.
//!
//! Two tables are the heart of FerroHSM: [`operations`] and [`mechanisms`]; beside them [`attributes`] and [`status`].
//! [`messages`] holds the bodies, [`frame`] the framing and its limits. No I/O happens here.

pub mod attributes;
pub mod cluster_certificate;
pub mod frame;
pub mod hello;
pub mod mechanisms;
pub mod operations;
pub mod public_key;
pub mod status;

/// The protobuf messages, compiled from `proto/`.
#[allow(missing_docs, clippy::all)] // the .proto files carry the comments
pub mod messages {
    include!(concat!(env!("OUT_DIR"), "/ferrohsm.rs"));
}

pub use attributes::Attribute;
pub use mechanisms::Mechanism;
pub use operations::{Operation, Request};
pub use status::Status;

/// Bytes of a request id, drawn at random by the client for every change.
pub const REQUEST_ID_BYTES: usize = 16;
/// Bytes of a login token.
pub const TOKEN_BYTES: usize = 32;
/// Largest data of one crypto call, in bytes: a body less room for the fields around it.
pub const MAX_DATA_BYTES: usize = frame::MAX_BODY - 64 * 1024;
/// Data of one chunk of a stream, in bytes: small enough for a quick answer, large enough that the round trip hardly counts.
pub const STREAM_CHUNK_BYTES: usize = 256 * 1024;
/// Most data that an HSM holds for one stream, in bytes: a ciphertext until its tag was checked, or a message that is
/// signed or verified as a whole.
pub const MAX_HELD_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes one Random call gives.
pub const MAX_RANDOM_BYTES: usize = 64 * 1024;
/// Most keys in one FindKeys reply.
pub const MAX_FOUND_KEYS: usize = 256;
/// Most certificates in a chain.
pub const MAX_CHAIN_CERTIFICATES: usize = 16;
/// Largest certificate chain, bytes of DER.
pub const MAX_CHAIN_BYTES: usize = 256 * 1024;
/// Suffix of the server name that an HSM's certificate carries: `<cluster id in hex>.ferrohsm.internal`.
pub const SERVER_NAME_SUFFIX: &str = ".ferrohsm.internal";
