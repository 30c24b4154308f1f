//! Logins that go on, and users that go.

use crate::harness::*;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Mechanism, Status};
use hsm_server::policy::Mode;

fn sign(connection: &mut Connection, handle: u64) {
    let request = SignRequest {
        handle,
        mechanism: Mechanism::EcdsaSha256.code(),
        parameters: None,
        data: vec![5; 32],
    };
    connection.call(&request).unwrap();
}

#[test]
fn a_session_key_is_good_after_a_renewal_and_after_a_restart() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.connect();
    let first = app.log_in("app");
    let handle = app.generate_ec(Curve::P256, Vec::new()).handle;
    sign(&mut app, handle);
    let mut other = test.connect();
    let renewed = other
        .call(&LoginRequest {
            user: "app".into(),
            password: PASSWORD.to_vec(),
            previous_token: first.token.clone(),
        })
        .unwrap();
    assert_eq!(renewed.login_id, first.login_id);
    sign(&mut other, handle);
    sign(&mut app, handle);
    drop((app, other));
    let test = test.restart();
    for token in [&renewed.token, &first.token] {
        let mut app = test.connect();
        app.resume(token);
        sign(&mut app, handle);
    }
}

#[test]
fn a_user_that_is_deleted_while_it_makes_keys_leaves_none() {
    let test = TestHsm::active(Mode::Fips);
    let mut admin = test.log_in("admin");
    let mut deleted = 0;
    for round in 0..20 {
        let name = format!("fleeting-{round}");
        admin
            .call(&CreateUserRequest {
                request_id: request_id(),
                name: name.clone(),
                role: Role::CryptoUser.into(),
                password: PASSWORD.to_vec(),
            })
            .unwrap();
        let before = admin.counts().0;
        let mut user = test.log_in(&name);
        let (started, start) = std::sync::mpsc::channel();
        let maker = std::thread::spawn(move || {
            started.send(()).unwrap();
            let request = GenerateKeyRequest {
                request_id: request_id(),
                key_type: KeyType::Aes.into(),
                size_bits: 256,
                attributes: token("fleeting"),
            };
            user.call(&request).is_ok()
        });
        start.recv().unwrap();
        let status = admin.status(&DeleteUserRequest {
            request_id: request_id(),
            name,
        });
        let made = maker.join().unwrap();
        let keys = admin.counts().0 - before;
        match status {
            Status::Ok => assert_eq!((made, keys), (false, 0), "a key that nobody owns"),
            Status::UserOwnsKeys => assert_eq!((made, keys), (true, 1)),
            status => panic!("{status}"),
        }
        deleted += u32::from(status == Status::Ok);
    }
    println!("{deleted} of 20 users were deleted first");
}

#[test]
fn wrong_old_passwords_lock_a_user() {
    let test = TestHsm::active(Mode::Fips);
    let mut app = test.log_in("app");
    for guess in 0..5 {
        let status = app.status(&ChangePasswordRequest {
            request_id: request_id(),
            name: "app".into(),
            new_password: b"a new password".to_vec(),
            old_password: format!("wrong guess {guess}").into_bytes(),
        });
        assert_eq!(status, Status::LoginFailed);
    }
    let status = test.connect().status(&LoginRequest {
        user: "app".into(),
        password: PASSWORD.to_vec(),
        previous_token: Vec::new(),
    });
    assert_eq!(status, Status::UserLocked);
}
