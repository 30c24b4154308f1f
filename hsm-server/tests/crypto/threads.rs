//! One key, many threads.

use crate::digest;
use hsm_server::crypto::aes::Padding;
use hsm_server::crypto::ec::EcdsaInput;
use hsm_server::crypto::rsa::{RsaEncryption, RsaSignature};
use hsm_server::crypto::{Curve, Hash, IvSource, KeyMaterial, KeySpec};

#[test]
fn eight_threads_use_the_same_keys() {
    let generate = |spec| KeyMaterial::generate(&spec).unwrap();
    let (rsa, ec) = (
        generate(KeySpec::Rsa { bits: 2048 }),
        generate(KeySpec::Ec { curve: Curve::P256 }),
    );
    let (aes, secret) = (
        generate(KeySpec::Aes { bits: 256 }),
        generate(KeySpec::GenericSecret { bits: 256 }),
    );
    let source = IvSource::new();
    let oaep = RsaEncryption::Oaep {
        hash: Hash::Sha256,
        mgf_hash: Hash::Sha256,
        label: b"",
    };
    let pss = RsaSignature::Pss {
        hash: Hash::Sha256,
        mgf_hash: Hash::Sha256,
        salt_len: 32,
    };
    std::thread::scope(|scope| {
        for thread in 0..8u32 {
            let (rsa, ec, aes) = (rsa.rsa().unwrap(), ec.ec().unwrap(), aes.aes().unwrap());
            let (secret, source) = (secret.generic_secret().unwrap(), &source);
            scope.spawn(move || {
                for i in 0..100u32 {
                    let message = [thread.to_be_bytes(), i.to_be_bytes()].concat();
                    let input = digest(Hash::Sha256, &message);
                    for how in [RsaSignature::Pkcs1(Hash::Sha256), pss] {
                        let signature = rsa.sign(how, &input).unwrap();
                        assert!(rsa.public().verify(how, &input, &signature).unwrap());
                    }
                    let ciphertext = rsa.public().encrypt(oaep, &message).unwrap();
                    assert_eq!(*rsa.decrypt(oaep, &ciphertext).unwrap(), message);
                    let signature = ec.sign(EcdsaInput::Raw, &input).unwrap();
                    assert!(
                        ec.public()
                            .verify(EcdsaInput::Raw, &input, &signature)
                            .unwrap()
                    );
                    let iv = source.issue().unwrap();
                    let sealed = aes.gcm_encrypt(&iv, &input, 128, &message).unwrap();
                    assert_eq!(aes.gcm_decrypt(&iv, &input, 128, &sealed).unwrap(), message);
                    let padded = aes.cbc_encrypt(&[0; 16], Padding::Pkcs7, &message).unwrap();
                    assert_eq!(
                        aes.cbc_decrypt(&[0; 16], Padding::Pkcs7, &padded).unwrap(),
                        message
                    );
                    let tag = secret.sign(Hash::Sha384, &message).unwrap();
                    assert!(secret.verify(Hash::Sha384, &message, &tag).unwrap());
                }
            });
        }
    });
}
