//! Rows 9, 12 and 15: what is learnt from answers, weak keys, keys whose halves do not belong together.

use super::*;
use hsm_server::crypto::{Curve as CryptoCurve, KeyMaterial, KeySpec};
use hsm_server::policy::Mode;
use std::time::Instant;

fn rsa(app: &mut Connection, private: Vec<AttributeValue>) -> KeyInfo {
    let request = GenerateKeyPairRequest {
        request_id: request_id(),
        key_type: KeyType::Rsa.into(),
        size_bits: 2048,
        private_attributes: private,
        ..Default::default()
    };
    app.call(&request).unwrap().key.unwrap()
}

/// PKCS#1 v1.5 and its budget: `policy::fips_mode_and_allowed_mechanisms_gate_old_rsa_encryption` and
/// `policy::unwrapping_does_not_tell_wrong_padding_from_a_wrong_key`. Here the forms that are composed.
#[test]
fn row_9_one_answer_for_all_that_is_wrong_with_a_wrapped_key() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let pair = rsa(&mut app, Vec::new());
    let open = app
        .generate_aes(256, vec![Attribute::Extractable.flag(true)])
        .handle;
    let mechanism = Mechanism::RsaAesKeyWrap;
    let good = app.call(&wrap(pair.handle + 1, mechanism, open)).unwrap();
    let with = |wrapped: Vec<u8>, key_type: KeyType| {
        let wrapped = WrapKeyResponse {
            wrapped,
            iv: Vec::new(),
        };
        unwrap(pair.handle, mechanism, &wrapped, key_type, Vec::new())
    };
    let mut bad_oaep = good.wrapped.clone();
    bad_oaep[7] ^= 1;
    let mut bad_kwp = good.wrapped.clone();
    *bad_kwp.last_mut().unwrap() ^= 1;
    let expected = app.call(&with(bad_oaep.clone(), KeyType::Aes)).unwrap_err();
    assert_eq!(expected.0, Status::WrappedKeyInvalid);
    let mut failures = 1;
    while failures < 100 {
        for (wrapped, key_type) in [
            (&bad_kwp, KeyType::Aes),
            (&good.wrapped, KeyType::Ec),
            (&bad_oaep, KeyType::Ec),
        ] {
            let refused = app.call(&with(wrapped.clone(), key_type)).unwrap_err();
            assert_eq!(refused, expected);
            failures += 1;
        }
    }
    // All of them counted; what is right does not wait.
    for wrapped in [&bad_oaep, &bad_kwp] {
        let started = Instant::now();
        let refused = app.call(&with(wrapped.clone(), KeyType::Aes)).unwrap_err();
        assert_eq!(refused, expected);
        assert!(started.elapsed().as_millis() >= 90);
    }
    // A copy has the same budget: it is no way around it.
    let twin = app
        .call(&copy(pair.handle, Vec::new()))
        .unwrap()
        .key
        .unwrap();
    let started = Instant::now();
    let request = UnwrapKeyRequest {
        unwrapping_handle: twin.handle,
        ..with(bad_oaep, KeyType::Aes)
    };
    assert_eq!(app.call(&request).unwrap_err(), expected);
    assert!(started.elapsed().as_millis() >= 90);
    app.call(&with(good.wrapped, KeyType::Aes)).unwrap();
}

/// e < 65537, ROCA, bad CRT values, sizes: `crypto/refused_keys.rs` has each. Here that frames end in the same check.
#[test]
fn row_12_weak_rsa_keys_are_refused() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    for size_bits in [512, 1024, 1536, 2047, 8192] {
        let request = GenerateKeyPairRequest {
            request_id: request_id(),
            key_type: KeyType::Rsa.into(),
            size_bits,
            ..Default::default()
        };
        refused!(app, Status::KeySizeRange, request);
    }
    let key = KeyMaterial::generate(&KeySpec::Rsa { bits: 2048 }).unwrap();
    let pkcs8 = key.to_stored().unwrap();
    // A number of it changed: e, or a byte somewhere.
    let mut changed = Vec::new();
    let at = pkcs8
        .windows(5)
        .position(|bytes| bytes == [2, 3, 1, 0, 1])
        .unwrap();
    let mut exponent = pkcs8.to_vec();
    exponent[at + 2..at + 5].copy_from_slice(&[1, 0, 3]);
    changed.push(exponent);
    for at in (200..pkcs8.len()).step_by(97) {
        let mut damaged = pkcs8.to_vec();
        damaged[at] ^= 4;
        changed.push(damaged);
    }
    for material in changed {
        refused!(
            app,
            Status::KeyMaterialInvalid,
            import(KeyType::Rsa, &material, Vec::new())
        );
    }
}

