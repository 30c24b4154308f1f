//! The mechanisms table against what is implemented.

use ferrohsm_protocol::Mechanism;
use ferrohsm_protocol::mechanisms::{MECHANISMS, ParameterKind, Use};
use ferrohsm_protocol::messages::{self, MechanismParameters};
use hsm_server::crypto::{
    self, AnyKey, CryptoError, Curve, GCM_IV_LEN, IvSource, KeyMaterial, KeySpec, MlDsaSet,
    MlKemSet, PublicKey,
};

struct Keys {
    rsa: KeyMaterial,
    ec: KeyMaterial,
    aes: KeyMaterial,
    secret: KeyMaterial,
    edwards: KeyMaterial,
    montgomery: KeyMaterial,
    ml_dsa: KeyMaterial,
    ml_kem: KeyMaterial,
    chacha20: KeyMaterial,
    des3: KeyMaterial,
}

impl Keys {
    fn new() -> Self {
        let generate = |spec| KeyMaterial::generate(&spec).unwrap();
        Self {
            rsa: generate(KeySpec::Rsa { bits: 2048 }),
            ec: generate(KeySpec::Ec { curve: Curve::P256 }),
            aes: generate(KeySpec::Aes { bits: 256 }),
            secret: generate(KeySpec::GenericSecret { bits: 256 }),
            edwards: generate(KeySpec::EcEdwards),
            montgomery: generate(KeySpec::EcMontgomery),
            ml_dsa: generate(KeySpec::MlDsa {
                set: MlDsaSet::MlDsa44,
            }),
            ml_kem: generate(KeySpec::MlKem {
                set: MlKemSet::MlKem768,
            }),
            chacha20: generate(KeySpec::ChaCha20 { bits: 256 }),
            des3: generate(KeySpec::Des3 { bits: 168 }),
        }
    }

    fn of(&self, key_type: messages::KeyType) -> &KeyMaterial {
        match key_type {
            messages::KeyType::Rsa => &self.rsa,
            messages::KeyType::Ec => &self.ec,
            messages::KeyType::Aes => &self.aes,
            messages::KeyType::GenericSecret => &self.secret,
            messages::KeyType::EcEdwards => &self.edwards,
            messages::KeyType::EcMontgomery => &self.montgomery,
            messages::KeyType::MlDsa => &self.ml_dsa,
            messages::KeyType::MlKem => &self.ml_kem,
            messages::KeyType::Chacha20 => &self.chacha20,
            messages::KeyType::Des3 => &self.des3,
            other => panic!("no key of type {other:?}"),
        }
    }

    fn all(&self) -> [&KeyMaterial; 10] {
        [
            &self.rsa,
            &self.ec,
            &self.aes,
            &self.secret,
            &self.edwards,
            &self.montgomery,
            &self.ml_dsa,
            &self.ml_kem,
            &self.chacha20,
            &self.des3,
        ]
    }

    /// Somebody's public key, of the key's own type where it can agree with one.
    fn peer(&self, key: &KeyMaterial) -> PublicKey {
        let pair = match key {
            KeyMaterial::EcMontgomery(_) => &self.montgomery,
            _ => &self.ec,
        };
        PublicKey::from_spki(&pair.public_key_info().unwrap()).unwrap()
    }
}

