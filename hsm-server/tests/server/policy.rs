//! What a key may be used for, rule by rule.

use crate::harness::*;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, Mechanism, Operation, Status, attributes};
use hsm_server::policy::Mode;
use prost::Message;
use std::time::Instant;

fn own(handle: u64) -> Option<KeyReference> {
    Some(KeyReference {
        handle,
        public_key_info: Vec::new(),
    })
}

fn encrypt(handle: u64, mechanism: Mechanism, parameters: MechanismParameters) -> EncryptRequest {
    EncryptRequest {
        key: own(handle),
        mechanism: mechanism.code(),
        parameters: Some(parameters),
        data: vec![9; 48],
    }
}

fn decrypt(handle: u64, mechanism: Mechanism, from: &EncryptResponse) -> DecryptRequest {
    DecryptRequest {
        handle,
        mechanism: mechanism.code(),
        parameters: Some(MechanismParameters {
            iv: from.iv.clone(),
            ..Default::default()
        }),
        data: from.data.clone(),
    }
}

fn wrap(wrapping: u64, mechanism: Mechanism, handle: u64) -> WrapKeyRequest {
    WrapKeyRequest {
        wrapping_key: own(wrapping),
        mechanism: mechanism.code(),
        parameters: Some(oaep()),
        handle,
    }
}

fn oaep() -> MechanismParameters {
    MechanismParameters {
        hash: Hash::Sha256.into(),
        mgf_hash: Hash::Sha1.into(),
        ..Default::default()
    }
}

fn rsa(
    connection: &mut Connection,
    private: Vec<AttributeValue>,
    public: Vec<AttributeValue>,
) -> KeyInfo {
    let request = GenerateKeyPairRequest {
        request_id: request_id(),
        key_type: KeyType::Rsa.into(),
        size_bits: 2048,
        curve: 0,
        private_attributes: private,
        public_attributes: public,
    };
    connection.call(&request).unwrap().key.unwrap()
}

fn extractable() -> Vec<AttributeValue> {
    vec![Attribute::Extractable.flag(true)]
}

#[test]
fn the_hsm_makes_gcms_ivs() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let gcm = Mechanism::AesGcm;
    let key = connection.generate_aes(256, Vec::new()).handle;
    let made = connection
        .call(&encrypt(key, gcm, Default::default()))
        .unwrap();
    assert_eq!((made.iv.len(), made.data.len()), (12, 48 + 16));
    assert_eq!(
        connection.call(&decrypt(key, gcm, &made)).unwrap().data,
        vec![9; 48]
    );
    let mut damaged = decrypt(key, gcm, &made);
    damaged.data[0] ^= 1;
    assert_eq!(connection.status(&damaged), Status::AuthenticationFailed);
    // The caller's own only where the key says so.
    let from_caller = MechanismParameters {
        iv: vec![1; 12],
        iv_source: IvSource::IvFromCaller.into(),
        ..Default::default()
    };
    let status = connection.status(&encrypt(key, gcm, from_caller.clone()));
    assert_eq!(status, Status::IvNotAllowed);
    let unsaid = MechanismParameters {
        iv: vec![1; 12],
        ..Default::default()
    };
    let status = connection.status(&encrypt(key, gcm, unsaid));
    assert_eq!(status, Status::MechanismParameterInvalid);
    let trusting = connection
        .generate_aes(256, vec![Attribute::AllowCallerIv.flag(true)])
        .handle;
    let reply = connection
        .call(&encrypt(trusting, gcm, from_caller))
        .unwrap();
    assert_eq!(reply.iv, vec![1; 12]);
}

