//! Rows 1 to 4, 6, 7 and 10: wrapping.

use super::*;
use hsm_server::policy::Mode;

#[test]
fn row_1_a_wrapped_key_cannot_be_decrypted() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    // A key that wraps and decrypts: what is not extractable does not get under it.
    let both = app.generate_aes(256, Vec::new()).handle;
    let kept = app.generate_aes(256, Vec::new()).handle;
    let guarded = app.generate_aes(256, wrap_with_trusted()).handle;
    for mechanism in aes_wraps() {
        refused!(app, Status::KeyNotExtractable, wrap(both, mechanism, kept));
        refused!(
            app,
            Status::KeyFunctionNotPermitted,
            wrap(both, mechanism, guarded)
        );
    }
    // A trusted key wraps it, and decrypts nothing: neither do its copies.
    let trusted = trusted(&test, &mut app);
    let twin = app.call(&copy(trusted, Vec::new())).unwrap().key.unwrap();
    assert!(!flag(&twin.attributes, Attribute::Trusted));
    for mechanism in aes_wraps() {
        refused!(
            app,
            Status::KeyFunctionNotPermitted,
            wrap(twin.handle, mechanism, guarded)
        );
        if mechanism != Mechanism::AesAttributeWrap {
            refused!(
                app,
                Status::KeyFunctionNotPermitted,
                wrap(trusted, mechanism, guarded)
            );
            continue;
        }
        let wrapped = app.call(&wrap(trusted, mechanism, guarded)).unwrap();
        for handle in [trusted, twin.handle] {
            for decrypting in [Mechanism::AesGcm, Mechanism::AesEcb, Mechanism::AesCtr] {
                let decrypt = DecryptRequest {
                    handle,
                    mechanism: decrypting.code(),
                    parameters: Some(MechanismParameters {
                        iv: wrapped.iv.clone(),
                        ..Default::default()
                    }),
                    data: wrapped.wrapped.clone(),
                };
                refused!(app, Status::KeyFunctionNotPermitted, decrypt);
            }
        }
    }
    // A key that could once decrypt is never trusted, though it cannot any more; nor is a copy of it.
    let former = app.generate_aes(256, vec![wrapping_only().pop().unwrap()]);
    let narrowed: Vec<_> = wrapping_only().into_iter().take(4).collect();
    let narrow = app.call(&copy(former.handle, narrowed.clone())).unwrap();
    app.call(&update(former.handle, narrowed)).unwrap();
    let mut officer = test.log_in("admin");
    for handle in [former.handle, narrow.key.unwrap().handle] {
        refused!(
            officer,
            Status::TemplateInconsistent,
            set_trusted(handle, true)
        );
    }
}

#[test]
fn row_2_a_chosen_plaintext_cannot_be_unwrapped_into_power() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let both = app.generate_aes(256, Vec::new()).handle;
    // Encrypting a key that one knows and unwrapping it makes a key that the HSM vouches for in nothing.
    let encrypt = EncryptRequest {
        key: own(both),
        mechanism: Mechanism::AesGcm.code(),
        parameters: None,
        data: vec![1; 32],
    };
    let encrypted = app.call(&encrypt).unwrap();
    let chosen = WrapKeyResponse {
        wrapped: encrypted.data.clone(),
        iv: encrypted.iv.clone(),
    };
    let planted = unwrap(both, Mechanism::AesGcm, &chosen, KeyType::Aes, Vec::new());
    let planted = app.call(&planted).unwrap().key.unwrap();
    for attribute in [
        Attribute::Wrap,
        Attribute::Local,
        Attribute::AlwaysSensitive,
        Attribute::NeverExtractable,
        Attribute::Trusted,
    ] {
        assert!(!flag(&planted.attributes, attribute), "{attribute:?}");
    }
    let guarded = app.generate_aes(256, wrap_with_trusted()).handle;
    refused!(
        app,
        Status::KeyFunctionNotPermitted,
        wrap(planted.handle, Mechanism::AesKeyWrap, guarded)
    );
    // The attribute-bound form cannot be made with the same key's GCM: a wrap with its header, sealed by encryption.
    let open = app.generate_aes(256, vec![Attribute::Extractable.flag(true)]);
    let mechanism = Mechanism::AesAttributeWrap;
    let mut forged = app.call(&wrap(both, mechanism, open.handle)).unwrap();
    let length = u32::from_be_bytes(forged.wrapped[13..17].try_into().unwrap()) as usize;
    let header = forged.wrapped[17..17 + length].to_vec();
    let encrypt = EncryptRequest {
        parameters: Some(MechanismParameters {
            aad: [&b"ferrohsm-bound-key"[..], &[1], &header].concat(),
            ..Default::default()
        }),
        ..encrypt
    };
    let encrypted = app.call(&encrypt).unwrap();
    forged.wrapped.truncate(17 + length);
    forged.wrapped[1..13].copy_from_slice(&encrypted.iv);
    forged.wrapped.extend(encrypted.data);
    refused!(
        app,
        Status::WrappedKeyInvalid,
        unwrap(both, mechanism, &forged, KeyType::Aes, Vec::new())
    );
    // A trusted key encrypts nothing at all.
    let trusted = trusted(&test, &mut app);
    for mechanism in [Mechanism::AesGcm, Mechanism::AesEcb, Mechanism::AesCbc] {
        let encrypt = EncryptRequest {
            key: own(trusted),
            mechanism: mechanism.code(),
            ..encrypt.clone()
        };
        refused!(app, Status::KeyFunctionNotPermitted, encrypt);
    }
}

