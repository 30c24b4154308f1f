//! Key types beyond RSA, EC, AES and generic secrets: where they are refused, and key encapsulation.

use crate::harness::{Connection, TestHsm, opening, request_id};
use ferrohsm_protocol::messages::{
    AttributeValue, Curve, DecapsulateKeyRequest, DecapsulateRequest, DecryptRequest,
    DeriveSecretRequest, EncapsulateKeyRequest, EncapsulateRequest, EncryptRequest,
    GenerateKeyPairRequest, GenerateKeyRequest, ImportKeyRequest, IvSource, KeyInfo, KeyReference,
    KeyType, MechanismParameters, SignRequest, VerifyRequest,
};
use ferrohsm_protocol::{Attribute, Mechanism, Status, attributes};
use hsm_server::policy::Mode;
use hsm_server::setup;
use std::time::Duration;

fn pair(key_type: KeyType, number: u32, curve: Curve) -> GenerateKeyPairRequest {
    GenerateKeyPairRequest {
        request_id: request_id(),
        key_type: key_type.into(),
        size_bits: number,
        curve: curve.into(),
        ..Default::default()
    }
}

fn secret(
    key_type: KeyType,
    size_bits: u32,
    attributes: Vec<AttributeValue>,
) -> GenerateKeyRequest {
    GenerateKeyRequest {
        request_id: request_id(),
        key_type: key_type.into(),
        size_bits,
        attributes,
    }
}

fn generate(connection: &mut Connection, request: GenerateKeyPairRequest) -> KeyInfo {
    connection.call(&request).unwrap().key.unwrap()
}

#[test]
fn fips_mode_has_no_x25519_chacha20_or_triple_des() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let x25519 = pair(KeyType::EcMontgomery, 0, Curve::X25519);
    assert_eq!(connection.status(&x25519), Status::NotInFipsMode);
    for (key_type, bits) in [(KeyType::Chacha20, 256), (KeyType::Des3, 168)] {
        let request = secret(key_type, bits, Vec::new());
        assert_eq!(connection.status(&request), Status::NotInFipsMode);
        let import = ImportKeyRequest {
            request_id: request_id(),
            key_type: key_type.into(),
            material: (0..bits.div_ceil(64) as u8 * 8).collect(),
            ..Default::default()
        };
        assert_eq!(connection.status(&import), Status::NotInFipsMode);
    }
    // FIPS 186-5 has Ed25519 and Ed25519ph, and no context without a prehash.
    let key = generate(&mut connection, pair(KeyType::EcEdwards, 0, Curve::Ed25519));
    for (mechanism, status) in [
        (Mechanism::Ed25519, Status::Ok),
        (Mechanism::Ed25519ph, Status::Ok),
        (Mechanism::Ed25519ctx, Status::NotInFipsMode),
    ] {
        let request = SignRequest {
            handle: key.handle,
            mechanism: mechanism.code(),
            parameters: Some(MechanismParameters {
                context: b"context".to_vec(),
                ..Default::default()
            }),
            data: vec![7; 64],
        };
        assert_eq!(connection.status(&request), status, "{mechanism:?}");
    }
    generate(
        &mut connection,
        pair(KeyType::MlDsa, 65, Curve::Unspecified),
    );
    generate(
        &mut connection,
        pair(KeyType::MlKem, 768, Curve::Unspecified),
    );
}

#[test]
fn triple_des_needs_its_switch_which_a_fips_cluster_refuses() {
    let mut test = TestHsm::active(Mode::NonFips);
    let mut connection = test.log_in("app");
    let off = connection.call(&secret(KeyType::Des3, 168, Vec::new()));
    let (status, message) = off.unwrap_err();
    assert_eq!(status, Status::MechanismNotAllowed);
    assert!(message.contains("--legacy-des3"), "{message}");
    drop(connection);
    let directory = test.stop();
    let lifetime = Duration::from_secs(60);
    let on = |directory| setup::Opening {
        legacy_des3: true,
        ..opening(directory)
    };
    let hsm = setup::open(on(directory.path()), lifetime).unwrap();
    assert_eq!(
        (hsm.mode, hsm.mode.name()),
        (Mode::NonFipsLegacy, "NON_FIPS")
    );
    drop(hsm);
    let directory = TestHsm::active(Mode::Fips).stop();
    let error = setup::open(on(directory.path()), lifetime).err().unwrap();
    assert!(error.to_string().contains("--legacy-des3"), "{error}");
}