#[test]
fn an_issued_iv_is_good_once_for_its_key_and_login() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let gcm = Mechanism::AesGcm;
    let key = connection.generate_aes(256, token("a")).handle;
    let other_key = connection.generate_aes(256, token("b")).handle;
    let issue = IssueIvRequest {
        handle: key,
        mechanism: gcm.code(),
    };
    let issued = |iv: &[u8]| MechanismParameters {
        iv: iv.to_vec(),
        iv_source: IvSource::IvIssued.into(),
        ..Default::default()
    };
    let iv = connection.call(&issue).unwrap().iv;
    assert_eq!(
        connection.status(&encrypt(other_key, gcm, issued(&iv))),
        Status::IvUnknown
    );
    assert_eq!(
        test.log_in("app").status(&encrypt(key, gcm, issued(&iv))),
        Status::IvUnknown
    );
    let used = connection.call(&encrypt(key, gcm, issued(&iv))).unwrap();
    assert_eq!(used.iv, iv);
    assert_eq!(
        connection.status(&encrypt(key, gcm, issued(&iv))),
        Status::IvUnknown
    );
    assert_eq!(
        connection.status(&encrypt(key, gcm, issued(&[5; 12]))),
        Status::IvUnknown
    );
    let expired = connection.call(&issue).unwrap().iv;
    test.hsm.clock.advance_ms(5 * 60 * 1000);
    assert_eq!(
        connection.status(&encrypt(key, gcm, issued(&expired))),
        Status::IvUnknown
    );
    // 1,024 wait; one more makes the oldest void.
    let ivs: Vec<_> = (0..1025)
        .map(|_| connection.call(&issue).unwrap().iv)
        .collect();
    assert_eq!(
        connection.status(&encrypt(key, gcm, issued(&ivs[0]))),
        Status::IvUnknown
    );
    assert_eq!(
        connection.status(&encrypt(key, gcm, issued(&ivs[1]))),
        Status::Ok
    );
    let cbc = IssueIvRequest {
        handle: key,
        mechanism: Mechanism::AesCbc.code(),
    };
    assert_eq!(connection.status(&cbc), Status::MechanismInvalid);
}

#[test]
fn a_key_that_is_not_extractable_never_leaves() {
    let test = TestHsm::active(Mode::NonFips);
    let mut connection = test.log_in("app");
    let wrapping = connection.generate_aes(256, Vec::new()).handle;
    let rsa_wrapping = rsa(&mut connection, Vec::new(), Vec::new());
    let kept = [
        connection.generate_aes(256, Vec::new()),
        connection.generate_ec(Curve::P256, Vec::new()),
        rsa_wrapping.clone(),
    ];
    let trusting = vec![
        Attribute::Extractable.flag(true),
        Attribute::WrapWithTrusted.flag(true),
    ];
    let trusting = connection.generate_aes(256, trusting);
    let ways = [
        (wrapping, Mechanism::AesKeyWrap),
        (wrapping, Mechanism::AesKeyWrapPad),
        (wrapping, Mechanism::AesGcm),
        (rsa_wrapping.handle + 1, Mechanism::RsaOaep),
    ];
    for (wrapping, mechanism) in ways {
        for key in &kept {
            let status = connection.status(&wrap(wrapping, mechanism, key.handle));
            assert_eq!(status, Status::KeyNotExtractable, "{mechanism:?}");
        }
        let status = connection.status(&wrap(wrapping, mechanism, trusting.handle));
        assert_eq!(status, Status::KeyFunctionNotPermitted, "{mechanism:?}");
    }
    let with_foreign_key = WrapKeyRequest {
        wrapping_key: Some(KeyReference {
            handle: 0,
            public_key_info: rsa_wrapping.public_key_info.clone(),
        }),
        ..wrap(0, Mechanism::RsaOaep, kept[0].handle)
    };
    assert_eq!(
        connection.status(&with_foreign_key),
        Status::KeyNotExtractable
    );
    let open = connection.generate_aes(256, extractable());
    let by_pkcs1 = WrapKeyRequest {
        mechanism: Mechanism::RsaPkcsEncrypt.code(),
        handle: open.handle,
        ..with_foreign_key
    };
    assert_eq!(connection.status(&by_pkcs1), Status::MechanismNotAllowed);
}

