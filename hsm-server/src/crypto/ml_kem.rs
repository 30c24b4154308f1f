//! ML-KEM keys (FIPS 203), with 512, 768 and 1024: encapsulation.

use super::ffi::{Kind, Pkey};
use super::types::MlKemSet;
use super::{CryptoError, expect_length, pq_private};
use zeroize::Zeroizing;

/// Bytes of a shared secret, for every set.
pub const SECRET_BYTES: usize = super::ffi::SHARED_SECRET_LEN;
/// NIST's arc of key encapsulation mechanisms.
const ARC: u8 = 4;
/// Bytes of a seed (d and z), for every set.
const SEED_BYTES: usize = 64;

/// An ML-KEM public key.
pub struct MlKemPublicKey {
    pkey: Pkey,
    set: MlKemSet,
}

impl MlKemPublicKey {
    /// Accepts a parsed key. Its numbers are checked when something is encapsulated for it.
    pub(super) fn checked(pkey: Pkey) -> Result<Self, CryptoError> {
        let public = pkey
            .pq_public()
            .map_err(|_| CryptoError::Module("reading an ML-KEM public key"))?;
        let set = MlKemSet::ALL
            .into_iter()
            .find(|set| set.public_bytes() == public.len() && pkey.kind() == Kind::MlKem)
            .ok_or(CryptoError::KeyRefused("not an ML-KEM key"))?;
        Ok(Self { pkey, set })
    }

    /// The parameter set.
    pub fn set(&self) -> MlKemSet {
        self.set
    }

    /// SubjectPublicKeyInfo DER (RFC 9935).
    pub fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        self.pkey
            .public_der()
            .map_err(|_| CryptoError::Module("encoding an ML-KEM public key"))
    }

    /// A new secret of 32 bytes, and the ciphertext that gives it to the holder of the private key.
    pub fn encapsulate(&self) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), CryptoError> {
        self.pkey.encapsulate().map_err(|_| {
            CryptoError::PublicKeyRefused("a number of the ML-KEM public key is out of range")
        })
    }
}

/// An ML-KEM private key.
pub struct MlKemKey {
    public: MlKemPublicKey,
    /// PKCS#8: the seed where it is known.
    stored: Zeroizing<Vec<u8>>,
}

impl MlKemKey {
    pub(super) fn generate(set: MlKemSet) -> Result<Self, CryptoError> {
        let failed = |_| CryptoError::Module("ML-KEM key generation");
        let pkey = Pkey::generate_ml_kem(set).map_err(failed)?;
        let expanded = pkey.pq_private().map_err(failed)?;
        Self::new(pkey, pq_private::of_expanded(ARC, set.number(), &expanded))
    }

    fn new(pkey: Pkey, stored: Zeroizing<Vec<u8>>) -> Result<Self, CryptoError> {
        let public = MlKemPublicKey::checked(pkey)?;
        Ok(Self { public, stored })
    }

    /// PKCS#8 (RFC 9935) with seed, expanded key or both, which must then belong together.
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        const REFUSED: CryptoError =
            CryptoError::KeyRefused("the numbers of the ML-KEM key do not fit together");
        let (number, private) = pq_private::read(pkcs8, ARC, MlKemSet::ALL.map(MlKemSet::number))?;
        let set = MlKemSet::of_number(number).ok_or(REFUSED)?;
        if let Some(seed) = private.seed {
            if seed.len() != SEED_BYTES {
                return Err(CryptoError::KeyRefused("an ML-KEM seed has 64 bytes"));
            }
            let pkey = Pkey::ml_kem_of_seed(set, seed).map_err(|_| REFUSED)?;
            let own = pkey
                .pq_private()
                .map_err(|_| CryptoError::Module("reading an ML-KEM key"))?;
            if private
                .expanded
                .is_some_and(|expanded| own[..] != *expanded)
            {
                return Err(REFUSED);
            }
            return Self::new(pkey, pq_private::of_seed(ARC, number, seed));
        }
        let expanded = private.expanded.unwrap_or_default();
        // FIPS 203, 7.1: the private key of the underlying scheme, the public key, its hash, and z.
        let public = expanded
            .len()
            .checked_sub(64 + set.public_bytes())
            .and_then(|start| expanded.get(start..start + set.public_bytes()))
            .ok_or(REFUSED)?;
        let pkey = Pkey::ml_kem_private(set, public, expanded).map_err(|_| REFUSED)?;
        pkey.check_ml_kem().map_err(|_| REFUSED)?;
        Self::new(pkey, pq_private::of_expanded(ARC, number, expanded))
    }

    /// The public half.
    pub fn public(&self) -> &MlKemPublicKey {
        &self.public
    }

    /// PKCS#8 DER: with the seed where it is known, else with the expanded key.
    pub(super) fn private_der(&self) -> Zeroizing<Vec<u8>> {
        self.stored.clone()
    }

    /// The secret in a ciphertext. One of the right length always gives a secret; whoever made it otherwise has another.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        expect_length("ciphertext", ciphertext, self.public.set.ciphertext_bytes())?;
        self.public
            .pkey
            .decapsulate(ciphertext)
            .map_err(|_| CryptoError::Module("ML-KEM decapsulation"))
    }
}