#[test]
fn row_3_a_key_does_not_come_back_weaker() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let trusted = trusted(&test, &mut app);
    let mut attributes = wrap_with_trusted();
    attributes.extend([
        Attribute::Label.text("payroll"),
        Attribute::Decrypt.flag(false),
        Attribute::AllowedMechanisms.mechanisms([Mechanism::AesGcm, Mechanism::AesKeyWrapPad]),
    ]);
    let key = app.generate_aes(256, attributes);
    let mechanism = Mechanism::AesAttributeWrap;
    let wrapped = app.call(&wrap(trusted, mechanism, key.handle)).unwrap();
    let back = |attributes| unwrap(trusted, mechanism, &wrapped, KeyType::Aes, attributes);
    // It comes back as it was, check value and all.
    let same = app.call(&back(Vec::new())).unwrap().key.unwrap();
    assert_eq!(same.attributes, key.attributes);
    // Nothing can be asked back.
    for weaker in [
        Attribute::WrapWithTrusted.flag(false),
        Attribute::Sensitive.flag(false),
        Attribute::Decrypt.flag(true),
        Attribute::Trusted.flag(true),
        Attribute::NeverExtractable.flag(true),
        Attribute::WrappingOnly.flag(true),
        Attribute::AllowCallerIv.flag(true),
        Attribute::AllowedMechanisms.mechanisms([Mechanism::AesGcm, Mechanism::AesEcb]),
        Attribute::UnwrapTemplate.template([Attribute::Extractable.flag(false)]),
    ] {
        refused!(app, Status::AttributeReadOnly, back(vec![weaker]));
    }
    // More strictness can.
    let stricter = vec![Attribute::Encrypt.flag(false), Attribute::Token.flag(true)];
    let stricter = app.call(&back(stricter)).unwrap().key.unwrap();
    assert!(!flag(&stricter.attributes, Attribute::Encrypt));
    assert!(flag(&stricter.attributes, Attribute::Token));
    // Every bit of the wrapped key is authenticated.
    for at in 0..wrapped.wrapped.len() {
        let mut damaged = wrapped.clone();
        damaged.wrapped[at] ^= 0x10;
        let request = unwrap(trusted, mechanism, &damaged, KeyType::Aes, Vec::new());
        refused!(app, Status::WrappedKeyInvalid, request);
    }
    for length in 0..wrapped.wrapped.len() {
        let mut cut = wrapped.clone();
        cut.wrapped.truncate(length);
        let request = unwrap(trusted, mechanism, &cut, KeyType::Aes, Vec::new());
        refused!(app, Status::WrappedKeyInvalid, request);
    }
    // What is wrapped without its attributes, where a trusted key names such a form, falls under its template.
    let raw = [
        Mechanism::AesKeyWrapPad,
        Mechanism::AesKeyWrap,
        Mechanism::AesGcm,
    ];
    let mut naming = wrapping_only();
    naming.push(Attribute::AllowedMechanisms.mechanisms(raw));
    let trusted = app.generate_aes(256, naming).handle;
    let mut officer = test.log_in("admin");
    officer.call(&set_trusted(trusted, true)).unwrap();
    for mechanism in raw {
        let wrapped = app.call(&wrap(trusted, mechanism, key.handle)).unwrap();
        let back = |attributes| unwrap(trusted, mechanism, &wrapped, KeyType::Aes, attributes);
        for weaker in [
            vec![Attribute::WrapWithTrusted.flag(false)],
            vec![Attribute::Sensitive.flag(false)],
            vec![Attribute::Wrap.flag(true)],
        ] {
            refused!(app, Status::TemplateInconsistent, back(weaker));
        }
        let back = back(vec![Attribute::Extractable.flag(true)]);
        let back = app.call(&back).unwrap().key.unwrap();
        assert!(flag(&back.attributes, Attribute::WrapWithTrusted));
        assert!(!flag(&back.attributes, Attribute::AlwaysSensitive));
    }
}

