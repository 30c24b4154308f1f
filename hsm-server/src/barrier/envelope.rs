//! One sealed record: `version 1 | data key number u32 | record version u64 | nonce 12 |
//! ciphertext and tag 16`, big-endian. docs/formats.md is the specification.

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::BarrierError;

const ENVELOPE_VERSION: u8 = 1;
const DOMAIN: &[u8] = b"ferrohsm-record-v1";
const NONCE_START: usize = 1 + 4 + 8;
const CIPHERTEXT_START: usize = NONCE_START + NONCE_LEN;
const TAG_BYTES: usize = 16;

/// Length of a cluster id, in bytes.
pub const CLUSTER_ID_BYTES: usize = 16;

/// Where a record belongs: it opens nowhere else.
pub struct Place<'a> {
    pub cluster_id: &'a [u8; CLUSTER_ID_BYTES],
    pub path: &'a str,
    /// Counts the writes of this path, from 1.
    pub version: u64,
}

impl Place<'_> {
    /// Each part with its length before it, so that no two places give the same bytes.
    fn associated_data(&self) -> Vec<u8> {
        let version = self.version.to_be_bytes();
        let parts: [&[u8]; 4] = [DOMAIN, self.cluster_id, self.path.as_bytes(), &version];
        let mut bytes = Vec::new();
        for part in parts {
            // Every part is far below 4 GiB: paths are at most 512 bytes.
            bytes.extend_from_slice(&(part.len() as u32).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

/// What an envelope says about itself; to be believed only once it has been opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub data_key: u32,
    pub version: u64,
}

/// Seals `plaintext` under data key `number`, with a random nonce from the module.
pub fn seal(
    key: &RandomizedNonceKey,
    number: u32,
    place: &Place,
    plaintext: &[u8],
) -> Result<Vec<u8>, BarrierError> {
    let mut bytes = Vec::with_capacity(CIPHERTEXT_START + plaintext.len() + TAG_BYTES);
    bytes.push(ENVELOPE_VERSION);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&place.version.to_be_bytes());
    bytes.extend_from_slice(&[0; NONCE_LEN]);
    // Holds the plaintext until it is encrypted in place; wiped if that fails.
    let mut bytes = Zeroizing::new(bytes);
    bytes.extend_from_slice(plaintext);
    let aad = Aad::from(place.associated_data());
    let (nonce, tag) = key
        .seal_in_place_separate_tag(aad, &mut bytes[CIPHERTEXT_START..])
        .map_err(|_| BarrierError::Crypto("sealing a record"))?;
    bytes[NONCE_START..CIPHERTEXT_START].copy_from_slice(nonce.as_ref());
    bytes.extend_from_slice(tag.as_ref());
    Ok(std::mem::take(&mut *bytes))
}

/// Reads the header of an envelope.
pub fn header(path: &str, bytes: &[u8]) -> Result<Header, BarrierError> {
    let damaged = |reason| BarrierError::Damaged {
        path: path.to_owned(),
        reason,
    };
    let (version, rest) = bytes.split_first().ok_or_else(|| damaged("it is empty"))?;
    if *version != ENVELOPE_VERSION {
        return Err(damaged("it has an unknown envelope version"));
    }
    let short = || damaged("it is too short");
    let (data_key, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let (version, rest) = rest.split_first_chunk().ok_or_else(short)?;
    if rest.len() < NONCE_LEN + TAG_BYTES {
        return Err(short());
    }
    Ok(Header {
        data_key: u32::from_be_bytes(*data_key),
        version: u64::from_be_bytes(*version),
    })
}

/// Opens an envelope whose [`header`] was read, at the place where it was found.
pub fn open(
    key: &RandomizedNonceKey,
    place: &Place,
    bytes: Vec<u8>,
) -> Result<Zeroizing<Vec<u8>>, BarrierError> {
    let mut bytes = Zeroizing::new(bytes);
    let tampered = || BarrierError::Tampered {
        path: place.path.to_owned(),
    };
    let nonce = bytes
        .get(NONCE_START..CIPHERTEXT_START)
        .ok_or_else(tampered)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| tampered())?;
    let aad = Aad::from(place.associated_data());
    let plaintext_bytes = key
        .open_in_place(nonce, aad, &mut bytes[CIPHERTEXT_START..])
        .map_err(|_| tampered())?
        .len();
    bytes.copy_within(CIPHERTEXT_START..CIPHERTEXT_START + plaintext_bytes, 0);
    // What is cut off stays in the allocation, and is wiped with it.
    bytes.truncate(plaintext_bytes);
    Ok(bytes)
}
