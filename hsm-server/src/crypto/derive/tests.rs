//! The KDF of X9.63 against NIST's vectors (CAVP component tests, ansx963_2001), and how long its results are.

use super::*;

fn hex(text: &str) -> Vec<u8> {
    let mut bytes = vec![0; text.len() / 2];
    crate::seal::hex::decode(text.as_bytes(), &mut bytes).unwrap();
    bytes
}

#[test]
fn x963_gives_what_nist_says() {
    let vectors = [
        (
            Hash::Sha1,
            "1c7d7b5f0597b03d06a018466ed1a93e30ed4b04dc64ccdd",
            "",
            "bf71dffd8f4d99223936beb46fee8ccc",
        ),
        (
            Hash::Sha224,
            "9ba3226ba0fca6bd5ddaef5b8d763a4d3303bc258d90468c",
            "",
            "15ccbd7d6b8f918335799b3920e69c1f",
        ),
        (
            Hash::Sha224,
            "da67a73072d521a8272c69023573012ddf9b46bff65b3900",
            "727997aed53e78f74b1d66743a4ea4d2",
            concat!(
                "dfc3126c5eebf9a58d89730e8d8ff7cc772592f28c10b349b437d9d068698a22",
                "e532eae975dfaf9c5c6a9f2935eafb05353013c253444e61f07bc9ddd15948e6",
                "14bdc7e445ba3b1893f42f87f18fb352d49956009a642c362d45410b43a9ab37",
                "6e9261210739174759511d1f9e52f6ec73dfed446dbafaf7fd1a57113abc2e8d"
            ),
        ),
        (
            Hash::Sha256,
            "96c05619d56c328ab95fe84b18264b08725b85e33fd34f08",
            "",
            "443024c3dae66b95e6f5670601558f71",
        ),
        (
            Hash::Sha256,
            "22518b10e70f2a3f243810ae3254139efbee04aa57c7af7d",
            "75eef81aa3041e33b80971203d2c0c52",
            concat!(
                "c498af77161cc59f2962b9a713e2b215152d139766ce34a776df11866a69bf2e",
                "52a13d9c7c6fc878c50c5ea0bc7b00e0da2447cfd874f6cf92f30d0097111485",
                "500c90c3af8b487872d04685d14c8d1dc8d7fa08beb0ce0ababc11f0bd496269",
                "142d43525a78e5bc79a17f59676a5706dc54d54d4d1f0bd7e386128ec26afc21"
            ),
        ),
        (
            Hash::Sha384,
            "d8554db1b392cd55c3fe957bed76af09c13ac2a9392f88f6",
            "",
            "671a46aada145162f8ddf1ca586a1cda",
        ),
        (
            Hash::Sha384,
            "c051fd22539c9de791d6c43a854b8f80a6bf70190050854a",
            "1317504aa34759bb4c931e3b78201945",
            concat!(
                "cf6a84434734ac6949e1d7976743277be789906908ad3ca3a8923da7f476abbe",
                "b574306d7243031a85566914bfd247d2519c479953d9d55b6b831e56260806c3",
                "9af21b74e3ecf470e3bd8332791c8a23c13352514fdef00c2d1a408ba31b2d3f",
                "9fdcb373895484649a645d1845eec91b5bfdc5ad28c7824984482002dd4a8677"
            ),
        ),
        (
            Hash::Sha512,
            "87fc0d8c4477485bb574f5fcea264b30885dc8d90ad82782",
            "",
            "947665fbb9152153ef460238506a0245",
        ),
    ];
    for (hash, shared, info, expected) in vectors {
        let expected = hex(expected);
        let key = x963_kdf(hash, &hex(shared), &hex(info), expected.len()).unwrap();
        assert_eq!(*key, expected, "{hash:?}");
    }
    println!("X9.63 KDF: {} vectors of NIST", vectors.len());
}

#[test]
fn no_derived_key_is_short_enough_to_guess() {
    for length in [0, 1, 8, 15, 801, usize::MAX] {
        assert!(checked_length(length).is_err(), "{length}");
    }
    for length in [16, 32, 800] {
        assert_eq!(checked_length(length), Ok(length));
    }
}