fn parameters(mechanism: Mechanism, source: &IvSource, peer: &[u8]) -> MechanismParameters {
    let mut parameters = MechanismParameters::default();
    match mechanism.row().parameters {
        ParameterKind::None => {}
        ParameterKind::Pss => {
            parameters.set_hash(mechanism.row().hash.unwrap_or(messages::Hash::Sha256));
            parameters.set_mgf_hash(messages::Hash::Sha256);
            parameters.salt_bytes = 32;
        }
        ParameterKind::Oaep => {
            parameters.set_hash(messages::Hash::Sha256);
            parameters.set_mgf_hash(messages::Hash::Sha1);
        }
        ParameterKind::Iv | ParameterKind::Gcm | ParameterKind::Nonce | ParameterKind::ShortIv => {
            parameters.iv = crypto::fresh_iv(mechanism, source).unwrap();
        }
        ParameterKind::Context => parameters.context = b"context".to_vec(),
        ParameterKind::X963 => {
            parameters.peer_public_key_info = peer.to_vec();
        }
        ParameterKind::Hkdf => parameters.salt = b"salt".to_vec(),
        ParameterKind::Sp800108 => parameters.counter_bits = 32,
        ParameterKind::Pbkdf2 => {
            parameters.salt = b"salt".to_vec();
            parameters.iterations = 1;
        }
    }
    if matches!(
        mechanism,
        Mechanism::AesAttributeWrap | Mechanism::AesCbcUnwrap
    ) {
        parameters.iv = crypto::fresh_iv(Mechanism::AesGcm, source).unwrap();
        parameters.iv.resize(
            if mechanism == Mechanism::AesCbcUnwrap {
                16
            } else {
                12
            },
            0,
        );
    }
    parameters
}

/// Derives a key that stays inside.
fn derive(
    key: &KeyMaterial,
    mechanism: Mechanism,
    parameters: &MechanismParameters,
) -> Result<(), CryptoError> {
    let (key, password) = match mechanism.row().parameters {
        ParameterKind::Pbkdf2 => (None, &b"password"[..]),
        _ => (Some(key), &[][..]),
    };
    crypto::derive_key(key, mechanism, parameters, password, 32).map(|_| ())
}

/// Input of a length that suits the mechanism.
fn input(mechanism: Mechanism) -> Vec<u8> {
    let length = match mechanism.row().hash {
        _ if mechanism == Mechanism::MlDsaExternalMu => 64,
        Some(hash) => ferrohsm_protocol::mechanisms::digest_bytes(hash).unwrap(),
        None => 32,
    };
    vec![0x61; length]
}

#[test]
fn every_use_of_every_row_works_and_no_other() {
    let keys = Keys::new();
    let source = IvSource::new();
    let (mut worked, mut refused) = (0, 0);
    for row in MECHANISMS {
        let mechanism = row.mechanism;
        let peer = keys.ec.public_key_info().unwrap();
        let parameters = parameters(mechanism, &source, &peer);
        let data = input(mechanism);
        let key = row.key_type.map_or(&keys.aes, |key_type| keys.of(key_type));
        let own = AnyKey::Own(key);
        let mut check = |wanted: Use, outcome: Result<(), CryptoError>| {
            match (row.has_use(wanted), outcome) {
                (true, Ok(())) => worked += 1,
                (false, Err(CryptoError::NoSuchUse { .. })) => refused += 1,
                // SHA-1 rows have no sign.
                (false, Err(CryptoError::Parameter(_)))
                    if row.hash == Some(messages::Hash::Sha1) =>
                {
                    refused += 1
                }
                (has_use, outcome) => panic!(
                    "{} {wanted:?}: in the table {has_use}, got {outcome:?}",
                    row.name
                ),
            }
        };

        let signature = crypto::sign(key, mechanism, &parameters, &data);
        check(Use::Sign, signature.clone().map(|_| ()));
        let verified = match &signature {
            Ok(signature) => {
                assert!(
                    crypto::verify(own, mechanism, &parameters, &data, signature).unwrap(),
                    "{}",
                    row.name
                );
                let mut bad = signature.clone();
                *bad.last_mut().unwrap() ^= 1;
                assert!(
                    !crypto::verify(own, mechanism, &parameters, &data, &bad).unwrap(),
                    "{}",
                    row.name
                );
                Ok(())
            }
            Err(_) => crypto::verify(own, mechanism, &parameters, &data, &[0; 64])
                .map(|valid| assert!(!valid)),
        };
        check(Use::Verify, verified);

        let ciphertext = crypto::encrypt(own, mechanism, &parameters, &data);
        let plaintext = match &ciphertext {
            Ok(ciphertext) => crypto::decrypt(key, mechanism, &parameters, ciphertext),
            Err(_) => crypto::decrypt(key, mechanism, &parameters, &data),
        };
        if let Ok(plaintext) = &plaintext {
            let length = plaintext.len() - data.len();
            assert!(
                plaintext.ends_with(&data) && plaintext[..length].iter().all(|&b| b == 0),
                "{}",
                row.name
            );
        }
        check(Use::Encrypt, ciphertext.map(|_| ()));
        check(Use::Decrypt, plaintext.map(|_| ()));

        let wrapped = crypto::wrap_key(own, mechanism, &parameters, &data);
        let unwrapped = match &wrapped {
            Ok(wrapped) => crypto::unwrap_key(key, mechanism, &parameters, wrapped),
            Err(_) => crypto::unwrap_key(key, mechanism, &parameters, &data),
        };
        if let (Ok(unwrapped), true) = (&unwrapped, row.has_use(Use::Wrap)) {
            assert_eq!(**unwrapped, data, "{}", row.name);
        }
        check(Use::Wrap, wrapped.map(|_| ()));
        check(Use::Unwrap, unwrapped.map(|_| ()));

        let peer = keys.peer(key);
        let secret = crypto::derive_secret(key, mechanism, &peer).map(|_| ());
        let derived = derive(key, mechanism, &parameters);
        assert!(
            secret.is_err() || derived.is_err(),
            "{} lets a key out that it derives",
            row.name
        );
        check(Use::Derive, secret.or(derived));

        let encapsulated = crypto::encapsulate(own, mechanism);
        let decapsulated = match &encapsulated {
            Ok((ciphertext, secret)) => crypto::decapsulate(key, mechanism, ciphertext)
                .map(|again| assert_eq!(again, *secret, "{}", row.name)),
            Err(_) => crypto::decapsulate(key, mechanism, &data).map(|_| ()),
        };
        check(Use::Encapsulate, encapsulated.map(|_| ()));
        check(Use::Decapsulate, decapsulated);
    }
    println!(
        "{} rows: {worked} uses work, {refused} are refused",
        MECHANISMS.len()
    );
    assert!(worked > 60 && refused > 100);
}

