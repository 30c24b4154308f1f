//! From a row of the mechanisms table to the operation on a key.
//!
//! Whether the key, the user and the cluster's mode allow it has been decided before; the answers here are about key
//! types, parameters and data only.

use super::aes::{AesKey, BLOCK_BYTES, Padding};
use super::any_key::AnyKey;
use super::derive::{self, FixedInput, Prf};
use super::ec::EcdsaInput;
use super::edwards::EdwardsSignature;
use super::ml_dsa::MlDsaInput;
use super::rsa::{RsaEncryption, RsaKey, RsaPublicKey, RsaSignature};
use super::{CryptoError, Hash, IvSource, KeyMaterial, PublicKey, des3, random};
use ferrohsm_protocol::Mechanism;
use ferrohsm_protocol::messages::{Hash as ProtocolHash, MechanismParameters};
use zeroize::Zeroizing;

/// Length of the AES key inside CKM_RSA_AES_KEY_WRAP in bytes.
const EPHEMERAL_BYTES: usize = 32;

/// Signature or MAC. `data` is the digest where the mechanism has a hash (also PSS), else the message.
pub fn sign(
    key: &KeyMaterial,
    mechanism: Mechanism,
    parameters: &MechanismParameters,
    data: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    match Method::of(mechanism, parameters)? {
        Method::RsaSignature(how) => key.rsa()?.sign(how, data),
        Method::RsaRaw => key
            .rsa()?
            .raw_private(data)
            .map(|mut block| std::mem::take(&mut *block)),
        Method::Ecdsa(what) => key.ec()?.sign(what, data),
        Method::Edwards(how) => key.edwards()?.sign(how, data),
        Method::MlDsa(what) => key.ml_dsa()?.sign(what, data),
        Method::Hmac(hash) => key.generic_secret()?.sign(hash, data),
        Method::Cmac => key.aes()?.cmac_sign(data),
        _ => Err(no_use(mechanism, "sign")),
    }
}

/// True when the signature or MAC is right; a malformed or wrong one is false, not an error.
pub fn verify(
    key: AnyKey<'_>,
    mechanism: Mechanism,
    parameters: &MechanismParameters,
    data: &[u8],
    signature: &[u8],
) -> Result<bool, CryptoError> {
    match Method::of(mechanism, parameters)? {
        Method::RsaSignature(how) => key.rsa()?.verify(how, data, signature),
        Method::RsaRaw => {
            let key = key.rsa()?;
            super::bounded("data", data, key.modulus_bytes())?;
            // As numbers: the caller's data may have fewer leading zeros than a block.
            let right = |block: Vec<u8>| {
                block
                    .iter()
                    .skip_while(|&&b| b == 0)
                    .eq(data.iter().skip_while(|&&b| b == 0))
            };
            Ok(
                signature.len() == key.modulus_bytes()
                    && key.raw_public(signature).is_ok_and(right),
            )
        }
        Method::Ecdsa(what) => key.ec()?.verify(what, data, signature),
        Method::Edwards(how) => key.edwards()?.verify(how, data, signature),
        Method::MlDsa(what) => key.ml_dsa()?.verify(what, data, signature),
        Method::Hmac(hash) => key.generic_secret()?.verify(hash, data, signature),
        Method::Cmac => key.aes()?.cmac_verify(data, signature),
        _ => Err(no_use(mechanism, "verify")),
    }
}

