//! Operations in chunks against those in one piece.

use super::*;
use crate::crypto::{KeyMaterial, KeySpec, decrypt, encrypt};

fn gcm(iv: &[u8], aad: &[u8], tag_bits: u32) -> MechanismParameters {
    MechanismParameters {
        iv: iv.to_vec(),
        aad: aad.to_vec(),
        tag_bits,
        ..MechanismParameters::default()
    }
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 + i / 251) as u8).collect()
}

fn output(finished: Finished) -> Vec<u8> {
    match finished {
        Finished::Output(output) => output,
        Finished::Plaintext(mut plaintext) => {
            let mut all = Vec::new();
            while plaintext.remaining() > 0 {
                all.extend_from_slice(&plaintext.next(1000));
            }
            all
        }
        Finished::Valid(_) => panic!("no output"),
    }
}

/// Feeds `data` in pieces of `piece` bytes, the associated data of `parameters` in two.
fn run(
    key: &KeyMaterial,
    mechanism: Mechanism,
    parameters: &MechanismParameters,
    wanted: Use,
    data: &[u8],
    piece: usize,
) -> Result<Vec<u8>, CryptoError> {
    let (first, second) = parameters.aad.split_at(parameters.aad.len() / 2);
    let begun = MechanismParameters {
        aad: first.to_vec(),
        ..parameters.clone()
    };
    let key = AnyKey::Own(key);
    let mut stream = Stream::begin(key, mechanism, &begun, wanted, data.len())?;
    stream.aad(second)?;
    let mut all = Vec::new();
    let last = data.len() - data.len() % piece.max(1);
    for chunk in data[..last].chunks(piece) {
        all.extend_from_slice(&stream.update(chunk)?);
    }
    all.extend_from_slice(&output(stream.finish(key, &data[last..], &[])?));
    Ok(all)
}

#[test]
fn gcm_in_any_pieces_is_gcm_in_one() {
    let mechanism = Mechanism::AesGcm;
    let mut checked = 0;
    for bits in [128, 192, 256] {
        let key = KeyMaterial::generate(&KeySpec::Aes { bits }).unwrap();
        for (iv_len, tag_bits) in [(12, 128), (12, 96), (16, 104), (128, 120)] {
            for length in [0, 1, 15, 16, 17, 100, 4096, 10_007] {
                let parameters = gcm(&text(iv_len), &text(length / 3), tag_bits);
                let data = text(length);
                let own = AnyKey::Own(&key);
                let sealed = encrypt(own, mechanism, &parameters, &data).unwrap();
                for piece in [1, 5, 16, 1000, 20_000] {
                    let made =
                        run(&key, mechanism, &parameters, Use::Encrypt, &data, piece).unwrap();
                    assert_eq!(made, sealed, "{bits} {iv_len} {tag_bits} {length} {piece}");
                    let opened =
                        run(&key, mechanism, &parameters, Use::Decrypt, &sealed, piece).unwrap();
                    assert_eq!(opened, data);
                    checked += 1;
                }
                assert_eq!(decrypt(&key, mechanism, &parameters, &sealed), Ok(data));
            }
        }
    }
    println!("{checked} splits checked");
}

#[test]
fn chacha_in_any_pieces_is_chacha_in_one() {
    let mechanism = Mechanism::Chacha20Poly1305;
    let key = KeyMaterial::generate(&KeySpec::ChaCha20 { bits: 256 }).unwrap();
    for length in [0, 1, 63, 64, 65, 10_007] {
        let parameters = gcm(&text(12), &text(length / 3), 0);
        let data = text(length);
        let sealed = encrypt(AnyKey::Own(&key), mechanism, &parameters, &data).unwrap();
        for piece in [1, 64, 1000, 20_000] {
            let made = run(&key, mechanism, &parameters, Use::Encrypt, &data, piece).unwrap();
            assert_eq!(made, sealed, "{length} {piece}");
            let opened = run(&key, mechanism, &parameters, Use::Decrypt, &sealed, piece).unwrap();
            assert_eq!(opened, data);
        }
        let mut changed = sealed.clone();
        changed[length / 2] ^= 1;
        assert_eq!(
            run(&key, mechanism, &parameters, Use::Decrypt, &changed, 100),
            Err(CryptoError::Authentication)
        );
    }
}

