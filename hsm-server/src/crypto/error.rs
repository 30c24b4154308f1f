//! What can go wrong in a cryptographic operation.

use ferrohsm_protocol::Status;

/// Why an operation was refused or failed. Never holds key material, plaintext or anything that tells padding failures
/// apart; texts name the cause and, where the caller can do something, the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The key is of another type than the mechanism needs.
    #[error("this mechanism needs {needed}, the key is {actual}")]
    WrongKeyType {
        /// What the mechanism works with.
        needed: &'static str,
        /// What was given.
        actual: &'static str,
    },
    /// Two EC keys that must share a curve do not.
    #[error(
        "the peer's public key is on {peer}, this key on {own}: both must be on the same curve"
    )]
    WrongCurve {
        /// Curve of the private key.
        own: &'static str,
        /// Curve of the other side.
        peer: &'static str,
    },
    /// A key that is to be generated has a size we do not offer.
    #[error("no {kind} key with {bits} bits; possible: {possible}")]
    KeySize {
        /// The key type.
        kind: &'static str,
        /// The size asked for in bits.
        bits: u32,
        /// What is offered.
        possible: &'static str,
    },
    /// The mechanism has no such use.
    #[error("{mechanism} cannot {use_name}")]
    NoSuchUse {
        /// Name of the mechanism.
        mechanism: &'static str,
        /// What was asked of it.
        use_name: &'static str,
    },
    /// A private or secret key from outside was refused.
    #[error("the key was refused: {0}")]
    KeyRefused(&'static str),
    /// A secret key from outside has the wrong length.
    #[error("{what} of {actual} bytes was refused; possible: {needed}")]
    KeyLength {
        /// What kind of key.
        what: &'static str,
        /// Its length in bytes.
        actual: usize,
        /// What is possible.
        needed: &'static str,
    },
    /// A public key was refused.
    #[error("the public key was refused: {0}")]
    PublicKeyRefused(&'static str),
    /// Data of a length that the mechanism cannot process.
    #[error("{what} has {actual} bytes; needed: {needed}")]
    DataLength {
        /// What was too long or too short.
        what: &'static str,
        /// Its length in bytes.
        actual: usize,
        /// What is needed.
        needed: String,
    },
    /// A parameter of the mechanism is missing or out of range.
    #[error("wrong parameter: {0}")]
    Parameter(&'static str),
    /// A ciphertext did not decrypt to something with valid padding. One value for every cause.
    #[error(
        "decryption failed: the ciphertext does not belong to this key, mechanism and parameters"
    )]
    Decryption,
    /// An authentication tag did not match. Nothing was decrypted.
    #[error(
        "authentication failed: ciphertext, tag, IV or additional data were changed, or another key was used"
    )]
    Authentication,
    /// A wrapped key did not unwrap. One value for every cause.
    #[error(
        "the wrapped key did not unwrap: it is damaged, or was wrapped with another key, mechanism or parameters"
    )]
    WrappedKey,
    /// AWS-LC failed where it must not.
    #[error("the cryptographic module failed in {0}; nothing was changed")]
    Module(&'static str),
}

impl CryptoError {
    /// What a client is told.
    pub fn status(&self) -> Status {
        match self {
            Self::WrongKeyType { .. } => Status::KeyTypeInconsistent,
            Self::WrongCurve { .. } | Self::PublicKeyRefused(_) => Status::PublicKeyInvalid,
            Self::KeySize { .. } => Status::KeySizeRange,
            Self::NoSuchUse { .. } => Status::MechanismInvalid,
            Self::KeyRefused(_) | Self::KeyLength { .. } => Status::KeyMaterialInvalid,
            Self::DataLength { .. } => Status::DataLengthRange,
            Self::Parameter(_) => Status::MechanismParameterInvalid,
            Self::Decryption => Status::DecryptionFailed,
            Self::Authentication => Status::AuthenticationFailed,
            Self::WrappedKey => Status::WrappedKeyInvalid,
            Self::Module(_) => Status::Internal,
        }
    }
}
