//! RSA (RFC 8017): signatures, decryption, and what they need of a key.

use super::ffi::{EncryptionPadding, Kind, Pkey, SignaturePadding};
use super::key::key_der_bounded;
use super::{CryptoError, Hash, bounded, expect_length};
use zeroize::Zeroizing;

/// Longest OAEP label in bytes. RFC 8017 sets no useful limit; real labels are short.
pub const OAEP_LABEL_BYTES_MAX: usize = 1024;

/// Bytes that PKCS#1 v1.5 padding takes from a block.
const PKCS1_OVERHEAD_BYTES: usize = 11;

/// How an RSA signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaSignature {
    /// RSASSA-PKCS1-v1_5; the input is a digest of this kind.
    Pkcs1(Hash),
    /// CKM_RSA_PKCS: a type 1 block around the caller's bytes, at most the modulus length less 11.
    Pkcs1Raw,
    /// RSASSA-PSS; the input is a digest of kind `hash`.
    Pss {
        /// Digest of the message.
        hash: Hash,
        /// Digest inside MGF1.
        mgf_hash: Hash,
        /// Length of the salt in bytes, exact on both sides.
        salt_len: u16,
    },
}

/// How an RSA plaintext is padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaEncryption<'a> {
    /// RSAES-PKCS1-v1_5.
    Pkcs1,
    /// RSAES-OAEP. Defaults are the caller's.
    Oaep {
        /// Digest of the label.
        hash: Hash,
        /// Digest inside MGF1.
        mgf_hash: Hash,
        /// At most `OAEP_LABEL_BYTES_MAX` bytes.
        label: &'a [u8],
    },
}

/// Sizes of RSA keys in words.
const SIZES: &str = "2048 to 4096 in steps of 256";

/// CloudHSM's sizes. All satisfy FIPS 186-5, 5.1 (even, 2048 or more), and the FIPS module makes each of them.
fn is_size(bits: u32) -> bool {
    (2048..=4096).contains(&bits) && bits.is_multiple_of(256)
}

/// An RSA public key of 2048 to 4096 bits, in steps of 256, with an odd exponent of at least 65537.
pub struct RsaPublicKey {
    pkey: Pkey,
    modulus_bytes: usize,
}

impl RsaPublicKey {
    /// Accepts a parsed (and so consistent: `RSA_check_key`) key that satisfies our limits.
    pub(super) fn checked(pkey: Pkey) -> Result<Self, CryptoError> {
        if pkey.kind() != Kind::Rsa {
            return Err(CryptoError::KeyRefused("not an RSA key (rsaEncryption)"));
        }
        if !is_size(pkey.bits()) {
            return Err(CryptoError::KeyRefused(
                "RSA keys have 2048 to 4096 bits, in steps of 256",
            ));
        }
        let facts = pkey
            .rsa_facts()
            .map_err(|_| CryptoError::Module("reading an RSA key"))?;
        if facts.exponent.is_none_or(|e| e < 65537 || e % 2 == 0) {
            return Err(CryptoError::KeyRefused(
                "the public exponent must be odd and 65537 or more",
            ));
        }
        let modulus_bytes = facts.modulus.len();
        Ok(Self {
            pkey,
            modulus_bytes,
        })
    }

