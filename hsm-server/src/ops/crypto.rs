//! Using keys.

use crate::crypto::{self, AnyKey, CryptoError, PublicKey};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::keys::Key;
use crate::policy::{self, Half, Wrapper};
use crate::session::{Caller, Login};
use crate::wipe::wipe;
use ferrohsm_protocol::mechanisms::Use;
use ferrohsm_protocol::messages::{
    Curve, DecryptRequest, DecryptResponse, DeriveSecretRequest, DeriveSecretResponse,
    EncryptRequest, EncryptResponse, IssueIvRequest, IssueIvResponse, IvSource, KeyReference,
    MechanismParameters, RandomRequest, RandomResponse, SignRequest, SignResponse, VerifyRequest,
    VerifyResponse,
};
use ferrohsm_protocol::{Attribute, MAX_RANDOM_BYTES, Mechanism, Status};
use std::sync::Arc;

/// Makes a signature or MAC.
pub fn handle_sign(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: SignRequest,
) -> Result<SignResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Sign)?;
    let key = secret_key(hsm, caller, request.handle, mechanism, Use::Sign)?;
    let parameters = request.parameters.unwrap_or_default();
    let signature = crypto::sign(
        key.material()?.get()?,
        mechanism,
        &parameters,
        &request.data,
    )?;
    Ok(SignResponse { signature })
}

/// Checks a signature or MAC. A wrong one is an answer, not an error.
pub fn handle_verify(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: VerifyRequest,
) -> Result<VerifyResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Verify)?;
    let key = Verifier::find(hsm, caller, request.key, mechanism, Use::Verify)?;
    let parameters = request.parameters.unwrap_or_default();
    let (data, signature) = (&request.data, &request.signature);
    let valid = crypto::verify(key.any()?, mechanism, &parameters, data, signature)?;
    Ok(VerifyResponse { valid })
}

/// Encrypts, with an IV of the HSM where the mechanism takes one and the caller brings none.
pub fn handle_encrypt(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    mut request: EncryptRequest,
) -> Result<EncryptResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Encrypt)?;
    let key = Verifier::find(hsm, caller, request.key, mechanism, Use::Encrypt)?;
    let mut parameters = request.parameters.unwrap_or_default();
    key.choose_iv(hsm, caller.login()?, mechanism, &mut parameters)?;
    let encrypted = crypto::encrypt(key.any()?, mechanism, &parameters, &request.data);
    wipe(&mut request.data);
    let data = encrypted?;
    Ok(EncryptResponse {
        data,
        iv: parameters.iv,
    })
}

/// Decrypts.
pub fn handle_decrypt(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: DecryptRequest,
) -> Result<DecryptResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Decrypt)?;
    let key = secret_key(hsm, caller, request.handle, mechanism, Use::Decrypt)?;
    let parameters = request.parameters.unwrap_or_default();
    let material = key.material()?;
    let data = crypto::decrypt(material.get()?, mechanism, &parameters, &request.data)
        .map_err(|error| held_back(hsm, &key, error))?;
    Ok(DecryptResponse { data })
}

/// Makes an IV for an encryption that comes later.
pub fn handle_issue_iv(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: IssueIvRequest,
) -> Result<IssueIvResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Encrypt)?;
    if !takes_nonce(mechanism) {
        let message =
            "IVs are issued for aes-gcm and chacha20-poly1305: others may be chosen by the caller";
        return Err(OpError::new(Status::MechanismInvalid, message));
    }
    let login = caller.login()?;
    // An IV that is issued may serve to encrypt and to wrap; the use is checked again then.
    let key = secret_key(hsm, caller, request.handle, mechanism, Use::Encrypt)
        .or_else(|_| secret_key(hsm, caller, request.handle, mechanism, Use::Wrap))?;
    let iv = crypto::fresh_iv(mechanism, &key.material()?.ivs)?;
    hsm.keys
        .issued_ivs
        .put(login, key.handle, &iv, hsm.clock.now_unix_ms());
    Ok(IssueIvResponse { iv })
}

/// Agrees on a secret with the holder of another key.
pub fn handle_derive_secret(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: DeriveSecretRequest,
) -> Result<DeriveSecretResponse, OpError> {
    let mechanism = policy::mechanism(hsm.mode, request.mechanism, Use::Derive)?;
    let key = secret_key(hsm, caller, request.handle, mechanism, Use::Derive)?;
    let peer = PublicKey::from_spki(&request.peer_public_key_info)?;
    let mut secret = crypto::derive_secret(key.material()?.get()?, mechanism, &peer)?;
    Ok(DeriveSecretResponse {
        secret: std::mem::take(&mut *secret),
    })
}

/// Random bytes.
pub fn handle_random(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    request: RandomRequest,
) -> Result<RandomResponse, OpError> {
    let length = request.length as usize;
    if length > MAX_RANDOM_BYTES {
        let message = format!("one call gives at most {MAX_RANDOM_BYTES} random bytes");
        return Err(OpError::new(Status::DataLengthRange, message));
    }
    let mut data = crypto::random::bytes(length)?;
    Ok(RandomResponse {
        data: std::mem::take(&mut *data),
    })
}

