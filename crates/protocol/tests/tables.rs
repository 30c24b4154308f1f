//! The tables are whole and unambiguous.

use std::collections::HashSet;

use ferrohsm_protocol::attributes::{ATTRIBUTES, Attribute};
use ferrohsm_protocol::mechanisms::{Engine, MECHANISMS, Mechanism, Use};
use ferrohsm_protocol::messages::{ClusterState, Role};
use ferrohsm_protocol::operations::{Access, Channel, OPERATIONS, Operation, Repeat};
use ferrohsm_protocol::status::{STATUSES, Status};

#[test]
fn operations_are_in_order_and_found_again() {
    assert!(
        OPERATIONS
            .windows(2)
            .all(|pair| pair[0].operation.code() < pair[1].operation.code())
    );
    for row in OPERATIONS {
        assert_eq!(
            Operation::from_code(row.operation.code()),
            Some(row.operation)
        );
        assert_eq!(row.operation.row().name, row.name);
        assert!(
            !row.states.is_empty(),
            "{} is possible in no state",
            row.name
        );
    }
    assert_eq!(Operation::from_code(0xffff), None);
}

#[test]
fn crypto_officers_never_use_keys_and_crypto_users_never_manage_users() {
    for row in OPERATIONS {
        let Access::Roles(roles) = row.access else {
            continue;
        };
        let code = row.operation.code();
        if (0x0300..0x0410).contains(&code) || (0x0420..0x0430).contains(&code) {
            assert_eq!(roles, [Role::CryptoUser], "{}", row.name);
        }
        if [
            Operation::CreateUser,
            Operation::DeleteUser,
            Operation::UnlockUser,
        ]
        .contains(&row.operation)
        {
            assert_eq!(roles, [Role::CryptoOfficer], "{}", row.name);
        }
    }
}

#[test]
fn before_active_everything_but_hello_and_info_is_local() {
    for row in OPERATIONS {
        let early = row.allows_state(ClusterState::Uninitialized)
            || row.allows_state(ClusterState::Initialized);
        let harmless = [Operation::Hello, Operation::ClusterInfo].contains(&row.operation);
        assert!(
            !early || harmless || row.channel == Channel::Local,
            "{}",
            row.name
        );
    }
}

#[test]
fn what_leaves_a_trace_is_repeated_only_under_a_request_id() {
    let login_state = [Operation::Logout, Operation::WrapKey];
    for row in OPERATIONS {
        if row.audited && !login_state.contains(&row.operation) {
            assert_ne!(row.repeat, Repeat::Always, "{}", row.name);
        }
    }
    assert_eq!(Operation::Login.row().repeat, Repeat::Never);
}

#[test]
fn mechanisms_are_in_order_and_found_again() {
    assert!(
        MECHANISMS
            .windows(2)
            .all(|pair| pair[0].mechanism.code() < pair[1].mechanism.code())
    );
    let mut names = HashSet::new();
    for row in MECHANISMS {
        assert_eq!(
            Mechanism::from_code(row.mechanism.code()),
            Some(row.mechanism)
        );
        assert_eq!(Mechanism::from_name(row.name), Some(row.mechanism));
        assert!(names.insert(row.name), "{} twice", row.name);
    }
}

#[test]
fn no_jca_name_or_alias_is_given_twice_within_an_engine() {
    let mut seen = HashSet::new();
    for service in MECHANISMS.iter().flat_map(|row| row.jca) {
        for name in std::iter::once(&service.name).chain(service.aliases) {
            assert!(
                seen.insert((service.engine, name.to_uppercase())),
                "{:?} {name} twice",
                service.engine
            );
        }
    }
}

#[test]
fn sha1_only_verifies_and_dangerous_rsa_needs_allowed_mechanisms() {
    for mechanism in [Mechanism::Sha1RsaPkcs, Mechanism::EcdsaSha1] {
        assert_eq!(mechanism.row().uses, [Use::Verify]);
    }
    for mechanism in [Mechanism::RsaPkcsEncrypt, Mechanism::RsaX509] {
        assert!(!mechanism.row().default_allowed);
        assert!(!mechanism.row().fips);
    }
}

#[test]
fn attributes_are_in_order_and_found_again() {
    assert!(
        ATTRIBUTES
            .windows(2)
            .all(|pair| pair[0].attribute.id() < pair[1].attribute.id())
    );
    for row in ATTRIBUTES {
        assert_eq!(Attribute::from_id(row.attribute.id()), Some(row.attribute));
        assert_eq!(Attribute::from_name(row.name), Some(row.attribute));
        assert_eq!(row.attribute.row().cka, row.cka);
    }
    assert_eq!(Attribute::from_id(0), None);
}

#[test]
fn statuses_name_a_cause_and_a_java_class() {
    let mut codes = HashSet::new();
    for row in STATUSES {
        assert!(codes.insert(row.status.code()), "{} twice", row.name);
        assert_eq!(Status::from_code(row.status.code()), Some(row.status));
        assert_eq!(row.status.row().name, row.name);
        let own = row
            .java_exception
            .starts_with("org/ferrohsm/provider/exception/");
        assert!(
            own || row.java_exception.starts_with("java"),
            "{}",
            row.name
        );
        assert!(
            row.status == Status::Ok || row.message.len() > 20,
            "{}",
            row.name
        );
    }
}

#[test]
fn every_engine_is_served() {
    for engine in [
        Engine::KeyPairGenerator,
        Engine::KeyGenerator,
        Engine::KeyFactory,
        Engine::SecretKeyFactory,
        Engine::Signature,
        Engine::Cipher,
        Engine::Mac,
        Engine::KeyAgreement,
        Engine::SecureRandom,
        Engine::KEM,
        Engine::MessageDigest,
        Engine::KDF,
    ] {
        assert!(
            MECHANISMS
                .iter()
                .flat_map(|row| row.jca)
                .any(|service| service.engine == engine),
            "{engine:?}"
        );
    }
}
