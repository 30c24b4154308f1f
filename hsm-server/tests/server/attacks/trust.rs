//! Row 5: trusted wrapping keys.

use super::*;
use hsm_server::policy::Mode;

#[test]
fn row_5_nobody_makes_a_trusted_key_but_an_officer() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let mut officer = test.log_in("admin");
    let ours = || vec![Attribute::Trusted.flag(true)];
    let key = app.generate_aes(256, wrapping_only()).handle;
    refused!(
        app,
        Status::AttributeReadOnly,
        GenerateKeyRequest {
            request_id: request_id(),
            key_type: KeyType::Aes.into(),
            size_bits: 256,
            attributes: ours(),
        },
        import(KeyType::Aes, &[1; 32], ours()),
        update(key, ours()),
        copy(key, ours()),
    );
    refused!(app, Status::PermissionDenied, set_trusted(key, true));
    let mut monitor = test.log_in("monitor");
    refused!(monitor, Status::PermissionDenied, set_trusted(key, true));
    // An officer cannot trust what was ever outside, or can do more than wrap, or has no template for what it unwraps.
    let imported = app.call(&import(KeyType::Aes, &[1; 32], wrapping_only()));
    let base = app
        .generate_aes(256, vec![Attribute::Derive.flag(true)])
        .handle;
    let derived = derive(base, Mechanism::CounterKdfCmac, wrapping_only());
    let no_template: Vec<_> = wrapping_only().into_iter().take(4).collect();
    let mut weak_template = no_template.clone();
    weak_template.push(Attribute::UnwrapTemplate.template([Attribute::Wrap.flag(false)]));
    let mut extractable = wrapping_only();
    extractable.push(Attribute::Extractable.flag(true));
    for handle in [
        imported.unwrap().key.unwrap().handle,
        app.call(&derived).unwrap().key.unwrap().handle,
        app.generate_aes(256, Vec::new()).handle,
        app.generate_aes(256, no_template).handle,
        app.generate_aes(256, weak_template).handle,
        app.generate_aes(256, extractable).handle,
        app.generate_ec(Curve::P256, Vec::new()).handle,
    ] {
        refused!(
            officer,
            Status::TemplateInconsistent,
            set_trusted(handle, true)
        );
    }
    refused!(officer, Status::KeyNotFound, set_trusted(2, true));
    let told = officer.call(&set_trusted(key, true)).unwrap();
    assert!(told.bytes_alone.is_empty());
    // It sees and uses no key for that.
    let get = GetKeyRequest { handle: key };
    refused!(
        officer,
        Status::PermissionDenied,
        get,
        wrap(key, Mechanism::AesGcm, key)
    );
    assert!(flag(
        &app.call(&get).unwrap().key.unwrap().attributes,
        Attribute::Trusted
    ));
    // And takes it back.
    let guarded = app.generate_aes(256, wrap_with_trusted()).handle;
    let bound = wrap(key, Mechanism::AesAttributeWrap, guarded);
    app.call(&bound).unwrap();
    officer.call(&set_trusted(key, false)).unwrap();
    refused!(app, Status::KeyFunctionNotPermitted, bound);
    // A public key that the caller brings is never trusted.
    let rsa = GenerateKeyPairRequest {
        request_id: request_id(),
        key_type: KeyType::Rsa.into(),
        size_bits: 2048,
        ..Default::default()
    };
    let info = app.call(&rsa).unwrap().key.unwrap().public_key_info;
    for mechanism in [Mechanism::RsaOaep, Mechanism::RsaAesKeyWrap] {
        let foreign = WrapKeyRequest {
            wrapping_key: Some(KeyReference {
                handle: 0,
                public_key_info: info.clone(),
            }),
            ..wrap(0, mechanism, guarded)
        };
        refused!(app, Status::KeyFunctionNotPermitted, foreign);
    }
}

/// An IV of the caller's would serve for a key that is known and for one that is not: the XOR of the two wraps gives it away.
#[test]
fn row_5_a_key_that_takes_ivs_from_its_caller_is_not_trusted() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let mut officer = test.log_in("admin");
    let mut attributes = wrapping_only();
    attributes.push(Attribute::AllowCallerIv.flag(true));
    let wrapping = app.generate_aes(256, attributes).handle;
    refused!(
        officer,
        Status::TemplateInconsistent,
        set_trusted(wrapping, true)
    );
    app.call(&update(
        wrapping,
        vec![Attribute::AllowCallerIv.flag(false)],
    ))
    .unwrap();
    officer.call(&set_trusted(wrapping, true)).unwrap();
}

/// A list of mechanisms names the forms that carry bytes alone: the owner may not write one once the officer has trusted.
#[test]
fn row_5_the_owner_of_a_trusted_key_does_not_widen_the_trust() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let mut officer = test.log_in("admin");
    let wrapping = trusted(&test, &mut app);
    let guarded = app.generate_aes(256, wrap_with_trusted()).handle;
    let raw = Mechanism::AesKeyWrap;
    let list = |mechanisms: &[Mechanism]| {
        vec![Attribute::AllowedMechanisms.mechanisms(mechanisms.iter().copied())]
    };
    refused!(
        app,
        Status::AttributeReadOnly,
        update(wrapping, list(&[raw])),
        update(wrapping, list(&[Mechanism::AesAttributeWrap, raw])),
    );
    refused!(
        app,
        Status::KeyFunctionNotPermitted,
        wrap(wrapping, raw, guarded)
    );
    // A list from the start gets shorter as anywhere.
    let mut named = wrapping_only();
    named.extend(list(&[Mechanism::AesAttributeWrap, raw]));
    let named = app.generate_aes(256, named).handle;
    // Which forms its owner named is all that the officer is told of a key.
    let told = officer.call(&set_trusted(named, true)).unwrap();
    assert_eq!(told.bytes_alone, [raw.code()]);
    app.call(&update(named, list(&[Mechanism::AesAttributeWrap])))
        .unwrap();
    refused!(app, Status::MechanismNotAllowed, wrap(named, raw, guarded));
    // Nor does the owner make the trust final.
    app.call(&update(wrapping, vec![Attribute::Modifiable.flag(false)]))
        .unwrap();
    officer.call(&set_trusted(wrapping, false)).unwrap();
    refused!(
        app,
        Status::KeyFunctionNotPermitted,
        wrap(wrapping, Mechanism::AesAttributeWrap, guarded)
    );
    refused!(
        officer,
        Status::AttributeReadOnly,
        set_trusted(wrapping, true)
    );
}
