//! Making, finding, changing and deleting keys and certificates.

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::requests::Change;
use crate::session::Caller;
use ferrohsm_protocol::messages::{
    DeleteKeyRequest, DeleteKeyResponse, FindKeysRequest, FindKeysResponse, GenerateKeyPairRequest,
    GenerateKeyPairResponse, GenerateKeyRequest, GenerateKeyResponse, GetKeyRequest,
    GetKeyResponse, ImportCertificateRequest, ImportCertificateResponse, ImportKeyRequest,
    ImportKeyResponse, UpdateKeyRequest, UpdateKeyResponse,
};
use std::sync::Arc;

/// GenerateKey.
pub fn handle_generate_key(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: GenerateKeyRequest,
) -> Result<GenerateKeyResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// GenerateKeyPair.
pub fn handle_generate_key_pair(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: GenerateKeyPairRequest,
) -> Result<GenerateKeyPairResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// ImportKey.
pub fn handle_import_key(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: ImportKeyRequest,
) -> Result<ImportKeyResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// ImportCertificate.
pub fn handle_import_certificate(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: ImportCertificateRequest,
) -> Result<ImportCertificateResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// GetKey.
pub fn handle_get_key(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: GetKeyRequest,
) -> Result<GetKeyResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// FindKeys.
pub fn handle_find_keys(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: FindKeysRequest,
) -> Result<FindKeysResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// UpdateKey.
pub fn handle_update_key(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: UpdateKeyRequest,
) -> Result<UpdateKeyResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// DeleteKey.
pub fn handle_delete_key(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: DeleteKeyRequest,
) -> Result<DeleteKeyResponse, OpError> {
    Err(OpError::internal("not built yet"))
}
