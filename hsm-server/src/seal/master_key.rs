use aws_lc_rs::rand;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::SealError;

/// Length of the master key, in bytes.
pub const MASTER_KEY_BYTES: usize = 32;

/// The cluster's symmetric root: 256 bits from which the barrier derives its keys.
///
/// It stays in one heap place that is wiped on drop, and can be neither copied nor printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey(Box<[u8; MASTER_KEY_BYTES]>);

impl MasterKey {
    /// Draws a new key.
    ///
    /// # Errors
    /// [`SealError::Crypto`] if the random generator fails.
    pub fn generate() -> Result<Self, SealError> {
        Self::fill_with(|bytes| rand::fill(bytes).map_err(|_| SealError::Crypto("random bytes")))
    }

    /// Has `fill` write the key where it stays, so that no copy is left elsewhere.
    pub(crate) fn fill_with(
        fill: impl FnOnce(&mut [u8; MASTER_KEY_BYTES]) -> Result<(), SealError>,
    ) -> Result<Self, SealError> {
        let mut key = Self(Box::new([0; MASTER_KEY_BYTES]));
        fill(&mut key.0)?;
        Ok(key)
    }

    /// The bytes, for deriving and wrapping only.
    pub(crate) fn expose(&self) -> &[u8; MASTER_KEY_BYTES] {
        &self.0
    }
}
