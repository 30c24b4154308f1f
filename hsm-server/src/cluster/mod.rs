//! The cluster's life cycle, identity, certificates and trust anchors.

use ferrohsm_protocol::messages::ClusterState;

/// The cluster as this HSM knows it.
pub struct Cluster {}

impl Cluster {
    /// The state that decides which operations are possible.
    pub fn state(&self) -> ClusterState {
        ClusterState::Uninitialized
    }

    /// Identifies the cluster.
    pub fn cluster_id(&self) -> [u8; 16] {
        [0; 16]
    }

    /// Identifies this HSM.
    pub fn hsm_id(&self) -> [u8; 16] {
        [0; 16]
    }

    /// Whether the cluster was made by `hsm-server dev`; it stays so for ever.
    pub fn dev(&self) -> bool {
        false
    }
}
