//! Rows 13 and 14: what time and copies do not change.

use super::*;
use ferrohsm_protocol::attributes::{ATTRIBUTES, AttributeKind, Change};
use hsm_server::policy::Mode;

#[test]
fn row_13_flags_turn_one_way_only() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let key = app.generate_aes(256, Vec::new());
    let mut checked = 0;
    let has = |wanted: Attribute| key.attributes.iter().any(|value| value.id == wanted.id());
    for row in ATTRIBUTES
        .iter()
        .filter(|row| row.kind == AttributeKind::Flag && has(row.attribute))
    {
        // The value that it may not go back to.
        let (start, forbidden) = match row.change {
            Change::OnlyToTrue => (true, false),
            Change::OnlyToFalse => (false, true),
            Change::AtCreation | Change::Never => {
                let now = flag(&key.attributes, row.attribute);
                refused!(
                    app,
                    Status::AttributeReadOnly,
                    update(key.handle, vec![row.attribute.flag(!now)]),
                    copy(key.handle, vec![row.attribute.flag(!now)]),
                );
                checked += 1;
                continue;
            }
            Change::Free => panic!("{} is a flag that turns both ways", row.name),
        };
        let fresh = app.generate_aes(256, Vec::new()).handle;
        if row.attribute == Attribute::Derive {
            // Off already; what it excludes is on.
            refused!(
                app,
                Status::AttributeReadOnly,
                update(fresh, vec![row.attribute.flag(true)])
            );
            continue;
        }
        app.call(&update(fresh, vec![row.attribute.flag(start)]))
            .unwrap();
        refused!(
            app,
            Status::AttributeReadOnly,
            update(fresh, vec![row.attribute.flag(forbidden)])
        );
        // A copy is kept or not as any new key; nothing else of it is freer.
        if row.attribute != Attribute::Token {
            refused!(
                app,
                Status::AttributeReadOnly,
                copy(fresh, vec![row.attribute.flag(forbidden)])
            );
            let twin = app.call(&copy(fresh, Vec::new())).unwrap().key.unwrap();
            assert_eq!(flag(&twin.attributes, row.attribute), start, "{}", row.name);
        }
        checked += 1;
    }
    assert!(checked > 18, "{checked}");
    // Lists get shorter, also over a copy.
    let both = [Mechanism::AesGcm, Mechanism::AesCtr];
    let only =
        |list: &[Mechanism]| vec![Attribute::AllowedMechanisms.mechanisms(list.iter().copied())];
    let fresh = app.generate_aes(256, only(&both)).handle;
    let twin = app
        .call(&copy(fresh, only(&both[..1])))
        .unwrap()
        .key
        .unwrap();
    refused!(
        app,
        Status::AttributeReadOnly,
        update(twin.handle, only(&both)),
        copy(twin.handle, only(&both)),
        copy(fresh, only(&[Mechanism::AesEcb])),
    );
    // Templates are given once.
    let template =
        |value| vec![Attribute::UnwrapTemplate.template([Attribute::Extractable.flag(value)])];
    let wrapping = app.generate_aes(256, template(false)).handle;
    for change in [
        template(true),
        vec![Attribute::WrapTemplate.template([Attribute::Local.flag(true)])],
    ] {
        refused!(
            app,
            Status::AttributeReadOnly,
            update(wrapping, change.clone()),
            copy(wrapping, change),
        );
    }
    // Where nothing may change, a copy is the same.
    let fixed = app.generate_aes(256, vec![Attribute::Modifiable.flag(false)]);
    refused!(
        app,
        Status::AttributeReadOnly,
        copy(fixed.handle, vec![Attribute::Encrypt.flag(false)]),
        copy(fixed.handle, vec![Attribute::Modifiable.flag(true)]),
    );
    let twin = vec![Attribute::Token.flag(true)];
    let twin = app.call(&copy(fixed.handle, twin)).unwrap().key.unwrap();
    assert!(flag(&twin.attributes, Attribute::Token));
}

#[test]
fn row_14_nothing_works_after_delete_logout_or_deletion_of_the_user() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.connect();
    let token = app.log_in("app").token;
    let mut second = test.connect();
    second.resume(&token);
    let open = || vec![Attribute::Extractable.flag(true)];
    let wrapping = app.generate_aes(256, Vec::new()).handle;
    let base = app
        .generate_aes(256, vec![Attribute::Derive.flag(true)])
        .handle;
    let key = app.generate_aes(256, open()).handle;
    let wrapped = app.call(&wrap(wrapping, Mechanism::AesGcm, key)).unwrap();
    macro_rules! all_refused {
        ($connection:expr, $status:expr) => {
            refused!(
                $connection,
                $status,
                wrap(wrapping, Mechanism::AesGcm, key),
                unwrap(
                    wrapping,
                    Mechanism::AesGcm,
                    &wrapped,
                    KeyType::Aes,
                    Vec::new()
                ),
                derive(base, Mechanism::CounterKdfCmac, Vec::new()),
                copy(key, Vec::new()),
                update(key, vec![Attribute::Encrypt.flag(false)]),
                GetKeyRequest { handle: key },
                EncryptRequest {
                    key: own(wrapping),
                    mechanism: Mechanism::AesGcm.code(),
                    parameters: None,
                    data: vec![1],
                },
            )
        };
    }
    // Somebody else's keys do not exist.
    let mut other = test.log_in("other");
    all_refused!(other, Status::KeyNotFound);
    let mut fresh = test.log_in("app");
    all_refused!(fresh, Status::KeyNotFound);
    second.call(&copy(key, Vec::new())).unwrap();
    for handle in [wrapping, base, key] {
        let delete = DeleteKeyRequest {
            request_id: request_id(),
            handle,
            only_session_key: false,
        };
        app.call(&delete).unwrap();
    }
    all_refused!(app, Status::KeyNotFound);
    // The other connection of the login, too, is out at once.
    app.call(&LogoutRequest {}).unwrap();
    all_refused!(app, Status::NotLoggedIn);
    all_refused!(second, Status::TokenInvalid);
    let mut officer = test.log_in("admin");
    let delete = DeleteUserRequest {
        request_id: request_id(),
        name: "other".to_owned(),
    };
    officer.call(&delete).unwrap();
    all_refused!(other, Status::TokenInvalid);
}

/// What a template holds is stored with the key and shown with it: as long as an attribute may be, and no longer.
#[test]
fn row_13_a_template_holds_no_more_than_attributes() {
    let test = TestHsm::active(Mode::NonFips);
    let mut app = test.log_in("app");
    let many: Vec<Mechanism> = vec![Mechanism::AesGcm; 1000];
    for value in [
        Attribute::Label.text("x".repeat(1025)),
        Attribute::Id.octets(vec![1; 257]),
        Attribute::AllowedMechanisms.mechanisms(many),
    ] {
        for template in [Attribute::WrapTemplate, Attribute::UnwrapTemplate] {
            let request = GenerateKeyRequest {
                request_id: request_id(),
                key_type: KeyType::Aes.into(),
                size_bits: 256,
                attributes: vec![template.template([value.clone()])],
            };
            refused!(app, Status::TemplateInconsistent, request);
        }
    }
    let fits = [
        Attribute::Label.text("x".repeat(1024)),
        Attribute::Id.octets(vec![1; 256]),
    ];
    app.generate_aes(256, vec![Attribute::UnwrapTemplate.template(fits)]);
}
