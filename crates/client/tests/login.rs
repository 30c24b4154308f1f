//! One login for all threads, renewed when it ends; a refused credential is tried once.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use ferrohsm_client::{
    Client, ConfigFileCredentials, CredentialSource, Credentials, NoCredentials, Result,
};
use ferrohsm_protocol::Status;
use support::{FakeHsm, Fixture, PASSWORD, credentials, sign};
use zeroize::Zeroizing;

/// A source that a test can change, and that counts how often it is read.
struct Changing {
    password: Mutex<Vec<u8>>,
    reads: AtomicU32,
}

impl Changing {
    fn new(password: &[u8]) -> Arc<Changing> {
        Arc::new(Changing {
            password: Mutex::new(password.to_vec()),
            reads: AtomicU32::new(0),
        })
    }
}

impl CredentialSource for Changing {
    fn read(&self) -> Result<Option<Credentials>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        Ok(Some(credentials(&self.password.lock().unwrap())))
    }
}

fn in_64_threads(client: &Client) -> Vec<Result<Vec<u8>>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64)
            .map(|_| scope.spawn(|| sign(client, b"ab")))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn a_wrong_password_is_tried_once() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let source = Changing::new(b"wrong");
    let client = fixture.client_as(&[hsm.address], "", source.clone());
    for result in in_64_threads(&client) {
        assert_eq!(result.unwrap_err().status, Status::LoginFailed);
    }
    assert_eq!(
        sign(&client, b"ab").unwrap_err().status,
        Status::LoginFailed
    );
    let again = client.login("app", Zeroizing::new(b"wrong".to_vec()));
    assert_eq!(again.unwrap_err().status, Status::LoginFailed);
    assert_eq!(hsm.script.logins.load(Ordering::SeqCst), 1);

    // The source gives another password: it is tried, and the service goes on.
    *source.password.lock().unwrap() = PASSWORD.to_vec();
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
    assert_eq!(hsm.script.logins.load(Ordering::SeqCst), 2);
}

#[test]
fn a_locked_user_is_tried_once() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    *hsm.script.refusal.lock().unwrap() = Status::UserLocked;
    let client = fixture.client_as(&[hsm.address], "", Changing::new(b"wrong"));
    for result in in_64_threads(&client) {
        assert_eq!(result.unwrap_err().status, Status::UserLocked);
    }
    assert_eq!(hsm.script.logins.load(Ordering::SeqCst), 1);
}

#[test]
fn an_expired_token_is_renewed_once_for_all_threads() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let source = Changing::new(PASSWORD);
    let client = fixture.client_as(&[hsm.address], "", source.clone());
    sign(&client, b"ab").unwrap();
    assert_eq!(hsm.script.logins.load(Ordering::SeqCst), 1);
    for round in 2..5 {
        hsm.script.tokens.lock().unwrap().clear();
        for result in in_64_threads(&client) {
            assert_eq!(result.unwrap(), b"ba");
        }
        assert_eq!(hsm.script.logins.load(Ordering::SeqCst), round);
        assert_eq!(source.reads.load(Ordering::SeqCst), round);
    }
}

#[test]
fn without_credentials_the_message_says_how_to_give_them() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client_as(&[hsm.address], "", Arc::new(NoCredentials));
    let error = sign(&client, b"ab").unwrap_err();
    assert_eq!(error.status, Status::NotLoggedIn);
    client
        .login("app", Zeroizing::new(PASSWORD.to_vec()))
        .unwrap();
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
    // Its end cannot be mended without a source.
    hsm.script.tokens.lock().unwrap().clear();
    assert_eq!(
        sign(&client, b"ab").unwrap_err().status,
        Status::TokenExpired
    );
}

#[test]
fn logout_lasts_until_login() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client(&[hsm.address], "");
    sign(&client, b"ab").unwrap();
    let other = client.login("other", Zeroizing::new(PASSWORD.to_vec()));
    assert_eq!(other.unwrap_err().status, Status::AlreadyLoggedIn);
    client.logout().unwrap();
    assert!(!client.is_logged_in());
    assert!(hsm.script.tokens.lock().unwrap().is_empty());
    assert_eq!(
        sign(&client, b"ab").unwrap_err().status,
        Status::NotLoggedIn
    );
    assert_eq!(hsm.script.logins.load(Ordering::SeqCst), 1);
    client
        .login("other", Zeroizing::new(PASSWORD.to_vec()))
        .unwrap();
    assert_eq!(client.login_info().unwrap().user, "other");
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
    client.logout().unwrap();
    client.logout().unwrap();
}

#[test]
fn a_rotated_password_in_the_file_is_picked_up() {
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let path = fixture.config_file(&[hsm.address], "user = \"app\"\npassword = \"old\"");
    let source = Arc::new(ConfigFileCredentials(path));
    let config = ferrohsm_client::Config::load(&source.0).unwrap();
    let client = Client::new(&config, source);
    *hsm.script.password.lock().unwrap() = b"old".to_vec();
    sign(&client, b"ab").unwrap();
    *hsm.script.password.lock().unwrap() = b"new".to_vec();
    hsm.script.tokens.lock().unwrap().clear();
    assert_eq!(
        sign(&client, b"ab").unwrap_err().status,
        Status::LoginFailed
    );
    fixture.config_file(&[hsm.address], "user = \"app\"\npassword = \"new\"");
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
}

#[test]
fn a_source_that_panics_does_not_hang_the_others() {
    struct Panics;
    impl CredentialSource for Panics {
        fn read(&self) -> Result<Option<Credentials>> {
            panic!("a source that panics, as this test wants");
        }
    }
    let fixture = Fixture::new();
    let hsm = FakeHsm::start(&fixture.pki);
    let client = fixture.client_as(&[hsm.address], "", Arc::new(Panics));
    let first = std::thread::scope(|scope| scope.spawn(|| sign(&client, b"ab")).join());
    assert!(first.is_err());
    client
        .login("app", Zeroizing::new(PASSWORD.to_vec()))
        .unwrap();
    assert_eq!(sign(&client, b"ab").unwrap(), b"ba");
}
