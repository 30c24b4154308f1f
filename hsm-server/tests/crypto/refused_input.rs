//! Data and parameters that are refused, and what the caller is told.

use crate::digest;
use ferrohsm_protocol::Status;
use hsm_server::crypto::aes::Padding;
use hsm_server::crypto::ec::EcdsaInput;
use hsm_server::crypto::rsa::{RsaEncryption, RsaSignature};
use hsm_server::crypto::{CryptoError, Curve, Hash, KeyMaterial, KeySpec, PublicKey};

fn generate(spec: KeySpec) -> KeyMaterial {
    KeyMaterial::generate(&spec).unwrap()
}

#[test]
fn digests_and_parameters_of_the_wrong_size() {
    let rsa = generate(KeySpec::Rsa { bits: 2048 });
    let ec = generate(KeySpec::Ec { curve: Curve::P256 });
    let (rsa, ec) = (rsa.rsa().unwrap(), ec.ec().unwrap());
    for hash in Hash::ALL {
        for length in [0, 1, hash.len_bytes() - 1, hash.len_bytes() + 1, 1 << 16] {
            let input = vec![0; length];
            let pss = RsaSignature::Pss {
                hash,
                mgf_hash: hash,
                salt_len: 20,
            };
            for outcome in [
                rsa.public()
                    .verify(RsaSignature::Pkcs1(hash), &input, &[0; 256])
                    .map(|_| ()),
                rsa.public().verify(pss, &input, &[0; 256]).map(|_| ()),
                ec.public()
                    .verify(EcdsaInput::Digest(hash), &input, &[0; 70])
                    .map(|_| ()),
            ] {
                assert!(matches!(
                    outcome,
                    Err(CryptoError::DataLength { what: "digest", .. })
                ));
            }
            if hash != Hash::Sha1 {
                assert!(matches!(
                    rsa.sign(pss, &input),
                    Err(CryptoError::DataLength { .. })
                ));
                assert!(matches!(
                    rsa.sign(RsaSignature::Pkcs1(hash), &input),
                    Err(CryptoError::DataLength { .. })
                ));
                assert!(matches!(
                    ec.sign(EcdsaInput::Digest(hash), &input),
                    Err(CryptoError::DataLength { .. })
                ));
            }
        }
    }
    // No signature over SHA-1, whatever the padding.
    let sha1 = digest(Hash::Sha1, b"");
    let pss = RsaSignature::Pss {
        hash: Hash::Sha1,
        mgf_hash: Hash::Sha1,
        salt_len: 20,
    };
    for outcome in [
        rsa.sign(RsaSignature::Pkcs1(Hash::Sha1), &sha1),
        rsa.sign(pss, &sha1),
        ec.sign(EcdsaInput::Digest(Hash::Sha1), &sha1),
    ] {
        assert_eq!(
            outcome.unwrap_err().status(),
            Status::MechanismParameterInvalid
        );
    }
    for length in [0, 65, 1 << 16] {
        assert!(matches!(
            ec.sign(EcdsaInput::Raw, &vec![0; length]),
            Err(CryptoError::DataLength { .. })
        ));
    }
    for length in [246, 256, 1 << 16] {
        let outcome = rsa.sign(RsaSignature::Pkcs1Raw, &vec![0; length]);
        assert!(matches!(outcome, Err(CryptoError::DataLength { .. })));
    }
    // 2048 bits less SHA-256 and two bytes leave 222 bytes of salt.
    let input = digest(Hash::Sha256, b"");
    for (salt_len, fits) in [(222, true), (223, false), (u16::MAX, false)] {
        let pss = RsaSignature::Pss {
            hash: Hash::Sha256,
            mgf_hash: Hash::Sha256,
            salt_len,
        };
        match rsa.sign(pss, &input) {
            Ok(signature) => assert!(fits && rsa.public().verify(pss, &input, &signature).unwrap()),
            Err(error) => assert!(!fits && error.status() == Status::MechanismParameterInvalid),
        }
    }
}

