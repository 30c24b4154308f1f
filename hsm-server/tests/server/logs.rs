//! The log says what happened and holds no secret, at any level.

use crate::harness::*;
use ferrohsm_protocol::Attribute;
use ferrohsm_protocol::messages::*;
use hsm_server::policy::Mode;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing_subscriber::filter::LevelFilter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A secret as it is and in the forms that formatting gives bytes.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{secret:?}");
    vec![
        secret.to_vec(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        list.trim_matches(['[', ']']).to_owned().into_bytes(),
    ]
}

#[test]
fn logs_hold_no_secrets() {
    let log = Log::default();
    let writer = log.clone();
    // Other tests of this process log here too, which only widens the search.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();

    let test = TestHsm::active(Mode::Fips);
    let mut app = test.connect();
    let wrong = b"a wrong password typed".to_vec();
    let as_name = "a password typed as a name";
    let login = |user: &str, password: &[u8]| LoginRequest {
        user: user.into(),
        password: password.to_vec(),
        previous_token: Vec::new(),
    };
    app.call(&login("app", &wrong)).unwrap_err();
    app.call(&login(as_name, PASSWORD)).unwrap_err();
    let token = app.call(&login("app", PASSWORD)).unwrap().token;
    test.connect()
        .call(&ResumeRequest {
            token: token.iter().map(|byte| !byte).collect(),
        })
        .unwrap_err();
    test.connect().resume(&token);
    let key: Vec<u8> = (0..32).map(|i| i * 7 + 3).collect();
    let mut import = ImportKeyRequest {
        request_id: request_id(),
        key_type: KeyType::Aes.into(),
        material: key.clone(),
        ..ImportKeyRequest::default()
    };
    app.call(&import).unwrap();
    import.request_id = request_id();
    import.key_type = KeyType::Rsa.into();
    app.call(&import).unwrap_err();
    import.request_id = request_id();
    import.attributes = vec![Attribute::Label.flag(true)];
    app.call(&import).unwrap_err();
    app.call(&ChangePasswordRequest {
        request_id: request_id(),
        name: "app".into(),
        new_password: b"one more new password".to_vec(),
        old_password: wrong.clone(),
    })
    .unwrap_err();
    app.call(&LogoutRequest {}).unwrap();
    drop(app);
    let test = test.restart();
    let seal_key = std::fs::read(test.path().join("seal.key")).unwrap();
    drop(test);

    let log = log.0.lock().unwrap();
    let contains = |text: &[u8]| log.windows(text.len()).any(|window| window == text);
    for said in ["login refused", "logged in", "TLS listener open"] {
        assert!(contains(said.as_bytes()), "nothing was logged: {said}");
    }
    for (name, secret) in [
        ("password", PASSWORD),
        ("wrong password", &wrong),
        ("new password", b"one more new password"),
        ("password typed as a name", as_name.as_bytes()),
        ("token", &token),
        ("imported key", &key),
        ("seal key", seal_key.trim_ascii()),
    ] {
        for form in forms(secret) {
            assert!(!contains(&form), "the log holds a {name}");
        }
    }
}
