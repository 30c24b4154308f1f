//! Key derivation and the wraps that are composed of others, against published vectors and against each other.

use crate::hex;
use ferrohsm_protocol::Mechanism;
use ferrohsm_protocol::messages::{Hash as ProtocolHash, HkdfStep, MechanismParameters};
use hsm_server::crypto::{
    self, AnyKey, CryptoError, Curve, Hash, KeyMaterial, KeySpec, KeyType, PublicKey,
};

fn secret(bytes: &[u8]) -> KeyMaterial {
    KeyMaterial::from_import(KeyType::GenericSecret, bytes).unwrap()
}

/// CAVS 14.4, "SP800-108 - KDF", counter mode: before the fixed input and in its middle.
#[test]
fn sp800_108_counter_mode() {
    let vectors = [
        (
            Mechanism::CounterKdfCmac,
            8,
            "dff1e50ac0b69dc40f1051d46c2b069c",
            "",
            "c16e6e02c5a3dcc8d78b9ac1306877761310455b4e41469951d9e6c2245a064b33fd8c3b01203a7824485bf0a64060c4648b707d2607935699316ea5",
            "8be8f0869b3c0ba97b71863d1b9f7813",
        ),
        (
            Mechanism::CounterKdfCmac,
            8,
            "682e814d872397eba71170a693514904",
            "",
            "e323cdfa7873a0d72cd86ffb4468744f097db60498f7d0e3a43bafd2d1af675e4a88338723b1236199705357c47bf1d89b2f4617a340980e6331625c",
            "dac9b6ca405749cfb065a0f1e42c7c4224d3d5db32fdafe9dee6ca193316f2c7",
        ),
        (
            Mechanism::CounterKdfCmac,
            16,
            "6d7800704072e3a13c23d81220e6bbad35f1899bbb06874f",
            "4213c6983f508d0ba154841ba9d3526efb21ab6ccfc75d9d80f6588907f5b9939e0e9a69fac00d9b7d7c20a31fa06f8e5566",
            "dded41f2927c0f74f3d1",
            "63bf5fae7c8bc405a0723f6b5f3df8c9a9d574b1f02a399f1845ace0d0cf689a0ee5ba085db5a951",
        ),
        (
            Mechanism::CounterKdfCmac,
            24,
            "458de8847a8b8e6b5edd20b9f05caf868344867592f659e6",
            "606d02e32f84d2adced623a569c63dc87b79b20bfbe279789a29725d7e42f8a941a3fa8b056058299dd5d2331a04d0d22bc8",
            "1fb00673f932415d9579",
            "5d0ec67b9044db185a0371de78e3a0933190a074089d78f90d6883d46ac84942",
        ),
        (
            Mechanism::CounterKdfHmacSha1,
            32,
            "693adb9037184627ad300f176985bd379f388a95",
            "",
            "7f09570c2d9304ec743ab845a8761c126c18f5cf72358eada2b5d1deb43dc6a0f4ff8f933bef7af0bcfacb33fa07f8ca04a06afe231835d5075996be",
            "52f55f51010e9bd78e4f58cab274ecafa561bd4e0f20da84f0303a1e5ff9bebc514361ec6df5c77e",
        ),
        (
            Mechanism::CounterKdfHmacSha256,
            8,
            "3edc6b5b8f7aadbd713732b482b8f979286e1ea3b8f8f99c30c884cfe3349b83",
            "",
            "98e9988bb4cc8b34d7922e1c68ad692ba2a1d9ae15149571675f17a77ad49e80c8d2a85e831a26445b1f0ff44d7084a17206b4896c8112daad18605a",
            "6c037652990674a07844732d0ad985f9",
        ),
        (
            Mechanism::CounterKdfHmacSha256,
            32,
            "dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0",
            "",
            "01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3b413faac",
            "10621342bfb0fd40046c0e29f2cfdbf0",
        ),
        (
            Mechanism::CounterKdfHmacSha384,
            32,
            "582f968a54b8797b9ea8c655b42e397adb73d773b1984b1e1c429cd597b8015d2f91d59e4136a9d523bf6491a4733c7a",
            "",
            "e6d3c193eff34e34f8b7b00e66565aeb01f63206bb27e27aa281592afc06ae1ec5b7eb97a39684ce773d7c3528f2667c1f5d428406e78ce4cf39f652",
            "691726c111e5030b5f9657069107861ecc18bc5835a814c3d2e5092c901cb1fb6c1a7cd3eb0be2a7",
        ),
        (
            Mechanism::CounterKdfHmacSha512,
            32,
            "dd5dbd45593ee2ac139748e7645b450f223d2ff297b73fd71cbcebe71d41653c950b88500de5322d99ef18dfdd30428294c4b3094f4c954334e593bd982ec614",
            "",
            "b50b0c963c6b3034b8cf19cd3f5c4ebe4f4985af0c03e575db62e6fdf1ecfe4f28b95d7ce16df85843246e1557ce95bb26cc9a21974bbd2eb69e8355",
            "e5993bf9bd2aa1c45746042e12598155",
        ),
    ];
    for (mechanism, counter_bits, key, before, after, expected) in vectors {
        let key_type = match mechanism {
            Mechanism::CounterKdfCmac => KeyType::Aes,
            _ => KeyType::GenericSecret,
        };
        let key = KeyMaterial::from_import(key_type, &hex(key)).unwrap();
        let parameters = MechanismParameters {
            counter_bits,
            fixed_prefix: hex(before),
            info: hex(after),
            ..Default::default()
        };
        let expected = hex(expected);
        let derived =
            crypto::derive_key(Some(&key), mechanism, &parameters, &[], expected.len()).unwrap();
        assert_eq!(*derived, expected, "{mechanism:?} with {counter_bits} bits");
    }
    println!("SP 800-108 counter mode: {} vectors of NIST", vectors.len());
}

