//! Vectors typed in from NIST and the IETF.

use crate::hex;
use ferrohsm_protocol::Mechanism;
use ferrohsm_protocol::messages::MechanismParameters;
use hsm_server::crypto::{self, AnyKey, Hash, KeyMaterial, KeyType};

fn aes(key: &str) -> KeyMaterial {
    KeyMaterial::from_import(KeyType::Aes, &hex(key)).unwrap()
}

/// SP 800-38A, appendix F: four blocks under three keys.
#[test]
fn sp800_38a_ecb_cbc_ctr() {
    let plaintext = hex(
        "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
                         30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710",
    );
    let keys = [
        "2b7e151628aed2a6abf7158809cf4f3c",
        "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    ];
    let counting = "000102030405060708090a0b0c0d0e0f";
    let counter = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
    let modes = [
        (
            Mechanism::AesEcb,
            "",
            [
                "3ad77bb40d7a3660a89ecaf32466ef97 f5d3d58503b9699de785895a96fdbaaf
             43b1cd7f598ece23881b00e3ed030688 7b0c785e27e8ad3f8223207104725dd4",
                "bd334f1d6e45f25ff712a214571fa5cc 974104846d0ad3ad7734ecb3ecee4eef
             ef7afd2270e2e60adce0ba2face6444e 9a4b41ba738d6c72fb16691603c18e0e",
                "f3eed1bdb5d2a03c064b5a7e3db181f8 591ccb10d410ed26dc5ba74a31362870
             b6ed21b99ca6f4f9f153e7b1beafed1d 23304b7a39f9f3ff067d8d8f9e24ecc7",
            ],
        ),
        (
            Mechanism::AesCbc,
            counting,
            [
                "7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2
             73bed6b8e3c1743b7116e69e22229516 3ff1caa1681fac09120eca307586e1a7",
                "4f021db243bc633d7178183a9fa071e8 b4d9ada9ad7dedf4e5e738763f69145a
             571b242012fb7ae07fa9baac3df102e0 08b0e27988598881d920a9e64f5615cd",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd6 9cfc4e967edb808d679f777bc6702c7d
             39f23369a9d9bacfa530e26304231461 b2eb05e2c39be9fcda6c19078c6a9d1b",
            ],
        ),
        (
            Mechanism::AesCtr,
            counter,
            [
                "874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff
             5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee",
                "1abc932417521ca24f2b0459fe7e6e0b 090339ec0aa6faefd5ccc2c6f4ce8e94
             1e36b26bd1ebc670d1bd1d665620abf7 4f78a7f6d29809585a97daec58c6b050",
                "601ec313775789a5b7a7f504bbf3d228 f443e3ca4d62b59aca84e990cacaf5c5
             2b0930daa23de94ce87017ba2d84988d dfc9c58db67aada613c2dd08457941a6",
            ],
        ),
    ];
    let mut ran = 0;
    for (mechanism, iv, ciphertexts) in modes {
        for (key, ciphertext) in keys.into_iter().zip(ciphertexts) {
            let key = aes(key);
            let parameters = MechanismParameters {
                iv: hex(iv),
                ..Default::default()
            };
            let encrypted =
                crypto::encrypt(AnyKey::Own(&key), mechanism, &parameters, &plaintext).unwrap();
            assert_eq!(encrypted, hex(ciphertext), "{mechanism:?} {}", key.bits());
            assert_eq!(
                crypto::decrypt(&key, mechanism, &parameters, &encrypted).unwrap(),
                plaintext
            );
            ran += 1;
        }
    }
    println!("SP 800-38A: {ran} vectors");
    assert_eq!(ran, 9);
}

/// The GCM submission to NIST (McGrew, Viega), cases 1-4, 10 and 16, as in SP 800-38D's examples.
#[test]
fn gcm_specification() {
    let text = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    let aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    let iv = "cafebabefacedbaddecaf888";
    let zero_key = "00000000000000000000000000000000";
    let zero_iv = "000000000000000000000000";
    let key = "feffe9928665731c6d6a8f9467308308";
    let cases = [
        (
            zero_key.to_owned(),
            zero_iv,
            "",
            String::new(),
            "",
            "58e2fccefa7e3061367f1d57a4e7455a",
        ),
        (
            zero_key.to_owned(),
            zero_iv,
            "",
            zero_key.to_owned(),
            "0388dace60b6a392f328c2b971b2fe78",
            "ab6e47d42cec13bdf53a67b21257bddf",
        ),
        (
            key.to_owned(),
            iv,
            "",
            format!("{text}1aafd255"),
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
             21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
            "4d5c2af327cd64a62cf35abd2ba6fab4",
        ),
        (
            key.to_owned(),
            iv,
            aad,
            text.to_owned(),
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
             21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
            "5bc94fbc3221a5db94fae95ae7121a47",
        ),
        (
            format!("{key}feffe9928665731c"),
            iv,
            aad,
            text.to_owned(),
            "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c
             7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
            "2519498e80f1478f37ba55bd6d27618c",
        ),
        (
            format!("{key}{key}"),
            iv,
            aad,
            text.to_owned(),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ),
    ];
    let mut ran = 0;
    for (key, iv, aad, plaintext, ciphertext, tag) in cases {
        let (key, iv, aad, plaintext) = (aes(&key), hex(iv), hex(aad), hex(&plaintext));
        let key = key.aes().unwrap();
        let (ciphertext, tag) = (hex(ciphertext), hex(tag));
        // A shorter tag is the full one cut off (SP 800-38D, 7.1).
        for tag_bits in [96, 104, 112, 120, 128] {
            let expected = [&ciphertext[..], &tag[..tag_bits as usize / 8]].concat();
            assert_eq!(
                key.gcm_encrypt(&iv, &aad, tag_bits, &plaintext).unwrap(),
                expected
            );
            assert_eq!(
                key.gcm_decrypt(&iv, &aad, tag_bits, &expected).unwrap(),
                plaintext
            );
            ran += 1;
        }
    }
    println!("GCM specification: {ran} vectors");
    assert_eq!(ran, 30);
}

/// RFC 3394, section 4.
#[test]
fn rfc_3394_key_wrap() {
    let counting = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    let data = hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
    let cases = [
        (16, 16, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"),
        (24, 16, "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d"),
        (32, 16, "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"),
        (
            24,
            24,
            "031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2",
        ),
        (
            32,
            24,
            "a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1",
        ),
        (
            32,
            32,
            "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
        ),
    ];
    for (key_len, data_len, wrapped) in cases {
        let key = KeyMaterial::from_import(KeyType::Aes, &counting[..key_len]).unwrap();
        let key = key.aes().unwrap();
        assert_eq!(key.wrap(&data[..data_len]).unwrap(), hex(wrapped));
        assert_eq!(*key.unwrap(&hex(wrapped)).unwrap(), data[..data_len]);
    }
    println!("RFC 3394: {} vectors", cases.len());
}

/// RFC 5649, section 6.
#[test]
fn rfc_5649_key_wrap_with_padding() {
    let key = aes("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");
    let key = key.aes().unwrap();
    let cases = [
        (
            "c37b7e6492584340bed12207808941155068f738",
            "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
        ),
        ("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"),
    ];
    for (data, wrapped) in cases {
        assert_eq!(key.wrap_padded(&hex(data)).unwrap(), hex(wrapped));
        assert_eq!(*key.unwrap_padded(&hex(wrapped)).unwrap(), hex(data));
    }
    println!("RFC 5649: {} vectors", cases.len());
}

/// RFC 4231 (cases 1, 2, 3, 6) and RFC 2202 (SHA-1).
#[test]
fn rfc_4231_hmac() {
    let long_key_text: &[u8] = b"Test Using Larger Than Block-Size Key - Hash Key First";
    let cases: [(Vec<u8>, Vec<u8>, [&str; 5]); 4] = [
        (
            vec![0x0b; 20],
            b"Hi There".to_vec(),
            [
                "b617318655057264e28bc0b6fb378c8ef146be00",
                "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c
             faea9ea9076ede7f4af152e8b2fa9cb6",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde
             daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
            ],
        ),
        (
            b"Jefe".to_vec(),
            b"what do ya want for nothing?".to_vec(),
            [
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
                "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e
             8e2240ca5e69e2c78b3239ecfab21649",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554
             9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ],
        ),
        (
            vec![0xaa; 20],
            vec![0xdd; 50],
            [
                "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
                "7fb3cb3588c6c1f6ffa9694d7d6ad2649365b0c1f65d69d1ec8333ea",
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
                "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b
             2a5ab39dc13814b94e3ab6e101a34f27",
                "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39
             bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
            ],
        ),
        (
            vec![0xaa; 131],
            long_key_text.to_vec(),
            [
                // RFC 2202's case 6 has a key of 80 bytes: checked below.
                "",
                "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6
             0c2ef6ab4030fe8296248df163f44952",
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352
             6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
            ],
        ),
    ];
    let mut ran = 0;
    let mut check = |key: &[u8], data: &[u8], hash: Hash, tag: &str| {
        let key = KeyMaterial::from_import(KeyType::GenericSecret, key).unwrap();
        let key = key.generic_secret().unwrap();
        // Twice: the second time with the kept state.
        for _ in 0..2 {
            assert_eq!(key.sign(hash, data), Ok(hex(tag)), "{hash:?}");
            assert_eq!(key.verify(hash, data, &hex(tag)), Ok(true));
        }
        assert_eq!(key.verify(hash, data, &hex(tag)[1..]), Ok(false));
        ran += 1;
    };
    for (key, data, tags) in cases {
        for (hash, tag) in Hash::ALL
            .into_iter()
            .zip(tags)
            .filter(|(_, tag)| !tag.is_empty())
        {
            check(&key, &data, hash, tag);
        }
    }
    check(
        &[0xaa; 80],
        long_key_text,
        Hash::Sha1,
        "aa4ae5e15272d00e95705637ce8a3b55ed402112",
    );
    println!("RFC 4231 and 2202: {ran} vectors");
    assert_eq!(ran, 20);
}

/// RFC 8032, 7.2 (Ed25519ctx) and 7.3 (Ed25519ph); keys, messages, contexts and signatures.
#[test]
fn rfc8032_ed25519_with_context_and_prehash() {
    let import = |seed: &str| {
        let pkcs8 = [hex("302e020100300506032b657004220420"), hex(seed)].concat();
        KeyMaterial::from_import(KeyType::EcEdwards, &pkcs8).unwrap()
    };
    let with_context = "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6";
    let prehashed = "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42";
    let message = hex("f726936d19c800494e3fdaff20b276a8");
    let abc = crate::digest(Hash::Sha512, b"abc");
    let cases = [
        (
            Mechanism::Ed25519ctx,
            with_context,
            &message,
            "foo",
            "55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a
             8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d",
        ),
        (
            Mechanism::Ed25519ctx,
            with_context,
            &message,
            "bar",
            "fc60d5872fc46b3aa69f8b5b4351d5808f92bcc044606db097abab6dbcb1aee3
             216c48e8b3b66431b5b186d1d28f8ee15a5ca2df6668346291c2043d4eb3e90d",
        ),
        (
            Mechanism::Ed25519ph,
            prehashed,
            &abc,
            "",
            "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41
             31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
        ),
    ];
    for (mechanism, seed, data, context, signature) in cases {
        let key = import(seed);
        let parameters = MechanismParameters {
            context: context.as_bytes().to_vec(),
            ..Default::default()
        };
        let made = crypto::sign(&key, mechanism, &parameters, data).unwrap();
        assert_eq!(made, hex(signature), "{mechanism:?} {context}");
        assert!(crypto::verify(AnyKey::Own(&key), mechanism, &parameters, data, &made).unwrap());
    }
    println!("RFC 8032: 3 vectors");
}

/// SP 800-67, appendix B.1 (three keys, ECB); CBC follows from it.
#[test]
fn sp800_67_triple_des() {
    let key = hex("0123456789abcdef 23456789abcdef01 456789abcdef0123");
    let key = KeyMaterial::from_import(KeyType::Des3, &key).unwrap();
    let plaintext = b"The qufck brown fox jump";
    let ciphertext = hex("a826fd8ce53b855f cce21c8112256fe6 68d5c05dd9b6b900");
    let none = MechanismParameters::default();
    let own = AnyKey::Own(&key);
    let made = crypto::encrypt(own, Mechanism::Des3Ecb, &none, plaintext).unwrap();
    assert_eq!(made, ciphertext);
    let back = crypto::decrypt(&key, Mechanism::Des3Ecb, &none, &ciphertext).unwrap();
    assert_eq!(back, plaintext);
    // CBC by hand: each block is added to the ciphertext before it.
    let iv = MechanismParameters {
        iv: hex("0102030405060708"),
        ..Default::default()
    };
    let chained = crypto::encrypt(own, Mechanism::Des3Cbc, &iv, plaintext).unwrap();
    let mut previous = iv.iv.clone();
    for (block, expected) in plaintext.chunks(8).zip(chained.chunks(8)) {
        let mixed: Vec<u8> = block.iter().zip(&previous).map(|(a, b)| a ^ b).collect();
        previous = crypto::encrypt(own, Mechanism::Des3Ecb, &none, &mixed).unwrap();
        assert_eq!(previous, expected);
    }
    for mechanism in [Mechanism::Des3CbcPad, Mechanism::Des3EcbPad] {
        for length in 0..=24 {
            let padded = crypto::encrypt(own, mechanism, &iv, &plaintext[..length]).unwrap();
            assert_eq!(padded.len(), length / 8 * 8 + 8);
            let back = crypto::decrypt(&key, mechanism, &iv, &padded).unwrap();
            assert_eq!(back, plaintext[..length]);
        }
    }
    println!("SP 800-67: 1 vector of 3 blocks");
}