    /// SubjectPublicKeyInfo DER.
    pub fn spki(&self) -> Result<Vec<u8>, CryptoError> {
        self.pkey
            .public_der()
            .map_err(|_| CryptoError::Module("encoding an RSA public key"))
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> u32 {
        self.pkey.bits()
    }

    /// Length of the modulus, of a signature and of a ciphertext in bytes.
    pub fn modulus_bytes(&self) -> usize {
        self.modulus_bytes
    }

    /// True when `signature` is this key's over `input` (a digest, or for `Pkcs1Raw` the bytes). A signature of the
    /// wrong length is simply wrong.
    pub fn verify(
        &self,
        how: RsaSignature,
        input: &[u8],
        signature: &[u8],
    ) -> Result<bool, CryptoError> {
        let padding = self.signature_padding(how, input)?;
        self.pkey
            .rsa_verify(padding, input, signature)
            .map_err(|_| CryptoError::Module("RSA verification"))
    }

    /// Encrypts at most `plaintext_bytes_max` bytes.
    pub fn encrypt(
        &self,
        how: RsaEncryption<'_>,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        bounded("plaintext", plaintext, self.plaintext_bytes_max(how)?)?;
        self.pkey
            .rsa_encrypt(encryption_padding(how), plaintext)
            .map_err(|_| CryptoError::Module("RSA encryption"))
    }

    /// How much one block can hold, in bytes.
    pub fn plaintext_bytes_max(&self, how: RsaEncryption<'_>) -> Result<usize, CryptoError> {
        match how {
            RsaEncryption::Pkcs1 => Ok(self.modulus_bytes - PKCS1_OVERHEAD_BYTES),
            RsaEncryption::Oaep { hash, label, .. } => {
                if label.len() > OAEP_LABEL_BYTES_MAX {
                    return Err(CryptoError::Parameter(
                        "an OAEP label has at most 1024 bytes",
                    ));
                }
                // 2048 bits hold two SHA-512 digests and 126 bytes more.
                Ok(self.modulus_bytes - 2 * hash.len_bytes() - 2)
            }
        }
    }

    /// CKM_RSA_X_509 with the public key: input to the power of e. Shorter input is taken as a number.
    pub fn raw_public(&self, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let block = self.raw_block(input)?;
        self.pkey
            .rsa_encrypt(EncryptionPadding::None, &block)
            .map_err(|_| CryptoError::Parameter("the input as a number must be below the modulus"))
    }

    fn raw_block(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        bounded("input", input, self.modulus_bytes)?;
        let mut block = Zeroizing::new(vec![0u8; self.modulus_bytes]);
        block[self.modulus_bytes - input.len()..].copy_from_slice(input);
        Ok(block)
    }

    fn signature_padding(
        &self,
        how: RsaSignature,
        input: &[u8],
    ) -> Result<SignaturePadding, CryptoError> {
        match how {
            RsaSignature::Pkcs1(hash) => {
                expect_length("digest", input, hash.len_bytes())?;
                Ok(SignaturePadding::Pkcs1(hash))
            }
            RsaSignature::Pkcs1Raw => {
                bounded("input", input, self.modulus_bytes - PKCS1_OVERHEAD_BYTES)?;
                Ok(SignaturePadding::Pkcs1Raw)
            }
            RsaSignature::Pss {
                hash,
                mgf_hash,
                salt_len,
            } => {
                expect_length("digest", input, hash.len_bytes())?;
                // RFC 8017, 9.1.1: emLen >= hLen + sLen + 2; our moduli are whole bytes long.
                if usize::from(salt_len) > self.modulus_bytes - hash.len_bytes() - 2 {
                    return Err(CryptoError::Parameter(
                        "the PSS salt is too long for this key and digest",
                    ));
                }
                Ok(SignaturePadding::Pss {
                    hash,
                    mgf_hash,
                    salt_len,
                })
            }
        }
    }
}

/// An RSA private key.
pub struct RsaKey(RsaPublicKey);

impl RsaKey {
    pub(super) fn generate(bits: u32) -> Result<Self, CryptoError> {
        if !is_size(bits) {
            return Err(CryptoError::KeySize {
                kind: "RSA",
                bits,
                possible: SIZES,
            });
        }
        let pkey =
            Pkey::generate_rsa(bits).map_err(|_| CryptoError::Module("RSA key generation"))?;
        // The FIPS build has done this inside; the other one generates without a pairwise test.
        if !cfg!(feature = "fips") {
            pkey.check_rsa_pair()
                .map_err(|_| CryptoError::Module("the pairwise test of a new RSA key"))?;
        }
        RsaPublicKey::checked(pkey).map(Self)
    }

