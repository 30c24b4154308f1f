//! Users and wrong passwords, on the built server with the real cost of a password check.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use ferrohsm_e2e::frames::{Frames, request_id};
use ferrohsm_e2e::server::Server;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::{
    ChangePasswordRequest, CreateUserRequest, DeleteUserRequest, GenerateKeyRequest,
    ListUsersRequest, LogoutRequest, ResumeRequest, Role, UnlockUserRequest, UserInfo,
};

const PASSWORD: &str = "a long password";

struct Dev {
    _work: tempfile::TempDir,
    directory: PathBuf,
    server: Option<Server>,
    officer: String,
}

impl Dev {
    fn new() -> Dev {
        let work = tempfile::tempdir().unwrap();
        let directory = work.path().join("dev");
        let (server, _) = Server::dev(&directory, &["--mode", "non-fips"]);
        let officer = password_in(&directory.join("admin.toml"));
        Dev {
            _work: work,
            directory,
            server: Some(server),
            officer,
        }
    }

    /// Power cut.
    fn kill_and_start(&mut self) {
        self.server.take().unwrap().kill();
        self.server = Some(Server::dev(&self.directory, &[]).0);
    }

    fn connect(&self) -> Frames<UnixStream> {
        Frames::local(&self.directory)
    }

    fn officer(&self) -> Frames<UnixStream> {
        let mut officer = self.connect();
        officer.login("admin", &self.officer).unwrap();
        officer
    }

    fn create(&self, name: &str, role: Role) {
        self.officer().call(&create(name, role)).unwrap();
    }

    fn info(&self, name: &str) -> UserInfo {
        let users = self.officer().call(&ListUsersRequest {}).unwrap().users;
        users.into_iter().find(|user| user.name == name).unwrap()
    }
}

fn password_in(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .find_map(|line| line.strip_prefix("password = \"")?.strip_suffix('"'))
        .unwrap()
        .to_owned()
}

fn create(name: &str, role: Role) -> CreateUserRequest {
    CreateUserRequest {
        request_id: request_id(),
        name: name.into(),
        role: role.into(),
        password: PASSWORD.into(),
    }
}

#[test]
fn officers_manage_users_and_users_do_not() {
    let dev = Dev::new();
    let mut officer = dev.officer();
    let first = create("Alice@Example.org", Role::CryptoUser);
    let alice = officer.call(&first).unwrap().user.unwrap();
    assert_eq!(alice.name, "alice@example.org");
    // The same request again gives the same answer; another one finds the name taken.
    assert_eq!(officer.call(&first).unwrap().user.unwrap(), alice);
    let taken = officer
        .call(&create("ALICE@example.ORG", Role::CryptoUser))
        .unwrap_err();
    assert_eq!(taken.status, Status::UserExists);
    let generate = GenerateKeyRequest {
        request_id: request_id(),
        ..GenerateKeyRequest::default()
    };
    assert_eq!(
        officer.call(&generate).unwrap_err().status,
        Status::PermissionDenied
    );

    let mut user = dev.connect();
    user.login("alice@example.org", PASSWORD).unwrap();
    assert_eq!(
        user.call(&create("bob", Role::CryptoUser))
            .unwrap_err()
            .status,
        Status::PermissionDenied
    );
    let other = ChangePasswordRequest {
        request_id: request_id(),
        name: "app".into(),
        new_password: PASSWORD.into(),
        old_password: PASSWORD.into(),
    };
    assert_eq!(
        user.call(&other).unwrap_err().status,
        Status::PermissionDenied
    );

    let delete = |name: &str| DeleteUserRequest {
        request_id: request_id(),
        name: name.into(),
    };
    assert_eq!(
        officer.call(&delete("admin")).unwrap_err().status,
        Status::LastCryptoOfficer
    );
    officer.call(&delete("Alice@example.org")).unwrap();
    // Its connection is logged out with it.
    assert_eq!(
        user.call(&ListUsersRequest {}).unwrap_err().status,
        Status::TokenInvalid
    );
    assert_eq!(
        user.login("alice@example.org", PASSWORD)
            .unwrap_err()
            .status,
        Status::LoginFailed
    );
}