/// Encrypts; for GCM the tag is at the end. `parameters.iv` is the IV to use, whoever chose it: for GCM the caller of
/// this function answers for its being new (`fresh_iv`).
pub fn encrypt(
    key: AnyKey<'_>,
    mechanism: Mechanism,
    parameters: &MechanismParameters,
    data: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    match Method::of(mechanism, parameters)? {
        Method::RsaEncryption(how) => key.rsa()?.encrypt(how, data),
        Method::RsaRaw => key.rsa()?.raw_public(data),
        Method::Gcm { tag_bits } => {
            key.aes()?
                .gcm_encrypt(&parameters.iv, &parameters.aad, tag_bits, data)
        }
        Method::Cbc(padding) => key.aes()?.cbc_encrypt(&parameters.iv, padding, data),
        Method::Ctr => ctr(key.aes()?, parameters, data),
        Method::Ecb(padding) => key.aes()?.ecb_encrypt(padding, data),
        Method::ChaCha => key.chacha20()?.seal(&parameters.iv, &parameters.aad, data),
        Method::Des3Cbc(padding) => key.des3()?.cbc_encrypt(&parameters.iv, padding, data),
        Method::Des3Ecb(padding) => key.des3()?.ecb_encrypt(padding, data),
        _ => Err(no_use(mechanism, "encrypt")),
    }
}

/// Decrypts. GCM gives nothing before the tag is found right; every wrong padding is one error.
pub fn decrypt(
    key: &KeyMaterial,
    mechanism: Mechanism,
    parameters: &MechanismParameters,
    data: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    match Method::of(mechanism, parameters)? {
        Method::RsaEncryption(how) => key
            .rsa()?
            .decrypt(how, data)
            .map(|mut text| std::mem::take(&mut *text)),
        Method::RsaRaw => key
            .rsa()?
            .raw_private(data)
            .map(|mut block| std::mem::take(&mut *block)),
        Method::Gcm { tag_bits } => {
            key.aes()?
                .gcm_decrypt(&parameters.iv, &parameters.aad, tag_bits, data)
        }
        Method::Cbc(padding) => key.aes()?.cbc_decrypt(&parameters.iv, padding, data),
        Method::Ctr => ctr(key.aes()?, parameters, data),
        Method::Ecb(padding) => key.aes()?.ecb_decrypt(padding, data),
        Method::ChaCha => key.chacha20()?.open(&parameters.iv, &parameters.aad, data),
        Method::Des3Cbc(padding) => key.des3()?.cbc_decrypt(&parameters.iv, padding, data),
        Method::Des3Ecb(padding) => key.des3()?.ecb_decrypt(padding, data),
        _ => Err(no_use(mechanism, "decrypt")),
    }
}

/// Wraps `material`, another key's stored form. `parameters.iv` as in `encrypt`.
pub fn wrap_key(
    key: AnyKey<'_>,
    mechanism: Mechanism,
    parameters: &MechanismParameters,
    material: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    match Method::of(mechanism, parameters)? {
        Method::KeyWrap => key.aes()?.wrap(material),
        Method::KeyWrapPad => key.aes()?.wrap_padded(material),
        Method::KeyWrapPkcs7 => key.aes()?.wrap_pkcs7(material),
        Method::AttributeWrap => {
            key.aes()?
                .attribute_wrap(&parameters.iv, &parameters.aad, material)
        }
        Method::RsaAesKeyWrap(how) => rsa_aes_wrap(key.rsa()?, how, material),
        Method::RsaEncryption(_) | Method::Gcm { .. } => {
            encrypt(key, mechanism, parameters, material)
        }
        _ => Err(no_use(mechanism, "wrap")),
    }
}

/// Unwraps; one error for every cause that lies in the wrapped key.
pub fn unwrap_key(
    key: &KeyMaterial,
    mechanism: Mechanism,
    parameters: &MechanismParameters,
    wrapped: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    match Method::of(mechanism, parameters)? {
        Method::KeyWrap => key.aes()?.unwrap(wrapped),
        Method::KeyWrapPad => key.aes()?.unwrap_padded(wrapped),
        Method::KeyWrapPkcs7 => key.aes()?.unwrap_pkcs7(wrapped),
        Method::AttributeWrap => {
            key.aes()?
                .attribute_unwrap(&parameters.iv, &parameters.aad, wrapped)
        }
        Method::RsaAesKeyWrap(how) => rsa_aes_unwrap(key.rsa()?, how, wrapped),
        Method::CbcUnwrap => key
            .aes()?
            .cbc_decrypt(&parameters.iv, Padding::None, wrapped)
            .map(Zeroizing::new),
        Method::RsaEncryption(_) | Method::Gcm { .. } => {
            decrypt(key, mechanism, parameters, wrapped)
                .map(Zeroizing::new)
                .map_err(|error| match error {
                    CryptoError::Decryption
                    | CryptoError::Authentication
                    | CryptoError::DataLength { .. } => CryptoError::WrappedKey,
                    other => other,
                })
        }
        _ => Err(no_use(mechanism, "unwrap")),
    }
}

