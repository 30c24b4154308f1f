//! Trusted wrapping keys: the one thing about keys that a crypto officer decides.

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::keys::Key;
use crate::keys::record::KeyRecord;
use crate::policy;
use crate::requests::Change;
use ferrohsm_protocol::messages::{KeyInfo, SetTrustedRequest, SetTrustedResponse};
use ferrohsm_protocol::{Attribute, Status};
use std::sync::Arc;

/// Marks a user's wrapping key as trusted, or takes that back. The officer learns nothing of the key but whether it can be
/// trusted, and which forms its owner named.
pub fn handle_set_trusted(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: SetTrustedRequest,
) -> Result<SetTrustedResponse, OpError> {
    let edit = |key: &Key, record: &mut KeyRecord| {
        if request.trusted {
            policy::trustable(key)?;
        }
        // Taking it back is always possible: else an owner could make trust final.
        let given = request.trusted && !key.attributes.flag(Attribute::Trusted);
        if given && !key.attributes.flag(Attribute::Modifiable) {
            let message = "the key's attributes cannot change: modifiable is false";
            return Err(OpError::new(Status::AttributeReadOnly, message));
        }
        let attributes = key
            .attributes
            .with_flag(Attribute::Trusted, request.trusted);
        record.attributes = attributes.to_values(key.part);
        Ok(attributes)
    };
    let respond = |key: KeyInfo| SetTrustedResponse {
        bytes_alone: policy::bytes_alone(&key.attributes),
    };
    hsm.keys
        .update_anyones(hsm, change, request.handle, edit, respond)
}