#[test]
fn rsa_ciphertexts_and_labels() {
    let key = generate(KeySpec::Rsa { bits: 2048 });
    let rsa = key.rsa().unwrap();
    let oaep = |label| RsaEncryption::Oaep {
        hash: Hash::Sha256,
        mgf_hash: Hash::Sha1,
        label,
    };
    let long = vec![0x61; 1 << 16];
    for outcome in [
        rsa.public().encrypt(oaep(&long), b"x"),
        rsa.public().encrypt(oaep(&long[..1025]), b"x"),
    ] {
        assert_eq!(
            outcome.unwrap_err().status(),
            Status::MechanismParameterInvalid
        );
    }
    assert!(matches!(
        rsa.decrypt(oaep(&long), &[0; 256]),
        Err(CryptoError::Parameter(_))
    ));
    let ciphertext = rsa.public().encrypt(oaep(&long[..1024]), b"x").unwrap();
    assert_eq!(
        *rsa.decrypt(oaep(&long[..1024]), &ciphertext).unwrap(),
        b"x"
    );

    for (how, most) in [(oaep(b""), 256 - 66), (RsaEncryption::Pkcs1, 245)] {
        assert_eq!(rsa.public().plaintext_bytes_max(how).unwrap(), most);
        let ciphertext = rsa.public().encrypt(how, &long[..most]).unwrap();
        assert_eq!(*rsa.decrypt(how, &ciphertext).unwrap(), long[..most]);
        let outcome = rsa.public().encrypt(how, &long[..most + 1]);
        assert_eq!(outcome.unwrap_err().status(), Status::DataLengthRange);
        for length in [0, 255, 257, 1 << 16] {
            let outcome = rsa.decrypt(how, &vec![1; length]);
            assert_eq!(outcome.unwrap_err().status(), Status::DataLengthRange);
        }
        // Above the modulus, zero, one, and a random number: all one error.
        for bytes in [
            [0xff; 256],
            [0; 256],
            std::array::from_fn(|i| u8::from(i == 255)),
            [0x5a; 256],
        ] {
            assert_eq!(rsa.decrypt(how, &bytes), Err(CryptoError::Decryption));
        }
    }
}

#[test]
fn ecdh_with_another_curve() {
    let key = generate(KeySpec::Ec { curve: Curve::P256 });
    for curve in Curve::ALL.into_iter().filter(|&curve| curve != Curve::P256) {
        let peer = generate(KeySpec::Ec { curve });
        let error = key
            .ec()
            .unwrap()
            .agree(peer.ec().unwrap().public())
            .unwrap_err();
        assert_eq!(error.status(), Status::PublicKeyInvalid);
        assert!(
            error.to_string().contains(curve.name()) && error.to_string().contains("secp256r1")
        );
    }
}

