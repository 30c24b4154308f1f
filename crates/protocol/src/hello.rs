//! Agreement on protocol version and capabilities at the start of a connection.

use crate::frame::VERSION;
use crate::messages::HelloRequest;

/// Optional protocol features this build knows. None yet; both sides use the intersection.
pub const CAPABILITIES: &[&str] = &[];
/// Longest `client` text in a Hello, bytes.
pub const MAX_CLIENT_NAME_BYTES: usize = 128;

/// The request of a client of this build.
pub fn request(client: &str) -> HelloRequest {
    HelloRequest {
        version_min: u32::from(VERSION),
        version_max: u32::from(VERSION),
        capabilities: CAPABILITIES.iter().map(|name| (*name).to_owned()).collect(),
        client: client.to_owned(),
    }
}

/// The version to use with a client that asks so; `None` when there is none in common.
pub fn agree(request: &HelloRequest) -> Option<u32> {
    let ours = u32::from(VERSION);
    (request.version_min <= ours && ours <= request.version_max).then_some(ours)
}

/// The capabilities both sides know.
pub fn common_capabilities(request: &HelloRequest) -> Vec<String> {
    request
        .capabilities
        .iter()
        .filter(|name| CAPABILITIES.contains(&name.as_str()))
        .cloned()
        .collect()
}