/// RUSTSEC-2022-0093: whoever may name the public half of a private key gets that key from two signatures.
#[test]
fn row_15_the_public_half_is_never_the_callers() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    // SignRequest has a handle and no key. What imports a private key checks that its public half belongs to it.
    let spec = KeySpec::Ec {
        curve: CryptoCurve::P256,
    };
    let [own, other] = [(); 2].map(|()| KeyMaterial::generate(&spec).unwrap());
    let mut pkcs8 = own.to_stored().unwrap().to_vec();
    let point = |key: &KeyMaterial| {
        let info = key.public_key_info().unwrap();
        info[info.len() - 65..].to_vec()
    };
    app.call(&import(KeyType::Ec, &pkcs8, Vec::new())).unwrap();
    let own_point = point(&own);
    let at = pkcs8
        .windows(65)
        .position(|bytes| bytes == own_point)
        .unwrap();
    pkcs8[at..at + 65].copy_from_slice(&point(&other));
    refused!(
        app,
        Status::KeyMaterialInvalid,
        import(KeyType::Ec, &pkcs8, Vec::new())
    );
}

/// OneAsymmetricKey (RFC 5958) of Ed25519, X25519, ML-DSA and ML-KEM has room for a public key after the private one.
#[test]
fn row_15_a_foreign_public_key_beside_a_private_one_is_never_taken() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let ml_dsa = KeySpec::from_request(KeyType::MlDsa, 44, Curve::Unspecified).unwrap();
    let ml_kem = KeySpec::from_request(KeyType::MlKem, 512, Curve::Unspecified).unwrap();
    for (key_type, spec, public_bytes, checked) in [
        (KeyType::EcEdwards, KeySpec::EcEdwards, 32, true),
        (KeyType::EcMontgomery, KeySpec::EcMontgomery, 32, true),
        (KeyType::MlDsa, ml_dsa, 1312, false),
        (KeyType::MlKem, ml_kem, 800, false),
    ] {
        let [own, other] = [(); 2].map(|()| KeyMaterial::generate(&spec).unwrap());
        let info = own.public_key_info().unwrap();
        let with = |key: &KeyMaterial| {
            let info = key.public_key_info().unwrap();
            let public = &info[info.len() - public_bytes..];
            with_public(&own.to_stored().unwrap(), public)
        };
        let same = app
            .call(&import(key_type, &with(&own), Vec::new()))
            .unwrap();
        assert_eq!(same.key.unwrap().public_key_info, info, "{key_type:?}");
        let foreign = import(key_type, &with(&other), Vec::new());
        match checked {
            true => {
                refused!(app, Status::KeyMaterialInvalid, foreign);
            }
            // It is not read: the key has the public half that is computed from it.
            false => {
                let taken = app.call(&foreign).unwrap().key.unwrap();
                assert_eq!(taken.public_key_info, info, "{key_type:?}");
            }
        }
    }
}

/// A PKCS#8 key of version 1 as one of version 2, with a public key: `[1] IMPLICIT BIT STRING`.
fn with_public(pkcs8: &[u8], public: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| match bytes {
        0..=0x7f => vec![bytes as u8],
        0x80..=0xff => vec![0x81, bytes as u8],
        _ => vec![0x82, (bytes >> 8) as u8, bytes as u8],
    };
    let header = match pkcs8[1] {
        0x82 => 4,
        0x81 => 3,
        _ => 2,
    };
    let mut content = pkcs8[header..].to_vec();
    assert_eq!(content[..3], [2, 1, 0]);
    content[2] = 1;
    content.push(0x81);
    content.extend(length(public.len() + 1));
    content.push(0);
    content.extend_from_slice(public);
    [vec![0x30], length(content.len()), content].concat()
}
