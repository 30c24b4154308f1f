//! Key encapsulation: secrets for the holder of a private key, in clear or as keys of the HSM.

use super::crypto::{Verifier, secret_key};
use super::key::Draft;
use crate::crypto::{self, KeyMaterial};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::keys::attributes::Origin;
use crate::keys::{LabelRule, NewKey};
use crate::policy;
use crate::requests::Change;
use crate::session::Caller;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::mechanisms::Use;
use ferrohsm_protocol::messages::{
    AttributeValue, DecapsulateKeyRequest, DecapsulateKeyResponse, DecapsulateRequest,
    DecapsulateResponse, EncapsulateKeyRequest, EncapsulateKeyResponse, EncapsulateRequest,
    EncapsulateResponse, KeyType,
};
use std::sync::Arc;

/// Makes a secret and its ciphertext for the caller.
pub fn handle_encapsulate(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: EncapsulateRequest,
) -> Result<EncapsulateResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Encapsulate)?;
    let key = Verifier::find(hsm, caller, request.key, mechanism, Use::Encapsulate)?;
    let (ciphertext, mut secret) = crypto::encapsulate(key.any()?, mechanism)?;
    Ok(EncapsulateResponse {
        ciphertext,
        secret: std::mem::take(&mut *secret),
    })
}

/// Gives the secret in a ciphertext to the caller.
pub fn handle_decapsulate(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: DecapsulateRequest,
) -> Result<DecapsulateResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Decapsulate)?;
    let key = secret_key(hsm, caller, request.handle, mechanism, Use::Decapsulate)?;
    let mut secret = crypto::decapsulate(key.material()?.get()?, mechanism, &request.ciphertext)?;
    Ok(DecapsulateResponse {
        secret: std::mem::take(&mut *secret),
    })
}

/// Makes a secret that stays here as a key, and its ciphertext for the other side.
pub fn handle_encapsulate_key(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: EncapsulateKeyRequest,
) -> Result<EncapsulateKeyResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Encapsulate)?;
    let key = Verifier::find(
        hsm,
        change.caller,
        request.key.clone(),
        mechanism,
        Use::Encapsulate,
    )?;
    let draft = draft(hsm, request.key_type(), &request.attributes)?;
    let (ciphertext, secret) = crypto::encapsulate(key.any()?, mechanism)?;
    let new = secret_as_key(hsm, draft, request.key_type(), &secret)?;
    let respond = |key| EncapsulateKeyResponse {
        ciphertext,
        key: Some(key),
    };
    hsm.keys.create(hsm, change, new, LabelRule::Any, respond)
}

/// Makes a key of the secret in a ciphertext.
pub fn handle_decapsulate_key(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: DecapsulateKeyRequest,
) -> Result<DecapsulateKeyResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Decapsulate)?;
    let key = secret_key(
        hsm,
        change.caller,
        request.handle,
        mechanism,
        Use::Decapsulate,
    )?;
    let draft = draft(hsm, request.key_type(), &request.attributes)?;
    let secret = crypto::decapsulate(key.material()?.get()?, mechanism, &request.ciphertext)?;
    let new = secret_as_key(hsm, draft, request.key_type(), &secret)?;
    let respond = |key| DecapsulateKeyResponse { key: Some(key) };
    hsm.keys.create(hsm, change, new, LabelRule::Any, respond)
}

/// The checked attributes of a key that a secret becomes. The other side knows the secret too, so the key is as an unwrapped
/// one: sensitive, and never able to carry other keys out.
fn draft(hsm: &Hsm, key_type: KeyType, attributes: &[AttributeValue]) -> Result<Draft, OpError> {
    policy::key_type(hsm.mode, key_type)?;
    match key_type {
        KeyType::Aes | KeyType::GenericSecret | KeyType::Chacha20 => {
            Draft::check(key_type, Origin::Unwrapped, attributes, &[])
        }
        _ => Err(OpError::new(
            Status::KeyTypeInconsistent,
            "an encapsulated secret of 256 bits becomes an AES or ChaCha20 key or a generic secret",
        )),
    }
}

fn secret_as_key(
    hsm: &Hsm,
    draft: Draft,
    key_type: KeyType,
    secret: &[u8],
) -> Result<NewKey, OpError> {
    let material = KeyMaterial::from_import(key_type.try_into()?, secret)?;
    draft.finish(hsm.mode, material)
}
