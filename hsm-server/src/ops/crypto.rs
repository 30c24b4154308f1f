//! Using keys.

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::requests::Change;
use crate::session::Caller;
use ferrohsm_protocol::messages::{
    DecryptRequest, DecryptResponse, DeriveSecretRequest, DeriveSecretResponse, EncryptRequest,
    EncryptResponse, IssueIvRequest, IssueIvResponse, RandomRequest, RandomResponse, SignRequest,
    SignResponse, UnwrapKeyRequest, UnwrapKeyResponse, VerifyRequest, VerifyResponse,
    WrapKeyRequest, WrapKeyResponse,
};
use std::sync::Arc;

/// Sign.
pub fn handle_sign(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: SignRequest,
) -> Result<SignResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// Verify.
pub fn handle_verify(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: VerifyRequest,
) -> Result<VerifyResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// Encrypt.
pub fn handle_encrypt(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: EncryptRequest,
) -> Result<EncryptResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// Decrypt.
pub fn handle_decrypt(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: DecryptRequest,
) -> Result<DecryptResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// IssueIv.
pub fn handle_issue_iv(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: IssueIvRequest,
) -> Result<IssueIvResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// WrapKey.
pub fn handle_wrap_key(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: WrapKeyRequest,
) -> Result<WrapKeyResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// UnwrapKey.
pub fn handle_unwrap_key(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: UnwrapKeyRequest,
) -> Result<UnwrapKeyResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// DeriveSecret.
pub fn handle_derive_secret(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: DeriveSecretRequest,
) -> Result<DeriveSecretResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// Random.
pub fn handle_random(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: RandomRequest,
) -> Result<RandomResponse, OpError> {
    Err(OpError::internal("not built yet"))
}
