//! Wrapping keys out of the HSM and unwrapping them into it.

use super::bound::{self, Bound};
use super::crypto::{Verifier, held_back, secret_key};
use super::key::Draft;
use crate::crypto::{self, CryptoError, KeyMaterial};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::keys::attributes::Origin;
use crate::keys::{Key, LabelRule, NewKey, merged};
use crate::policy;
use crate::requests::Change;
use crate::session::Caller;
use ferrohsm_protocol::mechanisms::{Use, is_pair};
use ferrohsm_protocol::messages::{
    MechanismParameters, UnwrapKeyRequest, UnwrapKeyResponse, WrapKeyRequest, WrapKeyResponse,
};
use ferrohsm_protocol::{Mechanism, Status};
use std::sync::Arc;
use x509_parser::asn1_rs::{Any, FromDer};

/// Wraps a key that may leave the HSM.
pub fn handle_wrap_key(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: WrapKeyRequest,
) -> Result<WrapKeyResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Wrap)?;
    let wrapping_key = Verifier::find(hsm, caller, request.wrapping_key, mechanism, Use::Wrap)?;
    let target = hsm.keys.get(caller.login()?, request.handle)?;
    if request.handle != target.handle {
        target.check_has_public()?;
        let message = "a public key is not wrapped: it is in the key's public-key-info";
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    policy::wrapping(&target, wrapping_key.wrapper(mechanism))?;
    let mut parameters = request.parameters.unwrap_or_default();
    let material = target.material()?.get()?.to_stored()?;
    if mechanism == Mechanism::AesAttributeWrap {
        check_no_parameters(&parameters)?;
    }
    wrapping_key.choose_iv(hsm, caller.login()?, mechanism, &mut parameters)?;
    if mechanism == Mechanism::AesAttributeWrap {
        // The IV is inside.
        let wrapped = bound::wrap(&target, &parameters.iv, |iv, header| {
            let parameters = bound_parameters(iv, header);
            crypto::wrap_key(wrapping_key.any()?, mechanism, &parameters, &material)
                .map_err(OpError::from)
        })?;
        let iv = Vec::new();
        return Ok(WrapKeyResponse { wrapped, iv });
    }
    let wrapped = crypto::wrap_key(wrapping_key.any()?, mechanism, &parameters, &material)?;
    Ok(WrapKeyResponse {
        wrapped,
        iv: parameters.iv,
    })
}

/// Makes a key of a wrapped one.
pub fn handle_unwrap_key(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: UnwrapKeyRequest,
) -> Result<UnwrapKeyResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Unwrap)?;
    let handle = request.unwrapping_handle;
    let key = secret_key(hsm, change.caller, handle, mechanism, Use::Unwrap)?;
    let new = match mechanism {
        Mechanism::AesAttributeWrap => unwrap_bound(hsm, &key, &request)?,
        _ => unwrap_raw(hsm, &key, mechanism, &request)?,
    };
    let respond = |key| UnwrapKeyResponse { key: Some(key) };
    hsm.keys.create(hsm, change, new, LabelRule::Any, respond)
}

/// A form that carries a key's bytes and nothing about it.
fn unwrap_raw(
    hsm: &Hsm,
    key: &Key,
    mechanism: Mechanism,
    request: &UnwrapKeyRequest,
) -> Result<NewKey, OpError> {
    let key_type = request.key_type();
    let crypto_type = crypto::KeyType::try_from(key_type)?;
    policy::key_type(hsm.mode, key_type)?;
    let template = merged(&request.attributes, key.attributes.unwrap_template())?;
    let draft = Draft::check(
        key_type,
        Origin::Unwrapped,
        &template,
        &request.public_attributes,
    )?;
    let none = MechanismParameters::default();
    let parameters = request.parameters.as_ref().unwrap_or(&none);
    let unwrapping_key = key.material()?.get()?;
    let material = crypto::unwrap_key(unwrapping_key, mechanism, parameters, &request.wrapped)
        .map_err(|error| held_back(hsm, key, error))?;
    let material = match mechanism {
        Mechanism::AesKeyWrapPad if is_pair(key_type) => without_filler(&material),
        _ => &material,
    };
    KeyMaterial::from_import(crypto_type, material)
        .map_err(OpError::from)
        .and_then(|material| draft.finish(hsm.mode, material))
        .map_err(|error| indistinct(hsm, key, error))
}

/// A private key without the zeros with which SoftHSM 2.6 fills it up to whole blocks before RFC 5649 does so anyway. They were
/// authenticated with the key, and end where its outermost element says that it ends.
fn without_filler(pkcs8: &[u8]) -> &[u8] {
    match Any::from_der(pkcs8) {
        Ok((rest, _)) if rest.len() < 8 && rest.iter().all(|byte| *byte == 0) => {
            &pkcs8[..pkcs8.len() - rest.len()]
        }
        _ => pkcs8,
    }
}

/// The form that carries all attributes: the key comes back as it was.
fn unwrap_bound(hsm: &Hsm, key: &Key, request: &UnwrapKeyRequest) -> Result<NewKey, OpError> {
    check_no_parameters(request.parameters.as_ref().unwrap_or(&Default::default()))?;
    let bound = Bound::read(&request.wrapped).ok_or(CryptoError::WrappedKey)?;
    let parameters = bound_parameters(bound.iv, &bound.header);
    let unwrapping_key = key.material()?.get()?;
    let mechanism = Mechanism::AesAttributeWrap;
    // The header is believed from here on.
    let material = crypto::unwrap_key(unwrapping_key, mechanism, &parameters, bound.wrapped)?;
    let (crypto_type, draft) = bound.restore(key, request)?;
    policy::key_type(hsm.mode, request.key_type())?;
    let material = KeyMaterial::from_import(crypto_type, &material)?;
    bound.check_size(&material)?;
    draft.finish(hsm.mode, material)
}

fn bound_parameters(iv: &[u8], header: &[u8]) -> MechanismParameters {
    MechanismParameters {
        iv: iv.to_vec(),
        aad: header.to_vec(),
        ..Default::default()
    }
}

fn check_no_parameters(parameters: &MechanismParameters) -> Result<(), OpError> {
    if *parameters == MechanismParameters::default() {
        return Ok(());
    }
    let message =
        "aes-attribute-wrap takes no parameters: IV and attributes are in the wrapped key";
    Err(OpError::new(Status::MechanismParameterInvalid, message))
}

/// As for bad padding: to say that something else was wrong is to say that the padding was right.
fn indistinct(hsm: &Hsm, key: &Key, error: OpError) -> OpError {
    match error.status {
        Status::Internal => error,
        _ => held_back(hsm, key, CryptoError::WrappedKey),
    }
}