#[test]
fn ed25519_and_ml_dsa_sign_long_messages_whole() {
    let none = MechanismParameters::default();
    for (spec, mechanism) in [
        (KeySpec::EcEdwards, Mechanism::Ed25519),
        (
            KeySpec::MlDsa {
                set: super::super::MlDsaSet::MlDsa65,
            },
            Mechanism::MlDsa,
        ),
    ] {
        let key = KeyMaterial::generate(&spec).unwrap();
        let own = AnyKey::Own(&key);
        let message = text(2_000_000);
        let signature = run(&key, mechanism, &none, Use::Sign, &message, 300_000).unwrap();
        assert_eq!(
            verify(own, mechanism, &none, &message, &signature),
            Ok(true)
        );
        for (message, right) in [(&message[..], true), (&message[1..], false)] {
            let stream = Stream::begin(own, mechanism, &none, Use::Verify, message.len()).unwrap();
            let finished = stream.finish(own, message, &signature).unwrap();
            assert!(matches!(finished, Finished::Valid(valid) if valid == right));
        }
    }
}

#[test]
fn a_changed_bit_gives_nothing() {
    let key = KeyMaterial::generate(&KeySpec::Aes { bits: 256 }).unwrap();
    let parameters = gcm(&text(12), b"header", 128);
    let sealed = encrypt(
        AnyKey::Own(&key),
        Mechanism::AesGcm,
        &parameters,
        &text(1000),
    )
    .unwrap();
    let open = |parameters: &MechanismParameters, data: &[u8]| {
        run(&key, Mechanism::AesGcm, parameters, Use::Decrypt, data, 100)
    };
    for at in [0, 500, 999, 1000, 1015] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(
            open(&parameters, &changed),
            Err(CryptoError::Authentication)
        );
    }
    for length in [0, 1, 15, 16, 999] {
        let short = &sealed[..length];
        assert_eq!(open(&parameters, short), Err(CryptoError::Authentication));
    }
    let other = gcm(&text(12), b"Header", 128);
    assert_eq!(open(&other, &sealed), Err(CryptoError::Authentication));
}

#[test]
fn macs_in_pieces_are_macs_in_one() {
    let secret = KeyMaterial::generate(&KeySpec::GenericSecret { bits: 256 }).unwrap();
    let aes = KeyMaterial::generate(&KeySpec::Aes { bits: 192 }).unwrap();
    let none = MechanismParameters::default();
    for (key, mechanism) in [
        (&secret, Mechanism::HmacSha1),
        (&secret, Mechanism::HmacSha224),
        (&secret, Mechanism::HmacSha256),
        (&secret, Mechanism::HmacSha384),
        (&secret, Mechanism::HmacSha512),
        (&secret, Mechanism::HmacSha512T256),
        (&secret, Mechanism::HmacSha3_256),
        (&aes, Mechanism::AesCmac),
    ] {
        for length in [0, 1, 64, 10_007] {
            let data = text(length);
            let mac = sign(key, mechanism, &none, &data).unwrap();
            for piece in [1, 64, 20_000] {
                let made = run(key, mechanism, &none, Use::Sign, &data, piece).unwrap();
                assert_eq!(made, mac, "{mechanism:?} {length} {piece}");
            }
            for (signature, right) in [(&mac[..], true), (&mac[1..], false), (&[], false)] {
                let own = AnyKey::Own(key);
                let stream = Stream::begin(own, mechanism, &none, Use::Verify, 0).unwrap();
                let finished = stream.finish(own, &data, signature).unwrap();
                assert!(matches!(finished, Finished::Valid(valid) if valid == right));
            }
        }
    }
}

