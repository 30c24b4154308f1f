//! Rows 8 and 11: derivation and key agreement.

use super::*;
use hsm_server::policy::Mode;

fn deriving() -> Vec<AttributeValue> {
    vec![Attribute::Derive.flag(true)]
}

#[test]
fn row_8_no_derivation_gives_a_key_away_in_parts() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    // Nothing in the table takes a key apart: no XOR, no concatenation, no extraction of bytes.
    let derives = MECHANISMS.iter().filter(|row| row.has_use(Use::Derive));
    for row in derives {
        let known = [0x1050, 0x402A, 0x3AC, 0x3B0];
        assert!(
            known.contains(&row.ckm),
            "{} derives: does it take a key apart?",
            row.name
        );
    }
    let secret = app
        .call(&generate_secret(256, deriving()))
        .unwrap()
        .key
        .unwrap();
    let aes = app.generate_aes(256, deriving());
    let pair = app.generate_ec(Curve::P256, Vec::new());
    let peer = app.generate_ec(Curve::P256, Vec::new()).public_key_info;
    // A short key could be found by trying, and is the start of a longer one.
    for (handle, mechanism) in [
        (secret.handle, Mechanism::HkdfSha256),
        (secret.handle, Mechanism::CounterKdfHmacSha256),
        (aes.handle, Mechanism::CounterKdfCmac),
        (pair.handle, Mechanism::EcdhX963Sha256),
    ] {
        for size_bits in [0, 8, 64, 120, 127] {
            let mut request = derive(handle, mechanism, Vec::new());
            request.key_type = KeyType::GenericSecret.into();
            request.size_bits = size_bits;
            request.parameters.as_mut().unwrap().peer_public_key_info = peer.clone();
            let status = app.status(&request);
            assert!(
                matches!(
                    status,
                    Status::MechanismParameterInvalid | Status::KeySizeRange
                ),
                "{mechanism:?} with {size_bits} bits: {status}"
            );
        }
    }
}

#[test]
fn row_8_a_key_that_derives_computes_nothing_else() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    // As a MAC or a cipher the same key would compute its derived keys in the clear.
    for (size_bits, key_type, uses) in [
        (
            256,
            KeyType::Aes,
            &[
                Attribute::Encrypt,
                Attribute::Decrypt,
                Attribute::Sign,
                Attribute::Verify,
                Attribute::Wrap,
                Attribute::Unwrap,
            ][..],
        ),
        (
            256,
            KeyType::GenericSecret,
            &[Attribute::Sign, Attribute::Verify][..],
        ),
    ] {
        let generate = |attributes| GenerateKeyRequest {
            request_id: request_id(),
            key_type: key_type.into(),
            size_bits,
            attributes,
        };
        for other in uses {
            let mut attributes = deriving();
            attributes.push(other.flag(true));
            refused!(app, Status::TemplateInconsistent, generate(attributes));
        }
        let deriving = app.call(&generate(deriving())).unwrap().key.unwrap();
        let usual = app.call(&generate(Vec::new())).unwrap().key.unwrap();
        for other in uses {
            assert!(!flag(&deriving.attributes, *other), "{other:?}");
            assert!(flag(&usual.attributes, *other), "{other:?}");
        }
        assert!(!flag(&usual.attributes, Attribute::Derive));
        refused!(
            app,
            Status::AttributeReadOnly,
            update(usual.handle, vec![Attribute::Derive.flag(true)]),
            update(deriving.handle, vec![uses[0].flag(true)]),
            copy(deriving.handle, vec![uses[0].flag(true)]),
        );
    }
    // HMAC with HKDF's intermediate key is HKDF-Expand: it only derives.
    let secret = app
        .call(&generate_secret(256, deriving()))
        .unwrap()
        .key
        .unwrap();
    let extract = |attributes| {
        let mut request = derive(secret.handle, Mechanism::HkdfSha256, attributes);
        request.key_type = KeyType::GenericSecret.into();
        request.parameters = Some(MechanismParameters {
            hkdf_step: HkdfStep::Extract.into(),
            salt: b"salt".to_vec(),
            ..Default::default()
        });
        request
    };
    refused!(
        app,
        Status::TemplateInconsistent,
        extract(vec![Attribute::Sign.flag(true)]),
        extract(vec![
            Attribute::Derive.flag(false),
            Attribute::Sign.flag(true)
        ]),
    );
    let extracted = app.call(&extract(Vec::new())).unwrap().key.unwrap();
    assert!(flag(&extracted.attributes, Attribute::Derive));
    assert!(!flag(&extracted.attributes, Attribute::Sign));
    let mut as_aes = extract(Vec::new());
    as_aes.key_type = KeyType::Aes.into();
    refused!(app, Status::KeyTypeInconsistent, as_aes);
}

