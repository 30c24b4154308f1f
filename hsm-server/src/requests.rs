//! A change takes effect once, however often its request arrives: results are remembered by request id for an hour.

use crate::barrier::{Barrier, BarrierError, BarrierTransaction};
use crate::cluster::hex;
use crate::doubt;
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::session::Caller;
use crate::store::{Durability, StoreError};
use ferrohsm_protocol::attributes::find_flag;
use ferrohsm_protocol::{Attribute, Operation, REQUEST_ID_BYTES, Request, Status, messages};
use prost::Message;
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// How long a request id is remembered, in milliseconds. Deadlines of calls are at most 10 minutes.
pub const REMEMBERED_MS: u64 = 60 * 60 * 1000;

const PREFIX: &str = "request/";
/// Records looked at in one scan, and deleted in one transaction.
const PAGE: usize = 100;

/// A request message that carries a request id.
pub trait WithRequestId: Request {
    /// [`REQUEST_ID_BYTES`] drawn at random by the client.
    fn request_id(&self) -> &[u8];

    /// Whether its result ends with the login.
    fn makes_session_key(&self) -> bool {
        false
    }
}

macro_rules! with_request_id {
    ($($request:ident $(makes a key with $attributes:ident)?,)*) => { $(impl WithRequestId for messages::$request {
        fn request_id(&self) -> &[u8] { &self.request_id }
        $(fn makes_session_key(&self) -> bool {
            find_flag(&self.$attributes, Attribute::Token) != Some(true)
        })?
    })* };
}

with_request_id! {
    RegisterTrustAnchorRequest, DeregisterTrustAnchorRequest, BarrierRotateRequest,
    RenewCertificateRequest,
    CreateUserRequest, DeleteUserRequest, ChangePasswordRequest, UnlockUserRequest,
    GenerateKeyRequest makes a key with attributes,
    GenerateKeyPairRequest makes a key with private_attributes,
    ImportKeyRequest makes a key with attributes,
    ImportCertificateRequest makes a key with attributes,
    UnwrapKeyRequest makes a key with attributes,
    EncapsulateKeyRequest makes a key with attributes,
    DecapsulateKeyRequest makes a key with attributes,
    UpdateKeyRequest, DeleteKeyRequest,
    CopyKeyRequest makes a key with attributes,
    DeriveKeyRequest makes a key with attributes,
    SetTrustedRequest,
}

/// What is remembered of a change. docs/formats.md lists the fields; they are added to and never renumbered.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
struct RequestRecord {
    #[prost(uint32, tag = "1")]
    operation: u32,
    /// [`Barrier::tag`] of the SHA-256 of the request's body: a body may hold a password.
    #[prost(bytes = "vec", tag = "2")]
    body_hash: Vec<u8>,
    /// The body of the reply.
    #[prost(bytes = "vec", tag = "3")]
    reply: Vec<u8>,
    /// Milliseconds since 1970.
    #[prost(uint64, tag = "4")]
    created_unix_ms: u64,
}

/// A change that is under way for a caller. Its handler commits its transaction through it, so that the change and
/// the memory of it are one.
pub struct Change<'a> {
    /// Who asks; logged in.
    pub caller: &'a Caller,
    operation: Operation,
    path: String,
    body_hash: [u8; 32],
    progress: Cell<Progress>,
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is stored, as far as is known.
    Open,
    /// It is stored.
    Committed,
    /// The same request has been stored by another HSM in the meantime.
    Overtaken,
}

/// What this process knows of requests. Safe to use from many threads.
#[derive(Default)]
pub struct Requests {
    /// Changes under way, by path.
    under_way: Mutex<HashMap<String, Arc<Mutex<()>>>>,
    /// When a remembered request was made, in milliseconds since 1970, and its path.
    remembered: Mutex<BTreeSet<(u64, Box<str>)>>,
    /// `remembered` has what was stored before this process started.
    loaded: AtomicBool,
}

impl Requests {
    /// Runs `work` while nobody else does for the same request: a copy of it then finds the result, and finds it
    /// visible. Holds as many entries as calls run.
    pub fn alone<T>(&self, change: &Change<'_>, work: impl FnOnce() -> T) -> T {
        let turn = Arc::clone(
            lock(&self.under_way)
                .entry(change.path.clone())
                .or_default(),
        );
        let result = {
            let _turn = lock(&turn);
            work()
        };
        let mut under_way = lock(&self.under_way);
        // The map's and this one: nobody waits for it.
        if Arc::strong_count(&turn) == 2 {
            under_way.remove(&change.path);
        }
        result
    }

