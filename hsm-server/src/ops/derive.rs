//! Keys from keys: nothing of them leaves the HSM.

use super::crypto::secret_key;
use super::key::Draft;
use crate::crypto::{self, KeyMaterial};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::keys::LabelRule;
use crate::keys::attributes::Origin;
use crate::policy;
use crate::requests::Change;
use ferrohsm_protocol::mechanisms::{ParameterKind, Use, is_pair};
use ferrohsm_protocol::messages::{DeriveKeyRequest, DeriveKeyResponse, HkdfStep, KeyType};
use ferrohsm_protocol::{Mechanism, Status};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Derives a secret key from a key of the caller, or from a password.
pub fn handle_derive_key(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    mut request: DeriveKeyRequest,
) -> Result<DeriveKeyResponse, OpError> {
    let password = Zeroizing::new(std::mem::take(&mut request.password));
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Derive)?;
    if mechanism == Mechanism::Ecdh {
        let message = "ecdh gives its secret to the caller: use one of the ecdh-x963 mechanisms";
        return Err(OpError::new(Status::MechanismInvalid, message));
    }
    let parameters = request.parameters.take().unwrap_or_default();
    let (key_type, size_bits) = (request.key_type(), request.size_bits);
    if is_pair(key_type) {
        let message = "derived keys are secret keys: AES or generic secret";
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    policy::key_type(hsm.mode, key_type)?;
    let extracts = mechanism.row().parameters == ParameterKind::Hkdf
        && parameters.hkdf_step() == HkdfStep::Extract;
    if extracts && key_type != KeyType::GenericSecret {
        let message = "HKDF-Extract gives a generic secret";
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    let base = match (request.handle, mechanism.row().key_type) {
        (0, None) => None,
        (handle, _) => {
            let key = secret_key(hsm, change.caller, handle, mechanism, Use::Derive)?;
            Some(key)
        }
    };
    let origin = match &base {
        Some(base) => Origin::Derived(policy::derivation(base, size_bits, extracts)?),
        // Who knows the password knows the key.
        None => Origin::Imported,
    };
    let crypto_type = crypto::KeyType::try_from(key_type)?;
    if !size_bits.is_multiple_of(8) {
        let message = "a derived key has whole bytes: its size in bits is a multiple of 8";
        return Err(OpError::new(Status::KeySizeRange, message));
    }
    let draft = Draft::check(key_type, origin, &request.attributes, &[])?;
    let material = match &base {
        Some(base) => Some(base.material()?.get()?),
        None => None,
    };
    let length = size_bits as usize / 8;
    let bytes = crypto::derive_key(material, mechanism, &parameters, &password, length)?;
    let new = draft.finish(hsm.mode, KeyMaterial::from_import(crypto_type, &bytes)?)?;
    let respond = |key| DeriveKeyResponse { key: Some(key) };
    hsm.keys.create(hsm, change, new, LabelRule::Any, respond)
}
