//! Bad input, and what it gets.

use crate::digest;
use ferrohsm_protocol::Status;
use hsm_server::crypto::aes::Padding;
use hsm_server::crypto::ec::EcdsaInput;
use hsm_server::crypto::rsa::{RsaEncryption, RsaSignature};
use hsm_server::crypto::{CryptoError, Curve, Hash, KeyMaterial, KeySpec, KeyType, PublicKey};
use proptest::prelude::*;

fn generate(spec: KeySpec) -> KeyMaterial {
    KeyMaterial::generate(&spec).unwrap()
}

fn import_error(key_type: KeyType, bytes: &[u8]) -> CryptoError {
    match KeyMaterial::from_import(key_type, bytes) {
        Ok(_) => panic!("taken"),
        Err(error) => error,
    }
}

fn spki_error(bytes: &[u8]) -> CryptoError {
    match PublicKey::from_spki(bytes) {
        Ok(_) => panic!("taken"),
        Err(error) => error,
    }
}

#[test]
fn key_sizes_that_do_not_exist() {
    for bits in [0, 512, 1024, 2047, 2049, 2056, 8192, u32::MAX] {
        let error = KeyMaterial::generate(&KeySpec::Rsa { bits }).err().unwrap();
        assert_eq!(error.status(), Status::KeySizeRange);
        assert!(error.to_string().contains("2048, 3072, 4096"));
    }
    for bits in [0, 64, 129, 512, u32::MAX] {
        assert_eq!(
            KeyMaterial::generate(&KeySpec::Aes { bits })
                .err()
                .unwrap()
                .status(),
            Status::KeySizeRange
        );
    }
    for bits in [0, 7, 12, 6408, u32::MAX] {
        let error = KeyMaterial::generate(&KeySpec::GenericSecret { bits })
            .err()
            .unwrap();
        assert_eq!(error.status(), Status::KeySizeRange);
    }
    for length in [0, 15, 17, 33, 1 << 16] {
        assert_eq!(
            import_error(KeyType::Aes, &vec![1; length]).status(),
            Status::KeyMaterialInvalid
        );
    }
    for length in [0, 801, 1 << 20] {
        assert_eq!(
            import_error(KeyType::GenericSecret, &vec![1; length]).status(),
            Status::KeyMaterialInvalid
        );
    }
}

#[test]
fn private_keys_that_are_refused() {
    let rsa = [
        (
            &include_bytes!("data/rsa_1024.p8")[..],
            "2048, 3072 or 4096",
        ),
        (include_bytes!("data/rsa_2056.p8"), "2048, 3072 or 4096"),
        (include_bytes!("data/rsa_e3.p8"), "65537"),
        (include_bytes!("data/rsa_three_primes.p8"), "PKCS#8"),
        (include_bytes!("data/rsa_pss_oid.p8"), "rsaEncryption"),
        (include_bytes!("data/rsa_close_primes.p8"), "close together"),
        (
            include_bytes!("data/rsa_composite_factor.p8"),
            "do not fit together",
        ),
        (include_bytes!("data/rsa_unbalanced.p8"), "half the length"),
        (
            include_bytes!("data/ec_without_public.p8"),
            "not an RSA key",
        ),
        (include_bytes!("data/ed25519.p8"), "not an RSA key"),
    ];
    let ec = [
        (
            &include_bytes!("data/ec_explicit.p8")[..],
            "must name one of the curves",
        ),
        (include_bytes!("data/ec_brainpool.p8"), "P-224, P-256"),
        (include_bytes!("data/ec_encrypted.p8"), "unencrypted PKCS#8"),
        (include_bytes!("data/ed25519.p8"), "not an EC key"),
        (include_bytes!("data/rsa_e3.p8"), "not an EC key"),
    ];
    let cases = rsa
        .map(|case| (KeyType::Rsa, case))
        .into_iter()
        .chain(ec.map(|case| (KeyType::Ec, case)));
    for (i, (key_type, (der, text))) in cases.enumerate() {
        let error = import_error(key_type, der);
        assert!(
            matches!(error, CryptoError::KeyRefused(_)),
            "case {i}: {error}"
        );
        assert!(error.to_string().contains(text), "case {i}: {error}");
        assert_eq!(error.status(), Status::KeyMaterialInvalid);
    }
    // A scalar without its point is whole: the point follows from it.
    let key =
        KeyMaterial::from_import(KeyType::Ec, include_bytes!("data/ec_without_public.p8")).unwrap();
    let signature = key.ec().unwrap().sign(EcdsaInput::Raw, &[1; 32]).unwrap();
    let public = PublicKey::from_spki(&key.public_key_info().unwrap()).unwrap();
    assert!(
        public
            .ec()
            .unwrap()
            .verify(EcdsaInput::Raw, &[1; 32], &signature)
            .unwrap()
    );
}