#[test]
fn a_wrapped_key_comes_back_without_what_nothing_vouches_for() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let wrapping = connection.generate_aes(256, Vec::new()).handle;
    let weak = connection.generate_aes(128, Vec::new()).handle;
    let secret = connection.generate_aes(256, extractable());
    let pair = connection.generate_ec(Curve::P256, extractable());
    let status = connection.status(&wrap(weak, Mechanism::AesKeyWrap, secret.handle));
    assert_eq!(status, Status::KeyFunctionNotPermitted);
    let public = wrap(wrapping, Mechanism::AesKeyWrapPad, pair.handle + 1);
    assert_eq!(connection.status(&public), Status::KeyTypeInconsistent);
    for (key, mechanism) in [
        (&secret, Mechanism::AesKeyWrap),
        (&secret, Mechanism::AesGcm),
        (&pair, Mechanism::AesKeyWrapPad),
        (&pair, Mechanism::AesGcm),
    ] {
        let wrapped = connection
            .call(&wrap(wrapping, mechanism, key.handle))
            .unwrap();
        let unwrap = UnwrapKeyRequest {
            request_id: request_id(),
            unwrapping_handle: wrapping,
            mechanism: mechanism.code(),
            parameters: Some(MechanismParameters {
                iv: wrapped.iv,
                ..Default::default()
            }),
            wrapped: wrapped.wrapped,
            key_type: key.key_type,
            attributes: Vec::new(),
            public_attributes: Vec::new(),
        };
        let back = connection.call(&unwrap).unwrap().key.unwrap();
        assert_eq!(back.public_key_info, key.public_key_info);
        for (attribute, value) in [
            (Attribute::Sensitive, true),
            (Attribute::Extractable, false),
            (Attribute::Local, false),
            (Attribute::AlwaysSensitive, false),
            (Attribute::NeverExtractable, false),
        ] {
            assert_eq!(
                attributes::find_flag(&back.attributes, attribute),
                Some(value)
            );
        }
        assert_ne!(
            attributes::find_flag(&back.attributes, Attribute::Wrap),
            Some(true)
        );
        let with = |attribute: AttributeValue| UnwrapKeyRequest {
            request_id: request_id(),
            attributes: vec![attribute],
            ..unwrap.clone()
        };
        let status = connection.status(&with(Attribute::Wrap.flag(true)));
        assert_eq!(status, Status::TemplateInconsistent);
        let status = connection.status(&with(Attribute::Sensitive.flag(false)));
        assert_eq!(status, Status::TemplateInconsistent);
        let status = connection.status(&with(Attribute::Trusted.flag(true)));
        assert!(matches!(
            status,
            Status::AttributeReadOnly | Status::TemplateInconsistent
        ));
        let mut damaged = with(Attribute::Token.flag(false));
        damaged.wrapped[3] ^= 1;
        assert_eq!(connection.status(&damaged), Status::WrappedKeyInvalid);
    }
}