/// The same derivation twice: once as a key that derives, once as a MAC key, which computes what the first one derives.
#[test]
fn row_8_a_derived_key_does_not_derive() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let secret = app.call(&generate_secret(256, deriving())).unwrap();
    let secret = secret.key.unwrap().handle;
    let aes = app.generate_aes(256, deriving()).handle;
    let pair = app.generate_ec(Curve::P256, Vec::new()).handle;
    let peer = app.generate_ec(Curve::P256, Vec::new()).public_key_info;
    for (base, mechanism) in [
        (secret, Mechanism::HkdfSha256),
        (secret, Mechanism::CounterKdfHmacSha256),
        (aes, Mechanism::CounterKdfCmac),
        (pair, Mechanism::EcdhX963Sha256),
    ] {
        for key_type in [KeyType::GenericSecret, KeyType::Aes] {
            let request = |attributes| {
                let mut request = derive(base, mechanism, attributes);
                request.key_type = key_type.into();
                request.parameters.as_mut().unwrap().peer_public_key_info = peer.clone();
                request
            };
            let mac = app.call(&request(Vec::new())).unwrap().key.unwrap();
            assert!(flag(&mac.attributes, Attribute::Sign));
            refused!(app, Status::TemplateInconsistent, request(deriving()));
        }
    }
    // HKDF-Extract makes intermediate keys, which do nothing else; what they derive ends there.
    let step = |handle, step: HkdfStep, attributes| {
        let mut request = derive(handle, Mechanism::HkdfSha256, attributes);
        request.key_type = KeyType::GenericSecret.into();
        request.parameters = Some(MechanismParameters {
            hkdf_step: step.into(),
            ..Default::default()
        });
        request
    };
    let extract = step(secret, HkdfStep::Extract, Vec::new());
    let first = app.call(&extract).unwrap().key.unwrap().handle;
    let extract = step(first, HkdfStep::Extract, deriving());
    let second = app.call(&extract).unwrap().key.unwrap().handle;
    refused!(
        app,
        Status::TemplateInconsistent,
        step(second, HkdfStep::Expand, deriving())
    );
    app.call(&step(second, HkdfStep::Expand, Vec::new()))
        .unwrap();
}