/// Key agreement: the raw shared secret.
pub fn derive_secret(
    key: &KeyMaterial,
    mechanism: Mechanism,
    peer: &PublicKey,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    match mechanism {
        Mechanism::Ecdh => key.ec()?.agree(peer.ec()?),
        Mechanism::X25519 => key.montgomery()?.agree(peer.montgomery()?),
        _ => Err(no_use(mechanism, "derive")),
    }
}

/// A new secret for the holder of a private key, and the ciphertext that carries it: ciphertext, secret.
pub fn encapsulate(
    key: AnyKey<'_>,
    mechanism: Mechanism,
) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), CryptoError> {
    match mechanism {
        Mechanism::MlKem => key.ml_kem()?.encapsulate(),
        _ => Err(no_use(mechanism, "encapsulate")),
    }
}

/// The secret in a ciphertext. A ciphertext that was not made for this key gives another secret, not an error.
pub fn decapsulate(
    key: &KeyMaterial,
    mechanism: Mechanism,
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    match mechanism {
        Mechanism::MlKem => key.ml_kem()?.decapsulate(ciphertext),
        _ => Err(no_use(mechanism, "decapsulate")),
    }
}

/// A derived key's bytes. `key` is the base key, `None` where the mechanism works from the password.
pub fn derive_key(
    key: Option<&KeyMaterial>,
    mechanism: Mechanism,
    parameters: &MechanismParameters,
    password: &[u8],
    length_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let method = Method::of(mechanism, parameters)?;
    let key = match (&method, key) {
        (Method::Pbkdf2(hash), None) => {
            let MechanismParameters {
                salt, iterations, ..
            } = parameters;
            return derive::pbkdf2(*hash, password, salt, *iterations, length_bytes);
        }
        (Method::Pbkdf2(_), Some(_)) => {
            return Err(CryptoError::Parameter(
                "PBKDF2 derives from a password: name no key",
            ));
        }
        (_, Some(_)) if !password.is_empty() => {
            return Err(CryptoError::Parameter(
                "only PBKDF2 takes a password: leave it out",
            ));
        }
        (_, Some(key)) => key,
        (_, None) => return Err(no_use(mechanism, "derive without a key")),
    };
    let fixed = || FixedInput {
        prefix: &parameters.fixed_prefix,
        counter_bits: parameters.counter_bits,
        suffix: &parameters.info,
    };
    match method {
        Method::X963(hash) => {
            let key = key.ec()?;
            let peer = PublicKey::from_spki(&parameters.peer_public_key_info)?;
            derive::x963(key, peer.ec()?, hash, &parameters.info, length_bytes)
        }
        Method::Hkdf(hash) => derive::hkdf(
            key.generic_secret()?.bytes(),
            hash,
            parameters.hkdf_step(),
            &parameters.salt,
            &parameters.info,
            length_bytes,
        ),
        Method::CounterKdfHmac(hash) => {
            let prf = Prf::Hmac(hash, key.generic_secret()?.bytes());
            derive::counter_kdf(prf, fixed(), length_bytes)
        }
        Method::CounterKdfCmac => derive::counter_kdf(Prf::Cmac(key.aes()?), fixed(), length_bytes),
        _ => Err(no_use(mechanism, "derive a key that stays inside")),
    }
}

