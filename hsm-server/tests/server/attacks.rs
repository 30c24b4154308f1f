//! The attacks that a key store with wrapping and derivation has to withstand (Clulow 2003, Bortolozzo and others 2010,
//! "Provably secure PKCS#11" 2017), one test or more per row of the checklist, through raw frames: `row_N_...`. The same
//! through the Java API is `attackN...` in `AttackTest`. No row is without both: the last test here looks.
//!
//! | row | attack | here |
//! | --- | --- | --- |
//! | 1 | wrap a key, then decrypt the blob | `wrapping` |
//! | 2 | encrypt a chosen key, then unwrap it | `wrapping` |
//! | 3 | unwrap again with weaker attributes | `wrapping` |
//! | 4 | unwrap as another type | `wrapping` |
//! | 5 | a wrapping key of the attacker's | `trust` |
//! | 6 | a weaker wrapping key or base key | `wrapping` |
//! | 7 | keys conjured from random bytes | `wrapping` |
//! | 8 | keys derived in parts, or computed in the clear | `derivation` |
//! | 9 | padding oracles | `oracles` |
//! | 10 | an IV used twice | `wrapping` |
//! | 11 | points off the curve, of small order | `derivation` |
//! | 12 | weak RSA keys | `oracles` |
//! | 13 | flags turned back | `ownership` |
//! | 14 | use after logout or deletion, and by others | `ownership` |
//! | 15 | a public half that is the caller's | `oracles` |

mod derivation;
mod oracles;
mod ownership;
mod trust;
mod wrapping;

use crate::harness::*;
use ferrohsm_protocol::mechanisms::{MECHANISMS, Use};
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, Mechanism, Status};

/// Every mechanism that an AES key can wrap with.
fn aes_wraps() -> Vec<Mechanism> {
    MECHANISMS
        .iter()
        .filter(|row| row.key_type == Some(KeyType::Aes) && row.has_use(Use::Wrap))
        .map(|row| row.mechanism)
        .collect()
}

fn own(handle: u64) -> Option<KeyReference> {
    Some(KeyReference {
        handle,
        public_key_info: Vec::new(),
    })
}

/// Whatever parameters the mechanism reads, or none.
fn parameters_for(mechanism: Mechanism) -> Option<MechanismParameters> {
    (mechanism != Mechanism::AesAttributeWrap).then(|| MechanismParameters {
        hash: Hash::Sha256.into(),
        mgf_hash: Hash::Sha256.into(),
        ..Default::default()
    })
}

fn wrap(wrapping: u64, mechanism: Mechanism, handle: u64) -> WrapKeyRequest {
    WrapKeyRequest {
        wrapping_key: own(wrapping),
        mechanism: mechanism.code(),
        parameters: parameters_for(mechanism),
        handle,
    }
}

fn unwrap(
    handle: u64,
    mechanism: Mechanism,
    wrapped: &WrapKeyResponse,
    key_type: KeyType,
    attributes: Vec<AttributeValue>,
) -> UnwrapKeyRequest {
    let parameters = parameters_for(mechanism).map(|parameters| MechanismParameters {
        iv: wrapped.iv.clone(),
        ..parameters
    });
    UnwrapKeyRequest {
        request_id: request_id(),
        unwrapping_handle: handle,
        mechanism: mechanism.code(),
        parameters,
        wrapped: wrapped.wrapped.clone(),
        key_type: key_type.into(),
        attributes,
        public_attributes: Vec::new(),
    }
}

fn derive(handle: u64, mechanism: Mechanism, attributes: Vec<AttributeValue>) -> DeriveKeyRequest {
    DeriveKeyRequest {
        request_id: request_id(),
        handle,
        mechanism: mechanism.code(),
        parameters: Some(MechanismParameters {
            counter_bits: 32,
            info: b"info".to_vec(),
            ..Default::default()
        }),
        password: Vec::new(),
        key_type: KeyType::Aes.into(),
        size_bits: 256,
        attributes,
    }
}

fn update(handle: u64, attributes: Vec<AttributeValue>) -> UpdateKeyRequest {
    UpdateKeyRequest {
        request_id: request_id(),
        handle,
        attributes,
        ..Default::default()
    }
}

fn copy(handle: u64, attributes: Vec<AttributeValue>) -> CopyKeyRequest {
    CopyKeyRequest {
        request_id: request_id(),
        handle,
        attributes,
        public_attributes: Vec::new(),
    }
}

fn import(key_type: KeyType, material: &[u8], attributes: Vec<AttributeValue>) -> ImportKeyRequest {
    ImportKeyRequest {
        request_id: request_id(),
        key_type: key_type.into(),
        material: material.to_vec(),
        attributes,
        ..Default::default()
    }
}

fn generate_secret(size_bits: u32, attributes: Vec<AttributeValue>) -> GenerateKeyRequest {
    GenerateKeyRequest {
        request_id: request_id(),
        key_type: KeyType::GenericSecret.into(),
        size_bits,
        attributes,
    }
}

fn set_trusted(handle: u64, trusted: bool) -> SetTrustedRequest {
    SetTrustedRequest {
        request_id: request_id(),
        handle,
        trusted,
    }
}

/// An AES key that wraps and unwraps and does nothing else, and leaves what it unwraps wrap-with-trusted.
fn wrapping_only() -> Vec<AttributeValue> {
    only_wrapping(Attribute::WrapWithTrusted.flag(true))
}

/// A trusted wrapping key of the user "app".
fn trusted(test: &TestHsm, app: &mut Connection) -> u64 {
    let handle = app.generate_aes(256, wrapping_only()).handle;
    let mut officer = test.log_in("admin");
    officer.call(&set_trusted(handle, true)).unwrap();
    handle
}

fn wrap_with_trusted() -> Vec<AttributeValue> {
    vec![
        Attribute::Extractable.flag(true),
        Attribute::WrapWithTrusted.flag(true),
    ]
}

fn flag(attributes: &[AttributeValue], attribute: Attribute) -> bool {
    ferrohsm_protocol::attributes::find_flag(attributes, attribute).unwrap_or_default()
}

/// Asserts that every request is refused with the status.
macro_rules! refused {
    ($connection:expr, $status:expr, $($request:expr),+ $(,)?) => {
        $(
            let outcome = $connection.call(&$request);
            assert_eq!(outcome.map(|_| ()).map_err(|error| error.0), Err($status), "{}", stringify!($request));
        )+
    };
}
use refused;

#[test]
fn every_row_has_a_test_here_and_in_java() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let read = |path: &str| std::fs::read_to_string(format!("{root}{path}")).unwrap();
    let here: String = ["derivation", "oracles", "ownership", "trust", "wrapping"]
        .map(|module| read(&format!("tests/server/attacks/{module}.rs")))
        .concat();
    let java = read("../java/provider/src/test/java/org/ferrohsm/provider/AttackTest.java");
    for row in 1..=15 {
        assert!(here.contains(&format!("fn row_{row}_")), "row {row}");
        let named = |start: &str| {
            let name = format!("{start}{row}");
            let whole = |at: usize| {
                !java[at + name.len()..].starts_with(|next: char| next.is_ascii_digit())
            };
            java.match_indices(&name).any(|(at, _)| whole(at))
        };
        assert!(named(" attack") || named("And"), "row {row} in Java");
    }
}