#[test]
fn row_8_a_derived_key_is_no_freer_than_its_base() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let base = |extra: &[AttributeValue]| [deriving().as_slice(), extra].concat();
    let open = || Attribute::Extractable.flag(true);
    let mechanism = Mechanism::CounterKdfCmac;
    let kept = app.generate_aes(256, deriving()).handle;
    refused!(
        app,
        Status::TemplateInconsistent,
        derive(kept, mechanism, vec![open()]),
        derive(kept, mechanism, vec![Attribute::Sensitive.flag(false)]),
    );
    let from_kept = app
        .call(&derive(kept, mechanism, Vec::new()))
        .unwrap()
        .key
        .unwrap();
    let history = |key: &KeyInfo| {
        [
            Attribute::Local,
            Attribute::AlwaysSensitive,
            Attribute::NeverExtractable,
            Attribute::Extractable,
        ]
        .map(|attribute| flag(&key.attributes, attribute))
    };
    assert_eq!(history(&from_kept), [false, true, true, false]);
    let free = app.generate_aes(256, base(&[open()])).handle;
    let from_free = app
        .call(&derive(free, mechanism, Vec::new()))
        .unwrap()
        .key
        .unwrap();
    assert_eq!(history(&from_free), [false, true, false, false]);
    let guarded = app.generate_aes(256, base(&wrap_with_trusted())).handle;
    refused!(
        app,
        Status::TemplateInconsistent,
        derive(
            guarded,
            mechanism,
            vec![Attribute::WrapWithTrusted.flag(false)]
        )
    );
    let request = derive(guarded, mechanism, vec![open()]);
    let from_guarded = app.call(&request).unwrap().key.unwrap();
    assert!(flag(&from_guarded.attributes, Attribute::WrapWithTrusted));
    // What two parties agree on, the other one knows.
    let pair = app.generate_ec(Curve::P256, Vec::new()).handle;
    let mut agreed = derive(pair, Mechanism::EcdhX963Sha256, Vec::new());
    agreed.parameters.as_mut().unwrap().peer_public_key_info =
        app.generate_ec(Curve::P256, Vec::new()).public_key_info;
    let agreed = app.call(&agreed).unwrap().key.unwrap();
    assert_eq!(history(&agreed), [false; 4]);
    // As whoever has a password knows its key.
    let password = DeriveKeyRequest {
        password: b"correct horse".to_vec(),
        parameters: Some(MechanismParameters {
            salt: vec![1; 16],
            iterations: 10,
            ..Default::default()
        }),
        ..derive(0, Mechanism::Pbkdf2Sha256, Vec::new())
    };
    let password = app.call(&password).unwrap().key.unwrap();
    assert_eq!(history(&password), [false; 4]);
    // Uses and mechanisms of the base are checked as everywhere.
    let plain = app.generate_aes(256, Vec::new()).handle;
    let only = Attribute::AllowedMechanisms.mechanisms([Mechanism::AesGcm]);
    let limited = app.generate_aes(256, base(&[only])).handle;
    for (handle, mechanism, status) in [
        (plain, mechanism, Status::KeyFunctionNotPermitted),
        (limited, mechanism, Status::MechanismNotAllowed),
        (kept, Mechanism::HkdfSha256, Status::KeyTypeInconsistent),
        (kept, Mechanism::Pbkdf2Sha256, Status::KeyTypeInconsistent),
        (kept, Mechanism::AesGcm, Status::MechanismInvalid),
        (pair, Mechanism::Ecdh, Status::MechanismInvalid),
        (0, mechanism, Status::KeyNotFound),
    ] {
        refused!(app, status, derive(handle, mechanism, Vec::new()));
    }
}

#[test]
fn row_11_points_off_the_curve_are_refused() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let key = app.generate_ec(Curve::P256, Vec::new()).handle;
    let good = app.generate_ec(Curve::P256, Vec::new()).public_key_info;
    let agree = |peer: &[u8]| {
        let mut request = derive(key, Mechanism::EcdhX963Sha256, Vec::new());
        request.parameters.as_mut().unwrap().peer_public_key_info = peer.to_vec();
        request
    };
    let out = |peer: &[u8]| DeriveSecretRequest {
        handle: key,
        mechanism: Mechanism::Ecdh.code(),
        peer_public_key_info: peer.to_vec(),
    };
    app.call(&agree(&good)).unwrap();
    app.call(&out(&good)).unwrap();
    let mut off = good.clone();
    *off.last_mut().unwrap() ^= 1;
    let mut zero = good.clone();
    let point = zero.len() - 64;
    zero[point..].fill(0);
    // The point at infinity, with the lengths around it put right.
    let mut infinity = good[..good.len() - 65].to_vec();
    infinity.push(0);
    infinity[1] -= 64;
    let bits = infinity.len() - 3;
    infinity[bits] -= 64;
    let other_curve = app.generate_ec(Curve::P384, Vec::new()).public_key_info;
    for bad in [
        &off,
        &zero,
        &infinity,
        &other_curve,
        &Vec::new(),
        &vec![0x30],
    ] {
        refused!(app, Status::PublicKeyInvalid, agree(bad), out(bad));
    }
}
