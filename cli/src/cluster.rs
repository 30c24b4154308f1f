//! `cluster` and `barrier`.

use std::path::Path;

use ferrohsm_client::{Result, request_id};
use ferrohsm_protocol::messages::{
    BarrierRotateRequest, ClusterActivateRequest, ClusterCsrRequest, ClusterInfoRequest,
    ClusterInitializeRequest, DeregisterTrustAnchorRequest, ListTrustAnchorsRequest,
    RegisterTrustAnchorRequest, RenewCertificateRequest, TrustAnchorInfo,
};
use serde_json::{Value, json};

use crate::arguments::{Barrier, Cluster, Mtls};
use crate::connect::Connection;
use crate::output::{Output, hex, table, time};
use crate::usage;

/// Larger than any certificate.
const MAX_PEM_BYTES: u64 = 64 * 1024;
/// The first crypto officer's name unless `--user` says otherwise.
const FIRST_OFFICER: &str = "admin";

pub fn run(connection: &Connection, command: Cluster) -> Result<Output> {
    match command {
        Cluster::Csr { out } => csr(connection, out.as_deref()),
        Cluster::Initialize {
            signed_certificate,
            trust_anchor,
        } => {
            connection.client.call(&ClusterInitializeRequest {
                signed_certificate_pem: read_pem(&signed_certificate)?,
                trust_anchor_pem: read_pem(&trust_anchor)?,
            })?;
            Ok(Output::done(
                "The cluster is initialized. Next: ferrohsm cluster activate",
                json!({ "state": "INITIALIZED" }),
            ))
        }
        Cluster::RenewCertificate {
            signed_certificate,
            trust_anchor,
        } => {
            let reply = connection.client.call(&RenewCertificateRequest {
                request_id: request_id(),
                signed_certificate_pem: read_pem(&signed_certificate)?,
                trust_anchor_pem: read_pem(&trust_anchor)?,
            })?;
            let not_after = time(reply.not_after_unix_s.saturating_mul(1000));
            Ok(Output::done(
                &format!("The cluster certificate is renewed until {not_after}."),
                json!({ "not-after": not_after }),
            ))
        }
        Cluster::Activate => activate(connection),
        Cluster::HsmInfo => hsm_info(connection),
        Cluster::Mtls(command) => mtls(connection, command),
    }
}

pub fn run_barrier(connection: &Connection, command: &Barrier) -> Result<Output> {
    match command {
        Barrier::Rotate => {
            let reply = connection.client.call(&BarrierRotateRequest {
                request_id: request_id(),
            })?;
            Ok(Output::done(
                &format!("New records are sealed under data key {}.", reply.data_key),
                json!({ "data-key": reply.data_key }),
            ))
        }
    }
}

fn csr(connection: &Connection, out: Option<&Path>) -> Result<Output> {
    let csr = connection.client.call(&ClusterCsrRequest {})?.csr_pem;
    let Some(path) = out else {
        return Ok(Output {
            data: json!({ "csr": csr }),
            text: csr,
        });
    };
    std::fs::write(path, &csr).map_err(|error| usage(format!("{}: {error}", path.display())))?;
    Ok(Output::done(
        &format!("The CSR is in {}.", path.display()),
        json!({ "csr": csr, "file": path }),
    ))
}

fn activate(connection: &Connection) -> Result<Output> {
    let user = connection
        .user
        .clone()
        .unwrap_or_else(|| FIRST_OFFICER.to_owned());
    let password = connection
        .password
        .read_new(&format!("New password of {user}: "))?;
    let mut request = ClusterActivateRequest {
        user,
        password: password.to_vec(),
    };
    let reply = connection.client.call(&request);
    zeroize::Zeroize::zeroize(&mut request.password);
    let user = reply?.user;
    Ok(Output::done(
        &format!("The cluster is active. Its first crypto officer is {user}."),
        json!({ "state": "ACTIVE", "username": user }),
    ))
}

fn hsm_info(connection: &Connection) -> Result<Output> {
    let info = connection.client.call(&ClusterInfoRequest {})?;
    let state = info.state().as_str_name();
    let not_after = match info.certificate_not_after_unix_s {
        0 => Value::Null,
        seconds => Value::from(time(seconds.saturating_mul(1000))),
    };
    Ok(Output::fields(&[
        ("cluster-id", Value::from(hex(&info.cluster_id))),
        ("hsm-id", Value::from(hex(&info.hsm_id))),
        ("state", Value::from(state)),
        ("mode", Value::from(info.mode)),
        ("dev", Value::from(info.dev)),
        ("server-version", Value::from(info.server_version)),
        ("module-name", Value::from(info.module_name)),
        ("module-version", Value::from(info.module_version)),
        ("module-fips", Value::from(info.module_fips)),
        ("store-revision", Value::from(info.store_revision)),
        ("certificate-not-after", not_after),
        ("data-key", Value::from(info.data_key)),
        ("token-keys", Value::from(info.token_keys)),
        ("session-keys", Value::from(info.session_keys)),
        ("users", Value::from(info.users)),
        ("trust-anchors", Value::from(info.trust_anchors)),
        ("connections", Value::from(info.connections)),
        ("uptime-s", Value::from(info.uptime_s)),
    ]))
}

fn mtls(connection: &Connection, command: Mtls) -> Result<Output> {
    match command {
        Mtls::RegisterTrustAnchor { file, for_user } => {
            let reply = connection.client.call(&RegisterTrustAnchorRequest {
                request_id: request_id(),
                certificate_pem: read_pem(&file)?,
                users: for_user,
            })?;
            let anchor = reply.anchor.unwrap_or_default();
            Ok(Output::done(
                &format!(
                    "Trust anchor {} is registered: {}",
                    anchor.id, anchor.subject
                ),
                anchor_json(&anchor),
            ))
        }
        Mtls::List => {
            let anchors = connection.client.call(&ListTrustAnchorsRequest {})?.anchors;
            let rows: Vec<Vec<String>> = anchors
                .iter()
                .map(|anchor| {
                    let users = if anchor.users.is_empty() {
                        "all".to_owned()
                    } else {
                        anchor.users.join(",")
                    };
                    vec![
                        anchor.id.clone(),
                        anchor.subject.clone(),
                        anchor.not_after.clone(),
                        users,
                    ]
                })
                .collect();
            let data: Vec<Value> = anchors.iter().map(anchor_json).collect();
            Ok(Output {
                data: json!({ "trust-anchors": data }),
                text: table(&["ID", "SUBJECT", "NOT AFTER", "USERS"], &rows),
            })
        }
        Mtls::Deregister { id } => {
            let request = DeregisterTrustAnchorRequest {
                request_id: request_id(),
                id,
            };
            connection.client.call(&request)?;
            Ok(Output::done(
                &format!("Trust anchor {} is no longer registered.", request.id),
                json!({ "id": request.id }),
            ))
        }
    }
}

fn anchor_json(anchor: &TrustAnchorInfo) -> Value {
    json!({
        "id": anchor.id,
        "subject": anchor.subject,
        "not-after": anchor.not_after,
        "users": anchor.users,
        "certificate": anchor.certificate_pem,
    })
}

fn read_pem(path: &Path) -> Result<String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_PEM_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| usage(format!("{}: {error}", path.display())))?;
    if text.len() as u64 > MAX_PEM_BYTES {
        return Err(usage(format!(
            "{} is larger than any certificate",
            path.display()
        )));
    }
    Ok(text)
}