/// Positions and lengths of the INTEGERs in a PKCS#8 RSA key: version, n, e, d, p, q, dp, dq, qinv.
fn integers(pkcs8: &[u8]) -> Vec<std::ops::Range<usize>> {
    // Past the outer headers: PrivateKeyInfo 4 + version 3 + algorithm 15 + OCTET STRING 4 + RSAPrivateKey 4.
    let mut at = 30;
    let mut found = Vec::new();
    while at < pkcs8.len() {
        assert_eq!(pkcs8[at], 2);
        let (header, length) = match pkcs8[at + 1] {
            0x82 => (
                4,
                usize::from(pkcs8[at + 2]) << 8 | usize::from(pkcs8[at + 3]),
            ),
            0x81 => (3, usize::from(pkcs8[at + 2])),
            short => (2, usize::from(short)),
        };
        found.push(at + header..at + header + length);
        at += header + length;
    }
    assert_eq!(found.len(), 9);
    found
}

#[test]
fn an_rsa_key_with_any_number_changed() {
    let key = generate(KeySpec::Rsa { bits: 2048 });
    let good = key.to_stored().unwrap();
    KeyMaterial::from_import(KeyType::Rsa, &good).unwrap();
    let numbers = integers(&good);
    for (number, name) in numbers
        .iter()
        .zip(["version", "n", "e", "d", "p", "q", "dp", "dq", "qinv"])
    {
        // The last bytes, the middle ones, and all of it zero.
        for at in [number.end - 1, number.start + number.len() / 2] {
            let mut bad = good.clone();
            bad[at] ^= 2;
            assert!(
                matches!(import_error(KeyType::Rsa, &bad), CryptoError::KeyRefused(_)),
                "{name} changed"
            );
        }
        let mut bad = good.clone();
        bad[number.clone()].fill(0);
        if name != "version" {
            assert!(
                matches!(import_error(KeyType::Rsa, &bad), CryptoError::KeyRefused(_)),
                "{name} zero"
            );
        }
    }
    for cut in [0, 1, 30, good.len() / 2, good.len() - 1] {
        assert!(matches!(
            import_error(KeyType::Rsa, &good[..cut]),
            CryptoError::KeyRefused(_)
        ));
    }
    let longer = [&good[..], &[0]].concat();
    assert!(matches!(
        import_error(KeyType::Rsa, &longer),
        CryptoError::KeyRefused(_)
    ));
    assert!(KeyMaterial::from_stored(KeyType::Rsa, &longer).is_err());
    assert!(matches!(
        import_error(KeyType::Rsa, &vec![0x30; 1 << 20]),
        CryptoError::KeyRefused(_)
    ));
}

#[test]
fn an_ec_key_with_its_scalar_or_point_changed() {
    for curve in Curve::ALL {
        let good = generate(KeySpec::Ec { curve }).to_stored().unwrap();
        let field = (curve.bits() as usize).div_ceil(8);
        // ECPrivateKey: SEQUENCE, version 1, OCTET STRING of the scalar, [1] with the point at the end.
        let scalar_at = good
            .windows(5)
            .position(|w| w == [2, 1, 1, 4, field as u8])
            .unwrap()
            + 5;
        let mut bad = good.clone();
        bad[scalar_at + field - 1] ^= 1;
        assert!(
            matches!(import_error(KeyType::Ec, &bad), CryptoError::KeyRefused(_)),
            "{curve:?} scalar"
        );
        for scalar in [0x00, 0xff] {
            let mut bad = good.clone();
            bad[scalar_at..scalar_at + field].fill(scalar);
            assert!(
                matches!(import_error(KeyType::Ec, &bad), CryptoError::KeyRefused(_)),
                "{curve:?} range"
            );
        }
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        assert!(
            matches!(import_error(KeyType::Ec, &bad), CryptoError::KeyRefused(_)),
            "{curve:?} point"
        );
    }
}