/// One block is one HMAC: for the hash that has no vector above.
#[test]
fn one_block_of_the_counter_kdf_is_one_hmac() {
    let key = secret(&[7; 32]);
    for (mechanism, hash) in [
        (Mechanism::CounterKdfHmacSha1, Hash::Sha1),
        (Mechanism::CounterKdfHmacSha224, Hash::Sha224),
        (Mechanism::CounterKdfHmacSha256, Hash::Sha256),
        (Mechanism::CounterKdfHmacSha384, Hash::Sha384),
        (Mechanism::CounterKdfHmacSha512, Hash::Sha512),
    ] {
        let parameters = MechanismParameters {
            counter_bits: 16,
            fixed_prefix: b"label".to_vec(),
            info: b"context".to_vec(),
            ..Default::default()
        };
        let length = hash.len_bytes();
        let derived = crypto::derive_key(Some(&key), mechanism, &parameters, &[], length).unwrap();
        let tag = key
            .generic_secret()
            .unwrap()
            .sign(hash, b"label\x00\x01context")
            .unwrap();
        assert_eq!(*derived, tag);
    }
}

#[test]
fn the_halves_of_hkdf_make_the_whole() {
    let key = secret(&[9; 40]);
    for (mechanism, length) in [
        (Mechanism::HkdfSha256, 32),
        (Mechanism::HkdfSha384, 48),
        (Mechanism::HkdfSha512, 64),
    ] {
        let step = |step: HkdfStep, salt: &[u8], info: &[u8]| MechanismParameters {
            hkdf_step: step.into(),
            salt: salt.to_vec(),
            info: info.to_vec(),
            ..Default::default()
        };
        let derive = |key: &KeyMaterial, parameters: &MechanismParameters, length| {
            crypto::derive_key(Some(key), mechanism, parameters, &[], length)
        };
        let whole = step(HkdfStep::ExtractAndExpand, b"salt", b"info");
        let whole = derive(&key, &whole, 100).unwrap();
        let extract = step(HkdfStep::Extract, b"salt", b"");
        let extracted = secret(&derive(&key, &extract, length).unwrap());
        let expand = step(HkdfStep::Expand, b"", b"info");
        assert_eq!(derive(&extracted, &expand, 100).unwrap(), whole);
        for (refused, length) in [
            (&extract, length - 1),
            (&step(HkdfStep::Extract, b"salt", b"info"), length),
            (&step(HkdfStep::Expand, b"salt", b"info"), 32),
            (&expand, 15),
            (&expand, 801),
        ] {
            let outcome = derive(&extracted, refused, length);
            assert!(matches!(outcome, Err(CryptoError::Parameter(_))));
        }
        let short = secret(&[1; 31]);
        let outcome = derive(&short, &expand, 32);
        assert!(matches!(outcome, Err(CryptoError::Parameter(_))));
    }
}