#[test]
fn row_3_a_key_whose_wrapping_key_is_known_is_not_vouched_for() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let known = app
        .call(&import(KeyType::Aes, &[7; 32], Vec::new()))
        .unwrap();
    let known = known.key.unwrap().handle;
    let born = app.generate_aes(256, Vec::new()).handle;
    let open = app.generate_aes(256, vec![Attribute::Extractable.flag(true)]);
    assert!(flag(&open.attributes, Attribute::AlwaysSensitive));
    let mechanism = Mechanism::AesAttributeWrap;
    for (wrapping, vouched) in [(born, true), (known, false)] {
        let wrapped = app.call(&wrap(wrapping, mechanism, open.handle)).unwrap();
        let back = unwrap(wrapping, mechanism, &wrapped, KeyType::Aes, Vec::new());
        let back = app.call(&back).unwrap().key.unwrap();
        for attribute in [Attribute::Local, Attribute::AlwaysSensitive] {
            assert_eq!(flag(&back.attributes, attribute), vouched, "{attribute:?}");
        }
    }
}

#[test]
fn row_4_a_key_does_not_come_back_as_another_type() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let wrapping = app.generate_aes(256, Vec::new()).handle;
    let open = || vec![Attribute::Extractable.flag(true)];
    let aes = app.generate_aes(256, open());
    let pair = app.generate_ec(Curve::P256, open());
    let mechanism = Mechanism::AesAttributeWrap;
    for (key, wrong) in [
        (&aes, KeyType::GenericSecret),
        (&pair, KeyType::Rsa),
        (&pair, KeyType::GenericSecret),
    ] {
        let wrapped = app.call(&wrap(wrapping, mechanism, key.handle)).unwrap();
        refused!(
            app,
            Status::WrappedKeyInvalid,
            unwrap(wrapping, mechanism, &wrapped, wrong, Vec::new())
        );
        let right = unwrap(wrapping, mechanism, &wrapped, key.key_type(), Vec::new());
        let back = app.call(&right).unwrap().key.unwrap();
        // What was allowed by default is allowed by name.
        let other = |attributes: &[AttributeValue]| {
            let list = Attribute::AllowedMechanisms.id();
            let others = attributes.iter().filter(|value| value.id != list);
            others.cloned().collect::<Vec<_>>()
        };
        assert_eq!(other(&back.attributes), key.attributes);
        assert_eq!(other(&back.public_attributes), key.public_attributes);
        assert_eq!(
            (back.size_bits, back.curve, &back.public_key_info),
            (key.size_bits, key.curve, &key.public_key_info)
        );
    }
    // Where only bytes are wrapped, a private key is no secret of another length, nor the other way round.
    let wrapped = app
        .call(&wrap(wrapping, Mechanism::AesKeyWrapPad, pair.handle))
        .unwrap();
    for wrong in [KeyType::Aes, KeyType::Rsa] {
        let request = unwrap(
            wrapping,
            Mechanism::AesKeyWrapPad,
            &wrapped,
            wrong,
            Vec::new(),
        );
        refused!(app, Status::WrappedKeyInvalid, request);
    }
}

#[test]
fn row_6_a_weaker_key_does_not_wrap_or_derive_a_stronger_one() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let target = app
        .generate_aes(256, vec![Attribute::Extractable.flag(true)])
        .handle;
    let chacha = GenerateKeyRequest {
        key_type: KeyType::Chacha20.into(),
        ..generate_secret(256, vec![Attribute::Extractable.flag(true)])
    };
    let chacha = app.call(&chacha).unwrap().key.unwrap().handle;
    for bits in [128, 192] {
        let wrapping = app.generate_aes(bits, Vec::new()).handle;
        for mechanism in aes_wraps() {
            refused!(
                app,
                Status::KeyFunctionNotPermitted,
                wrap(wrapping, mechanism, target),
                wrap(wrapping, mechanism, chacha),
            );
        }
        let base = app
            .generate_aes(bits, vec![Attribute::Derive.flag(true)])
            .handle;
        refused!(
            app,
            Status::KeyFunctionNotPermitted,
            derive(base, Mechanism::CounterKdfCmac, Vec::new())
        );
    }
    let base = vec![Attribute::Derive.flag(true)];
    let tiny = app
        .call(&generate_secret(104, base))
        .unwrap()
        .key
        .unwrap()
        .handle;
    for size_bits in [128, 256] {
        let request = DeriveKeyRequest {
            size_bits,
            ..derive(tiny, Mechanism::HkdfSha256, Vec::new())
        };
        refused!(app, Status::KeyFunctionNotPermitted, request);
    }
}

