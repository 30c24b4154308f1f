//! Changes that failed in a way which leaves open whether they were stored: they show once the disk works again.
//!
//! Users are read from the store whenever they are asked for; what this HSM keeps of them (logins), of the cluster's
//! state and of the trust anchors is read again here. Keys are looked up one by one, see [`crate::keys`].

use crate::cluster;
use crate::error::OpError;
use crate::hsm::Hsm;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counts changes in doubt. Safe to use from many threads.
#[derive(Debug, Default)]
pub struct Doubts {
    raised: AtomicU64,
    settled: AtomicU64,
    settling: Mutex<()>,
}

impl Doubts {
    /// A change may or may not have been stored.
    pub fn raise(&self) {
        self.raised.fetch_add(1, Ordering::AcqRel);
    }

    fn any(&self) -> bool {
        self.raised.load(Ordering::Acquire) != self.settled.load(Ordering::Acquire)
    }
}

/// Makes what this HSM knows agree with the store, if anything is in doubt: before a change is looked at, so that one
/// that comes again is only acknowledged once it holds, and every minute.
///
/// # Errors
/// What the store says; the next call tries again.
pub fn settle(hsm: &Hsm) -> Result<(), OpError> {
    if !hsm.doubts.any() {
        return Ok(());
    }
    let _one = hsm
        .doubts
        .settling
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let raised = hsm.doubts.raised.load(Ordering::Acquire);
    if !hsm.doubts.any() {
        return Ok(());
    }
    hsm.logins.end_outdated(&hsm.users)?;
    if let Err(error) = hsm.keys.end_logins_but(|login| hsm.logins.knows(login)) {
        // They cannot be used any more; maintenance deletes them later.
        tracing::warn!(%error, "session keys of ended logins are left for later");
    }
    if hsm.cluster.read_again()?
        && let Err(error) = cluster::refresh_or_close_tls(hsm)
    {
        tracing::error!(%error, "no client is admitted over TLS");
    }
    hsm.doubts.settled.store(raised, Ordering::Release);
    tracing::info!("changes that were in doubt have been read again");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barrier::Barrier;
    use crate::cluster::{Cluster, DevClient};
    use crate::ops::{cluster as cluster_ops, user as user_ops};
    use crate::policy::Mode;
    use crate::requests::{Change, WithRequestId};
    use crate::seal::MasterKey;
    use crate::session::{Caller, Login, Peer};
    use crate::store::redb::RedbStore;
    use crate::store::{Entry, Store, StoreError, Transaction};
    use ferrohsm_protocol::messages::{
        ChangePasswordRequest, ClusterActivateRequest, ClusterInitializeRequest, ClusterState,
        CreateUserRequest, DeleteUserRequest, DeregisterTrustAnchorRequest,
        RegisterTrustAnchorRequest, Role,
    };
    use ferrohsm_protocol::{REQUEST_ID_BYTES, Request, Status};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    const PASSWORD: &[u8] = b"long enough";

    /// A disk that dies in the middle of a commit, which it has stored or not.
    struct Dying {
        store: RedbStore,
        dead: AtomicBool,
        stores: AtomicBool,
    }

    impl Dying {
        fn io() -> StoreError {
            StoreError::Io {
                detail: "dead".into(),
            }
        }
    }

    impl Store for Dying {
        fn get(&self, path: &str) -> Result<Option<Entry>, StoreError> {
            match self.dead.load(Ordering::SeqCst) {
                true => Err(Self::io()),
                false => self.store.get(path),
            }
        }
        fn scan(
            &self,
            prefix: &str,
            after: Option<&str>,
            limit: usize,
        ) -> Result<Vec<(String, Entry)>, StoreError> {
            match self.dead.load(Ordering::SeqCst) {
                true => Err(Self::io()),
                false => self.store.scan(prefix, after, limit),
            }
        }
        fn commit(&self, transaction: Transaction) -> Result<u64, StoreError> {
            if self.dead.load(Ordering::SeqCst) {
                return Err(Self::io());
            }
            if !DIES.with(|dies| dies.replace(false)) {
                return self.store.commit(transaction);
            }
            if self.stores.load(Ordering::SeqCst) {
                self.store.commit(transaction)?;
            }
            self.dead.store(true, Ordering::SeqCst);
            Err(StoreError::InDoubt {
                detail: "dying".into(),
            })
        }
        fn revision(&self) -> u64 {
            self.store.revision()
        }
        fn close(&self) -> Result<(), StoreError> {
            self.store.close()
        }
    }

    thread_local! {
        /// The next commit of this thread is the disk's last.
        static DIES: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }

    type Handler<R> = fn(&Arc<Hsm>, &Change<'_>, R) -> Result<<R as Request>::Response, OpError>;
    type Step = fn(&Site) -> Result<(), OpError>;

    struct Site {
        _directory: tempfile::TempDir,
        disk: Arc<Dying>,
        hsm: Arc<Hsm>,
    }

    impl Site {
        /// An HSM whose disk stores what it dies with, or not.
        fn new(stores: bool) -> Site {
            let directory = tempfile::tempdir().unwrap();
            let disk = Arc::new(Dying {
                store: RedbStore::open(directory.path()).unwrap(),
                dead: AtomicBool::new(false),
                stores: AtomicBool::new(stores),
            });
            let key = MasterKey::generate().unwrap();
            let barrier = Barrier::create(Arc::clone(&disk) as _, &key, [7; 16]).unwrap();
            Cluster::create(&barrier, Mode::Fips, true, 1).unwrap();
            let hsm = Hsm::open(
                directory.path(),
                Arc::new(barrier),
                Duration::from_secs(3600),
                false,
            );
            Site {
                _directory: directory,
                disk,
                hsm: hsm.unwrap(),
            }
        }

        fn initialize(&self) -> Result<(), OpError> {
            let now = self.hsm.clock.now_unix_ms();
            let (signed_certificate_pem, trust_anchor_pem) = self.hsm.cluster.dev_sign(now)?;
            let request = ClusterInitializeRequest {
                signed_certificate_pem,
                trust_anchor_pem,
            };
            let nobody = Caller::new(Peer::Socket, 0);
            cluster_ops::handle_cluster_initialize(&self.hsm, &nobody, request).map(drop)
        }

        fn activate(&self) -> Result<(), OpError> {
            let request = ClusterActivateRequest {
                password: PASSWORD.to_vec(),
                ..ClusterActivateRequest::default()
            };
            let nobody = Caller::new(Peer::Socket, 0);
            cluster_ops::handle_cluster_activate(&self.hsm, &nobody, request).map(drop)
        }

        fn log_in(&self, user: &str) -> Arc<Login> {
            let (hsm, now) = (&self.hsm, self.hsm.clock.now_unix_ms());
            let made = hsm
                .logins
                .login(&hsm.users, &Peer::Socket, user, PASSWORD, &[], now);
            made.unwrap().0
        }

        /// As dispatch does it: the reply that is remembered, else the handler's. `None` for that of the handler.
        fn change<R: WithRequestId + Clone>(
            &self,
            login: &Arc<Login>,
            request: &R,
            handler: Handler<R>,
        ) -> Result<Option<Vec<u8>>, OpError> {
            let caller = Caller {
                peer: Peer::Socket,
                login: Some(Arc::clone(login)),
                connection: 0,
            };
            let change = Change::new(&caller, request, &request.encode_to_vec())?;
            if let Some(reply) = change.remembered(&self.hsm)? {
                return Ok(Some(reply));
            }
            handler(&self.hsm, &change, request.clone()).map(|_| None)
        }

        /// The disk dies with this change; once it works again the same request is acknowledged. Gives whether it was
        /// remembered.
        fn in_doubt<R: WithRequestId + Clone>(
            &self,
            login: &Arc<Login>,
            request: &R,
            handler: Handler<R>,
        ) -> bool {
            DIES.with(|dies| dies.set(true));
            let failed = self.change(login, request, handler).unwrap_err();
            assert_eq!(failed.status, Status::StoreUnavailable);
            let dead = self.change(login, request, handler).unwrap_err();
            assert_eq!(dead.status, Status::StoreUnavailable);
            self.disk.dead.store(false, Ordering::SeqCst);
            self.change(login, request, handler).unwrap().is_some()
        }
    }

    fn id(number: u8) -> Vec<u8> {
        vec![number; REQUEST_ID_BYTES]
    }

    #[test]
    fn a_change_that_comes_again_holds_when_it_is_acknowledged() {
        for stores in [true, false] {
            let site = Site::new(stores);
            let hsm = &site.hsm;
            site.initialize().unwrap();
            site.activate().unwrap();
            let admin = site.log_in("admin");
            for (number, name) in [(1, "first"), (2, "second")] {
                let request = CreateUserRequest {
                    request_id: id(number),
                    name: name.into(),
                    role: Role::CryptoUser.into(),
                    password: PASSWORD.to_vec(),
                };
                site.change(&admin, &request, user_ops::handle_create_user)
                    .unwrap();
            }

            let deleted = site.log_in("first");
            let request = DeleteUserRequest {
                request_id: id(3),
                name: "first".into(),
            };
            let remembered = site.in_doubt(&admin, &request, user_ops::handle_delete_user);
            assert_eq!(remembered, stores);
            assert!(deleted.is_ended(), "its user is gone");

            let outdated = site.log_in("second");
            let request = ChangePasswordRequest {
                request_id: id(4),
                name: "second".into(),
                new_password: b"another one".to_vec(),
                ..ChangePasswordRequest::default()
            };
            let remembered = site.in_doubt(&admin, &request, user_ops::handle_change_password);
            assert_eq!(remembered, stores);
            assert!(outdated.is_ended(), "its password is another one");
            assert!(!admin.is_ended());

            let request = RegisterTrustAnchorRequest {
                request_id: id(5),
                certificate_pem: DevClient::generate(hsm.clock.now_unix_ms())
                    .unwrap()
                    .authority_pem,
                users: Vec::new(),
            };
            let register = cluster_ops::handle_register_trust_anchor;
            assert_eq!(site.in_doubt(&admin, &request, register), stores);
            assert!(hsm.tls.borrow().is_some(), "the listener opens");
            let again = RegisterTrustAnchorRequest {
                request_id: id(6),
                ..request
            };
            let exists = site.change(&admin, &again, register).unwrap_err();
            assert_eq!(exists.status, Status::AnchorExists);

            let request = DeregisterTrustAnchorRequest {
                request_id: id(7),
                id: hsm.cluster.anchors()[0].id.clone(),
            };
            let deregister = cluster_ops::handle_deregister_trust_anchor;
            assert_eq!(site.in_doubt(&admin, &request, deregister), stores);
            assert!(hsm.cluster.anchors().is_empty());
            assert!(hsm.tls.borrow().is_none(), "nobody is admitted");
        }
    }

    #[test]
    fn a_step_of_the_life_cycle_is_made_once() {
        for stores in [true, false] {
            let site = Site::new(stores);
            let states = [ClusterState::Initialized, ClusterState::Active];
            let steps: [Step; 2] = [Site::initialize, Site::activate];
            for (step, state) in steps.into_iter().zip(states) {
                DIES.with(|dies| dies.set(true));
                assert_eq!(step(&site).unwrap_err().status, Status::StoreUnavailable);
                site.disk.dead.store(false, Ordering::SeqCst);
                match step(&site) {
                    Ok(()) => assert!(!stores),
                    Err(error) => {
                        assert!(stores, "{error}");
                        assert_eq!(error.status, Status::WrongClusterState);
                    }
                }
                assert_eq!(site.hsm.cluster.state(), state);
            }
            site.log_in("admin");
        }
    }
}
