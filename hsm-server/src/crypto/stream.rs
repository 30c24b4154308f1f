//! An operation whose data comes in chunks: HMAC, CMAC, GCM, ChaCha20-Poly1305, and what signs whole messages at its end.

use super::aes::GCM_BYTES_MAX;
use super::any_key::AnyKey;
use super::edwards::CONTEXT_BYTES_MAX;
use super::ffi::{AeadStream, HmacStream};
use super::mechanism::{Method, no_use, sign, verify};
use super::{CryptoError, bounded, chacha20, ffi};
use crate::wipe::wipe;
use aws_lc_rs::{cmac, constant_time};
use ferrohsm_protocol::Mechanism;
use ferrohsm_protocol::mechanisms::Use;
use ferrohsm_protocol::messages::MechanismParameters;

/// Whether the HSM holds the data of such an operation until its end: then its length is announced and has a limit.
///
/// # Errors
/// For what takes its data in one call.
pub fn holds(
    mechanism: Mechanism,
    parameters: &MechanismParameters,
    wanted: Use,
) -> Result<bool, CryptoError> {
    match (Method::of(mechanism, parameters)?, wanted) {
        (Method::Hmac(_) | Method::Cmac, Use::Sign | Use::Verify) => Ok(false),
        (Method::Gcm { .. } | Method::ChaCha, Use::Encrypt) => Ok(false),
        (Method::Gcm { .. } | Method::ChaCha, Use::Decrypt) => Ok(true),
        (Method::Edwards(_) | Method::MlDsa(_), Use::Sign | Use::Verify) => Ok(true),
        (
            Method::Cbc(_) | Method::Ctr | Method::Ecb(_) | Method::Des3Cbc(_) | Method::Des3Ecb(_),
            _,
        ) => Err(CryptoError::Parameter(
            "CBC, CTR and ECB need no stream: send chunks with more_chunks and the chaining value",
        )),
        _ => Err(CryptoError::Parameter(
            "this mechanism takes its data in one call",
        )),
    }
}

/// An operation under way. Used by one thread at a time; whatever it holds is wiped when it is dropped. The caller
/// decides before every chunk whether the key may still be used so.
pub struct Stream {
    mechanism: Mechanism,
    wanted: Use,
    work: Work,
    /// Data that has come, in bytes.
    taken: u64,
    /// Most data that may come, in bytes.
    total: u64,
}

enum Work {
    Hmac(HmacStream),
    Cmac(Box<cmac::Context>),
    Seal {
        cipher: AeadStream,
        tag_len: usize,
    },
    Open {
        cipher: AeadStream,
        tag_len: usize,
        /// The last bytes that have come: they may be the tag.
        tail: Vec<u8>,
        plaintext: Held,
    },
    /// The operation happens at the end, on everything.
    Whole {
        parameters: Box<MechanismParameters>,
        data: Held,
    },
}

/// What an operation ends with.
pub enum Finished {
    /// Signature or MAC, or the rest of a ciphertext with its tag.
    Output(Vec<u8>),
    /// Whether a signature or MAC was right.
    Valid(bool),
    /// A plaintext whose tag was right.
    Plaintext(Plaintext),
}

impl Stream {
    /// Begins. `parameters.iv` is the IV to use, as for `encrypt`; `total` is how many bytes of data may come where the
    /// HSM [`holds`] them, which the caller has bounded.
    pub fn begin(
        key: AnyKey<'_>,
        mechanism: Mechanism,
        parameters: &MechanismParameters,
        wanted: Use,
        total: usize,
    ) -> Result<Stream, CryptoError> {
        let held = holds(mechanism, parameters, wanted)?;
        let work = match Method::of(mechanism, parameters)? {
            Method::Hmac(hash) => {
                let key = key.generic_secret()?;
                Work::Hmac(key.stream(hash)?)
            }
            Method::Cmac => {
                let key = key.aes()?;
                Work::Cmac(Box::new(key.cmac_context()?))
            }
            Method::Gcm { tag_bits } => {
                let (cipher, tag_len) =
                    key.aes()?
                        .gcm_stream(&parameters.iv, tag_bits, direction_of(held))?;
                aead(cipher, tag_len, &parameters.aad, held.then_some(total))?
            }
            Method::ChaCha => {
                let key = key.chacha20()?;
                let cipher = key.stream(&parameters.iv, direction_of(held))?;
                aead(
                    cipher,
                    CHACHA_TAG_BYTES,
                    &parameters.aad,
                    held.then_some(total),
                )?
            }
            _ => {
                let context = parameters.context.clone();
                bounded("context", &context, CONTEXT_BYTES_MAX)?;
                // What is not kept needs no memory until the end.
                let parameters = MechanismParameters {
                    context,
                    ..MechanismParameters::default()
                };
                Work::Whole {
                    parameters: Box::new(parameters),
                    data: Held::new(total)?,
                }
            }
        };
        Ok(Stream {
            mechanism,
            wanted,
            work,
            taken: 0,
            total: match (held, mechanism) {
                (true, _) => total as u64,
                (false, Mechanism::AesGcm) => GCM_BYTES_MAX,
                (false, Mechanism::Chacha20Poly1305) => chacha20::BYTES_MAX,
                (false, _) => u64::MAX,
            },
        })
    }

    /// Takes more associated data.
    pub fn aad(&mut self, aad: &[u8]) -> Result<(), CryptoError> {
        if aad.is_empty() {
            return Ok(());
        }
        if self.taken > 0 {
            return Err(CryptoError::Parameter(
                "associated data comes before the data",
            ));
        }
        match &mut self.work {
            Work::Seal { cipher, .. } | Work::Open { cipher, .. } => cipher
                .aad(aad)
                .map_err(|_| CryptoError::Module("associated data")),
            Work::Hmac(_) | Work::Cmac(_) | Work::Whole { .. } => Err(CryptoError::Parameter(
                "this mechanism takes no associated data",
            )),
        }
    }