#[test]
fn both_sides_of_an_x963_agreement_derive_the_same() {
    for curve in Curve::ALL {
        let (own, other) = [(); 2]
            .map(|()| KeyMaterial::generate(&KeySpec::Ec { curve }).unwrap())
            .into();
        let with = |peer: &KeyMaterial, info: &[u8]| MechanismParameters {
            peer_public_key_info: peer.public_key_info().unwrap(),
            info: info.to_vec(),
            ..Default::default()
        };
        for mechanism in [
            Mechanism::EcdhX963Sha1,
            Mechanism::EcdhX963Sha224,
            Mechanism::EcdhX963Sha256,
            Mechanism::EcdhX963Sha384,
            Mechanism::EcdhX963Sha512,
        ] {
            let derive = |key: &KeyMaterial, parameters: &MechanismParameters| {
                crypto::derive_key(Some(key), mechanism, parameters, &[], 100).unwrap()
            };
            let key = derive(&own, &with(&other, b"info"));
            assert_eq!(key, derive(&other, &with(&own, b"info")));
            assert_ne!(key, derive(&own, &with(&other, b"other")));
            // The first block is the hash of shared secret, counter and info.
            let peer = PublicKey::from_spki(&other.public_key_info().unwrap()).unwrap();
            let shared = crypto::derive_secret(&own, Mechanism::Ecdh, &peer).unwrap();
            let input = [shared.as_slice(), &[0, 0, 0, 1], b"info"].concat();
            let hash = Hash::try_from(mechanism.row().hash.unwrap()).unwrap();
            let block = crate::digest(hash, &input);
            assert_eq!(key[..block.len()], block);
        }
    }
}

#[test]
fn pbkdf2_is_bounded() {
    let derive = |password: &[u8], salt: &[u8], iterations, length| {
        let parameters = MechanismParameters {
            salt: salt.to_vec(),
            iterations,
            ..Default::default()
        };
        crypto::derive_key(None, Mechanism::Pbkdf2Sha256, &parameters, password, length)
    };
    assert!(derive(b"password", b"salt", 1000, 32).is_ok());
    for outcome in [
        derive(b"", b"salt", 1000, 32),
        derive(b"password", b"", 1000, 32),
        derive(b"password", b"salt", 0, 32),
        derive(b"password", b"salt", 10_000_001, 32),
        // Two blocks take twice the work.
        derive(b"password", b"salt", 5_000_001, 33),
        derive(b"password", b"salt", u32::MAX, 800),
        derive(b"password", b"salt", 1000, 15),
        derive(&[1; 1025], b"salt", 1000, 32),
        derive(b"password", &[1; 16 * 1024 + 1], 1000, 32),
    ] {
        assert!(matches!(
            outcome,
            Err(CryptoError::Parameter(_) | CryptoError::DataLength { .. })
        ));
    }
}

/// CKM_RSA_AES_KEY_WRAP is OAEP around an AES key, followed by KWP with it (PKCS#11 3.0, 2.1.23).
#[test]
fn rsa_aes_wrap_is_what_pkcs11_says() {
    let rsa = KeyMaterial::generate(&KeySpec::Rsa { bits: 2048 }).unwrap();
    let target = KeyMaterial::generate(&KeySpec::Rsa { bits: 2048 }).unwrap();
    let material = target.to_stored().unwrap();
    let mechanism = Mechanism::RsaAesKeyWrap;
    for (hash, mgf_hash) in [
        (ProtocolHash::Sha1, ProtocolHash::Sha1),
        (ProtocolHash::Sha224, ProtocolHash::Sha1),
        (ProtocolHash::Sha256, ProtocolHash::Sha256),
        (ProtocolHash::Sha384, ProtocolHash::Sha1),
        (ProtocolHash::Sha512, ProtocolHash::Sha512),
    ] {
        let mut parameters = MechanismParameters::default();
        parameters.set_hash(hash);
        parameters.set_mgf_hash(mgf_hash);
        let own = AnyKey::Own(&rsa);
        let wrapped = crypto::wrap_key(own, mechanism, &parameters, &material).unwrap();
        // Taken apart by hand.
        let (encrypted, rest) = wrapped.split_at(256);
        let ephemeral = crypto::decrypt(&rsa, Mechanism::RsaOaep, &parameters, encrypted).unwrap();
        assert_eq!(ephemeral.len(), 32);
        let ephemeral = KeyMaterial::from_import(KeyType::Aes, &ephemeral).unwrap();
        assert_eq!(
            ephemeral.aes().unwrap().unwrap_padded(rest).unwrap(),
            material
        );
        let back = crypto::unwrap_key(&rsa, mechanism, &parameters, &wrapped).unwrap();
        assert_eq!(back, material);
        // One error for all that can be wrong in it.
        let mut damaged: Vec<Vec<u8>> = [0, 100, 255, 256, wrapped.len() - 1]
            .iter()
            .map(|at| {
                let mut damaged = wrapped.clone();
                damaged[*at] ^= 1;
                damaged
            })
            .collect();
        damaged.extend([0, 255, 256, 264].map(|length| wrapped[..length].to_vec()));
        let aes_128 = crypto::encrypt(own, Mechanism::RsaOaep, &parameters, &[5; 16]).unwrap();
        let inner = KeyMaterial::from_import(KeyType::Aes, &[5; 16]).unwrap();
        let inner = inner.aes().unwrap().wrap_padded(&material).unwrap();
        damaged.push([aes_128, inner].concat());
        for damaged in damaged {
            let outcome = crypto::unwrap_key(&rsa, mechanism, &parameters, &damaged);
            assert_eq!(outcome, Err(CryptoError::WrappedKey));
        }
    }
}

