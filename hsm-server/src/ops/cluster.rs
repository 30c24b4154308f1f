//! The life cycle of the cluster and its administration.

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::requests::Change;
use crate::session::Caller;
use ferrohsm_protocol::messages::{
    BarrierRotateRequest, BarrierRotateResponse, ClusterActivateRequest, ClusterActivateResponse,
    ClusterCsrRequest, ClusterCsrResponse, ClusterInfoRequest, ClusterInfoResponse,
    ClusterInitializeRequest, ClusterInitializeResponse, DeregisterTrustAnchorRequest,
    DeregisterTrustAnchorResponse, ListTrustAnchorsRequest, ListTrustAnchorsResponse,
    RegisterTrustAnchorRequest, RegisterTrustAnchorResponse,
};
use std::sync::Arc;

/// ClusterInfo.
pub fn handle_cluster_info(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ClusterInfoRequest,
) -> Result<ClusterInfoResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// ClusterCsr.
pub fn handle_cluster_csr(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ClusterCsrRequest,
) -> Result<ClusterCsrResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// ClusterInitialize.
pub fn handle_cluster_initialize(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ClusterInitializeRequest,
) -> Result<ClusterInitializeResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// ClusterActivate.
pub fn handle_cluster_activate(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ClusterActivateRequest,
) -> Result<ClusterActivateResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// RegisterTrustAnchor.
pub fn handle_register_trust_anchor(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: RegisterTrustAnchorRequest,
) -> Result<RegisterTrustAnchorResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// ListTrustAnchors.
pub fn handle_list_trust_anchors(
    _hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ListTrustAnchorsRequest,
) -> Result<ListTrustAnchorsResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// DeregisterTrustAnchor.
pub fn handle_deregister_trust_anchor(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: DeregisterTrustAnchorRequest,
) -> Result<DeregisterTrustAnchorResponse, OpError> {
    Err(OpError::internal("not built yet"))
}

/// BarrierRotate.
pub fn handle_barrier_rotate(
    _hsm: &Arc<Hsm>,
    _change: &Change<'_>,
    _request: BarrierRotateRequest,
) -> Result<BarrierRotateResponse, OpError> {
    Err(OpError::internal("not built yet"))
}