#[test]
fn aes_input_of_the_wrong_size_or_changed() {
    for bits in [128, 192, 256] {
        let key = generate(KeySpec::Aes { bits });
        let aes = key.aes().unwrap();
        let iv = [7; 16];
        for length in [0, 1, 12, 15, 17] {
            let iv = vec![0; length];
            for outcome in [
                aes.cbc_encrypt(&iv, Padding::Pkcs7, b"x"),
                aes.cbc_decrypt(&iv, Padding::None, &[0; 16]),
                aes.ctr(&iv, b"x"),
            ] {
                assert_eq!(
                    outcome.unwrap_err().status(),
                    Status::MechanismParameterInvalid
                );
            }
        }
        for length in [1, 15, 17, 31] {
            let data = vec![0; length];
            for outcome in [
                aes.cbc_encrypt(&iv, Padding::None, &data),
                aes.cbc_decrypt(&iv, Padding::None, &data),
                aes.cbc_decrypt(&iv, Padding::Pkcs7, &data),
                aes.ecb_encrypt(Padding::None, &data),
                aes.ecb_decrypt(Padding::None, &data),
                aes.ecb_decrypt(Padding::Pkcs7, &data),
            ] {
                assert_eq!(outcome.unwrap_err().status(), Status::DataLengthRange);
            }
        }
        for iv_len in [0, 11, 129, 1 << 16] {
            let outcome = aes.gcm_encrypt(&vec![0; iv_len], b"", 128, b"x");
            assert_eq!(
                outcome.unwrap_err().status(),
                Status::MechanismParameterInvalid
            );
        }
        for tag_bits in [0, 8, 32, 64, 88, 95, 97, 127, 129, 136, u32::MAX] {
            let outcome = aes.gcm_encrypt(&[0; 12], b"", tag_bits, b"x");
            assert_eq!(
                outcome.unwrap_err().status(),
                Status::MechanismParameterInvalid
            );
        }
        let sealed = aes
            .gcm_encrypt(&[0; 12], b"aad", 128, b"plaintext")
            .unwrap();
        assert_eq!(
            aes.gcm_decrypt(&[0; 12], b"aad", 128, &sealed).unwrap(),
            b"plaintext"
        );
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert_eq!(
                aes.gcm_decrypt(&[0; 12], b"aad", 128, &bad),
                Err(CryptoError::Authentication)
            );
        }
        for outcome in [
            aes.gcm_decrypt(&[0; 12], b"aaD", 128, &sealed),
            aes.gcm_decrypt(&[1; 12], b"aad", 128, &sealed),
            aes.gcm_decrypt(&[0; 12], b"aad", 96, &sealed),
            aes.gcm_decrypt(&[0; 12], b"aad", 128, &sealed[..sealed.len() - 1]),
            aes.gcm_decrypt(&[0; 12], b"aad", 128, &sealed[..15]),
            aes.gcm_decrypt(&[0; 12], b"aad", 128, b""),
        ] {
            assert_eq!(outcome, Err(CryptoError::Authentication));
        }
        for (length, fits) in [
            (0, false),
            (8, false),
            (15, false),
            (16, true),
            (17, false),
            (24, true),
        ] {
            assert_eq!(aes.wrap(&vec![0; length]).is_ok(), fits);
            assert_eq!(aes.wrap_padded(&vec![0; length]).is_ok(), length > 0);
        }
        assert_eq!(
            aes.wrap(&vec![0; (1 << 16) + 8]).unwrap_err().status(),
            Status::DataLengthRange
        );
        for length in [0, 8, 16, 23, 24, 25, 1 << 16] {
            assert_eq!(aes.unwrap(&vec![0; length]), Err(CryptoError::WrappedKey));
            assert_eq!(
                aes.unwrap_padded(&vec![0; length]),
                Err(CryptoError::WrappedKey)
            );
        }
        let wrapped = aes.wrap(&[5; 32]).unwrap();
        for at in 0..wrapped.len() {
            let mut bad = wrapped.clone();
            bad[at] ^= 0x80;
            assert_eq!(aes.unwrap(&bad), Err(CryptoError::WrappedKey));
        }
    }
}

/// A failed call leaves nothing behind that a later one on the same thread trips over.
#[test]
fn failures_do_not_disturb_what_follows() {
    let rsa = generate(KeySpec::Rsa { bits: 2048 });
    let ec = generate(KeySpec::Ec { curve: Curve::P256 });
    for _ in 0..100 {
        assert!(
            rsa.rsa()
                .unwrap()
                .decrypt(RsaEncryption::Pkcs1, &[0x5a; 256])
                .is_err()
        );
        assert!(PublicKey::from_spki(&[0x30; 40]).is_err());
        assert!(
            !ec.ec()
                .unwrap()
                .public()
                .verify(EcdsaInput::Raw, &[1], b"garbage")
                .unwrap()
        );
        let input = digest(Hash::Sha256, b"");
        rsa.rsa()
            .unwrap()
            .sign(RsaSignature::Pkcs1(Hash::Sha256), &input)
            .unwrap();
        ec.ec().unwrap().sign(EcdsaInput::Raw, &input).unwrap();
    }
}