#[test]
fn key_wrap_with_pkcs7_takes_any_length() {
    let key = KeyMaterial::from_import(KeyType::Aes, &[3; 32]).unwrap();
    let key = key.aes().unwrap();
    for length in 8..100 {
        let material: Vec<u8> = (0..length).collect();
        let wrapped = key.wrap_pkcs7(&material).unwrap();
        // Padding that PKCS#7 has and KW does not know.
        let padding = 8 - length % 8;
        let padded = [material.clone(), vec![padding; usize::from(padding)]].concat();
        assert_eq!(*key.unwrap(&wrapped).unwrap(), padded);
        assert_eq!(*key.unwrap_pkcs7(&wrapped).unwrap(), material);
    }
    // JDK 17 pads to whole blocks.
    for (end, length) in [
        (3u8, Some(29)),
        (9, Some(23)),
        (16, Some(16)),
        (0, None),
        (17, None),
    ] {
        let wrapped = key.wrap(&[[1; 16], [end; 16]].concat()).unwrap();
        let outcome = key.unwrap_pkcs7(&wrapped);
        match length {
            Some(length) => assert_eq!(outcome.unwrap().len(), length),
            None => assert_eq!(outcome, Err(CryptoError::WrappedKey)),
        }
    }
    let nothing = key.wrap(&[16; 16]).unwrap();
    assert_eq!(key.unwrap_pkcs7(&nothing), Err(CryptoError::WrappedKey));
}

#[test]
fn the_attribute_wrap_has_a_key_of_its_own() {
    let key = KeyMaterial::from_import(KeyType::Aes, &[3; 32]).unwrap();
    let aes = key.aes().unwrap();
    let (iv, header, material) = ([7; 12], b"header", [9; 40]);
    let wrapped = aes.attribute_wrap(&iv, header, &material).unwrap();
    assert_eq!(
        *aes.attribute_unwrap(&iv, header, &wrapped).unwrap(),
        material
    );
    // By SP 800-108 and GCM from the outside, as docs/formats.md has it.
    let base = secret(&[3; 32]);
    let parameters = MechanismParameters {
        counter_bits: 32,
        info: b"FerroHSM attribute-bound wrap 1\0\0\0\x01\0".to_vec(),
        ..Default::default()
    };
    let mechanism = Mechanism::CounterKdfHmacSha256;
    let derived = crypto::derive_key(Some(&base), mechanism, &parameters, &[], 32).unwrap();
    let derived = KeyMaterial::from_import(KeyType::Aes, &derived).unwrap();
    let opened = derived
        .aes()
        .unwrap()
        .gcm_decrypt(&iv, header, 128, &wrapped);
    assert_eq!(opened.unwrap(), material);
    // Not by decryption with the key itself.
    assert!(aes.gcm_decrypt(&iv, header, 128, &wrapped).is_err());
    for (iv, header, flip) in [
        ([8; 12], &b"header"[..], 0),
        (iv, b"Header", 0),
        (iv, header, 1),
    ] {
        let mut wrapped = wrapped.clone();
        wrapped[20] ^= flip;
        let outcome = aes.attribute_unwrap(&iv, header, &wrapped);
        assert_eq!(outcome, Err(CryptoError::WrappedKey));
    }
}

/// PKCS#11: AES the start of an encrypted zero block (FIPS 197, C.1's key), secrets of their SHA-1.
#[test]
fn check_values() {
    let aes = KeyMaterial::from_import(KeyType::Aes, &hex("000102030405060708090a0b0c0d0e0f"));
    assert_eq!(
        crypto::check_value(&aes.unwrap()).unwrap(),
        Some(hex("c6a13b"))
    );
    // SHA-1("abc"), FIPS 180-4.
    assert_eq!(
        crypto::check_value(&secret(b"abc")).unwrap(),
        Some(hex("a9993e"))
    );
    let pair = KeyMaterial::generate(&KeySpec::Ec { curve: Curve::P256 }).unwrap();
    assert_eq!(crypto::check_value(&pair).unwrap(), None);
    let info = pair.public_key_info().unwrap();
    let point = &info[info.len() - 65..];
    let digest = crate::digest(Hash::Sha1, point);
    assert_eq!(
        crypto::public_check_value(&info).unwrap(),
        Some(digest[..3].to_vec())
    );
    assert_eq!(crypto::public_check_value(b"no key").unwrap(), None);
}