#[test]
fn a_key_of_another_type_is_refused_by_name() {
    let keys = Keys::new();
    let source = IvSource::new();
    let mut ran = 0;
    for row in MECHANISMS {
        let Some(key_type) = row.key_type else {
            continue;
        };
        let peer = keys.ec.public_key_info().unwrap();
        let parameters = parameters(row.mechanism, &source, &peer);
        let data = input(row.mechanism);
        let public = PublicKey::from_spki(&keys.ec.public_key_info().unwrap()).unwrap();
        for key in keys.all() {
            if messages::KeyType::from(key.key_type()) == key_type {
                continue;
            }
            let wrong = |outcome: Result<(), CryptoError>| {
                assert!(
                    matches!(outcome, Err(CryptoError::WrongKeyType { .. })),
                    "{}: {outcome:?}",
                    row.name
                );
            };
            let own = AnyKey::Own(key);
            for wanted in row.uses {
                let (mechanism, p) = (row.mechanism, &parameters);
                match wanted {
                    Use::Sign => wrong(crypto::sign(key, mechanism, p, &data).map(|_| ())),
                    Use::Verify => {
                        wrong(crypto::verify(own, mechanism, p, &data, &[0; 64]).map(|_| ()))
                    }
                    Use::Encrypt => wrong(crypto::encrypt(own, mechanism, p, &data).map(|_| ())),
                    Use::Decrypt => wrong(crypto::decrypt(key, mechanism, p, &data).map(|_| ())),
                    Use::Wrap => wrong(crypto::wrap_key(own, mechanism, p, &data).map(|_| ())),
                    Use::Unwrap => wrong(crypto::unwrap_key(key, mechanism, p, &data).map(|_| ())),
                    Use::Derive if row.parameters == ParameterKind::None => {
                        wrong(crypto::derive_secret(key, mechanism, &public).map(|_| ()))
                    }
                    Use::Derive => wrong(derive(key, mechanism, p)),
                    Use::Encapsulate => wrong(crypto::encapsulate(own, mechanism).map(|_| ())),
                    Use::Decapsulate => {
                        wrong(crypto::decapsulate(key, mechanism, &data).map(|_| ()))
                    }
                    Use::Generate | Use::Random | Use::Digest => continue,
                }
                ran += 1;
            }
            // A public key never stands in for a secret one.
            if matches!(
                key_type,
                messages::KeyType::Aes
                    | messages::KeyType::GenericSecret
                    | messages::KeyType::Chacha20
                    | messages::KeyType::Des3
            ) {
                let outcome = if row.has_use(Use::Verify) {
                    crypto::verify(
                        AnyKey::Public(&public),
                        row.mechanism,
                        &parameters,
                        &data,
                        &[],
                    )
                    .map(|_| ())
                } else if row.has_use(Use::Encrypt) {
                    crypto::encrypt(AnyKey::Public(&public), row.mechanism, &parameters, &data)
                        .map(|_| ())
                } else {
                    continue;
                };
                wrong(outcome);
            }
        }
    }
    println!("{ran} wrong key types refused");
    assert!(ran > 100);
}

