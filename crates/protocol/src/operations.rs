//! The operations table: one row for everything an HSM can be asked.
//!
//! Dispatch, permission checks, audit names, the CLI and the permission tests (every operation × role × state) read it.
//! A new operation is a row here, its messages in `proto/`, and a handler that the compiler then asks for.

use crate::messages::{self, ClusterState, Role};

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Every admitted client, logged in or not.
    Anyone,
    /// A logged-in user of one of these roles.
    Roles(&'static [Role]),
}

/// Over which channel an operation can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// TLS and the local Unix socket.
    Any,
    /// Only the Unix socket in the HSM's data directory.
    Local,
}

/// Whether a client may send a call again after a lost connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It changes nothing.
    Always,
    /// It carries a request id, so it takes effect once however often it is sent.
    WithRequestId,
    /// Only the caller can decide.
    Never,
}

/// The quorum service that can govern an operation once quorum is configured (as in CloudHSM).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuorumService {
    /// User management.
    User,
    /// Cluster administration.
    Cluster,
    /// A key's own management quorum.
    KeyManagement,
    /// A key's own usage quorum.
    KeyUsage,
}

/// A row of the operations table.
#[derive(Debug, Clone, Copy)]
pub struct OperationRow {
    /// The operation.
    pub operation: Operation,
    /// Its name in logs, audit records and messages.
    pub name: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Over which channel.
    pub channel: Channel,
    /// In which cluster states.
    pub states: &'static [ClusterState],
    /// Whether it leaves an audit record.
    pub audited: bool,
    /// Whether a client may repeat it by itself.
    pub repeat: Repeat,
    /// The quorum service that can govern it.
    pub quorum: Option<QuorumService>,
}

/// A request message: ties the operation to its reply.
pub trait Request: prost::Message + Default {
    /// The row this request belongs to.
    const OPERATION: Operation;
    /// The message of a successful reply.
    type Response: prost::Message + Default;
}

const CO: Access = Access::Roles(&[Role::CryptoOfficer]);
const CU: Access = Access::Roles(&[Role::CryptoUser]);
const CO_AU: Access = Access::Roles(&[Role::CryptoOfficer, Role::ApplianceUser]);
const CO_CU: Access = Access::Roles(&[Role::CryptoOfficer, Role::CryptoUser]);
const LOGGED_IN: Access =
    Access::Roles(&[Role::CryptoOfficer, Role::CryptoUser, Role::ApplianceUser]);

const UNINITIALIZED: &[ClusterState] = &[ClusterState::Uninitialized];
const INITIALIZED: &[ClusterState] = &[ClusterState::Initialized];
const ACTIVE: &[ClusterState] = &[ClusterState::Active];
const ALL: &[ClusterState] = &[
    ClusterState::Uninitialized,
    ClusterState::Initialized,
    ClusterState::Active,
];

macro_rules! operations {
    ($($variant:ident = $code:literal, $name:literal, $request:ident => $response:ident,
       $access:expr, $channel:ident, $states:ident, audited $audited:literal, $repeat:ident, $quorum:expr;)*) => {
        /// Everything an HSM can be asked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Operation { $(#[doc = $name] $variant = $code,)* }

        /// The operations table, in the order of wire codes.
        pub static OPERATIONS: &[OperationRow] = &[$(OperationRow {
            operation: Operation::$variant, name: $name, access: $access, channel: Channel::$channel,
            states: $states, audited: $audited, repeat: Repeat::$repeat, quorum: $quorum,
        },)*];

        impl Operation {
            /// The operation of a wire code; `None` for one this build does not know.
            pub fn from_code(code: u16) -> Option<Operation> {
                match code { $($code => Some(Operation::$variant),)* _ => None }
            }
        }

        $(impl Request for messages::$request {
            const OPERATION: Operation = Operation::$variant;
            type Response = messages::$response;
        })*
    };
}

use QuorumService::{Cluster, KeyManagement, KeyUsage, User};

