//! Keys: generated, stored and read back, imported, refused; used by many threads.

use crate::digest;
use hsm_server::crypto::ec::EcdsaInput;
use hsm_server::crypto::rsa::{RsaEncryption, RsaSignature};
use hsm_server::crypto::{CryptoError, Curve, Hash, KeyMaterial, KeySpec, KeyType, PublicKey};

const SIGNING: [Hash; 4] = [Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512];

fn generate(spec: KeySpec) -> KeyMaterial {
    KeyMaterial::generate(&spec).unwrap()
}

/// The key after a trip through its stored form.
fn stored(key: &KeyMaterial) -> KeyMaterial {
    KeyMaterial::from_stored(key.key_type(), &key.to_stored().unwrap()).unwrap()
}

#[test]
fn rsa_keys_sign_and_decrypt_in_every_size() {
    for bits in [2048, 3072, 4096] {
        let key = generate(KeySpec::Rsa { bits });
        assert_eq!(
            (key.key_type(), key.bits(), key.curve()),
            (KeyType::Rsa, bits, None)
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
        assert_eq!(ran, 4 * 16 + 50);
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
            (KeyType::Ec, curve.bits(), Some(curve))
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