/// The plug for what signs whole messages, tried with a MAC.
#[test]
fn a_whole_message_is_signed_at_its_end() {
    let key = KeyMaterial::generate(&KeySpec::GenericSecret { bits: 256 }).unwrap();
    let (own, none) = (AnyKey::Own(&key), MechanismParameters::default());
    let mac = sign(&key, Mechanism::HmacSha256, &none, b"in one piece").unwrap();
    let begin = |wanted| Stream {
        mechanism: Mechanism::HmacSha256,
        wanted,
        work: Work::Whole {
            parameters: Box::default(),
            data: Held::new(12).unwrap(),
        },
        taken: 0,
        total: 12,
    };
    let mut stream = begin(Use::Sign);
    assert!(stream.update(b"in one ").unwrap().is_empty());
    assert!(stream.aad(b"some").is_err());
    assert_eq!(output(stream.finish(own, b"piece", &[]).unwrap()), mac);
    let finished = begin(Use::Verify).finish(own, b"in one piece", &mac);
    assert!(matches!(finished.unwrap(), Finished::Valid(true)));
    let over = begin(Use::Sign).finish(own, b"in one piece!", &[]);
    assert!(matches!(over, Err(CryptoError::DataLength { .. })));
}

#[test]
fn limits_hold() {
    let key = KeyMaterial::generate(&KeySpec::Aes { bits: 128 }).unwrap();
    let own = AnyKey::Own(&key);
    let parameters = gcm(&[1; 12], b"", 128);
    let begin =
        |wanted, total| Stream::begin(own, Mechanism::AesGcm, &parameters, wanted, total).unwrap();
    let mut sealing = begin(Use::Encrypt, 0);
    sealing.taken = GCM_BYTES_MAX - 5;
    assert!(sealing.update(&[0; 5]).is_ok());
    assert!(matches!(
        sealing.update(&[0]),
        Err(CryptoError::DataLength { .. })
    ));
    assert!(sealing.aad(b"late").is_err());
    let mut opening = begin(Use::Decrypt, 10);
    assert!(opening.update(&[0; 10]).is_ok());
    assert!(matches!(
        opening.update(&[0]),
        Err(CryptoError::DataLength { .. })
    ));
    for (mechanism, wanted) in [
        (Mechanism::AesCbcPad, Use::Encrypt),
        (Mechanism::AesCtr, Use::Decrypt),
        (Mechanism::RsaPkcs, Use::Sign),
        (Mechanism::AesGcm, Use::Sign),
        (Mechanism::HmacSha256, Use::Encrypt),
    ] {
        assert!(
            Stream::begin(own, mechanism, &parameters, wanted, 0).is_err(),
            "{mechanism:?} {wanted:?}"
        );
    }
}

/// A megabyte of associated data, say, that nobody reads would be held until the end and counted by nobody.
#[test]
fn what_waits_for_its_end_keeps_no_more_parameters_than_it_reads() {
    let key = KeyMaterial::generate(&KeySpec::EcEdwards).unwrap();
    let begin = |context: Vec<u8>| {
        let parameters = MechanismParameters {
            aad: vec![1; 1 << 20],
            info: vec![2; 1 << 20],
            context,
            ..MechanismParameters::default()
        };
        let (key, mechanism) = (AnyKey::Own(&key), Mechanism::Ed25519ctx);
        Stream::begin(key, mechanism, &parameters, Use::Sign, 100)
    };
    let Work::Whole { parameters, .. } = begin(vec![3; 255]).unwrap().work else {
        panic!("Ed25519 needs the message whole");
    };
    let kept = MechanismParameters {
        context: vec![3; 255],
        ..MechanismParameters::default()
    };
    // Not assert_eq: it would print the megabytes.
    assert!(*parameters == kept, "more is kept than the context");
    assert!(matches!(
        begin(vec![3; 256]).err(),
        Some(CryptoError::DataLength { .. })
    ));
}
