//! Keys and certificates that come from outside.

use crate::harness::*;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{
    Attribute, MAX_CHAIN_BYTES, MAX_CHAIN_CERTIFICATES, Mechanism, Status, attributes,
};
use hsm_server::policy::Mode;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};

fn key_and_certificate() -> (KeyPair, Vec<u8>) {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let params = CertificateParams::new(vec!["hsm.test".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().to_vec();
    (key, certificate)
}

fn import(key_type: KeyType, material: &[u8], chain: Vec<Vec<u8>>) -> ImportKeyRequest {
    ImportKeyRequest {
        request_id: request_id(),
        key_type: key_type.into(),
        material: material.to_vec(),
        attributes: vec![Attribute::Token.flag(true)],
        certificate_chain: chain,
        ..ImportKeyRequest::default()
    }
}

fn set_chain(handle: u64, certificate_chain: Vec<Vec<u8>>) -> UpdateKeyRequest {
    UpdateKeyRequest {
        request_id: request_id(),
        handle,
        set_certificate_chain: true,
        certificate_chain,
        ..UpdateKeyRequest::default()
    }
}

#[test]
fn an_imported_key_signs_and_is_not_vouched_for() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let (key, certificate) = key_and_certificate();
    let request = import(KeyType::Ec, &key.serialize_der(), vec![certificate.clone()]);
    let imported = connection.call(&request).unwrap().key.unwrap();
    assert_eq!(imported.certificate_chain, [certificate]);
    assert_eq!(imported.public_key_info, key.subject_public_key_info());
    for (attribute, value) in [
        (Attribute::Local, false),
        (Attribute::AlwaysSensitive, false),
        (Attribute::NeverExtractable, false),
        (Attribute::Sensitive, true),
    ] {
        assert_eq!(
            attributes::find_flag(&imported.attributes, attribute),
            Some(value)
        );
    }
    let sign = SignRequest {
        handle: imported.handle,
        mechanism: Mechanism::EcdsaSha256.code(),
        parameters: None,
        data: vec![1; 32],
    };
    drop(connection);
    let test = test.restart();
    let mut connection = test.log_in("app");
    let signature = connection.call(&sign).unwrap().signature;
    let verify = VerifyRequest {
        key: Some(KeyReference {
            handle: 0,
            public_key_info: key.subject_public_key_info(),
        }),
        mechanism: sign.mechanism,
        parameters: None,
        data: sign.data,
        signature,
    };
    assert!(connection.call(&verify).unwrap().valid);
}

#[test]
fn damaged_or_weak_material_is_refused() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let (key, _) = key_and_certificate();
    let pkcs8 = key.serialize_der();
    let mut damaged = pkcs8.clone();
    damaged[0] ^= 1;
    for (key_type, material) in [
        (KeyType::Ec, damaged.as_slice()),
        (KeyType::Ec, &pkcs8[..pkcs8.len() - 1]),
        (KeyType::Ec, &[]),
        (KeyType::Rsa, &pkcs8),
        (KeyType::Aes, &[7; 17]),
        (KeyType::Aes, &[]),
        (KeyType::GenericSecret, &[]),
        (KeyType::GenericSecret, &[7; 801]),
    ] {
        let status = connection.status(&import(key_type, material, Vec::new()));
        assert_eq!(
            status,
            Status::KeyMaterialInvalid,
            "{key_type:?} of {} bytes",
            material.len()
        );
    }
    let certificate = import(KeyType::Certificate, &[1], Vec::new());
    assert_eq!(
        connection.status(&certificate),
        Status::MechanismParameterInvalid
    );
    assert_eq!(connection.counts(), (0, 0));
}

#[test]
fn a_chain_is_for_its_key_and_bounded() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let (key, own) = key_and_certificate();
    let (_, foreign) = key_and_certificate();
    let mut trailing = own.clone();
    trailing.push(0);
    let mut large = own.clone();
    large.resize(MAX_CHAIN_BYTES + 1, 0);
    let bad = [
        vec![foreign.clone()],
        vec![foreign.clone(), own.clone()],
        vec![vec![1, 2, 3]],
        vec![own.clone(), vec![]],
        vec![trailing],
        vec![large],
        vec![own.clone(); MAX_CHAIN_CERTIFICATES + 1],
    ];
    let pkcs8 = key.serialize_der();
    for chain in &bad {
        let status = connection.status(&import(KeyType::Ec, &pkcs8, chain.clone()));
        assert_eq!(status, Status::CertificateInvalid);
    }
    let secret = import(KeyType::Aes, &[7; 32], vec![own.clone()]);
    assert_eq!(connection.status(&secret), Status::CertificateInvalid);
    assert_eq!(connection.counts(), (0, 0));
    let request = import(KeyType::Ec, &pkcs8, vec![own.clone(), foreign.clone()]);
    let imported = connection.call(&request).unwrap().key.unwrap();
    for chain in &bad {
        let status = connection.status(&set_chain(imported.handle, chain.clone()));
        assert_eq!(status, Status::CertificateInvalid);
    }
    let kept = connection
        .call(&GetKeyRequest {
            handle: imported.handle,
        })
        .unwrap()
        .key
        .unwrap();
    assert_eq!(kept, imported);
    let shorter = connection
        .call(&set_chain(imported.handle, vec![own.clone()]))
        .unwrap();
    assert_eq!(shorter.key.unwrap().certificate_chain, [own]);
    let none = connection
        .call(&set_chain(imported.handle, Vec::new()))
        .unwrap();
    assert!(none.key.unwrap().certificate_chain.is_empty());
}

#[test]
fn a_certificate_stands_on_its_own() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.log_in("app");
    let (key, certificate) = key_and_certificate();
    let import = |certificate: &[u8], attributes| ImportCertificateRequest {
        request_id: request_id(),
        certificate: certificate.to_vec(),
        attributes,
        unique_label: true,
    };
    let status = connection.status(&import(b"no certificate", token("ca")));
    assert_eq!(status, Status::CertificateInvalid);
    let flags = vec![Attribute::Extractable.flag(true)];
    assert_eq!(
        connection.status(&import(&certificate, flags)),
        Status::TemplateInconsistent
    );
    let stored = connection
        .call(&import(&certificate, token("ca")))
        .unwrap()
        .key
        .unwrap();
    assert_eq!(stored.key_type(), KeyType::Certificate);
    assert_eq!(stored.certificate_chain, std::slice::from_ref(&certificate));
    assert_eq!(stored.public_key_info, key.subject_public_key_info());
    assert_eq!(
        connection.status(&import(&certificate, token("ca"))),
        Status::LabelInUse
    );
    let sign = SignRequest {
        handle: stored.handle,
        mechanism: Mechanism::EcdsaSha256.code(),
        parameters: None,
        data: vec![1; 32],
    };
    assert_eq!(connection.status(&sign), Status::KeyTypeInconsistent);
    let status = connection.status(&set_chain(stored.handle, vec![certificate]));
    assert_eq!(status, Status::CertificateInvalid);
    drop(connection);
    let test = test.restart();
    let mut connection = test.log_in("app");
    let found = FindKeysRequest {
        key_type: KeyType::Certificate.into(),
        ..Default::default()
    };
    assert_eq!(
        connection.call(&found).unwrap().keys,
        std::slice::from_ref(&stored)
    );
    let delete = DeleteKeyRequest {
        request_id: request_id(),
        handle: stored.handle,
        only_session_key: false,
    };
    assert_eq!(connection.status(&delete), Status::Ok);
    assert_eq!(connection.counts(), (0, 0));
}
