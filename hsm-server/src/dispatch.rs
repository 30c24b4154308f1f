//! From a frame to its handler: checks against the operations table, then decodes the body, then calls.

use crate::error::OpError;
use crate::hsm::Hsm;
use crate::ops::{cluster, copy, crypto, derive, kem, key, login, stream, trust, user, wrap};
use crate::requests::{self, Change, Progress};
use crate::session::{Caller, Login, Peer};
use crate::wipe::wipe;
use ferrohsm_protocol::frame::Header;
use ferrohsm_protocol::mechanisms::ParameterKind;
use ferrohsm_protocol::messages::{KeyType, Role};
use ferrohsm_protocol::operations::Channel;
use ferrohsm_protocol::{Mechanism, Operation, Request, Status};
use prost::Message;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Where a call runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the connection's own thread, in order: it takes microseconds and never waits for the disk.
    Inline,
    /// On the blocking pool; its reply may overtake others.
    Pool,
    /// As [`Place::Pool`], but it takes a processor for long: as many at a time as there are processors.
    Heavy,
    /// On the blocking pool, and the connection goes on only afterwards: it changes who the caller is.
    Session,
}

/// What a call did to its connection.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Nothing.
    None,
    /// The caller is logged in from here on.
    LoggedIn(Arc<Login>),
    /// The caller is not logged in any more.
    LoggedOut,
}

/// Where a call runs.
pub fn place(hsm: &Hsm, operation: Operation, body: &[u8]) -> Place {
    match operation {
        Operation::Login | Operation::Logout => Place::Session,
        Operation::Hello | Operation::Resume | Operation::ListTrustAnchors => Place::Inline,
        Operation::GetKey
        | Operation::Sign
        | Operation::Verify
        | Operation::Encrypt
        | Operation::Decrypt
        | Operation::IssueIv
        | Operation::WrapKey
        | Operation::DeriveSecret
        | Operation::Encapsulate
        | Operation::Decapsulate
        | Operation::Random
        | Operation::StreamBegin
        | Operation::StreamUpdate
        | Operation::StreamRead
        | Operation::StreamCancel => match hsm.keys.has_doubtful() {
            true => Place::Pool,
            false => Place::Inline,
        },
        Operation::GenerateKeyPair | Operation::ImportKey | Operation::UnwrapKey
            if makes_rsa(operation, body) =>
        {
            Place::Heavy
        }
        Operation::DeriveKey if derives_from_password(body) => Place::Heavy,
        // Passwords.
        Operation::ClusterActivate | Operation::CreateUser | Operation::ChangePassword => {
            Place::Heavy
        }
        Operation::ClusterInfo
        | Operation::ListUsers
        | Operation::FindKeys
        | Operation::ClusterCsr
        | Operation::ClusterInitialize
        | Operation::RenewCertificate
        | Operation::RegisterTrustAnchor
        | Operation::DeregisterTrustAnchor
        | Operation::BarrierRotate
        | Operation::DeleteUser
        | Operation::UnlockUser
        | Operation::GenerateKey
        | Operation::GenerateKeyPair
        | Operation::ImportKey
        | Operation::ImportCertificate
        | Operation::UpdateKey
        | Operation::DeleteKey
        | Operation::CopyKey
        | Operation::DeriveKey
        | Operation::SetTrusted
        | Operation::UnwrapKey
        | Operation::EncapsulateKey
        | Operation::DecapsulateKey => Place::Pool,
        // It may sign a long message whole.
        Operation::StreamFinish => Place::Pool,
    }
}

/// Whether a DeriveKey is a PBKDF2, which takes up to seconds.
fn derives_from_password(body: &[u8]) -> bool {
    /// Its `mechanism`.
    #[derive(prost::Message)]
    struct Derived {
        #[prost(uint32, tag = "3")]
        mechanism: u32,
    }
    // What cannot be decoded is refused soon.
    Derived::decode(body)
        .ok()
        .and_then(|derived| Mechanism::from_code(derived.mechanism))
        .is_some_and(|mechanism| mechanism.row().parameters == ParameterKind::Pbkdf2)
}

/// Whether a call makes an RSA key: generating one takes up to seconds, checking one up to 200 ms.
fn makes_rsa(operation: Operation, body: &[u8]) -> bool {
    /// The `key_type` of GenerateKeyPair and ImportKey, and of nothing else in them.
    #[derive(prost::Message)]
    struct Made {
        #[prost(enumeration = "KeyType", tag = "2")]
        key_type: i32,
    }
    /// That of UnwrapKey.
    #[derive(prost::Message)]
    struct Unwrapped {
        #[prost(enumeration = "KeyType", tag = "6")]
        key_type: i32,
    }
    // What cannot be decoded is refused soon.
    let key_type = match operation {
        Operation::UnwrapKey => Unwrapped::decode(body).map(|unwrapped| unwrapped.key_type()),
        _ => Made::decode(body).map(|made| made.key_type()),
    };
    key_type == Ok(KeyType::Rsa)
}