    /// Takes data; gives what can be given out.
    pub fn update(&mut self, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut output = Vec::new();
        self.feed(data, &mut output)?;
        Ok(output)
    }

    /// Takes the last data and ends.
    pub fn finish(
        mut self,
        key: AnyKey<'_>,
        data: &[u8],
        signature: &[u8],
    ) -> Result<Finished, CryptoError> {
        let mut output = Vec::new();
        self.feed(data, &mut output)?;
        let made = match self.work {
            Work::Hmac(stream) => stream.tag().map_err(|_| CryptoError::Module("HMAC"))?,
            Work::Cmac(context) => context
                .sign()
                .map_err(|_| CryptoError::Module("AES-CMAC"))?
                .as_ref()
                .to_vec(),
            Work::Seal { cipher, tag_len } => {
                let tag = cipher
                    .tag()
                    .map_err(|_| CryptoError::Module("authenticated encryption"))?;
                output.extend_from_slice(&tag[..tag_len]);
                return Ok(Finished::Output(output));
            }
            Work::Open {
                cipher,
                tag_len,
                tail,
                plaintext,
            } => {
                if tail.len() != tag_len || cipher.check(&tail).is_err() {
                    return Err(CryptoError::Authentication);
                }
                return Ok(Finished::Plaintext(Plaintext {
                    held: plaintext,
                    given: 0,
                }));
            }
            Work::Whole { parameters, data } => {
                let (mechanism, data) = (self.mechanism, data.0.as_slice());
                return match (self.wanted, key) {
                    (Use::Sign, AnyKey::Own(key)) => {
                        sign(key, mechanism, &parameters, data).map(Finished::Output)
                    }
                    (Use::Verify, key) => {
                        verify(key, mechanism, &parameters, data, signature).map(Finished::Valid)
                    }
                    _ => Err(no_use(mechanism, "work in chunks")),
                };
            }
        };
        Ok(match self.wanted {
            Use::Verify => {
                let right = constant_time::verify_slices_are_equal(&made, signature);
                Finished::Valid(right.is_ok())
            }
            _ => Finished::Output(made),
        })
    }

    fn feed(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), CryptoError> {
        let taken = self.taken.saturating_add(data.len() as u64);
        if taken > self.total {
            return Err(CryptoError::DataLength {
                what: "the data",
                actual: usize::try_from(taken).unwrap_or(usize::MAX),
                needed: format!(
                    "at most {}, as was announced or as the mechanism limits it",
                    self.total
                ),
            });
        }
        self.taken = taken;
        match &mut self.work {
            Work::Hmac(stream) => stream
                .update(data)
                .map_err(|_| CryptoError::Module("HMAC"))?,
            Work::Cmac(context) => context
                .update(data)
                .map_err(|_| CryptoError::Module("AES-CMAC"))?,
            Work::Seal { cipher, tag_len } => {
                output.reserve(data.len() + *tag_len);
                cipher
                    .update(data, output)
                    .map_err(|_| CryptoError::Module("authenticated encryption"))?;
            }
            Work::Open {
                cipher,
                tag_len,
                tail,
                plaintext,
            } => {
                let ready = (tail.len() + data.len()).saturating_sub(*tag_len);
                let (from_tail, from_data) =
                    (ready.min(tail.len()), ready.saturating_sub(tail.len()));
                cipher
                    .update(&tail[..from_tail], &mut plaintext.0)
                    .and_then(|()| cipher.update(&data[..from_data], &mut plaintext.0))
                    .map_err(|_| CryptoError::Module("authenticated encryption"))?;
                tail.drain(..from_tail);
                tail.extend_from_slice(&data[from_data..]);
            }
            Work::Whole { data: held, .. } => held.0.extend_from_slice(data),
        }
        Ok(())
    }
}

const CHACHA_TAG_BYTES: usize = 16;

/// What is held is decrypted.
fn direction_of(held: bool) -> ffi::Direction {
    match held {
        true => ffi::Direction::Decrypt,
        false => ffi::Direction::Encrypt,
    }
}

/// Takes the first associated data; `held` is how much a decryption may hold.
fn aead(
    mut cipher: AeadStream,
    tag_len: usize,
    aad: &[u8],
    held: Option<usize>,
) -> Result<Work, CryptoError> {
    cipher
        .aad(aad)
        .map_err(|_| CryptoError::Module("associated data"))?;
    Ok(match held {
        Some(total) => Work::Open {
            cipher,
            tag_len,
            tail: Vec::with_capacity(tag_len),
            plaintext: Held::new(total)?,
        },
        None => Work::Seal { cipher, tag_len },
    })
}

/// Bytes that wait for the end of an operation. Never moved, since there is room for all from the start; the operating
/// system gives the memory as it is written. Wiped.
struct Held(Vec<u8>);

impl Held {
    fn new(total: usize) -> Result<Held, CryptoError> {
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(total)
            .map_err(|_| CryptoError::Module("taking memory for the data"))?;
        Ok(Held(bytes))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// A plaintext that is given out bit by bit.
pub struct Plaintext {
    held: Held,
    given: usize,
}

impl Plaintext {
    /// The next bytes, at most `limit`.
    pub fn next(&mut self, limit: usize) -> Vec<u8> {
        let end = self.held.0.len().min(self.given + limit);
        let next = self.held.0[self.given..end].to_vec();
        self.given = end;
        next
    }

    /// Bytes that have not been given out.
    pub fn remaining(&self) -> usize {
        self.held.0.len() - self.given
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
