//! The main job: a key is made in the HSM and signs there.

use crate::harness::*;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, Mechanism, attributes};
use hsm_server::policy::Mode;

#[test]
fn signs_with_a_generated_key_over_tls_and_the_socket() {
    let test = TestHsm::active(Mode::Fips);
    let mut connection = test.connect_tls(Some(&test.identity())).unwrap();
    let hello = connection.hello();
    assert_eq!(hello.state(), ClusterState::Active);
    connection.log_in("app");
    let key = connection.generate_ec(Curve::P256, token("signer"));
    assert_eq!(key.handle % 2, 0);
    assert_eq!(
        (key.key_type(), key.size_bits, key.curve()),
        (KeyType::Ec, 256, Curve::P256)
    );
    for local in [
        Attribute::Local,
        Attribute::NeverExtractable,
        Attribute::AlwaysSensitive,
    ] {
        assert_eq!(
            attributes::find_flag(&key.attributes, local),
            Some(true),
            "{local:?}"
        );
    }
    let digest = [7; 32];
    let mechanism = Mechanism::EcdsaSha256.code();
    let sign = SignRequest {
        handle: key.handle,
        mechanism,
        parameters: None,
        data: digest.to_vec(),
    };
    let signature = connection.call(&sign).unwrap().signature;
    let mut other = test.log_in("app");
    for key in [
        KeyReference {
            handle: key.handle + 1,
            public_key_info: Vec::new(),
        },
        KeyReference {
            handle: 0,
            public_key_info: key.public_key_info.clone(),
        },
    ] {
        let mut verify = VerifyRequest {
            key: Some(key),
            mechanism,
            parameters: None,
            data: digest.to_vec(),
            signature: signature.clone(),
        };
        assert!(other.call(&verify).unwrap().valid);
        verify.data[0] ^= 1;
        assert!(!other.call(&verify).unwrap().valid);
    }
}