#[test]
fn row_7_random_bytes_do_not_unwrap_into_a_key() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let wrapping = app.generate_aes(256, Vec::new()).handle;
    let before = app.counts();
    for mechanism in aes_wraps() {
        for length in [16, 24, 32, 40, 48, 64, 100] {
            let random = app.call(&RandomRequest { length }).unwrap().data;
            let conjured = WrapKeyResponse {
                wrapped: random,
                iv: if mechanism == Mechanism::AesGcm {
                    vec![1; 12]
                } else {
                    Vec::new()
                },
            };
            let request = unwrap(wrapping, mechanism, &conjured, KeyType::Aes, Vec::new());
            refused!(app, Status::WrappedKeyInvalid, request);
        }
    }
    // CBC authenticates nothing: only where somebody asked for it, and not in FIPS mode.
    let cbc = Mechanism::AesCbcUnwrap;
    let conjured = WrapKeyResponse {
        wrapped: vec![3; 32],
        iv: vec![1; 16],
    };
    let request = unwrap(wrapping, cbc, &conjured, KeyType::Aes, Vec::new());
    refused!(app, Status::MechanismNotAllowed, request);
    assert_eq!(app.counts(), before);
    let asked = vec![Attribute::AllowedMechanisms.mechanisms([cbc])];
    let asked = app.generate_aes(256, asked).handle;
    let request = unwrap(asked, cbc, &conjured, KeyType::Aes, Vec::new());
    let made = app.call(&request).unwrap().key.unwrap();
    assert!(!flag(&made.attributes, Attribute::AlwaysSensitive));
    let fips = TestHsm::active(Mode::Fips);
    let mut app = fips.log_in("app");
    let key = app.generate_aes(256, Vec::new()).handle;
    let request = unwrap(key, cbc, &conjured, KeyType::Aes, Vec::new());
    refused!(app, Status::NotInFipsMode, request);
    // Nothing else unwraps without authentication: no ECB, no CTR, no raw RSA.
    for row in MECHANISMS.iter().filter(|row| row.has_use(Use::Unwrap)) {
        let known = [
            Mechanism::RsaPkcsEncrypt,
            Mechanism::RsaOaep,
            Mechanism::RsaAesKeyWrap,
            Mechanism::AesCbcUnwrap,
        ];
        assert!(
            known.contains(&row.mechanism) || aes_wraps().contains(&row.mechanism),
            "{} unwraps: is it authenticated?",
            row.name
        );
    }
}

#[test]
fn row_10_no_caller_chooses_an_iv_and_copies_share_none() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let key = app.generate_aes(256, Vec::new()).handle;
    let open = app
        .generate_aes(256, vec![Attribute::Extractable.flag(true)])
        .handle;
    let own_iv = MechanismParameters {
        iv: vec![1; 12],
        iv_source: IvSource::IvFromCaller.into(),
        ..Default::default()
    };
    let mut request = wrap(key, Mechanism::AesGcm, open);
    request.parameters = Some(own_iv.clone());
    refused!(app, Status::IvNotAllowed, request);
    let mut request = wrap(key, Mechanism::AesAttributeWrap, open);
    request.parameters = Some(own_iv);
    refused!(app, Status::MechanismParameterInvalid, request);
    // Original and copies encrypt and wrap with the same bytes.
    let mut ivs = std::collections::HashSet::new();
    let copies: Vec<u64> = (0..4)
        .map(|_| {
            app.call(&copy(key, Vec::new()))
                .unwrap()
                .key
                .unwrap()
                .handle
        })
        .chain([key])
        .collect();
    for round in 0..50 {
        for handle in &copies {
            let encrypt = EncryptRequest {
                key: own(*handle),
                mechanism: Mechanism::AesGcm.code(),
                parameters: None,
                data: vec![round; 16],
            };
            assert!(ivs.insert(app.call(&encrypt).unwrap().iv));
            let wrapped = app.call(&wrap(*handle, Mechanism::AesGcm, open)).unwrap();
            assert!(ivs.insert(wrapped.iv));
            let bound = wrap(*handle, Mechanism::AesAttributeWrap, open);
            let bound = app.call(&bound).unwrap().wrapped;
            assert!(ivs.insert(bound[1..13].to_vec()));
        }
    }
}
