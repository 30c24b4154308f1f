//! The life cycle of the cluster and its administration.

use crate::barrier::BarrierTransaction;
use crate::cluster;
use crate::crypto;
use crate::doubt;
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::requests::Change;
use crate::session::Caller;
use crate::store::Durability;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::{
    BarrierRotateRequest, BarrierRotateResponse, ClusterActivateRequest, ClusterActivateResponse,
    ClusterCsrRequest, ClusterCsrResponse, ClusterInfoRequest, ClusterInfoResponse,
    ClusterInitializeRequest, ClusterInitializeResponse, DeregisterTrustAnchorRequest,
    DeregisterTrustAnchorResponse, ListTrustAnchorsRequest, ListTrustAnchorsResponse,
    RegisterTrustAnchorRequest, RegisterTrustAnchorResponse, RenewCertificateRequest,
    RenewCertificateResponse,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use zeroize::Zeroizing;

/// ClusterInfo.
pub fn handle_cluster_info(
    hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ClusterInfoRequest,
) -> Result<ClusterInfoResponse, OpError> {
    let module = crypto::module();
    let keys = hsm.keys.counts();
    Ok(ClusterInfoResponse {
        cluster_id: hsm.cluster.cluster_id().to_vec(),
        hsm_id: hsm.cluster.hsm_id().to_vec(),
        state: hsm.cluster.state().into(),
        mode: hsm.mode.name().to_owned(),
        dev: hsm.cluster.dev(),
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        module_name: module.name.to_owned(),
        module_version: module.version.to_owned(),
        module_fips: module.fips,
        store_revision: hsm.revision(),
        token_keys: keys.token_keys,
        session_keys: keys.session_keys,
        users: hsm.users.count()?.into(),
        connections: hsm.connections.load(Ordering::Relaxed) as u64,
        uptime_s: hsm.started.elapsed().as_secs(),
        trust_anchors: hsm.cluster.anchors().len() as u32,
        data_key: hsm.barrier.data_key(),
        certificate_not_after_unix_s: hsm.cluster.certificate_not_after_unix_s(),
    })
}

/// ClusterCsr.
pub fn handle_cluster_csr(
    hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ClusterCsrRequest,
) -> Result<ClusterCsrResponse, OpError> {
    let csr_pem = hsm.cluster.csr_pem()?;
    Ok(ClusterCsrResponse { csr_pem })
}

/// ClusterInitialize.
pub fn handle_cluster_initialize(
    hsm: &Arc<Hsm>,
    _caller: &Caller,
    request: ClusterInitializeRequest,
) -> Result<ClusterInitializeResponse, OpError> {
    doubt::settle(hsm)?;
    hsm.cluster
        .initialize(
            &request.signed_certificate_pem,
            &request.trust_anchor_pem,
            hsm.clock.now_unix_ms(),
        )
        .inspect_err(|error| doubt_if_not_refused(hsm, error))?;
    Ok(ClusterInitializeResponse {})
}

/// ClusterActivate.
pub fn handle_cluster_activate(
    hsm: &Arc<Hsm>,
    _caller: &Caller,
    request: ClusterActivateRequest,
) -> Result<ClusterActivateResponse, OpError> {
    let password = Zeroizing::new(request.password);
    let now = hsm.clock.now_unix_ms();
    doubt::settle(hsm)?;
    let user = hsm
        .cluster
        .activate(&hsm.users, &request.user, &password, now)
        .inspect_err(|error| doubt_if_not_refused(hsm, error))?;
    Ok(ClusterActivateResponse { user })
}

/// These two have no request id, by which a change in doubt is noticed elsewhere.
fn doubt_if_not_refused(hsm: &Hsm, error: &OpError) {
    if error.status == Status::StoreUnavailable {
        hsm.doubts.raise();
    }
}

/// RenewCertificate: new connections get the new certificate, open ones go on.
pub fn handle_renew_certificate(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: RenewCertificateRequest,
) -> Result<RenewCertificateResponse, OpError> {
    let not_after_unix_s = hsm.cluster.renew_certificate(
        &request.signed_certificate_pem,
        &request.trust_anchor_pem,
        hsm.clock.now_unix_ms(),
        |not_after_unix_s, transaction| {
            change.commit(
                hsm,
                transaction,
                &RenewCertificateResponse { not_after_unix_s },
            )
        },
    )?;
    cluster::refresh_tls(hsm)?;
    tracing::info!(not_after_unix_s, "cluster certificate renewed");
    Ok(RenewCertificateResponse { not_after_unix_s })
}

/// RegisterTrustAnchor: the TLS listener opens with the first one.
pub fn handle_register_trust_anchor(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: RegisterTrustAnchorRequest,
) -> Result<RegisterTrustAnchorResponse, OpError> {
    let now = hsm.clock.now_unix_ms();
    let reply = |anchor| RegisterTrustAnchorResponse {
        anchor: Some(anchor),
    };
    let anchor = hsm.cluster.register_anchor(
        &request.certificate_pem,
        &request.users,
        now,
        |anchor, transaction| change.commit(hsm, transaction, &reply(anchor.clone())),
    )?;
    cluster::refresh_tls(hsm)?;
    tracing::info!(
        id = anchor.id,
        subject = anchor.subject,
        "trust anchor registered"
    );
    Ok(reply(anchor))
}

/// ListTrustAnchors.
pub fn handle_list_trust_anchors(
    hsm: &Arc<Hsm>,
    _caller: &Caller,
    _request: ListTrustAnchorsRequest,
) -> Result<ListTrustAnchorsResponse, OpError> {
    let anchors = hsm.cluster.anchors();
    Ok(ListTrustAnchorsResponse { anchors })
}

/// DeregisterTrustAnchor: connections that only it admitted are cut.
pub fn handle_deregister_trust_anchor(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: DeregisterTrustAnchorRequest,
) -> Result<DeregisterTrustAnchorResponse, OpError> {
    let response = DeregisterTrustAnchorResponse {};
    hsm.cluster.deregister_anchor(&request.id, |transaction| {
        change.commit(hsm, transaction, &response)
    })?;
    cluster::refresh_or_close_tls(hsm)?;
    tracing::info!(id = request.id, "trust anchor deregistered");
    Ok(response)
}

/// BarrierRotate.
pub fn handle_barrier_rotate(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    _request: BarrierRotateRequest,
) -> Result<BarrierRotateResponse, OpError> {
    let data_key = hsm.barrier.rotate()?;
    let response = BarrierRotateResponse { data_key };
    // The data key is made already: a crash before this only makes one more when the request is repeated.
    let remembered = BarrierTransaction::new(Durability::Durable);
    change.commit(hsm, remembered, &response)?;
    tracing::info!(data_key, "data key rotated");
    Ok(response)
}
