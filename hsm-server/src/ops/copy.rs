//! Copying keys.

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::keys::Key;
use crate::keys::part::Part;
use crate::keys::record::KeyRecord;
use crate::requests::Change;
use ferrohsm_protocol::messages::{CopyKeyRequest, CopyKeyResponse};
use ferrohsm_protocol::{Attribute, Status};
use std::sync::Arc;

/// Makes a key once more, with the same attributes or stricter ones.
pub fn handle_copy_key(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: CopyKeyRequest,
) -> Result<CopyKeyResponse, OpError> {
    if request.handle % 2 == 1 {
        let key = hsm.keys.get(change.caller.login()?, request.handle)?;
        key.check_has_public()?;
        let message = format!("this is the public key of a pair: copy {:#x}", key.handle);
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    let edit = |key: &Key, record: &mut KeyRecord| edit_record(&request, key, record);
    let respond = |key| CopyKeyResponse { key: Some(key) };
    hsm.keys.copy(hsm, change, request.handle, edit, respond)
}

fn edit_record(request: &CopyKeyRequest, key: &Key, record: &mut KeyRecord) -> Result<(), OpError> {
    if key.part == Part::Certificate {
        let message = "this is a certificate on its own: import it again";
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    // Trust is a crypto officer's to give, to one key.
    let attributes = key
        .attributes
        .with_flag(Attribute::Trusted, false)
        .stricter(key.part, &request.attributes)?;
    match &key.public {
        Some(public) => {
            let part = Part::Public(key.key_type);
            let public = public
                .stricter(part, &request.public_attributes)?
                .with_token(attributes.flag(Attribute::Token));
            record.public_attributes = public.to_values(part);
        }
        None if !request.public_attributes.is_empty() => {
            let message = "a secret key has no public attributes: leave them out";
            return Err(OpError::new(Status::TemplateInconsistent, message));
        }
        None => {}
    }
    record.attributes = attributes.to_values(key.part);
    Ok(())
}
