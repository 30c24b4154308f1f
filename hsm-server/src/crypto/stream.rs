//! An operation whose data comes in chunks: HMAC, CMAC, GCM, ChaCha20-Poly1305, and what signs whole messages at its end.

use super::aes::GCM_BYTES_MAX;
use super::ffi::{AeadStream, HmacStream};
use super::mechanism::{AnyKey, Method, no_use, sign, verify};
use super::{CryptoError, chacha20, ffi};
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
                let key = key.secret("a generic secret")?.generic_secret()?;
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
                let key = key.secret("a ChaCha20 key")?.chacha20()?;
                let cipher = key.stream(&parameters.iv, direction_of(held))?;
                aead(
                    cipher,
                    CHACHA_TAG_BYTES,
                    &parameters.aad,
                    held.then_some(total),
                )?
            }
            _ => Work::Whole {
                parameters: Box::new(parameters.clone()),
                data: Held::new(total)?,
            },
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
mod tests {
    use super::*;
    use crate::crypto::{KeyMaterial, KeySpec, decrypt, encrypt};

    fn gcm(iv: &[u8], aad: &[u8], tag_bits: u32) -> MechanismParameters {
        MechanismParameters {
            iv: iv.to_vec(),
            aad: aad.to_vec(),
            tag_bits,
            ..MechanismParameters::default()
        }
    }

