//! A throwaway store for unit tests.

use std::sync::Arc;

use crate::barrier::Barrier;
use crate::seal::MasterKey;
use crate::store::redb::RedbStore;

/// A store in a temporary directory that can be closed and opened again.
pub struct TestStore {
    directory: tempfile::TempDir,
    master_key: MasterKey,
    /// Open now.
    pub barrier: Arc<Barrier>,
}

impl TestStore {
    /// An empty one.
    pub fn new() -> TestStore {
        let directory = tempfile::tempdir().unwrap();
        let master_key = MasterKey::generate().unwrap();
        let store = Arc::new(RedbStore::open(directory.path()).unwrap());
        let barrier = Arc::new(Barrier::create(store, &master_key, [7; 16]).unwrap());
        TestStore {
            directory,
            master_key,
            barrier,
        }
    }

    /// What a restart finds: only what is on disk.
    pub fn restart(&mut self) {
        self.barrier.close().unwrap();
        let store = Arc::new(RedbStore::open(self.directory.path()).unwrap());
        self.barrier = Arc::new(Barrier::open(store, &self.master_key).unwrap());
    }

    /// The directory.
    pub fn path(&self) -> &std::path::Path {
        self.directory.path()
    }
}
