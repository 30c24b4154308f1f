//! The native clients that Java holds: Java has a number, the object stays here.
//!
//! A number is never given twice, so one that was closed or made up is refused instead of reaching another object.

use crate::error::{BridgeError, hsm_error};
use ferrohsm_client::{Client, CredentialSource, Defaults};
use ferrohsm_protocol::Status;
use once_cell::sync::Lazy;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// A client and what its configuration says beside it.
pub struct OpenClient {
    pub client: Client,
    pub credentials: Arc<dyn CredentialSource>,
    pub defaults: Defaults,
    pub config_path: PathBuf,
    pub cluster_id: [u8; 16],
    pub pkcs11_keystore: bool,
}

#[derive(Default)]
struct Table {
    last: i64,
    clients: HashMap<i64, Arc<OpenClient>>,
}

static TABLE: Lazy<RwLock<Table>> = Lazy::new(RwLock::default);

/// Keeps `client` and gives it a number.
pub fn insert(client: OpenClient) -> i64 {
    // A poisoned table is still whole: every change to it is one statement.
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    table.last += 1;
    let number = table.last;
    table.clients.insert(number, Arc::new(client));
    number
}

/// The client with this number.
pub fn get(number: i64) -> Result<Arc<OpenClient>, BridgeError> {
    TABLE
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clients
        .get(&number)
        .cloned()
        .ok_or_else(|| hsm_error(Status::ClientClosed, ""))
}

/// Forgets the number and hands the client back, for closing outside the lock.
pub fn remove(number: i64) -> Option<Arc<OpenClient>> {
    TABLE
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .clients
        .remove(&number)
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