#[test]
fn public_keys_that_are_refused() {
    let ec = generate(KeySpec::Ec { curve: Curve::P256 });
    let good = ec.public_key_info().unwrap();
    let point = good.len() - 65;
    let mut off_curve = good.clone();
    *off_curve.last_mut().unwrap() ^= 1;
    let mut not_a_form = good.clone();
    not_a_form[point] = 5;
    let mut out_of_range = good.clone();
    out_of_range[point + 1..].fill(0xff);
    // BIT STRING with the single byte 0: the point at infinity.
    let infinity = [&[0x30, 25][..], &good[2..point - 3], &[3, 2, 0, 0]].concat();
    let longer = [&good[..], &[0]].concat();
    for bad in [
        &off_curve[..],
        &not_a_form,
        &out_of_range,
        &infinity,
        &longer,
        &good[..90],
        &[],
        &[0x30; 1 << 17],
    ] {
        let error = spki_error(bad);
        assert!(matches!(error, CryptoError::PublicKeyRefused(_)), "{error}");
        assert_eq!(error.status(), Status::PublicKeyInvalid);
    }
    for (spki, text) in [
        (
            &include_bytes!("data/rsa_1024.spki")[..],
            "2048, 3072 or 4096",
        ),
        (include_bytes!("data/rsa_2056.spki"), "2048, 3072 or 4096"),
        (include_bytes!("data/rsa_e3.spki"), "65537"),
        (
            include_bytes!("data/rsa_pss_oid.spki"),
            "not a SubjectPublicKeyInfo",
        ),
        (
            include_bytes!("data/ec_explicit.spki"),
            "must name one of the curves",
        ),
        (
            include_bytes!("data/ec_brainpool.spki"),
            "not a SubjectPublicKeyInfo",
        ),
        (
            include_bytes!("data/ed25519.spki"),
            "not a SubjectPublicKeyInfo",
        ),
    ] {
        let error = spki_error(spki);
        assert!(matches!(error, CryptoError::PublicKeyRefused(_)), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
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

const TYPES: [KeyType; 4] = [
    KeyType::Rsa,
    KeyType::Ec,
    KeyType::Aes,
    KeyType::GenericSecret,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_key_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        for key_type in TYPES {
            if let Ok(key) = KeyMaterial::from_import(key_type, &bytes) {
                prop_assert!(matches!(key_type, KeyType::Aes | KeyType::GenericSecret));
                prop_assert_eq!(&*key.to_stored().unwrap(), &bytes);
            }
            let _ = KeyMaterial::from_stored(key_type, &bytes);
        }
        prop_assert!(PublicKey::from_spki(&bytes).is_err());
    }

    /// Closer to real keys: one of each with some bytes changed, cut or added.
    #[test]
    fn damaged_keys_are_a_key_or_an_error(
        which in 0..5usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in 0..1300usize,
    ) {
        let good: [&[u8]; 5] = [
            include_bytes!("data/ec_without_public.p8"),
            include_bytes!("data/ec_explicit.p8"),
            include_bytes!("data/rsa_e3.p8"),
            include_bytes!("data/rsa_1024.p8"),
            include_bytes!("data/ec_brainpool.p8"),
        ];
        let mut bytes = good[which].to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(length.max(8));
        for key_type in [KeyType::Rsa, KeyType::Ec] {
            if let Ok(key) = KeyMaterial::from_import(key_type, &bytes) {
                key.to_stored().unwrap();
                key.public_key_info().unwrap();
            }
        }
        let _ = PublicKey::from_spki(&bytes);
    }

    #[test]
    fn changed_points_never_panic(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let key = KeyMaterial::from_import(KeyType::Ec, include_bytes!("data/ec_without_public.p8")).unwrap();
        let mut spki = key.public_key_info().unwrap();
        let at = at.index(spki.len());
        spki[at] = value;
        if let Ok(public) = PublicKey::from_spki(&spki) {
            let _ = public.ec().map(|peer| key.ec().unwrap().agree(peer));
        }
    }
}
