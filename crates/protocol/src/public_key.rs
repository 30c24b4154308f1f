//! What a public key consists of, for those who show it.

use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};
use x509_parser::public_key::PublicKey;

/// The numbers of a SubjectPublicKeyInfo by their names in CloudHSM's CLI, big-endian: `modulus` and `public-exponent` of
/// an RSA key, `ec-point` (X9.62, uncompressed as the HSM writes it) of an EC key. Empty for anything else.
pub fn numbers(public_key_info: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let Ok((_, info)) = SubjectPublicKeyInfo::from_der(public_key_info) else {
        return Vec::new();
    };
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => vec![
            ("modulus", without_sign(key.modulus)),
            ("public-exponent", without_sign(key.exponent)),
        ],
        Ok(PublicKey::EC(point)) => vec![("ec-point", point.data().to_vec())],
        _ => Vec::new(),
    }
}

/// DER puts a zero in front of a number whose first bit is set.
fn without_sign(number: &[u8]) -> Vec<u8> {
    number
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn what_is_no_key_has_no_numbers() {
        assert!(numbers(&[]).is_empty());
        assert!(numbers(b"no key").is_empty());
    }
}