/// CKM_RSA_AES_KEY_WRAP (PKCS#11 3.0, 2.1.23): a new AES-256 key wrapped with OAEP, then KWP with that key.
fn rsa_aes_wrap(
    key: &RsaPublicKey,
    how: RsaEncryption<'_>,
    material: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let bytes = random::bytes(EPHEMERAL_BYTES)?;
    let mut wrapped = key.encrypt(how, &bytes)?;
    wrapped.extend(AesKey::new(&bytes)?.wrap_padded(material)?);
    Ok(wrapped)
}

/// One error, whatever is wrong: to tell a wrong OAEP padding from the rest is Manger's oracle.
fn rsa_aes_unwrap(
    key: &RsaKey,
    how: RsaEncryption<'_>,
    wrapped: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let (encrypted, rest) = wrapped
        .split_at_checked(key.public().modulus_bytes())
        .ok_or(CryptoError::WrappedKey)?;
    let bytes = key.decrypt(how, encrypted).map_err(|error| match error {
        CryptoError::Decryption => CryptoError::WrappedKey,
        other => other,
    })?;
    if bytes.len() != EPHEMERAL_BYTES {
        return Err(CryptoError::WrappedKey);
    }
    AesKey::new(&bytes)?.unwrap_padded(rest)
}

/// An IV for an encryption that brought none: for GCM and ChaCha20-Poly1305 from the key's source, for CBC and CTR random.
/// Empty for the mechanisms that take none.
pub fn fresh_iv(mechanism: Mechanism, source: &IvSource) -> Result<Vec<u8>, CryptoError> {
    match mechanism {
        Mechanism::AesGcm | Mechanism::AesAttributeWrap | Mechanism::Chacha20Poly1305 => {
            source.issue().map(|iv| iv.to_vec())
        }
        Mechanism::Des3Cbc | Mechanism::Des3CbcPad => {
            random::bytes(des3::BLOCK_BYTES).map(|iv| iv.to_vec())
        }
        Mechanism::AesCbc | Mechanism::AesCbcPad | Mechanism::AesCtr => {
            random::bytes(BLOCK_BYTES).map(|iv| iv.to_vec())
        }
        _ => Ok(Vec::new()),
    }
}