#[test]
fn sizes_and_curves_of_other_types_are_refused() {
    let test = TestHsm::active(Mode::NonFips);
    let mut connection = test.log_in("app");
    for (request, status) in [
        (
            pair(KeyType::MlDsa, 45, Curve::Unspecified),
            Status::KeySizeRange,
        ),
        (
            pair(KeyType::MlKem, 0, Curve::Unspecified),
            Status::KeySizeRange,
        ),
        (
            pair(KeyType::EcEdwards, 0, Curve::P256),
            Status::MechanismParameterInvalid,
        ),
        (
            pair(KeyType::EcMontgomery, 0, Curve::Ed25519),
            Status::MechanismParameterInvalid,
        ),
        (
            pair(KeyType::Ec, 0, Curve::Ed25519),
            Status::MechanismParameterInvalid,
        ),
        (
            pair(KeyType::Chacha20, 256, Curve::Unspecified),
            Status::KeyTypeInconsistent,
        ),
    ] {
        assert_eq!(connection.status(&request), status, "{request:?}");
    }
    let request = secret(KeyType::MlKem, 768, Vec::new());
    assert_eq!(connection.status(&request), Status::KeyTypeInconsistent);
    let request = secret(KeyType::Chacha20, 128, Vec::new());
    assert_eq!(connection.status(&request), Status::KeySizeRange);
}

#[test]
fn an_encapsulated_secret_comes_out_or_becomes_a_key_that_cannot_wrap() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let key = generate(
        &mut connection,
        pair(KeyType::MlKem, 512, Curve::Unspecified),
    );
    let reference = |handle, info: &[u8]| {
        Some(KeyReference {
            handle,
            public_key_info: info.to_vec(),
        })
    };
    let mechanism = Mechanism::MlKem.code();
    for key_reference in [
        reference(key.handle + 1, &[]),
        reference(0, &key.public_key_info),
    ] {
        let request = EncapsulateRequest {
            key: key_reference,
            mechanism,
        };
        let made = connection.call(&request).unwrap();
        let request = DecapsulateRequest {
            handle: key.handle,
            mechanism,
            ciphertext: made.ciphertext,
        };
        assert_eq!(connection.call(&request).unwrap().secret, made.secret);
    }
    let encapsulate_key = |key_type: KeyType, attributes| EncapsulateKeyRequest {
        request_id: request_id(),
        key: reference(0, &key.public_key_info),
        mechanism,
        key_type: key_type.into(),
        attributes,
    };
    let decapsulate_key = |ciphertext: &[u8], attributes| DecapsulateKeyRequest {
        request_id: request_id(),
        handle: key.handle,
        mechanism,
        ciphertext: ciphertext.to_vec(),
        key_type: KeyType::Aes.into(),
        attributes,
    };
    let here = connection
        .call(&encapsulate_key(KeyType::Aes, Vec::new()))
        .unwrap();
    let there = connection
        .call(&decapsulate_key(&here.ciphertext, Vec::new()))
        .unwrap();
    let (here, there) = (here.key.unwrap(), there.key.unwrap());
    for key in [&here, &there] {
        let flag = |attribute| attributes::find_flag(&key.attributes, attribute);
        assert_eq!(flag(Attribute::Wrap), Some(false));
        assert_eq!(flag(Attribute::Sensitive), Some(true));
        assert_eq!(flag(Attribute::Extractable), Some(false));
        for vouched in [
            Attribute::Local,
            Attribute::AlwaysSensitive,
            Attribute::NeverExtractable,
        ] {
            assert_eq!(flag(vouched), Some(false), "{vouched:?}");
        }
        assert_eq!((key.key_type(), key.size_bits), (KeyType::Aes, 256));
    }
    // The two are the same secret: one decrypts what the other has encrypted.
    let request = EncryptRequest {
        key: reference(here.handle, &[]),
        mechanism: Mechanism::AesGcm.code(),
        parameters: None,
        data: b"plaintext".to_vec(),
    };
    let encrypted = connection.call(&request).unwrap();
    let request = DecryptRequest {
        handle: there.handle,
        mechanism: Mechanism::AesGcm.code(),
        parameters: Some(MechanismParameters {
            iv: encrypted.iv,
            ..Default::default()
        }),
        data: encrypted.data,
    };
    assert_eq!(connection.call(&request).unwrap().data, b"plaintext");

    let wrapping = vec![Attribute::Wrap.flag(true)];
    let status = connection.status(&encapsulate_key(KeyType::Aes, wrapping));
    assert_eq!(status, Status::TemplateInconsistent);
    let status = connection.status(&encapsulate_key(KeyType::Rsa, Vec::new()));
    assert_eq!(status, Status::KeyTypeInconsistent);
    let status = connection.status(&decapsulate_key(&[0; 767], Vec::new()));
    assert_eq!(status, Status::DataLengthRange);
    let of_the_private_key = EncapsulateRequest {
        key: reference(key.handle, &[]),
        mechanism,
    };
    assert_eq!(
        connection.status(&of_the_private_key),
        Status::KeyTypeInconsistent
    );
    let mut mute = pair(KeyType::MlKem, 512, Curve::Unspecified);
    mute.private_attributes = vec![Attribute::Decapsulate.flag(false)];
    let mute = generate(&mut connection, mute);
    let request = DecapsulateRequest {
        handle: mute.handle,
        mechanism,
        ciphertext: vec![0; 768],
    };
    assert_eq!(connection.status(&request), Status::KeyFunctionNotPermitted);
}