operations! {
    Hello = 0x0001, "hello", HelloRequest => HelloResponse, Access::Anyone, Any, ALL, audited false, Always, None;
    ClusterInfo = 0x0100, "cluster-info", ClusterInfoRequest => ClusterInfoResponse, Access::Anyone, Any, ALL, audited false, Always, None;
    ClusterCsr = 0x0101, "cluster-csr", ClusterCsrRequest => ClusterCsrResponse, Access::Anyone, Local, ALL, audited false, Always, None;
    ClusterInitialize = 0x0102, "cluster-initialize", ClusterInitializeRequest => ClusterInitializeResponse, Access::Anyone, Local, UNINITIALIZED, audited true, Never, None;
    ClusterActivate = 0x0103, "cluster-activate", ClusterActivateRequest => ClusterActivateResponse, Access::Anyone, Local, INITIALIZED, audited true, Never, None;
    RenewCertificate = 0x0104, "renew-certificate", RenewCertificateRequest => RenewCertificateResponse, CO, Any, ACTIVE, audited true, WithRequestId, Some(Cluster);
    RegisterTrustAnchor = 0x0110, "register-trust-anchor", RegisterTrustAnchorRequest => RegisterTrustAnchorResponse, CO, Any, ACTIVE, audited true, WithRequestId, Some(Cluster);
    ListTrustAnchors = 0x0111, "list-trust-anchors", ListTrustAnchorsRequest => ListTrustAnchorsResponse, CO_AU, Any, ACTIVE, audited false, Always, None;
    DeregisterTrustAnchor = 0x0112, "deregister-trust-anchor", DeregisterTrustAnchorRequest => DeregisterTrustAnchorResponse, CO, Any, ACTIVE, audited true, WithRequestId, Some(Cluster);
    BarrierRotate = 0x0120, "barrier-rotate", BarrierRotateRequest => BarrierRotateResponse, CO, Any, ACTIVE, audited true, WithRequestId, Some(Cluster);

    Login = 0x0200, "login", LoginRequest => LoginResponse, Access::Anyone, Any, ACTIVE, audited true, Never, None;
    Resume = 0x0201, "resume", ResumeRequest => ResumeResponse, Access::Anyone, Any, ACTIVE, audited false, Always, None;
    Logout = 0x0202, "logout", LogoutRequest => LogoutResponse, LOGGED_IN, Any, ACTIVE, audited true, Always, None;
    CreateUser = 0x0210, "create-user", CreateUserRequest => CreateUserResponse, CO, Any, ACTIVE, audited true, WithRequestId, Some(User);
    DeleteUser = 0x0211, "delete-user", DeleteUserRequest => DeleteUserResponse, CO, Any, ACTIVE, audited true, WithRequestId, Some(User);
    ListUsers = 0x0212, "list-users", ListUsersRequest => ListUsersResponse, LOGGED_IN, Any, ACTIVE, audited false, Always, None;
    ChangePassword = 0x0213, "change-password", ChangePasswordRequest => ChangePasswordResponse, LOGGED_IN, Any, ACTIVE, audited true, WithRequestId, Some(User);
    UnlockUser = 0x0214, "unlock-user", UnlockUserRequest => UnlockUserResponse, CO, Any, ACTIVE, audited true, WithRequestId, Some(User);

    GenerateKey = 0x0300, "generate-key", GenerateKeyRequest => GenerateKeyResponse, CU, Any, ACTIVE, audited true, WithRequestId, None;
    GenerateKeyPair = 0x0301, "generate-key-pair", GenerateKeyPairRequest => GenerateKeyPairResponse, CU, Any, ACTIVE, audited true, WithRequestId, None;
    ImportKey = 0x0302, "import-key", ImportKeyRequest => ImportKeyResponse, CU, Any, ACTIVE, audited true, WithRequestId, None;
    ImportCertificate = 0x0303, "import-certificate", ImportCertificateRequest => ImportCertificateResponse, CU, Any, ACTIVE, audited true, WithRequestId, None;
    GetKey = 0x0304, "get-key", GetKeyRequest => GetKeyResponse, CU, Any, ACTIVE, audited false, Always, None;
    FindKeys = 0x0305, "find-keys", FindKeysRequest => FindKeysResponse, CU, Any, ACTIVE, audited false, Always, None;
    UpdateKey = 0x0306, "update-key", UpdateKeyRequest => UpdateKeyResponse, CU, Any, ACTIVE, audited true, WithRequestId, Some(KeyManagement);
    DeleteKey = 0x0307, "delete-key", DeleteKeyRequest => DeleteKeyResponse, CU, Any, ACTIVE, audited true, WithRequestId, Some(KeyManagement);
    CopyKey = 0x0308, "copy-key", CopyKeyRequest => CopyKeyResponse, CU, Any, ACTIVE, audited true, WithRequestId, Some(KeyManagement);

    Sign = 0x0400, "sign", SignRequest => SignResponse, CU, Any, ACTIVE, audited false, Always, Some(KeyUsage);
    Verify = 0x0401, "verify", VerifyRequest => VerifyResponse, CU, Any, ACTIVE, audited false, Always, None;
    Encrypt = 0x0402, "encrypt", EncryptRequest => EncryptResponse, CU, Any, ACTIVE, audited false, Always, None;
    Decrypt = 0x0403, "decrypt", DecryptRequest => DecryptResponse, CU, Any, ACTIVE, audited false, Always, Some(KeyUsage);
    IssueIv = 0x0404, "issue-iv", IssueIvRequest => IssueIvResponse, CU, Any, ACTIVE, audited false, Always, None;
    WrapKey = 0x0405, "wrap-key", WrapKeyRequest => WrapKeyResponse, CU, Any, ACTIVE, audited true, Always, Some(KeyManagement);
    UnwrapKey = 0x0406, "unwrap-key", UnwrapKeyRequest => UnwrapKeyResponse, CU, Any, ACTIVE, audited true, WithRequestId, Some(KeyManagement);
    DeriveSecret = 0x0407, "derive-secret", DeriveSecretRequest => DeriveSecretResponse, CU, Any, ACTIVE, audited false, Always, Some(KeyUsage);
    Random = 0x0410, "random", RandomRequest => RandomResponse, CO_CU, Any, ACTIVE, audited false, Always, None;

    StreamBegin = 0x0420, "stream-begin", StreamBeginRequest => StreamBeginResponse, CU, Any, ACTIVE, audited false, Always, Some(KeyUsage);
    StreamUpdate = 0x0421, "stream-update", StreamUpdateRequest => StreamUpdateResponse, CU, Any, ACTIVE, audited false, Never, None;
    StreamFinish = 0x0422, "stream-finish", StreamFinishRequest => StreamFinishResponse, CU, Any, ACTIVE, audited false, Never, None;
    StreamRead = 0x0423, "stream-read", StreamReadRequest => StreamReadResponse, CU, Any, ACTIVE, audited false, Never, None;
    StreamCancel = 0x0424, "stream-cancel", StreamCancelRequest => StreamCancelResponse, CU, Any, ACTIVE, audited false, Never, None;
    DeriveKey = 0x0430, "derive-key", DeriveKeyRequest => DeriveKeyResponse, CU, Any, ACTIVE, audited true, WithRequestId, Some(KeyUsage);
    SetTrusted = 0x0431, "set-trusted", SetTrustedRequest => SetTrustedResponse, CO, Any, ACTIVE, audited true, WithRequestId, Some(Cluster);

    Encapsulate = 0x0440, "encapsulate", EncapsulateRequest => EncapsulateResponse, CU, Any, ACTIVE, audited false, Always, None;
    Decapsulate = 0x0441, "decapsulate", DecapsulateRequest => DecapsulateResponse, CU, Any, ACTIVE, audited false, Always, Some(KeyUsage);
    EncapsulateKey = 0x0442, "encapsulate-key", EncapsulateKeyRequest => EncapsulateKeyResponse, CU, Any, ACTIVE, audited true, WithRequestId, None;
    DecapsulateKey = 0x0443, "decapsulate-key", DecapsulateKeyRequest => DecapsulateKeyResponse, CU, Any, ACTIVE, audited true, WithRequestId, Some(KeyUsage);
}

impl Operation {
    /// The wire code.
    pub fn code(self) -> u16 {
        self as u16
    }

    /// The row of this operation.
    pub fn row(self) -> &'static OperationRow {
        // Every variant has a row: enum and table come from the same macro, in the order of codes.
        match OPERATIONS.binary_search_by_key(&self.code(), |row| row.operation.code()) {
            Ok(index) | Err(index) => &OPERATIONS[index],
        }
    }
}

impl OperationRow {
    /// Whether the operation is possible in `state`.
    pub fn allows_state(&self, state: ClusterState) -> bool {
        self.states.contains(&state)
    }

    /// Whether a caller with this role (`None`: not logged in) may call it.
    pub fn allows_role(&self, role: Option<Role>) -> bool {
        match self.access {
            Access::Anyone => true,
            Access::Roles(roles) => role.is_some_and(|role| roles.contains(&role)),
        }
    }
}