#[test]
fn uses_flags_and_mechanisms_are_enforced() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let sign = |handle, mechanism: Mechanism, bytes| SignRequest {
        handle,
        mechanism: mechanism.code(),
        parameters: None,
        data: vec![1; bytes],
    };
    let mute = connection.generate_ec(Curve::P256, vec![Attribute::Sign.flag(false)]);
    let status = connection.status(&sign(mute.handle, Mechanism::EcdsaSha256, 32));
    assert_eq!(status, Status::KeyFunctionNotPermitted);
    let key = connection.generate_ec(Curve::P256, Vec::new());
    for (handle, mechanism, bytes, expected) in [
        (
            key.handle,
            Mechanism::EcdsaSha256,
            31,
            Status::DataLengthRange,
        ),
        (
            key.handle,
            Mechanism::EcdsaSha1,
            20,
            Status::MechanismInvalid,
        ),
        (
            key.handle,
            Mechanism::Sha256RsaPkcs,
            32,
            Status::KeyTypeInconsistent,
        ),
        (key.handle, Mechanism::AesGcm, 32, Status::MechanismInvalid),
        (
            key.handle + 1,
            Mechanism::EcdsaSha256,
            32,
            Status::KeyTypeInconsistent,
        ),
        (key.handle, Mechanism::EcdsaSha256, 32, Status::Ok),
    ] {
        let status = connection.status(&sign(handle, mechanism, bytes));
        assert_eq!(status, expected, "{mechanism:?}");
    }
    let unknown = SignRequest {
        mechanism: 0x7777,
        ..sign(key.handle, Mechanism::Ecdsa, 32)
    };
    assert_eq!(connection.status(&unknown), Status::MechanismInvalid);
    let only = Attribute::AllowedMechanisms.mechanisms([Mechanism::EcdsaSha384]);
    let limited = connection.generate_ec(Curve::P256, vec![only]);
    let status = connection.status(&sign(limited.handle, Mechanism::EcdsaSha256, 32));
    assert_eq!(status, Status::MechanismNotAllowed);
    let status = connection.status(&sign(limited.handle, Mechanism::EcdsaSha384, 48));
    assert_eq!(status, Status::Ok);
}

#[test]
fn fips_mode_and_allowed_mechanisms_gate_old_rsa_encryption() {
    for mode in [Mode::Fips, Mode::NonFips] {
        let test = TestHsm::active(mode);
        let mut connection = test.log_in("app");
        let pkcs1 = Mechanism::RsaPkcsEncrypt;
        let plain = rsa(&mut connection, Vec::new(), Vec::new());
        let request = encrypt(plain.handle + 1, pkcs1, Default::default());
        if mode == Mode::Fips {
            assert_eq!(connection.status(&request), Status::NotInFipsMode);
            continue;
        }
        assert_eq!(connection.status(&request), Status::MechanismNotAllowed);
        let allowed = || vec![Attribute::AllowedMechanisms.mechanisms([pkcs1])];
        let key = rsa(&mut connection, allowed(), allowed());
        let request = encrypt(key.handle + 1, pkcs1, Default::default());
        let encrypted = connection.call(&request).unwrap();
        let right = decrypt(key.handle, pkcs1, &encrypted);
        assert_eq!(connection.call(&right).unwrap().data, vec![9; 48]);
        // A padding oracle gets slow, and only it.
        let mut wrong = right.clone();
        let mut failures = 0;
        let started = Instant::now();
        while failures < 105 {
            wrong.data[20] = wrong.data[20].wrapping_add(1);
            // One in some thousands is well padded by chance.
            if let Err((status, message)) = connection.call(&wrong) {
                assert_eq!(status, Status::DecryptionFailed);
                assert!(!message.contains("padding"), "{message}");
                failures += 1;
            }
        }
        assert!(
            started.elapsed().as_millis() >= 300,
            "{:?}",
            started.elapsed()
        );
        // What is right overtakes what waits.
        wrong.data.fill(0);
        wrong.data[1] = 1;
        let decrypt = Operation::Decrypt.code();
        let held_back = connection.send(decrypt, &wrong.encode_to_vec()).unwrap();
        let at_once = connection.send(decrypt, &right.encode_to_vec()).unwrap();
        let answers = [(); 2].map(|()| connection.receive().unwrap().0);
        assert_eq!(answers.map(|header| header.call_id), [at_once, held_back]);
        assert_eq!(answers[0].status, Status::Ok.code());
        assert_eq!(answers[1].status, Status::DecryptionFailed.code());
    }
}

