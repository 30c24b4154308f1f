//! Status codes: one table from the wire to PKCS#11 `CKR_*` and to the Java exception class. The classes of the provider's
//! own package are named as CloudHSM's, and each extends the exception that JCA has for the case.

/// What the JNI bridge throws for a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRow {
    /// The status.
    pub status: Status,
    /// Its name in logs and the CLI's JSON.
    pub name: &'static str,
    /// The PKCS#11 2.40/3.0 return value.
    pub ckr: u64,
    /// Binary name of the Java exception class, with slashes.
    pub java_exception: &'static str,
    /// Cause and remedy in general; a reply's own detail is more exact where there is one.
    pub message: &'static str,
}

macro_rules! statuses {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $name:literal, $ckr:literal, $java:literal, $message:literal;)*) => {
        /// Outcome of a call, as it travels in the frame header.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u32)]
        #[non_exhaustive]
        pub enum Status { $(#[doc = $message] $variant = $code,)* }

        /// Every status, in the order of codes.
        pub static STATUSES: &[StatusRow] = &[$(StatusRow {
            status: Status::$variant, name: $name, ckr: $ckr, java_exception: $java, message: $message,
        },)*];

        impl Status {
            /// The status of a wire code; `None` for one that a newer peer may know.
            pub fn from_code(code: u32) -> Option<Status> {
                match code { $($code => Some(Status::$variant),)* _ => None }
            }
        }
    };
}

statuses! {
    Ok = 0, "OK", 0x0, "java/lang/IllegalStateException", "success";

    MalformedRequest = 1, "MALFORMED_REQUEST", 0x7, "java/security/ProviderException", "the HSM could not read the request: client and HSM are of different releases, or the peer is no FerroHSM client";
    UnsupportedVersion = 2, "UNSUPPORTED_VERSION", 0x54, "java/security/ProviderException", "client and HSM have no protocol version in common: upgrade the older one";
    FrameTooLarge = 3, "FRAME_TOO_LARGE", 0x21, "javax/crypto/IllegalBlockSizeException", "the request is over the size limit: send less data in one call";
    UnknownOperation = 4, "UNKNOWN_OPERATION", 0x54, "java/lang/UnsupportedOperationException", "this HSM does not know the operation: upgrade the HSM";
    WrongClusterState = 5, "WRONG_CLUSTER_STATE", 0x32, "java/security/ProviderException", "the cluster is not in a state that allows this: see `ferrohsm cluster hsm-info`";
    LocalOnly = 6, "LOCAL_ONLY", 0x54, "java/security/ProviderException", "this is only possible over the Unix socket in the HSM's data directory: run the command on the HSM's host";
    HelloFirst = 7, "HELLO_FIRST", 0x7, "java/security/ProviderException", "a connection starts with Hello: the peer does not speak this protocol";

    NotLoggedIn = 16, "NOT_LOGGED_IN", 0x101, "org/ferrohsm/provider/exception/AuthenticationException", "not logged in: give user and password (configuration, ferrohsm.user and ferrohsm.password, AuthProvider.login, or user:password as a KeyStore's password)";
    LoginFailed = 17, "LOGIN_FAILED", 0xA0, "org/ferrohsm/provider/exception/FailedLoginException", "user name or password is wrong: check the credential source; it is not tried again until it changes";
    UserLocked = 18, "USER_LOCKED", 0xA4, "org/ferrohsm/provider/exception/AccountLockedException", "the user is locked after too many wrong passwords: a crypto officer runs `ferrohsm user unlock`";
    TokenExpired = 19, "TOKEN_EXPIRED", 0xA3, "javax/security/auth/login/CredentialExpiredException", "the login has expired: log in again";
    TokenInvalid = 20, "TOKEN_INVALID", 0x101, "org/ferrohsm/provider/exception/FailedLoginException", "the HSM does not know this login for this client certificate: log in again";
    PermissionDenied = 21, "PERMISSION_DENIED", 0x1B, "java/security/ProviderException", "this user's role may not do that";
    Busy = 22, "BUSY", 0x32, "org/ferrohsm/provider/exception/ProviderException", "the HSM is busy: try again later";
    AlreadyLoggedIn = 23, "ALREADY_LOGGED_IN", 0x104, "org/ferrohsm/provider/exception/AccountAlreadyLoggedInException", "another user is logged in: log out first";

    KeyNotFound = 32, "KEY_NOT_FOUND", 0x60, "java/security/InvalidKeyException", "the HSM has no such key for this user: it was deleted, its login ended, or another user owns it";
    KeyTypeInconsistent = 33, "KEY_TYPE_INCONSISTENT", 0x63, "java/security/InvalidKeyException", "the key is of another type than the mechanism needs";
    KeyFunctionNotPermitted = 34, "KEY_FUNCTION_NOT_PERMITTED", 0x68, "java/security/InvalidKeyException", "the key's attributes do not permit this use";
    KeyNotExtractable = 35, "KEY_NOT_EXTRACTABLE", 0x6A, "java/security/InvalidKeyException", "the key is not extractable: it cannot leave the HSM, wrapped or not";
    MechanismInvalid = 36, "MECHANISM_INVALID", 0x70, "java/security/NoSuchAlgorithmException", "the mechanism does not exist or has no such use";
    MechanismNotAllowed = 37, "MECHANISM_NOT_ALLOWED", 0x70, "java/security/InvalidKeyException", "the key's allowed-mechanisms do not have this mechanism: generate the key with it in allowed-mechanisms";
    MechanismParameterInvalid = 38, "MECHANISM_PARAMETER_INVALID", 0x71, "java/security/InvalidAlgorithmParameterException", "the mechanism's parameters are wrong";
    NotInFipsMode = 39, "NOT_IN_FIPS_MODE", 0x70, "java/security/NoSuchAlgorithmException", "the cluster is in FIPS mode, which excludes this mechanism";
    KeySizeRange = 40, "KEY_SIZE_RANGE", 0x62, "java/security/InvalidParameterException", "the key size is not supported";
    AttributeReadOnly = 41, "ATTRIBUTE_READ_ONLY", 0x10, "org/ferrohsm/provider/exception/AttributeException", "the attribute cannot be set, or only made stricter";
    AttributeValueInvalid = 42, "ATTRIBUTE_VALUE_INVALID", 0x13, "org/ferrohsm/provider/exception/AttributeException", "the attribute's value is not possible";
    TemplateInconsistent = 43, "TEMPLATE_INCONSISTENT", 0xD1, "org/ferrohsm/provider/exception/AttributeException", "the attributes contradict each other or the key type";
    LabelInUse = 44, "LABEL_IN_USE", 0xD1, "java/security/KeyStoreException", "another key or certificate has this label: choose another alias or delete that entry";
    KeyMaterialInvalid = 45, "KEY_MATERIAL_INVALID", 0xD0, "java/security/spec/InvalidKeySpecException", "the key to import is damaged, weak or of an unsupported form";
    CertificateInvalid = 46, "CERTIFICATE_INVALID", 0xD0, "java/security/cert/CertificateException", "the certificate is damaged or does not belong to the key";
    NotDestroyable = 47, "NOT_DESTROYABLE", 0x1B, "javax/security/auth/DestroyFailedException", "the key's attributes forbid its deletion";

    DataLengthRange = 64, "DATA_LENGTH_RANGE", 0x21, "javax/crypto/IllegalBlockSizeException", "the data's length does not fit the mechanism";
    DataInvalid = 65, "DATA_INVALID", 0x20, "java/security/SignatureException", "the data does not fit the mechanism";
    DecryptionFailed = 66, "DECRYPTION_FAILED", 0x40, "javax/crypto/BadPaddingException", "decryption failed: wrong key, wrong parameters or damaged data";
    AuthenticationFailed = 67, "AUTHENTICATION_FAILED", 0x40, "javax/crypto/AEADBadTagException", "the authentication tag does not match: wrong key, IV or associated data, or damaged data";
    SignatureInvalid = 68, "SIGNATURE_INVALID", 0xC0, "java/security/SignatureException", "the signature is malformed";
    WrappedKeyInvalid = 69, "WRAPPED_KEY_INVALID", 0x110, "java/security/InvalidKeyException", "the wrapped key could not be unwrapped: wrong key, wrong mechanism or damaged data";
    IvNotAllowed = 70, "IV_NOT_ALLOWED", 0x71, "java/security/InvalidAlgorithmParameterException", "the HSM makes the IV for GCM encryption: leave it out and read getIV(), or generate the key with allow-caller-iv";
    IvUnknown = 71, "IV_UNKNOWN", 0x71, "java/lang/IllegalStateException", "the IV that was issued for this encryption is used up or lost: init again";
    PublicKeyInvalid = 72, "PUBLIC_KEY_INVALID", 0x6E, "java/security/InvalidKeyException", "the public key is damaged, weak or of an unsupported form";

    StreamUnknown = 80, "STREAM_UNKNOWN", 0x91, "java/security/ProviderException", "the HSM has no such stream on this connection: it was idle for too long, its login ended, or an error ended it; begin again with the first byte";

    UserExists = 96, "USER_EXISTS", 0x1B, "java/security/ProviderException", "a user of that name exists: choose another name";
    UserNotFound = 97, "USER_NOT_FOUND", 0x1B, "java/security/ProviderException", "there is no user of that name: see `ferrohsm user list`";
    UserNameInvalid = 98, "USER_NAME_INVALID", 0x1B, "java/security/ProviderException", "a user name has 1 to 64 characters of a-z 0-9 . _ @ -";
    PasswordRefused = 99, "PASSWORD_REFUSED", 0xA2, "java/security/ProviderException", "a password has 8 to 256 bytes and is not the user's name";
    LastCryptoOfficer = 100, "LAST_CRYPTO_OFFICER", 0x1B, "java/security/ProviderException", "this is the last crypto officer: create another one first";
    UserOwnsKeys = 101, "USER_OWNS_KEYS", 0x1B, "java/security/ProviderException", "the user owns token keys: delete them as that user first";
    AnchorExists = 102, "ANCHOR_EXISTS", 0x1B, "java/security/ProviderException", "this trust anchor is registered already";
    AnchorNotFound = 103, "ANCHOR_NOT_FOUND", 0x1B, "java/security/ProviderException", "there is no such trust anchor: see `ferrohsm cluster mtls list`";
    CertificateRefused = 104, "CERTIFICATE_REFUSED", 0x1B, "java/security/cert/CertificateException", "the certificate cannot serve for this";

    StoreUnavailable = 128, "STORE_UNAVAILABLE", 0x30, "org/ferrohsm/provider/exception/ProviderException", "the HSM cannot reach or read its store: see its log";
    DiskFull = 129, "DISK_FULL", 0x31, "java/security/ProviderException", "the HSM's disk is full: free space; nothing was changed";
    Internal = 130, "INTERNAL", 0x5, "org/ferrohsm/provider/exception/InternalException", "the HSM failed inside: see its log";
    ShuttingDown = 131, "SHUTTING_DOWN", 0x32, "org/ferrohsm/provider/exception/ProviderException", "the HSM is shutting down: the client tries another one";
    LimitReached = 132, "LIMIT_REACHED", 0x31, "java/security/ProviderException", "a limit of this HSM is reached";
    RequestIdReused = 133, "REQUEST_ID_REUSED", 0x7, "java/security/ProviderException", "the request id was used for another request: client fault";
    RevisionUnavailable = 134, "REVISION_UNAVAILABLE", 0x32, "org/ferrohsm/provider/exception/ProviderException", "this HSM has not caught up with a change that the client has seen: the client tries another one";

    Unreachable = 192, "UNREACHABLE", 0x32, "org/ferrohsm/provider/exception/ProviderException", "no HSM could be reached: check addresses, network and that hsm-server runs; the client keeps trying";
    Timeout = 193, "TIMEOUT", 0x32, "org/ferrohsm/provider/exception/ProviderException", "the call's deadline passed before an HSM answered";
    ConnectionLost = 194, "CONNECTION_LOST", 0x32, "org/ferrohsm/provider/exception/ProviderException", "the connection was lost while an operation was under way that must not be repeated: check its effect, then try again";
    ConfigurationInvalid = 195, "CONFIGURATION_INVALID", 0x5, "java/security/ProviderException", "the client's configuration is missing or wrong";
    ServerUntrusted = 196, "SERVER_UNTRUSTED", 0x32, "org/ferrohsm/provider/exception/ProviderException", "the server is not an HSM of the configured cluster: check root certificate and cluster id";
    ClientClosed = 197, "CLIENT_CLOSED", 0x30, "java/lang/IllegalStateException", "this client was closed";
    StreamLost = 200, "STREAM_LOST", 0x32, "java/security/ProviderException", "the HSM that held this operation on long data, or the connection to it, was lost: begin again with the first byte";
}

impl Status {
    /// The wire code.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// The row of this status.
    pub fn row(self) -> &'static StatusRow {
        // Every variant has a row: enum and table come from the same macro.
        STATUSES
            .iter()
            .find(|row| row.status == self)
            .unwrap_or(&STATUSES[0])
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.row().name)
    }
}