/// Checks a request frame's header and the caller against the operations table. Nothing of the body is looked at.
pub fn admit(hsm: &Hsm, caller: &Caller, header: &Header) -> Result<Operation, OpError> {
    let Some(operation) = Operation::from_code(header.operation) else {
        return Err(OpError::new(
            Status::UnknownOperation,
            format!(
                "this HSM does not know operation {:#06x}: upgrade the HSM",
                header.operation
            ),
        ));
    };
    if header.more {
        return Err(OpError::new(
            Status::MalformedRequest,
            "each call is one frame: send long data as a stream, whose chunks are calls of their own",
        ));
    }
    let row = operation.row();
    if row.channel == Channel::Local && caller.peer != Peer::Socket {
        return Err(Status::LocalOnly.into());
    }
    let state = hsm.cluster.state();
    if !row.allows_state(state) {
        return Err(OpError::new(
            Status::WrongClusterState,
            format!(
                "{} is not possible while the cluster is {}",
                row.name,
                state.as_str_name()
            ),
        ));
    }
    if let Some(login) = &caller.login {
        // A connection whose login has ended can still log in, resume and ask for information.
        if !row.allows_role(None) {
            login.check(hsm.clock.now_unix_ms())?;
        }
    }
    let role = caller.login.as_ref().map(|login| login.role);
    if !row.allows_role(role) {
        return Err(match role {
            None => Status::NotLoggedIn.into(),
            Some(role) => OpError::new(
                Status::PermissionDenied,
                format!("a {} may not call {}", role_name(role), row.name),
            ),
        });
    }
    if header.revision > hsm.revision() {
        return Err(Status::RevisionUnavailable.into());
    }
    Ok(operation)
}

/// Answers an admitted request: appends the body of a successful reply to `out`.
///
/// # Errors
/// What the handler says; `out` may then hold a part of a body that the caller removes.
pub fn answer(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    operation: Operation,
    body: &[u8],
    out: &mut Vec<u8>,
) -> Result<Effect, OpError> {
    let call = Call { hsm, caller, body };
    // Handlers keep no lock over a panic that would leave shared state half changed.
    std::panic::catch_unwind(AssertUnwindSafe(|| call.dispatch(operation, out))).unwrap_or_else(
        |_| {
            Err(OpError::internal(format!(
                "{} panicked",
                operation.row().name
            )))
        },
    )
}

struct Call<'a> {
    hsm: &'a Arc<Hsm>,
    caller: &'a Caller,
    body: &'a [u8],
}

