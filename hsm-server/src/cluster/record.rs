//! How the cluster is stored. docs/formats.md lists the fields; they are added to and never renumbered.

use ferrohsm_protocol::messages::ClusterState;

/// The one record about the cluster as a whole.
pub const CLUSTER_PATH: &str = "cluster/state";
/// The cluster's private key, PKCS#8.
pub const CLUSTER_KEY_PATH: &str = "cluster/key";
/// Registered trust anchors, under their id.
pub const ANCHOR_PREFIX: &str = "trust-anchor/";

/// The cluster.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ClusterRecord {
    #[prost(enumeration = "ClusterState", tag = "1")]
    pub state: i32,
    /// FIPS mode; chosen once.
    #[prost(bool, tag = "2")]
    pub fips: bool,
    /// A throwaway cluster, for ever.
    #[prost(bool, tag = "3")]
    pub dev: bool,
    /// The signed cluster certificate, DER; empty before INITIALIZED.
    #[prost(bytes = "vec", tag = "4")]
    pub certificate: Vec<u8>,
    /// The customer's root that signed it, DER; empty before INITIALIZED.
    #[prost(bytes = "vec", tag = "5")]
    pub trust_anchor: Vec<u8>,
    /// Milliseconds since 1970.
    #[prost(uint64, tag = "6")]
    pub created_unix_ms: u64,
    /// When the certificate or its root expires, seconds since 1970; 0 before INITIALIZED.
    #[prost(uint64, tag = "7")]
    pub not_after_unix_s: u64,
}

/// A registered trust anchor for client certificates.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AnchorRecord {
    /// DER.
    #[prost(bytes = "vec", tag = "1")]
    pub certificate: Vec<u8>,
    /// The only users (folded names) that may log in with certificates under it; empty: all.
    #[prost(string, repeated, tag = "2")]
    pub users: Vec<String>,
    /// Milliseconds since 1970.
    #[prost(uint64, tag = "3")]
    pub registered_unix_ms: u64,
}
