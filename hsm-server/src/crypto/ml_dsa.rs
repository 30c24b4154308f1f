//! ML-DSA keys (FIPS 204), with 44, 65 and 87: signatures over messages with a context, and over external mu.

use super::ffi::{Kind, Pkey, shake256};
use super::types::MlDsaSet;
use super::{CryptoError, expect_length, pq_private};
use zeroize::Zeroizing;

/// Bytes of mu, the digest that an external-mu signature is made over (FIPS 204, algorithm 7, line 6).
pub const MU_BYTES: usize = 64;
/// Bytes of tr, the digest of a public key in mu (FIPS 204, algorithm 6, line 9).
const TR_BYTES: usize = 64;
/// NIST's arc of signature algorithms.
const ARC: u8 = 3;
/// Bytes of a seed, for every set.
const SEED_BYTES: usize = 32;

/// What an ML-DSA signature is made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MlDsaInput<'a> {
    /// A message, with this context of at most 255 bytes; without one it is empty.
    Message(&'a [u8]),
    /// Mu, of 64 bytes.
    ExternalMu,
}

/// An ML-DSA public key.
pub struct MlDsaPublicKey {
    pkey: Pkey,
    set: MlDsaSet,
}

impl MlDsaPublicKey {
    /// Accepts a parsed key.
    pub(super) fn checked(pkey: Pkey) -> Result<Self, CryptoError> {
        let public = pkey
            .pq_public()
            .map_err(|_| CryptoError::Module("reading an ML-DSA public key"))?;
        let set = MlDsaSet::ALL
            .into_iter()
            .find(|set| set.public_bytes() == public.len() && pkey.kind() == Kind::MlDsa)
            .ok_or(CryptoError::KeyRefused("not an ML-DSA key"))?;
        Ok(Self { pkey, set })
    }

    /// The parameter set.
    pub fn set(&self) -> MlDsaSet {
        self.set
    }

    /// SubjectPublicKeyInfo DER (RFC 9881).
    pub fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        self.pkey
            .public_der()
            .map_err(|_| CryptoError::Module("encoding an ML-DSA public key"))
    }

    /// True when `signature` is this key's over `input`.
    pub fn verify(
        &self,
        what: MlDsaInput<'_>,
        input: &[u8],
        signature: &[u8],
    ) -> Result<bool, CryptoError> {
        match what {
            MlDsaInput::Message([]) => self.pkey.ml_dsa_verify(input, signature),
            MlDsaInput::Message(context) => {
                let mu = self.mu(context, input)?;
                self.pkey.digest_verify(&mu, signature)
            }
            MlDsaInput::ExternalMu => {
                expect_length("mu", input, MU_BYTES)?;
                self.pkey.digest_verify(input, signature)
            }
        }
        .map_err(|_| CryptoError::Module("ML-DSA verification"))
    }

    /// Mu of a message with a context (FIPS 204, algorithm 2, line 10, and algorithm 7, line 6). Computed here since the
    /// FIPS module's `EVP_PKEY` takes no context for ML-DSA, but takes mu.
    fn mu(&self, context: &[u8], message: &[u8]) -> Result<[u8; MU_BYTES], CryptoError> {
        /// The domain separator of messages that are not prehashed.
        const PURE: u8 = 0;
        let length = u8::try_from(context.len())
            .map_err(|_| CryptoError::Parameter("a context has at most 255 bytes"))?;
        let failed = |_| CryptoError::Module("hashing for ML-DSA");
        let public = self.pkey.pq_public().map_err(failed)?;
        let (mut tr, mut mu) = ([0; TR_BYTES], [0; MU_BYTES]);
        shake256(&[&public], &mut tr).map_err(failed)?;
        shake256(&[&tr, &[PURE, length], context, message], &mut mu).map_err(failed)?;
        Ok(mu)
    }
}

/// An ML-DSA private key.
pub struct MlDsaKey {
    public: MlDsaPublicKey,
    /// PKCS#8: the seed where it is known.
    stored: Zeroizing<Vec<u8>>,
}

