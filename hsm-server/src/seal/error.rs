/// Why a master key could not be made or had.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    /// The cryptographic module failed.
    #[error("the cryptographic module failed: {0}")]
    Crypto(&'static str),
}