type Handler<R> = fn(&Arc<Hsm>, &Caller, R) -> Result<<R as Request>::Response, OpError>;
type ChangeHandler<R> = fn(&Arc<Hsm>, &Change<'_>, R) -> Result<<R as Request>::Response, OpError>;
type LoginHandler<R> =
    fn(&Arc<Hsm>, &Caller, R) -> Result<(<R as Request>::Response, Arc<Login>), OpError>;

impl Call<'_> {
    fn dispatch(&self, operation: Operation, out: &mut Vec<u8>) -> Result<Effect, OpError> {
        match operation {
            // A first Hello is answered before dispatch; a second one is harmless.
            Operation::Hello => self.read(login::handle_hello, out),
            Operation::ClusterInfo => self.read(cluster::handle_cluster_info, out),
            Operation::ClusterCsr => self.read(cluster::handle_cluster_csr, out),
            Operation::ClusterInitialize => self.read(cluster::handle_cluster_initialize, out),
            Operation::ClusterActivate => self.read(cluster::handle_cluster_activate, out),
            Operation::RenewCertificate => self.change(cluster::handle_renew_certificate, out),
            Operation::RegisterTrustAnchor => {
                self.change(cluster::handle_register_trust_anchor, out)
            }
            Operation::ListTrustAnchors => self.read(cluster::handle_list_trust_anchors, out),
            Operation::DeregisterTrustAnchor => {
                self.change(cluster::handle_deregister_trust_anchor, out)
            }
            Operation::BarrierRotate => self.change(cluster::handle_barrier_rotate, out),

            Operation::Login => {
                self.login(login::handle_login, |reply| wipe(&mut reply.token), out)
            }
            Operation::Resume => self.login(login::handle_resume, |_| {}, out),
            Operation::Logout => self
                .read(login::handle_logout, out)
                .map(|_| Effect::LoggedOut),
            Operation::CreateUser => self.change(user::handle_create_user, out),
            Operation::DeleteUser => self.change(user::handle_delete_user, out),
            Operation::ListUsers => self.read(user::handle_list_users, out),
            Operation::ChangePassword => self.change(user::handle_change_password, out),
            Operation::UnlockUser => self.change(user::handle_unlock_user, out),

            Operation::GenerateKey => self.change(key::handle_generate_key, out),
            Operation::GenerateKeyPair => self.change(key::handle_generate_key_pair, out),
            Operation::ImportKey => self.change(key::handle_import_key, out),
            Operation::ImportCertificate => self.change(key::handle_import_certificate, out),
            Operation::GetKey => self.read(key::handle_get_key, out),
            Operation::FindKeys => self.read(key::handle_find_keys, out),
            Operation::UpdateKey => self.change(key::handle_update_key, out),
            Operation::DeleteKey => self.change(key::handle_delete_key, out),
            Operation::CopyKey => self.change(copy::handle_copy_key, out),

            Operation::Sign => self.read(crypto::handle_sign, out),
            Operation::Verify => self.read(crypto::handle_verify, out),
            Operation::Encrypt => self.read(crypto::handle_encrypt, out),
            Operation::Decrypt => {
                self.read_secret(crypto::handle_decrypt, |reply| &mut reply.data, out)
            }
            Operation::IssueIv => self.read(crypto::handle_issue_iv, out),
            Operation::WrapKey => self.read(wrap::handle_wrap_key, out),
            Operation::UnwrapKey => self.change(wrap::handle_unwrap_key, out),
            Operation::DeriveSecret => {
                self.read_secret(crypto::handle_derive_secret, |reply| &mut reply.secret, out)
            }
            Operation::Encapsulate => {
                self.read_secret(kem::handle_encapsulate, |reply| &mut reply.secret, out)
            }
            Operation::Decapsulate => {
                self.read_secret(kem::handle_decapsulate, |reply| &mut reply.secret, out)
            }
            Operation::EncapsulateKey => self.change(kem::handle_encapsulate_key, out),
            Operation::DecapsulateKey => self.change(kem::handle_decapsulate_key, out),
            Operation::Random => {
                self.read_secret(crypto::handle_random, |reply| &mut reply.data, out)
            }
            Operation::DeriveKey => self.change(derive::handle_derive_key, out),
            Operation::SetTrusted => self.change(trust::handle_set_trusted, out),

            Operation::StreamBegin => self.read(stream::handle_begin, out),
            Operation::StreamUpdate => self.read(stream::handle_update, out),
            Operation::StreamFinish => {
                self.read_secret(stream::handle_finish, |reply| &mut reply.data, out)
            }
            Operation::StreamRead => {
                self.read_secret(stream::handle_read, |reply| &mut reply.data, out)
            }
            Operation::StreamCancel => self.read(stream::handle_cancel, out),
        }
    }

    fn decode<R: Request>(&self) -> Result<R, OpError> {
        R::decode(self.body).map_err(|error| {
            let name = R::OPERATION.row().name;
            // The decoder says it in no other way.
            let message = match error.to_string().contains("UTF-8") {
                true => format!("a text in the {name} request (a label, say) is not valid UTF-8"),
                false => format!(
                    "the body is no {name} request: use matching releases of client and HSM"
                ),
            };
            OpError::new(Status::MalformedRequest, message)
        })
    }

    /// A call without a request id.
    fn read<R: Request>(&self, handler: Handler<R>, out: &mut Vec<u8>) -> Result<Effect, OpError> {
        encode(&handler(self.hsm, self.caller, self.decode()?)?, out)?;
        Ok(Effect::None)
    }

    /// A call whose reply has something in it that is wiped.
    fn read_secret<R: Request>(
        &self,
        handler: Handler<R>,
        secret: fn(&mut R::Response) -> &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<Effect, OpError> {
        let mut response = handler(self.hsm, self.caller, self.decode()?)?;
        let encoded = encode(&response, out);
        wipe(secret(&mut response));
        encoded.map(|()| Effect::None)
    }

    /// A call that takes effect once per request id.
    fn change<R: requests::WithRequestId>(
        &self,
        handler: ChangeHandler<R>,
        out: &mut Vec<u8>,
    ) -> Result<Effect, OpError> {
        let request: R = self.decode()?;
        let change = Change::new(self.caller, &request, self.body)?;
        self.hsm.requests.alone(&change, || {
            if let Some(reply) = change.remembered(self.hsm)? {
                out.extend_from_slice(&reply);
                return Ok(Effect::None);
            }
            let error = match handler(self.hsm, &change, request) {
                Ok(response) => return encode(&response, out).map(|()| Effect::None),
                Err(error) => error,
            };
            match change.progress() {
                Progress::Open => Err(error),
                Progress::Committed => {
                    let operation = R::OPERATION.row().name;
                    tracing::error!(operation, %error, "stored, but what had to follow failed");
                    Err(error)
                }
                Progress::Overtaken => {
                    let reply = change.remembered(self.hsm)?.ok_or(error)?;
                    out.extend_from_slice(&reply);
                    Ok(Effect::None)
                }
            }
        })
    }

    fn login<R: Request>(
        &self,
        handler: LoginHandler<R>,
        wipe_secret: fn(&mut R::Response),
        out: &mut Vec<u8>,
    ) -> Result<Effect, OpError> {
        let (mut response, login) = handler(self.hsm, self.caller, self.decode()?)?;
        let encoded = encode(&response, out);
        wipe_secret(&mut response);
        encoded?;
        Ok(Effect::LoggedIn(login))
    }
}

fn encode(response: &impl Message, out: &mut Vec<u8>) -> Result<(), OpError> {
    response.encode(out).map_err(OpError::internal)
}

/// A role as messages name it.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Unspecified => "user without a role",
        Role::CryptoOfficer => "crypto officer",
        Role::CryptoUser => "crypto user",
        Role::ApplianceUser => "appliance user",
    }
}