    /// Forgets what is older than [`REMEMBERED_MS`]; gives how many records went. The first time it reads all of them.
    ///
    /// # Errors
    /// What the store says; what could not be forgotten is tried again the next time.
    pub fn purge(&self, barrier: &Barrier, now_unix_ms: u64) -> Result<usize, OpError> {
        if !self.loaded.load(Ordering::Acquire) {
            self.load(barrier)?;
            self.loaded.store(true, Ordering::Release);
        }
        let mut purged = 0;
        loop {
            let expired: Vec<_> = lock(&self.remembered)
                .iter()
                .take_while(|(created, _)| now_unix_ms > created.saturating_add(REMEMBERED_MS))
                .take(PAGE)
                .cloned()
                .collect();
            if expired.is_empty() {
                return Ok(purged);
            }
            let mut transaction = BarrierTransaction::new(Durability::Deferred);
            for (_, path) in &expired {
                transaction = transaction.delete(path.as_ref());
            }
            barrier.commit(&transaction)?;
            purged += expired.len();
            let mut remembered = lock(&self.remembered);
            for entry in &expired {
                remembered.remove(entry);
            }
        }
    }

    fn load(&self, barrier: &Barrier) -> Result<(), OpError> {
        let mut after: Option<String> = None;
        loop {
            let page = barrier.scan(PREFIX, after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            for (path, record) in page {
                let record = RequestRecord::decode(record?.plaintext.as_slice())
                    .map_err(OpError::internal)?;
                self.remember(&path, record.created_unix_ms);
            }
        }
    }

    fn remember(&self, path: &str, created_unix_ms: u64) {
        lock(&self.remembered).insert((created_unix_ms, path.into()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Change<'a> {
    /// The change that a request asks for. Fails if the request id has another length.
    pub fn new<R: WithRequestId>(
        caller: &'a Caller,
        request: &R,
        body: &[u8],
    ) -> Result<Change<'a>, OpError> {
        let request_id = request.request_id();
        if request_id.len() != REQUEST_ID_BYTES {
            return Err(OpError::new(
                Status::MalformedRequest,
                format!("a change needs a request id of {REQUEST_ID_BYTES} bytes"),
            ));
        }
        let login = caller.login()?;
        let mut path = format!("{PREFIX}{:016x}/{}", login.user_id, hex(request_id));
        if request.makes_session_key() {
            // Under another login the key is gone, so the request is another one.
            path = format!("{path}/{}", hex(&login.id));
        }
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
        let body_hash = digest.as_ref().try_into().map_err(OpError::internal)?;
        Ok(Change {
            caller,
            operation: R::OPERATION,
            path,
            body_hash,
            progress: Cell::new(Progress::Open),
        })
    }

    /// Commits `transaction` together with the memory of `response`; gives the store revision. A handler that fails
    /// before this has changed nothing.
    pub fn commit(
        &self,
        hsm: &Hsm,
        transaction: BarrierTransaction,
        response: &impl Message,
    ) -> Result<u64, OpError> {
        Ok(self.try_commit(hsm, transaction, response)?)
    }

    /// As [`Change::commit`], for those who must know what the store said.
    pub fn try_commit(
        &self,
        hsm: &Hsm,
        transaction: BarrierTransaction,
        response: &impl Message,
    ) -> Result<u64, BarrierError> {
        let record = RequestRecord {
            operation: u32::from(self.operation.code()),
            body_hash: self.stored_hash(hsm),
            reply: response.encode_to_vec(),
            created_unix_ms: hsm.clock.now_unix_ms(),
        };
        let transaction = transaction
            .if_absent(&self.path)
            .put(&self.path, Zeroizing::new(record.encode_to_vec()));
        let committed = hsm.barrier.commit(&transaction);
        if let Ok(_) | Err(BarrierError::Store(StoreError::InDoubt { .. })) = &committed {
            hsm.requests.remember(&self.path, record.created_unix_ms);
        }
        match &committed {
            Ok(_) => self.progress.set(Progress::Committed),
            Err(BarrierError::Store(StoreError::InDoubt { .. })) => hsm.doubts.raise(),
            Err(BarrierError::Store(StoreError::Conflict { path, .. })) if *path == self.path => {
                self.progress.set(Progress::Overtaken);
            }
            Err(_) => {}
        }
        committed
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.progress.get()
    }

    fn stored_hash(&self, hsm: &Hsm) -> Vec<u8> {
        let tag = hsm.barrier.tag("request-body", &self.body_hash);
        tag.as_ref().to_vec()
    }

    /// The reply of this change if it has been made already, and then what it does is in force.
    ///
    /// # Errors
    /// [`Status::RequestIdReused`] if the id belongs to another request; what the store says.
    pub fn remembered(&self, hsm: &Hsm) -> Result<Option<Vec<u8>>, OpError> {
        doubt::settle(hsm)?;
        let Some(record) = hsm.barrier.get(&self.path)? else {
            return Ok(None);
        };
        let record =
            RequestRecord::decode(record.plaintext.as_slice()).map_err(OpError::internal)?;
        if hsm.clock.now_unix_ms() > record.created_unix_ms.saturating_add(REMEMBERED_MS) {
            return Err(OpError::new(
                Status::RequestIdReused,
                "the request id was used more than an hour ago: draw a new one",
            ));
        }
        if record.operation != u32::from(self.operation.code())
            || record.body_hash != self.stored_hash(hsm)
        {
            return Err(Status::RequestIdReused.into());
        }
        Ok(Some(record.reply))
    }
}
