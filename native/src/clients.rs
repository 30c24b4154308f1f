//! The native clients that Java holds.

use crate::error::{BridgeError, hsm_error};
use crate::numbered::Numbered;
use ferrohsm_client::{Client, CredentialSource, Defaults};
use ferrohsm_protocol::Status;
use once_cell::sync::Lazy;
use std::path::PathBuf;
use std::sync::Arc;

/// A client and what its configuration says beside it.
pub struct OpenClient {
    pub client: Client,
    pub credentials: Arc<dyn CredentialSource>,
    pub defaults: Defaults,
    pub config_path: PathBuf,
    pub cluster_id: [u8; 16],
    pub pkcs11_keystore: bool,
}

static CLIENTS: Lazy<Numbered<OpenClient>> = Lazy::new(Numbered::default);

/// Keeps `client` and gives it a number.
pub fn insert(client: OpenClient) -> i64 {
    CLIENTS.insert(client)
}

/// The client with this number.
pub fn get(number: i64) -> Result<Arc<OpenClient>, BridgeError> {
    CLIENTS
        .get(number)
        .ok_or_else(|| hsm_error(Status::ClientClosed, ""))
}

/// Forgets the number and hands the client back.
pub fn remove(number: i64) -> Option<Arc<OpenClient>> {
    CLIENTS.remove(number)
}

#[cfg(test)]
mod tests {
    use super::{get, remove};
    use crate::error::BridgeError;
    use ferrohsm_protocol::Status;

    #[test]
    fn a_made_up_number_is_refused() {
        for number in [i64::MIN, -1, 0, i64::MAX] {
            assert!(matches!(
                get(number),
                Err(BridgeError::Hsm(error)) if error.status == Status::ClientClosed
            ));
            assert!(remove(number).is_none());
        }
    }
}
