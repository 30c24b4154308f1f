//! The cluster's life cycle, identity, certificates and trust anchors.

use crate::barrier::Barrier;
use crate::error::OpError;
use crate::policy::Mode;
use ferrohsm_protocol::messages::ClusterState;
use std::path::Path;
use std::sync::Arc;

/// The cluster as this HSM knows it.
pub struct Cluster {}

impl Cluster {
    /// What the store and the data directory know of the cluster.
    pub fn load(_barrier: Arc<Barrier>, _data_dir: &Path) -> Result<Cluster, OpError> {
        Ok(Cluster {})
    }

    /// The mode chosen when the cluster was made.
    pub fn mode(&self) -> Mode {
        Mode::Fips
    }

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