    fn text(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 7 + i / 251) as u8).collect()
    }

    fn output(finished: Finished) -> Vec<u8> {
        match finished {
            Finished::Output(output) => output,
            Finished::Plaintext(mut plaintext) => {
                let mut all = Vec::new();
                while plaintext.remaining() > 0 {
                    all.extend_from_slice(&plaintext.next(1000));
                }
                all
            }
            Finished::Valid(_) => panic!("no output"),
        }
    }

    /// Feeds `data` in pieces of `piece` bytes, the associated data of `parameters` in two.
    fn run(
        key: &KeyMaterial,
        mechanism: Mechanism,
        parameters: &MechanismParameters,
        wanted: Use,
        data: &[u8],
        piece: usize,
    ) -> Result<Vec<u8>, CryptoError> {
        let (first, second) = parameters.aad.split_at(parameters.aad.len() / 2);
        let begun = MechanismParameters {
            aad: first.to_vec(),
            ..parameters.clone()
        };
        let key = AnyKey::Own(key);
        let mut stream = Stream::begin(key, mechanism, &begun, wanted, data.len())?;
        stream.aad(second)?;
        let mut all = Vec::new();
        let last = data.len() - data.len() % piece.max(1);
        for chunk in data[..last].chunks(piece) {
            all.extend_from_slice(&stream.update(chunk)?);
        }
        all.extend_from_slice(&output(stream.finish(key, &data[last..], &[])?));
        Ok(all)
    }

    #[test]
    fn gcm_in_any_pieces_is_gcm_in_one() {
        let mechanism = Mechanism::AesGcm;
        let mut checked = 0;
        for bits in [128, 192, 256] {
            let key = KeyMaterial::generate(&KeySpec::Aes { bits }).unwrap();
            for (iv_len, tag_bits) in [(12, 128), (12, 96), (16, 104), (128, 120)] {
                for length in [0, 1, 15, 16, 17, 100, 4096, 10_007] {
                    let parameters = gcm(&text(iv_len), &text(length / 3), tag_bits);
                    let data = text(length);
                    let own = AnyKey::Own(&key);
                    let sealed = encrypt(own, mechanism, &parameters, &data).unwrap();
                    for piece in [1, 5, 16, 1000, 20_000] {
                        let made =
                            run(&key, mechanism, &parameters, Use::Encrypt, &data, piece).unwrap();
                        assert_eq!(made, sealed, "{bits} {iv_len} {tag_bits} {length} {piece}");
                        let opened =
                            run(&key, mechanism, &parameters, Use::Decrypt, &sealed, piece)
                                .unwrap();
                        assert_eq!(opened, data);
                        checked += 1;
                    }
                    assert_eq!(decrypt(&key, mechanism, &parameters, &sealed), Ok(data));
                }
            }
        }
        println!("{checked} splits checked");
    }

    #[test]
    fn chacha_in_any_pieces_is_chacha_in_one() {
        let mechanism = Mechanism::Chacha20Poly1305;
        let key = KeyMaterial::generate(&KeySpec::ChaCha20 { bits: 256 }).unwrap();
        for length in [0, 1, 63, 64, 65, 10_007] {
            let parameters = gcm(&text(12), &text(length / 3), 0);
            let data = text(length);
            let sealed = encrypt(AnyKey::Own(&key), mechanism, &parameters, &data).unwrap();
            for piece in [1, 64, 1000, 20_000] {
                let made = run(&key, mechanism, &parameters, Use::Encrypt, &data, piece).unwrap();
                assert_eq!(made, sealed, "{length} {piece}");
                let opened =
                    run(&key, mechanism, &parameters, Use::Decrypt, &sealed, piece).unwrap();
                assert_eq!(opened, data);
            }
            let mut changed = sealed.clone();
            changed[length / 2] ^= 1;
            assert_eq!(
                run(&key, mechanism, &parameters, Use::Decrypt, &changed, 100),
                Err(CryptoError::Authentication)
            );
        }
    }

    #[test]
    fn ed25519_and_ml_dsa_sign_long_messages_whole() {
        let none = MechanismParameters::default();
        for (spec, mechanism) in [
            (KeySpec::EcEdwards, Mechanism::Ed25519),
            (
                KeySpec::MlDsa {
                    set: super::super::MlDsaSet::MlDsa65,
                },
                Mechanism::MlDsa,
            ),
        ] {
            let key = KeyMaterial::generate(&spec).unwrap();
            let own = AnyKey::Own(&key);
            let message = text(2_000_000);
            let signature = run(&key, mechanism, &none, Use::Sign, &message, 300_000).unwrap();
            assert_eq!(
                verify(own, mechanism, &none, &message, &signature),
                Ok(true)
            );
            for (message, right) in [(&message[..], true), (&message[1..], false)] {
                let stream =
                    Stream::begin(own, mechanism, &none, Use::Verify, message.len()).unwrap();
                let finished = stream.finish(own, message, &signature).unwrap();
                assert!(matches!(finished, Finished::Valid(valid) if valid == right));
            }
        }
    }

    #[test]
    fn a_changed_bit_gives_nothing() {
        let key = KeyMaterial::generate(&KeySpec::Aes { bits: 256 }).unwrap();
        let parameters = gcm(&text(12), b"header", 128);
        let sealed = encrypt(
            AnyKey::Own(&key),
            Mechanism::AesGcm,
            &parameters,
            &text(1000),
        )
        .unwrap();
        let open = |parameters: &MechanismParameters, data: &[u8]| {
            run(&key, Mechanism::AesGcm, parameters, Use::Decrypt, data, 100)
        };
        for at in [0, 500, 999, 1000, 1015] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(
                open(&parameters, &changed),
                Err(CryptoError::Authentication)
            );
        }
        for length in [0, 1, 15, 16, 999] {
            let short = &sealed[..length];
            assert_eq!(open(&parameters, short), Err(CryptoError::Authentication));
        }
        let other = gcm(&text(12), b"Header", 128);
        assert_eq!(open(&other, &sealed), Err(CryptoError::Authentication));
    }

    #[test]
    fn macs_in_pieces_are_macs_in_one() {
        let secret = KeyMaterial::generate(&KeySpec::GenericSecret { bits: 256 }).unwrap();
        let aes = KeyMaterial::generate(&KeySpec::Aes { bits: 192 }).unwrap();
        let none = MechanismParameters::default();
        for (key, mechanism) in [
            (&secret, Mechanism::HmacSha1),
            (&secret, Mechanism::HmacSha224),
            (&secret, Mechanism::HmacSha256),
            (&secret, Mechanism::HmacSha384),
            (&secret, Mechanism::HmacSha512),
            (&secret, Mechanism::HmacSha512T256),
            (&secret, Mechanism::HmacSha3_256),
            (&aes, Mechanism::AesCmac),
        ] {
            for length in [0, 1, 64, 10_007] {
                let data = text(length);
                let mac = sign(key, mechanism, &none, &data).unwrap();
                for piece in [1, 64, 20_000] {
                    let made = run(key, mechanism, &none, Use::Sign, &data, piece).unwrap();
                    assert_eq!(made, mac, "{mechanism:?} {length} {piece}");
                }
                for (signature, right) in [(&mac[..], true), (&mac[1..], false), (&[], false)] {
                    let own = AnyKey::Own(key);
                    let stream = Stream::begin(own, mechanism, &none, Use::Verify, 0).unwrap();
                    let finished = stream.finish(own, &data, signature).unwrap();
                    assert!(matches!(finished, Finished::Valid(valid) if valid == right));
                }
            }
        }
    }

    /// The plug for what signs whole messages, tried with a MAC.
    #[test]
    fn a_whole_message_is_signed_at_its_end() {
        let key = KeyMaterial::generate(&KeySpec::GenericSecret { bits: 256 }).unwrap();
        let (own, none) = (AnyKey::Own(&key), MechanismParameters::default());
        let mac = sign(&key, Mechanism::HmacSha256, &none, b"in one piece").unwrap();
        let begin = |wanted| Stream {
            mechanism: Mechanism::HmacSha256,
            wanted,
            work: Work::Whole {
                parameters: Box::default(),
                data: Held::new(12).unwrap(),
            },
            taken: 0,
            total: 12,
        };
        let mut stream = begin(Use::Sign);
        assert!(stream.update(b"in one ").unwrap().is_empty());
        assert!(stream.aad(b"some").is_err());
        assert_eq!(output(stream.finish(own, b"piece", &[]).unwrap()), mac);
        let finished = begin(Use::Verify).finish(own, b"in one piece", &mac);
        assert!(matches!(finished.unwrap(), Finished::Valid(true)));
        let over = begin(Use::Sign).finish(own, b"in one piece!", &[]);
        assert!(matches!(over, Err(CryptoError::DataLength { .. })));
    }

    #[test]
    fn limits_hold() {
        let key = KeyMaterial::generate(&KeySpec::Aes { bits: 128 }).unwrap();
        let own = AnyKey::Own(&key);
        let parameters = gcm(&[1; 12], b"", 128);
        let begin = |wanted, total| {
            Stream::begin(own, Mechanism::AesGcm, &parameters, wanted, total).unwrap()
        };
        let mut sealing = begin(Use::Encrypt, 0);
        sealing.taken = GCM_BYTES_MAX - 5;
        assert!(sealing.update(&[0; 5]).is_ok());
        assert!(matches!(
            sealing.update(&[0]),
            Err(CryptoError::DataLength { .. })
        ));
        assert!(sealing.aad(b"late").is_err());
        let mut opening = begin(Use::Decrypt, 10);
        assert!(opening.update(&[0; 10]).is_ok());
        assert!(matches!(
            opening.update(&[0]),
            Err(CryptoError::DataLength { .. })
        ));
        for (mechanism, wanted) in [
            (Mechanism::AesCbcPad, Use::Encrypt),
            (Mechanism::AesCtr, Use::Decrypt),
            (Mechanism::RsaPkcs, Use::Sign),
            (Mechanism::AesGcm, Use::Sign),
            (Mechanism::HmacSha256, Use::Encrypt),
        ] {
            assert!(
                Stream::begin(own, mechanism, &parameters, wanted, 0).is_err(),
                "{mechanism:?} {wanted:?}"
            );
        }
    }
}