#[test]
fn fresh_ivs_fit_their_mechanism() {
    let source = IvSource::new();
    for (mechanism, length) in [
        (Mechanism::AesGcm, GCM_IV_LEN),
        (Mechanism::AesCbc, 16),
        (Mechanism::AesCbcPad, 16),
        (Mechanism::AesCtr, 16),
        (Mechanism::Chacha20Poly1305, GCM_IV_LEN),
        (Mechanism::Des3Cbc, 8),
        (Mechanism::AesEcb, 0),
        (Mechanism::RsaOaep, 0),
    ] {
        assert_eq!(crypto::fresh_iv(mechanism, &source).unwrap().len(), length);
    }
}

#[test]
fn chunks_join_to_the_whole() {
    let key = KeyMaterial::generate(&KeySpec::Aes { bits: 256 }).unwrap();
    let data: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
    for (mechanism, split) in [
        (Mechanism::AesCbcPad, 512),
        (Mechanism::AesCtr, 512),
        (Mechanism::AesEcbPad, 496),
    ] {
        let iv = vec![
            0xff;
            if mechanism == Mechanism::AesEcbPad {
                0
            } else {
                16
            }
        ];
        let whole = MechanismParameters {
            iv: iv.clone(),
            ..Default::default()
        };
        let first = MechanismParameters {
            more_chunks: true,
            ..whole.clone()
        };
        let expected = crypto::encrypt(AnyKey::Own(&key), mechanism, &whole, &data).unwrap();
        let head = crypto::encrypt(AnyKey::Own(&key), mechanism, &first, &data[..split]).unwrap();
        // What the client carries over: the last ciphertext block, or the counter moved on (here past its wrap).
        let next_iv = match mechanism {
            Mechanism::AesCbcPad => head[split - 16..].to_vec(),
            Mechanism::AesCtr => (u128::MAX)
                .wrapping_add(split as u128 / 16)
                .to_be_bytes()
                .to_vec(),
            _ => Vec::new(),
        };
        let last = MechanismParameters {
            iv: next_iv,
            ..Default::default()
        };
        let tail = crypto::encrypt(AnyKey::Own(&key), mechanism, &last, &data[split..]).unwrap();
        assert_eq!(
            [head.clone(), tail.clone()].concat(),
            expected,
            "{mechanism:?}"
        );
        let plain_head = crypto::decrypt(&key, mechanism, &first, &head).unwrap();
        let plain_tail = crypto::decrypt(&key, mechanism, &last, &tail).unwrap();
        assert_eq!([plain_head, plain_tail].concat(), data, "{mechanism:?}");
        let odd = crypto::encrypt(AnyKey::Own(&key), mechanism, &first, &data[..17]);
        assert!(
            matches!(odd, Err(CryptoError::DataLength { .. })),
            "{mechanism:?}"
        );
    }
    let gcm = MechanismParameters {
        iv: vec![0; 12],
        more_chunks: true,
        ..Default::default()
    };
    let refused = crypto::encrypt(AnyKey::Own(&key), Mechanism::AesGcm, &gcm, &data);
    assert!(matches!(refused, Err(CryptoError::Parameter(_))));
}