impl MlDsaKey {
    pub(super) fn generate(set: MlDsaSet) -> Result<Self, CryptoError> {
        let failed = |_| CryptoError::Module("ML-DSA key generation");
        let pkey = Pkey::generate_ml_dsa(set).map_err(failed)?;
        let stored = pkey.private_der().map_err(failed)?;
        Self::new(pkey, stored)
    }

    fn new(pkey: Pkey, stored: Zeroizing<Vec<u8>>) -> Result<Self, CryptoError> {
        let public = MlDsaPublicKey::checked(pkey)?;
        Ok(Self { public, stored })
    }

    /// PKCS#8 (RFC 9881) with seed, expanded key or both, which must then belong together.
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        const REFUSED: CryptoError =
            CryptoError::KeyRefused("the numbers of the ML-DSA key do not fit together");
        let (number, private) = pq_private::read(pkcs8, ARC, MlDsaSet::ALL.map(MlDsaSet::number))?;
        let set = MlDsaSet::of_number(number).ok_or(REFUSED)?;
        match private {
            pq_private::PqPrivate {
                seed: Some(seed),
                expanded,
            } => {
                if seed.len() != SEED_BYTES {
                    return Err(CryptoError::KeyRefused("an ML-DSA seed has 32 bytes"));
                }
                let pkey = Pkey::ml_dsa_private(set, seed).map_err(|_| REFUSED)?;
                let own = pkey
                    .pq_private()
                    .map_err(|_| CryptoError::Module("reading an ML-DSA key"))?;
                if expanded.is_some_and(|expanded| own[..] != *expanded) {
                    return Err(REFUSED);
                }
                Self::new(pkey, pq_private::of_seed(ARC, number, seed))
            }
            pq_private::PqPrivate {
                seed: None,
                expanded,
            } => {
                let expanded = expanded.unwrap_or_default();
                if !secrets_in_range(set, expanded) {
                    return Err(REFUSED);
                }
                let pkey = Pkey::ml_dsa_private(set, expanded).map_err(|_| REFUSED)?;
                let key = Self::new(pkey, pq_private::of_expanded(ARC, number, expanded))?;
                // What AWS-LC computed the public key from may still not fit the rest.
                let signature = key.sign(MlDsaInput::Message(&[]), &[])?;
                match key
                    .public
                    .verify(MlDsaInput::Message(&[]), &[], &signature)?
                {
                    true => Ok(key),
                    false => Err(REFUSED),
                }
            }
        }
    }

    /// The public half.
    pub fn public(&self) -> &MlDsaPublicKey {
        &self.public
    }

    /// PKCS#8 DER: with the seed where it is known, else with the expanded key.
    pub(super) fn private_der(&self) -> Zeroizing<Vec<u8>> {
        self.stored.clone()
    }

    /// Signs a message or mu; hedged, so two signatures of the same differ.
    pub fn sign(&self, what: MlDsaInput<'_>, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let pkey = &self.public.pkey;
        match what {
            MlDsaInput::Message([]) => pkey.ml_dsa_sign(input),
            MlDsaInput::Message(context) => pkey.digest_sign(&self.public.mu(context, input)?),
            MlDsaInput::ExternalMu => {
                expect_length("mu", input, MU_BYTES)?;
                pkey.digest_sign(input)
            }
        }
        .map_err(|_| CryptoError::Module("ML-DSA signing"))
    }
}

/// Whether all numbers of s1 and s2 in an expanded key are from -eta to eta, as only an honest key's are; AWS-LC decodes
/// (FIPS 204, algorithm 25) without looking. False too for a key of a wrong length.
fn secrets_in_range(set: MlDsaSet, expanded: &[u8]) -> bool {
    /// rho, K and tr.
    const START: usize = 128;
    let (numbers, eta) = set.secrets();
    let bits = if eta == 2 { 3 } else { 4 };
    let Some(packed) = expanded.get(START..START + numbers * bits / 8) else {
        return false;
    };
    // Three or four bits each, the lowest first: 24 bits hold a whole number of them.
    packed.chunks(3).all(|chunk| {
        let word = chunk
            .iter()
            .rev()
            .fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        (0..24 / bits).all(|index| word >> (index * bits) & ((1 << bits) - 1) <= 2 * eta)
    })
}