    pub(super) fn from_stored(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        RsaPublicKey::checked(parse(pkcs8)?).map(Self)
    }

    pub(super) fn from_import(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let key = Self::from_stored(pkcs8)?;
        let pkey = &key.0.pkey;
        let facts = pkey
            .rsa_facts()
            .map_err(|_| CryptoError::Module("reading an RSA key"))?;
        if super::roca::is_suspect(&facts.modulus) {
            return Err(CryptoError::KeyRefused(
                "it has the fingerprint of the ROCA weakness (CVE-2017-15361): make a new key",
            ));
        }
        pkey.check_rsa_pair().map_err(|_| {
            CryptoError::KeyRefused("the numbers of the RSA key do not fit together")
        })?;
        match pkey.rsa_factors_are_sound() {
            Ok(true) => Ok(key),
            Ok(false) => Err(CryptoError::KeyRefused(
                "p and q must be there, be prime, have half the length of the modulus and not be close together",
            )),
            Err(_) => Err(CryptoError::Module("checking an RSA key")),
        }
    }

    /// The public half.
    pub fn public(&self) -> &RsaPublicKey {
        &self.0
    }

    /// PKCS#8 DER.
    pub(super) fn private_der(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.0
            .pkey
            .private_der()
            .map_err(|_| CryptoError::Module("encoding an RSA private key"))
    }

    /// Signs a digest (or for `Pkcs1Raw` the bytes). SHA-1 signatures are not made.
    pub fn sign(&self, how: RsaSignature, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if let RsaSignature::Pkcs1(Hash::Sha1)
        | RsaSignature::Pss {
            hash: Hash::Sha1, ..
        } = how
        {
            return Err(SHA1_SIGNATURE);
        }
        let padding = self.0.signature_padding(how, input)?;
        self.0
            .pkey
            .rsa_sign(padding, input)
            .map_err(|_| CryptoError::Module("RSA signing"))
    }

    /// Decrypts one block. A ciphertext that is not as long as the modulus is named (that is public); everything
    /// else is one error, decided in constant time by AWS-LC.
    pub fn decrypt(
        &self,
        how: RsaEncryption<'_>,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.0.plaintext_bytes_max(how)?;
        expect_length("ciphertext", ciphertext, self.0.modulus_bytes)?;
        self.0
            .pkey
            .rsa_decrypt(encryption_padding(how), ciphertext)
            .map_err(|_| CryptoError::Decryption)
    }

    /// CKM_RSA_X_509: input to the power of d. Shorter input is taken as a number; the result is as long as the
    /// modulus.
    pub fn raw_private(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let block = self.0.raw_block(input)?;
        self.0
            .pkey
            .rsa_decrypt(EncryptionPadding::None, &block)
            .map_err(|_| CryptoError::Parameter("the input as a number must be below the modulus"))
    }
}

/// SHA-1 is broken for signatures (FIPS 186-5, SP 800-131A); old ones can still be verified.
pub(super) const SHA1_SIGNATURE: CryptoError = CryptoError::Parameter(
    "signatures over SHA-1 are only verified, not made: use SHA-256 or longer",
);

fn parse(pkcs8: &[u8]) -> Result<Pkey, CryptoError> {
    key_der_bounded(pkcs8)?;
    Pkey::parse_private(pkcs8).map_err(|_| {
        CryptoError::KeyRefused(
            "not a well-formed, unencrypted PKCS#8 RSA private key (DER) with two primes",
        )
    })
}

fn encryption_padding(how: RsaEncryption<'_>) -> EncryptionPadding<'_> {
    match how {
        RsaEncryption::Pkcs1 => EncryptionPadding::Pkcs1,
        RsaEncryption::Oaep {
            hash,
            mgf_hash,
            label,
        } => EncryptionPadding::Oaep {
            hash,
            mgf_hash,
            label,
        },
    }
}