#[test]
fn parallel_guesses_and_power_cuts_give_five_tries() {
    let mut dev = Dev::new();
    dev.create("victim", Role::CryptoUser);
    let mut live = dev.connect();
    let token = live.login("victim", PASSWORD).unwrap().token;
    for n in 0..2 {
        let mut guesser = dev.connect();
        assert_eq!(
            guesser
                .login("Victim", &format!("before {n}"))
                .unwrap_err()
                .status,
            Status::LoginFailed
        );
    }
    dev.kill_and_start();
    assert_eq!(dev.info("victim").failed_logins, 2);
    let checked: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..12)
            .map(|thread| {
                let dev = &dev;
                scope.spawn(move || {
                    let mut guesser = dev.connect();
                    let mut checked = 0;
                    for n in 0..4 {
                        let name = ["victim", "VICTIM", "Victim", "vICTIM"][n];
                        let refused = guesser
                            .login(name, &format!("guess {thread} {n}"))
                            .unwrap_err();
                        match refused.status {
                            Status::LoginFailed => checked += 1,
                            Status::UserLocked => {}
                            other => panic!("{other}: {}", refused.message),
                        }
                    }
                    checked
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(checked, 3);
    dev.kill_and_start();
    let info = dev.info("victim");
    assert!(info.locked);
    let mut again = dev.connect();
    assert_eq!(
        again.login("victim", PASSWORD).unwrap_err().status,
        Status::UserLocked
    );
    // What was logged in before goes on.
    again.call(&ResumeRequest { token }).unwrap();
    again.call(&ListUsersRequest {}).unwrap();

    dev.officer()
        .call(&UnlockUserRequest {
            request_id: request_id(),
            name: "VICTIM".into(),
        })
        .unwrap();
    dev.connect().login("victim", PASSWORD).unwrap();
}

#[test]
fn a_fleet_with_an_old_password_does_not_lock_its_user_out() {
    let dev = Dev::new();
    dev.create("service", Role::CryptoUser);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let refused = dev
                    .connect()
                    .login("service", "last year's password")
                    .unwrap_err();
                assert_eq!(refused.status, Status::LoginFailed);
            });
        }
    });
    assert_eq!(dev.info("service").failed_logins, 1);
    dev.connect().login("service", PASSWORD).unwrap();
}

#[test]
fn a_new_password_ends_logins() {
    let dev = Dev::new();
    dev.create("service", Role::CryptoUser);
    let (mut one, mut two) = (dev.connect(), dev.connect());
    let token = one.login("service", PASSWORD).unwrap().token;
    two.login("service", PASSWORD).unwrap();
    let change = |old: &str, new: &str| ChangePasswordRequest {
        request_id: request_id(),
        name: "Service".into(),
        new_password: new.into(),
        old_password: old.into(),
    };
    assert_eq!(
        one.call(&change("not the old one", "a new password"))
            .unwrap_err()
            .status,
        Status::LoginFailed
    );
    assert_eq!(dev.info("service").failed_logins, 1);
    assert_eq!(
        one.call(&change(PASSWORD, "service")).unwrap_err().status,
        Status::PasswordRefused
    );
    one.call(&change(PASSWORD, "a new password")).unwrap();
    for connection in [&mut one, &mut two] {
        assert_eq!(
            connection.call(&ListUsersRequest {}).unwrap_err().status,
            Status::TokenInvalid
        );
    }
    assert_eq!(
        one.call(&ResumeRequest { token }).unwrap_err().status,
        Status::TokenInvalid
    );
    assert_eq!(
        one.login("service", PASSWORD).unwrap_err().status,
        Status::LoginFailed
    );
    // A crypto officer needs no old one; then only that one is right.
    dev.officer().call(&change("", "from the officer")).unwrap();
    assert_eq!(
        one.login("service", "a new password").unwrap_err().status,
        Status::LoginFailed
    );
    one.login("service", "from the officer").unwrap();
}

#[test]
fn logout_voids_the_token() {
    let mut dev = Dev::new();
    let password = password_in(&dev.directory.join("client.toml"));
    let mut user = dev.connect();
    let token = user.login("app", &password).unwrap().token;
    user.call(&LogoutRequest {}).unwrap();
    assert_eq!(
        user.call(&ListUsersRequest {}).unwrap_err().status,
        Status::NotLoggedIn
    );
    assert_eq!(
        user.call(&ResumeRequest {
            token: token.clone()
        })
        .unwrap_err()
        .status,
        Status::TokenInvalid
    );
    dev.kill_and_start();
    assert_eq!(
        dev.connect()
            .call(&ResumeRequest { token })
            .unwrap_err()
            .status,
        Status::TokenInvalid
    );
}