#[test]
fn unwrapping_does_not_tell_wrong_padding_from_a_wrong_key() {
    let test = TestHsm::active(Mode::NonFips);
    let mut connection = test.log_in("app");
    let pkcs1 = Mechanism::RsaPkcsEncrypt;
    let with = |attribute: Attribute| {
        vec![
            Attribute::AllowedMechanisms.mechanisms([pkcs1]),
            attribute.flag(true),
        ]
    };
    let key = rsa(
        &mut connection,
        with(Attribute::Unwrap),
        with(Attribute::Encrypt),
    );
    // Well padded, but no AES key has 48 bytes; and it is no RSA or EC key either.
    let request = encrypt(key.handle + 1, pkcs1, Default::default());
    let well_padded = connection.call(&request).unwrap().data;
    let mut badly_padded = vec![0; well_padded.len()];
    badly_padded[1] = 1;
    let unwrap = |wrapped: &[u8], key_type: KeyType| UnwrapKeyRequest {
        request_id: request_id(),
        unwrapping_handle: key.handle,
        mechanism: pkcs1.code(),
        wrapped: wrapped.to_vec(),
        key_type: key_type.into(),
        ..Default::default()
    };
    let expected = connection
        .call(&unwrap(&badly_padded, KeyType::Aes))
        .unwrap_err();
    assert_eq!(expected.0, Status::WrappedKeyInvalid);
    let mut failures = 1;
    while failures < 100 {
        for key_type in [KeyType::Aes, KeyType::Rsa, KeyType::Ec] {
            let refused = connection.call(&unwrap(&well_padded, key_type));
            assert_eq!(refused.unwrap_err(), expected);
            failures += 1;
        }
    }
    // Each of them counted: from now on both wait.
    for wrapped in [&well_padded, &badly_padded] {
        let started = Instant::now();
        let refused = connection.call(&unwrap(wrapped, KeyType::Aes));
        assert_eq!(refused.unwrap_err(), expected);
        assert!(started.elapsed().as_millis() >= 90);
    }
}

#[test]
fn each_way_to_name_a_key_is_checked() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let key = connection.generate_ec(Curve::P256, Vec::new());
    let verify = |key| VerifyRequest {
        key,
        mechanism: Mechanism::EcdsaSha256.code(),
        parameters: None,
        data: vec![1; 32],
        signature: vec![0; 70],
    };
    let reference = |handle, info: &[u8]| {
        Some(KeyReference {
            handle,
            public_key_info: info.to_vec(),
        })
    };
    for (reference, expected) in [
        (None, Status::MalformedRequest),
        (reference(0, &[]), Status::MalformedRequest),
        (
            reference(key.handle + 1, &key.public_key_info),
            Status::MalformedRequest,
        ),
        (reference(key.handle, &[]), Status::KeyTypeInconsistent),
        (reference(0, &[1, 2, 3]), Status::PublicKeyInvalid),
        (reference(key.handle + 1, &[]), Status::Ok),
    ] {
        assert_eq!(connection.status(&verify(reference)), expected);
    }
    let secret = connection.generate_aes(256, Vec::new()).handle;
    let no_such_key = encrypt(secret + 1, Mechanism::AesGcm, Default::default());
    assert_eq!(connection.status(&no_such_key), Status::KeyNotFound);
    let no_such_key = DeleteKeyRequest {
        request_id: request_id(),
        handle: secret + 1,
        only_session_key: false,
    };
    assert_eq!(connection.status(&no_such_key), Status::KeyNotFound);
    let find = FindKeysRequest {
        attributes: vec![Attribute::Sign.flag(true); attributes::ATTRIBUTES.len() + 1],
        ..Default::default()
    };
    assert_eq!(connection.status(&find), Status::TemplateInconsistent);
    let random = connection
        .call(&RandomRequest { length: 64 * 1024 })
        .unwrap()
        .data;
    assert_eq!(random.len(), 64 * 1024);
    let status = connection.status(&RandomRequest {
        length: 64 * 1024 + 1,
    });
    assert_eq!(status, Status::DataLengthRange);
}