#[test]
fn a_nonce_of_chacha20_is_made_here_unless_the_key_allows_otherwise() {
    let test = TestHsm::active(Mode::NonFips);
    let mut connection = test.log_in("app");
    let mut make = |attributes| {
        let request = secret(KeyType::Chacha20, 256, attributes);
        connection.call(&request).unwrap().key.unwrap().handle
    };
    let (closed, open) = (
        make(Vec::new()),
        make(vec![Attribute::AllowCallerIv.flag(true)]),
    );
    let encrypt = |handle, iv: &[u8], source: IvSource| EncryptRequest {
        key: Some(KeyReference {
            handle,
            public_key_info: Vec::new(),
        }),
        mechanism: Mechanism::Chacha20Poly1305.code(),
        parameters: Some(MechanismParameters {
            iv: iv.to_vec(),
            iv_source: source.into(),
            ..Default::default()
        }),
        data: b"plaintext".to_vec(),
    };
    let by_caller = encrypt(closed, &[0; 12], IvSource::IvFromCaller);
    assert_eq!(connection.status(&by_caller), Status::IvNotAllowed);
    let invented = encrypt(closed, &[0; 12], IvSource::IvIssued);
    assert_ne!(connection.status(&invented), Status::Ok);
    let by_caller = encrypt(open, &[0; 12], IvSource::IvFromCaller);
    assert_eq!(connection.call(&by_caller).unwrap().iv, [0; 12]);
    let short = encrypt(open, &[0; 8], IvSource::IvFromCaller);
    assert_eq!(connection.status(&short), Status::MechanismParameterInvalid);
    let first = connection
        .call(&encrypt(closed, &[], IvSource::IvFromHsm))
        .unwrap();
    let second = connection
        .call(&encrypt(closed, &[], IvSource::IvFromHsm))
        .unwrap();
    assert_eq!((first.iv.len(), first.data.len()), (12, 9 + 16));
    assert_ne!(first.iv, second.iv);
}

#[test]
fn an_x25519_agreement_on_zeros_is_refused() {
    let test = TestHsm::active(Mode::NonFips);
    let mut connection = test.log_in("app");
    let key = generate(
        &mut connection,
        pair(KeyType::EcMontgomery, 0, Curve::X25519),
    );
    let mut low = key.public_key_info.clone();
    let length = low.len();
    low[length - 32..].fill(0);
    let derive = |peer: &[u8]| DeriveSecretRequest {
        handle: key.handle,
        mechanism: Mechanism::X25519.code(),
        peer_public_key_info: peer.to_vec(),
    };
    assert_eq!(connection.status(&derive(&low)), Status::PublicKeyInvalid);
    let agreed = connection.call(&derive(&key.public_key_info)).unwrap();
    assert_eq!(agreed.secret.len(), 32);
}

#[test]
fn public_keys_of_every_new_type_verify_by_handle_and_by_value() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    for (request, mechanism) in [
        (
            pair(KeyType::EcEdwards, 0, Curve::Ed25519),
            Mechanism::Ed25519,
        ),
        (
            pair(KeyType::MlDsa, 44, Curve::Unspecified),
            Mechanism::MlDsa,
        ),
        (
            pair(KeyType::MlDsa, 87, Curve::Unspecified),
            Mechanism::MlDsaExternalMu,
        ),
    ] {
        let key = generate(&mut connection, request);
        let data = vec![7; 64];
        let signature = connection
            .call(&SignRequest {
                handle: key.handle,
                mechanism: mechanism.code(),
                parameters: None,
                data: data.clone(),
            })
            .unwrap()
            .signature;
        for (handle, info) in [
            (key.handle + 1, Vec::new()),
            (0, key.public_key_info.clone()),
        ] {
            let verify = |data: &[u8]| VerifyRequest {
                key: Some(KeyReference {
                    handle,
                    public_key_info: info.clone(),
                }),
                mechanism: mechanism.code(),
                parameters: None,
                data: data.to_vec(),
                signature: signature.clone(),
            };
            assert!(connection.call(&verify(&data)).unwrap().valid);
            assert!(!connection.call(&verify(&[8; 64])).unwrap().valid);
        }
    }
}