/// A private or secret key of the caller that may be used so.
pub(super) fn secret_key(
    hsm: &Hsm,
    caller: &Caller,
    handle: u64,
    mechanism: Mechanism,
    wanted: Use,
) -> Result<Arc<Key>, OpError> {
    let key = hsm.keys.get(caller.login()?, handle)?;
    if handle != key.handle {
        key.check_has_public()?;
        let message = "this takes the private or secret key's handle, which is even";
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    policy::key_use(hsm.mode, &key, Half::Secret, mechanism, wanted)?;
    Ok(key)
}

/// What verifies, encrypts, wraps or encapsulates.
pub(super) enum Verifier {
    Own(Arc<Key>),
    Foreign(Box<PublicKey>),
}

impl Verifier {
    /// The key that a reference means, if it may be used so.
    pub(super) fn find(
        hsm: &Hsm,
        caller: &Caller,
        reference: Option<KeyReference>,
        mechanism: Mechanism,
        wanted: Use,
    ) -> Result<Verifier, OpError> {
        let reference = reference.unwrap_or_default();
        match (reference.handle, reference.public_key_info.as_slice()) {
            (0, []) => Err(OpError::new(
                Status::MalformedRequest,
                "the request names no key",
            )),
            (0, info) => {
                let key = PublicKey::from_spki(info)?;
                if let Ok(key) = key.ec() {
                    policy::curve(hsm.mode, Curve::from(key.curve()))?;
                }
                policy::foreign_key_use(mechanism, wanted)?;
                Ok(Verifier::Foreign(Box::new(key)))
            }
            (handle, []) => {
                let key = hsm.keys.get(caller.login()?, handle)?;
                let half = match (handle == key.handle, &key.public) {
                    (true, None) => Half::Secret,
                    (false, Some(_)) => Half::Public,
                    (true, Some(_)) => {
                        let public = key.handle + 1;
                        let message = format!("this takes the public key's handle, {public:#x}");
                        return Err(OpError::new(Status::KeyTypeInconsistent, message));
                    }
                    (false, None) => return Err(Status::KeyNotFound.into()),
                };
                policy::key_use(hsm.mode, &key, half, mechanism, wanted)?;
                Ok(Verifier::Own(key))
            }
            (_, _) => {
                let message = "the request names a key by handle and by value: give one of them";
                Err(OpError::new(Status::MalformedRequest, message))
            }
        }
    }

    pub(super) fn any(&self) -> Result<AnyKey<'_>, OpError> {
        Ok(match self {
            Verifier::Own(key) => AnyKey::Own(key.material()?.get()?),
            Verifier::Foreign(key) => AnyKey::Public(key),
        })
    }

    pub(super) fn wrapper(&self, mechanism: Mechanism) -> Wrapper<'_> {
        match self {
            Verifier::Own(key) => {
                let attributes = key.public.as_ref().unwrap_or(&key.attributes);
                Wrapper {
                    key_type: key.key_type,
                    size_bits: key.size_bits,
                    trusted: key.attributes.flag(Attribute::Trusted),
                    template: attributes.wrap_template(),
                    mechanism,
                    named: attributes.names(mechanism),
                }
            }
            Verifier::Foreign(key) => Wrapper {
                key_type: key.key_type(),
                size_bits: key.bits(),
                trusted: false,
                template: &[],
                mechanism,
                named: false,
            },
        }
    }

    /// Puts the IV to encrypt with into the parameters.
    pub(super) fn choose_iv(
        &self,
        hsm: &Hsm,
        login: &Login,
        mechanism: Mechanism,
        parameters: &mut MechanismParameters,
    ) -> Result<(), OpError> {
        let Verifier::Own(key) = self else {
            return Ok(());
        };
        let once = takes_nonce(mechanism);
        match parameters.iv_source() {
            IvSource::IvFromHsm if !parameters.iv.is_empty() => {
                let message = "the request has an IV and asks for one: say which by iv_source";
                Err(OpError::new(Status::MechanismParameterInvalid, message))
            }
            IvSource::IvFromHsm => {
                parameters.iv = crypto::fresh_iv(mechanism, &key.material()?.ivs)?;
                Ok(())
            }
            IvSource::IvIssued if once => {
                let now = hsm.clock.now_unix_ms();
                hsm.keys
                    .issued_ivs
                    .take(login.id, key.handle, &parameters.iv, now)
            }
            IvSource::IvIssued => {
                let message = "IVs are issued for aes-gcm and chacha20-poly1305";
                Err(OpError::new(Status::MechanismParameterInvalid, message))
            }
            IvSource::IvFromCaller if once && !key.attributes.flag(Attribute::AllowCallerIv) => {
                Err(Status::IvNotAllowed.into())
            }
            IvSource::IvFromCaller => Ok(()),
        }
    }
}

/// Whether no IV may serve twice under a key: the HSM then makes it.
fn takes_nonce(mechanism: Mechanism) -> bool {
    matches!(mechanism, Mechanism::AesGcm | Mechanism::Chacha20Poly1305)
}

/// The error of a decryption. What may tell of its padding is answered slowly once there were many.
pub(super) fn held_back(hsm: &Hsm, key: &Key, error: CryptoError) -> OpError {
    let padding = matches!(error, CryptoError::Decryption | CryptoError::WrappedKey);
    let mut failure = OpError::from(error);
    if padding && let Ok(material) = key.material() {
        failure.delay = material.failures.failed(hsm.clock.now_unix_ms());
    }
    failure
}
