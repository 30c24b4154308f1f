//! Keys that are refused, and why.

use ferrohsm_protocol::Status;
use hsm_server::crypto::ec::EcdsaInput;
use hsm_server::crypto::{CryptoError, Curve, KeyMaterial, KeySpec, KeyType, PublicKey};
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
    for bits in [
        0,
        512,
        1024,
        1792,
        2047,
        2049,
        2056,
        2176,
        4352,
        8192,
        u32::MAX,
    ] {
        let error = KeyMaterial::generate(&KeySpec::Rsa { bits }).err().unwrap();
        assert_eq!(error.status(), Status::KeySizeRange);
        assert!(error.to_string().contains("2048 to 4096 in steps of 256"));
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
        (&include_bytes!("data/rsa_1024.p8")[..], "2048 to 4096 bits"),
        (include_bytes!("data/rsa_2056.p8"), "2048 to 4096 bits"),
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
        (&include_bytes!("data/ec_explicit.p8")[..], "named curve"),
        (include_bytes!("data/ec_brainpool.p8"), "P-224, P-256"),
        (include_bytes!("data/ec_encrypted.p8"), "unencrypted PKCS#8"),
        (include_bytes!("data/ed25519.p8"), "not an EC key"),
        (include_bytes!("data/rsa_e3.p8"), "not an EC key"),
    ];
    let curve25519 = [
        (
            KeyType::EcEdwards,
            (&include_bytes!("data/ec_encrypted.p8")[..], "unencrypted"),
        ),
        (
            KeyType::EcEdwards,
            (include_bytes!("data/ec_explicit.p8"), "Ed25519"),
        ),
        (
            KeyType::EcMontgomery,
            (include_bytes!("data/ed25519.p8"), "X25519"),
        ),
    ];
    let cases = rsa
        .map(|case| (KeyType::Rsa, case))
        .into_iter()
        .chain(ec.map(|case| (KeyType::Ec, case)))
        .chain(curve25519);
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
            "2048 to 4096 bits",
        ),
        (include_bytes!("data/rsa_2056.spki"), "2048 to 4096 bits"),
        (include_bytes!("data/rsa_e3.spki"), "65537"),
        (
            include_bytes!("data/rsa_pss_oid.spki"),
            "not a SubjectPublicKeyInfo",
        ),
        (include_bytes!("data/ec_explicit.spki"), "named curve"),
        (include_bytes!("data/ec_brainpool.spki"), "named curve"),
    ] {
        let error = spki_error(spki);
        assert!(matches!(error, CryptoError::PublicKeyRefused(_)), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

const TYPES: [KeyType; 10] = [
    KeyType::MlDsa,
    KeyType::MlKem,
    KeyType::ChaCha20,
    KeyType::Des3,
    KeyType::Rsa,
    KeyType::Ec,
    KeyType::EcEdwards,
    KeyType::EcMontgomery,
    KeyType::Aes,
    KeyType::GenericSecret,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_key_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        for key_type in TYPES {
            if let Ok(key) = KeyMaterial::from_import(key_type, &bytes) {
                prop_assert!(matches!(
                    key_type,
                    KeyType::Aes | KeyType::GenericSecret | KeyType::ChaCha20 | KeyType::Des3
                ));
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
