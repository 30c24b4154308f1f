//! PKCS#8 of ML-DSA (RFC 9881) and ML-KEM (RFC 9935) private keys: a seed, the expanded key, or both.
//!
//! AWS-LC reads and writes only some of these forms, so the few elements around the bytes are read and written here.

use super::CryptoError;
use super::key::key_der_bounded;
use x509_parser::asn1_rs::{Any, FromDer, Tag};
use zeroize::Zeroizing;

/// `2.16.840.1.101.3.4`, content bytes of the object identifier: NIST's algorithms.
const NIST: [u8; 7] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04];

/// What a PKCS#8 key holds; at least one of the two.
pub(super) struct PqPrivate<'a> {
    pub seed: Option<&'a [u8]>,
    pub expanded: Option<&'a [u8]>,
}

const REFUSED: CryptoError = CryptoError::KeyRefused(
    "not a well-formed, unencrypted PKCS#8 private key (DER) of ML-DSA or ML-KEM",
);

/// Reads a key whose algorithm is NIST's `arc` (3 for signatures, 4 for KEMs) with one of `numbers`; gives the number too.
pub(super) fn read(
    pkcs8: &[u8],
    arc: u8,
    numbers: [u8; 3],
) -> Result<(u8, PqPrivate<'_>), CryptoError> {
    key_der_bounded(pkcs8)?;
    let (rest, outer) = element(pkcs8, Tag::Sequence)?;
    // Attributes and public key may follow; the public key is computed, never taken from anybody.
    let (content, _version) = element(outer, Tag::Integer)?;
    let (content, algorithm) = element(content, Tag::Sequence)?;
    let (_, key) = element(content, Tag::OctetString)?;
    let (parameters, oid) = element(algorithm, Tag::Oid)?;
    let number = match oid.strip_prefix(&NIST) {
        Some([of, number]) if *of == arc && numbers.contains(number) => *number,
        _ => return Err(CryptoError::KeyRefused("it is for another algorithm")),
    };
    if !rest.is_empty() || !parameters.is_empty() {
        return Err(REFUSED);
    }
    let (rest, any) = Any::from_der(key).map_err(|_| REFUSED)?;
    if !rest.is_empty() {
        return Err(REFUSED);
    }
    let form = match (any.header.is_contextspecific(), any.tag()) {
        (true, Tag(0)) => PqPrivate {
            seed: Some(any.data),
            expanded: None,
        },
        (false, Tag::OctetString) => PqPrivate {
            seed: None,
            expanded: Some(any.data),
        },
        (false, Tag::Sequence) => {
            let (content, seed) = element(any.data, Tag::OctetString)?;
            let (content, expanded) = element(content, Tag::OctetString)?;
            if !content.is_empty() {
                return Err(REFUSED);
            }
            PqPrivate {
                seed: Some(seed),
                expanded: Some(expanded),
            }
        }
        _ => return Err(REFUSED),
    };
    Ok((number, form))
}

/// The first element, which must have this tag: what follows it, and its content.
fn element(der: &[u8], tag: Tag) -> Result<(&[u8], &[u8]), CryptoError> {
    let (rest, any) = Any::from_der(der).map_err(|_| REFUSED)?;
    match any.tag() == tag && !any.header.is_contextspecific() {
        true => Ok((rest, any.data)),
        false => Err(REFUSED),
    }
}

/// PKCS#8 of a seed.
pub(super) fn of_seed(arc: u8, number: u8, seed: &[u8]) -> Zeroizing<Vec<u8>> {
    write(arc, number, 0x80, seed)
}

/// PKCS#8 of an expanded key.
pub(super) fn of_expanded(arc: u8, number: u8, expanded: &[u8]) -> Zeroizing<Vec<u8>> {
    write(arc, number, 0x04, expanded)
}

fn write(arc: u8, number: u8, form: u8, bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let inner = header(form, bytes.len());
    let octets = header(0x04, inner.len() + bytes.len());
    let mut body = vec![2, 1, 0, 0x30, 11, 6, 9];
    body.extend(NIST);
    body.extend([arc, number]);
    let outer = header(0x30, body.len() + octets.len() + inner.len() + bytes.len());
    // In one piece of the right size: nothing grows, so no copy of a private key is left behind in freed memory.
    let length = outer.len() + body.len() + octets.len() + inner.len() + bytes.len();
    let mut der = Zeroizing::new(Vec::with_capacity(length));
    for part in [&outer, &body, &octets, &inner, bytes] {
        der.extend_from_slice(part);
    }
    der
}

/// Tag and length.
fn header(tag: u8, length: usize) -> Vec<u8> {
    match length {
        0..=0x7f => vec![tag, length as u8],
        0x80..=0xff => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    }
}