/// The operation a mechanism stands for, with its parameters read.
pub(super) enum Method<'a> {
    RsaSignature(RsaSignature),
    RsaEncryption(RsaEncryption<'a>),
    RsaRaw,
    Ecdsa(EcdsaInput),
    Edwards(EdwardsSignature<'a>),
    MlDsa(MlDsaInput<'a>),
    Agreement,
    Encapsulation,
    ChaCha,
    Des3Cbc(Padding),
    Des3Ecb(Padding),
    Gcm {
        tag_bits: u32,
    },
    Cbc(Padding),
    Ctr,
    Ecb(Padding),
    KeyWrap,
    KeyWrapPad,
    KeyWrapPkcs7,
    AttributeWrap,
    RsaAesKeyWrap(RsaEncryption<'a>),
    CbcUnwrap,
    X963(Hash),
    Hkdf(Hash),
    CounterKdfHmac(Hash),
    CounterKdfCmac,
    Pbkdf2(Hash),
    Cmac,
    Hmac(Hash),
    /// Made with `KeyMaterial::generate` or `random`, not on a key.
    WithoutKey,
}

impl<'a> Method<'a> {
    /// No `_` arm: a new row of the table does not compile until it is here.
    pub(super) fn of(
        mechanism: Mechanism,
        parameters: &'a MechanismParameters,
    ) -> Result<Self, CryptoError> {
        use Mechanism::*;
        Ok(match mechanism {
            RsaKeyPairGen
            | EcKeyPairGen
            | AesKeyGen
            | GenericSecretKeyGen
            | EcEdwardsKeyPairGen
            | EcMontgomeryKeyPairGen
            | MlDsaKeyPairGen
            | MlKemKeyPairGen
            | Chacha20KeyGen
            | Des3KeyGen
            | Random => Self::WithoutKey,
            Sha1 | Sha224 | Sha256 | Sha384 | Sha512 => Self::WithoutKey,
            RsaPkcs => Self::RsaSignature(RsaSignature::Pkcs1Raw),
            Sha1RsaPkcs | Sha224RsaPkcs | Sha256RsaPkcs | Sha384RsaPkcs | Sha512RsaPkcs
            | Sha512T224RsaPkcs | Sha512T256RsaPkcs | Sha3_224RsaPkcs | Sha3_256RsaPkcs
            | Sha3_384RsaPkcs | Sha3_512RsaPkcs => {
                Self::RsaSignature(RsaSignature::Pkcs1(row_hash(mechanism)?))
            }
            RsaPss => pss(parameters.hash().try_into()?, parameters)?,
            Sha1RsaPss | Sha224RsaPss | Sha256RsaPss | Sha384RsaPss | Sha512RsaPss => {
                let hash = row_hash(mechanism)?;
                if Hash::try_from(parameters.hash())? != hash {
                    return Err(CryptoError::Parameter(
                        "the hash in the PSS parameters is not that of the mechanism",
                    ));
                }
                pss(hash, parameters)?
            }
            RsaPkcsEncrypt => Self::RsaEncryption(RsaEncryption::Pkcs1),
            RsaOaep => Self::RsaEncryption(oaep(parameters)?),
            RsaAesKeyWrap => Self::RsaAesKeyWrap(oaep(parameters)?),
            RsaX509 => Self::RsaRaw,
            Ecdsa => Self::Ecdsa(EcdsaInput::Raw),
            EcdsaSha1 | EcdsaSha224 | EcdsaSha256 | EcdsaSha384 | EcdsaSha512 | EcdsaSha3_224
            | EcdsaSha3_256 | EcdsaSha3_384 | EcdsaSha3_512 => {
                Self::Ecdsa(EcdsaInput::Digest(row_hash(mechanism)?))
            }
            Ed25519 => Self::Edwards(EdwardsSignature::Pure),
            Ed25519ctx => Self::Edwards(EdwardsSignature::Context(&parameters.context)),
            Ed25519ph => Self::Edwards(EdwardsSignature::Prehashed(&parameters.context)),
            Ecdh | X25519 => Self::Agreement,
            MlDsa => Self::MlDsa(MlDsaInput::Message(&parameters.context)),
            MlDsaExternalMu => Self::MlDsa(MlDsaInput::ExternalMu),
            MlKem => Self::Encapsulation,
            Chacha20Poly1305 if parameters.more_chunks => {
                return Err(CryptoError::Parameter(
                    "ChaCha20-Poly1305 takes its data in one call",
                ));
            }
            Chacha20Poly1305 => Self::ChaCha,
            Des3Cbc => Self::Des3Cbc(Padding::None),
            Des3CbcPad => Self::Des3Cbc(last_chunk_padding(parameters)),
            Des3Ecb => Self::Des3Ecb(Padding::None),
            Des3EcbPad => Self::Des3Ecb(last_chunk_padding(parameters)),
            AesGcm if parameters.more_chunks => {
                return Err(CryptoError::Parameter("GCM takes its data in one call"));
            }
            AesGcm => Self::Gcm {
                tag_bits: if parameters.tag_bits == 0 {
                    128
                } else {
                    parameters.tag_bits
                },
            },
            AesCbc => Self::Cbc(Padding::None),
            AesCbcPad => Self::Cbc(last_chunk_padding(parameters)),
            AesCtr => Self::Ctr,
            AesEcb => Self::Ecb(Padding::None),
            AesEcbPad => Self::Ecb(last_chunk_padding(parameters)),
            AesKeyWrap => Self::KeyWrap,
            AesKeyWrapPad => Self::KeyWrapPad,
            AesKeyWrapPkcs7 => Self::KeyWrapPkcs7,
            AesAttributeWrap => Self::AttributeWrap,
            AesCbcUnwrap => Self::CbcUnwrap,
            EcdhX963Sha1 | EcdhX963Sha224 | EcdhX963Sha256 | EcdhX963Sha384 | EcdhX963Sha512 => {
                Self::X963(row_hash(mechanism)?)
            }
            HkdfSha256 | HkdfSha384 | HkdfSha512 => Self::Hkdf(row_hash(mechanism)?),
            CounterKdfCmac => Self::CounterKdfCmac,
            CounterKdfHmacSha1 | CounterKdfHmacSha224 | CounterKdfHmacSha256
            | CounterKdfHmacSha384 | CounterKdfHmacSha512 => {
                Self::CounterKdfHmac(row_hash(mechanism)?)
            }
            Pbkdf2Sha1 | Pbkdf2Sha224 | Pbkdf2Sha256 | Pbkdf2Sha384 | Pbkdf2Sha512 => {
                Self::Pbkdf2(row_hash(mechanism)?)
            }
            AesCmac => Self::Cmac,
            HmacSha1 => Self::Hmac(Hash::Sha1),
            HmacSha224 => Self::Hmac(Hash::Sha224),
            HmacSha256 => Self::Hmac(Hash::Sha256),
            HmacSha384 => Self::Hmac(Hash::Sha384),
            HmacSha512 => Self::Hmac(Hash::Sha512),
            HmacSha512T224 => Self::Hmac(Hash::Sha512_224),
            HmacSha512T256 => Self::Hmac(Hash::Sha512_256),
            HmacSha3_224 => Self::Hmac(Hash::Sha3_224),
            HmacSha3_256 => Self::Hmac(Hash::Sha3_256),
            HmacSha3_384 => Self::Hmac(Hash::Sha3_384),
            HmacSha3_512 => Self::Hmac(Hash::Sha3_512),
        })
    }
}

fn oaep(parameters: &MechanismParameters) -> Result<RsaEncryption<'_>, CryptoError> {
    Ok(RsaEncryption::Oaep {
        hash: parameters.hash().try_into()?,
        mgf_hash: parameters.mgf_hash().try_into()?,
        label: &parameters.oaep_label,
    })
}

fn pss<'a>(hash: Hash, parameters: &MechanismParameters) -> Result<Method<'a>, CryptoError> {
    let salt_len = u16::try_from(parameters.salt_bytes)
        .map_err(|_| CryptoError::Parameter("the PSS salt is too long for this key and digest"))?;
    Ok(Method::RsaSignature(RsaSignature::Pss {
        hash,
        mgf_hash: parameters.mgf_hash().try_into()?,
        salt_len,
    }))
}

/// The table's fixed hash of a mechanism.
fn row_hash(mechanism: Mechanism) -> Result<Hash, CryptoError> {
    mechanism
        .row()
        .hash
        .unwrap_or(ProtocolHash::Unspecified)
        .try_into()
}

/// Only the last chunk is padded.
fn last_chunk_padding(parameters: &MechanismParameters) -> Padding {
    if parameters.more_chunks {
        Padding::None
    } else {
        Padding::Pkcs7
    }
}

fn ctr(
    key: &AesKey,
    parameters: &MechanismParameters,
    data: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    if parameters.more_chunks && !data.len().is_multiple_of(BLOCK_BYTES) {
        return Err(CryptoError::DataLength {
            what: "a CTR chunk before the last",
            actual: data.len(),
            needed: "a multiple of 16".to_owned(),
        });
    }
    key.ctr(&parameters.iv, data)
}

pub(super) fn no_use(mechanism: Mechanism, use_name: &'static str) -> CryptoError {
    CryptoError::NoSuchUse {
        mechanism: mechanism.row().name,
        use_name,
    }
}
