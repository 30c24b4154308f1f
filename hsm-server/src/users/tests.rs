use std::sync::Barrier as Start;
use std::sync::atomic::{AtomicU32, Ordering};

use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::{Role, UserInfo};

use super::*;
use crate::testing::TestStore;

const NOW: u64 = 1_800_000_000_000;
const RIGHT: &[u8] = b"right password";

fn create(users: &Users, name: &str, role: Role) -> Result<UserInfo, OpError> {
    users.create(name, role, RIGHT, NOW, |_, transaction| {
        Ok(users.barrier.commit(&transaction)?)
    })
}

fn delete(users: &Users, name: &str) -> Result<UserId, OpError> {
    users.delete(name, |_| false, &|transaction| {
        Ok(users.barrier.commit(&transaction)?)
    })
}

fn check(users: &Users, name: &str, password: &[u8], now: u64) -> Result<(), OpError> {
    users.check_password(
        name,
        password,
        now,
        |_, transaction| Ok((transaction, ())),
        Ok,
    )
}

fn status(result: Result<(), OpError>) -> Option<Status> {
    result.err().map(|error| error.status)
}

fn info(users: &Users, name: &str) -> UserInfo {
    users
        .list()
        .unwrap()
        .into_iter()
        .find(|user| user.name == name)
        .unwrap()
}

#[test]
fn users_come_and_go() {
    let store = TestStore::new();
    let users = Users::load(store.barrier.clone()).unwrap();
    create(&users, "admin", Role::CryptoOfficer).unwrap();
    let alice = create(&users, "Alice", Role::CryptoUser).unwrap();
    assert_eq!(
        (alice.name.as_str(), alice.role()),
        ("alice", Role::CryptoUser)
    );
    assert_eq!(
        create(&users, "ALICE", Role::CryptoUser)
            .unwrap_err()
            .status,
        Status::UserExists
    );
    assert_eq!(
        create(&users, "bob", Role::Unspecified).unwrap_err().status,
        Status::MalformedRequest
    );
    let names: Vec<_> = users
        .list()
        .unwrap()
        .into_iter()
        .map(|user| user.name)
        .collect();
    assert_eq!(names, ["admin", "alice"]);
    assert_eq!(users.count().unwrap(), 2);
    let owner = users
        .delete("alice", |_| true, &|_| panic!("nothing may be written"))
        .unwrap_err();
    assert_eq!(owner.status, Status::UserOwnsKeys);
    delete(&users, "aLiCe").unwrap();
    assert_eq!(
        delete(&users, "alice").unwrap_err().status,
        Status::UserNotFound
    );
    assert_eq!(users.count().unwrap(), 1);
}

#[test]
fn the_last_crypto_officer_stays() {
    let store = TestStore::new();
    let users = Users::load(store.barrier.clone()).unwrap();
    create(&users, "one", Role::CryptoOfficer).unwrap();
    assert_eq!(
        delete(&users, "one").unwrap_err().status,
        Status::LastCryptoOfficer
    );
    for _ in 0..10 {
        create(&users, "two", Role::CryptoOfficer).unwrap();
        let start = Start::new(2);
        let deleted: usize = std::thread::scope(|scope| {
            let threads = ["one", "two"].map(|name| {
                let (users, start) = (&users, &start);
                scope.spawn(move || {
                    start.wait();
                    usize::from(delete(users, name).is_ok())
                })
            });
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(deleted, 1);
        if !users.list().unwrap().iter().any(|user| user.name == "one") {
            create(&users, "one", Role::CryptoOfficer).unwrap();
            delete(&users, "two").unwrap();
        }
    }
}

#[test]
fn five_wrong_passwords_lock_a_crypto_user() {
    let mut store = TestStore::new();
    let users = Users::load(store.barrier.clone()).unwrap();
    create(&users, "app", Role::CryptoUser).unwrap();
    for (n, name) in ["app", "App", "APP", "aPP", "apP"].iter().enumerate() {
        assert!(!info(&users, "app").locked);
        let wrong = format!("wrong password {n}");
        assert_eq!(
            status(check(&users, name, wrong.as_bytes(), NOW)),
            Some(Status::LoginFailed)
        );
    }
    assert_eq!(
        status(check(&users, "app", RIGHT, NOW)),
        Some(Status::UserLocked)
    );
    assert!(info(&users, "app").locked);
    store.restart();
    let users = Users::load(store.barrier.clone()).unwrap();
    assert_eq!(
        status(check(&users, "app", RIGHT, u64::MAX)),
        Some(Status::UserLocked)
    );
    users
        .unlock("app", &|transaction| {
            Ok(users.barrier.commit(&transaction)?)
        })
        .unwrap();
    check(&users, "app", RIGHT, NOW).unwrap();
    assert_eq!(info(&users, "app").failed_logins, 0);
}

#[test]
fn parallel_guesses_get_five_checks() {
    let store = TestStore::new();
    let users = Users::load(store.barrier.clone()).unwrap();
    create(&users, "app", Role::CryptoUser).unwrap();
    let checked = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let (users, checked) = (&users, &checked);
            scope.spawn(move || {
                for n in 0..8 {
                    let name = if n % 2 == 0 { "app" } else { "APP" };
                    match status(check(
                        users,
                        name,
                        format!("guess {thread} {n}").as_bytes(),
                        NOW,
                    )) {
                        Some(Status::LoginFailed) => checked.fetch_add(1, Ordering::Relaxed),
                        Some(Status::UserLocked) => 0,
                        other => panic!("{other:?}"),
                    };
                }
            });
        }
    });
    assert_eq!(checked.into_inner(), FAILURES_MAX);
    assert_eq!(
        status(check(&users, "app", RIGHT, NOW)),
        Some(Status::UserLocked)
    );
}

#[test]
fn parallel_right_passwords_all_pass() {
    let store = TestStore::new();
    let users = Users::load(store.barrier.clone()).unwrap();
    create(&users, "app", Role::CryptoUser).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| check(&users, "app", RIGHT, NOW).unwrap());
        }
    });
    assert_eq!(info(&users, "app").failed_logins, 0);
}

#[test]
fn a_fleet_with_an_old_password_counts_once() {
    let store = TestStore::new();
    let users = Users::load(store.barrier.clone()).unwrap();
    create(&users, "app", Role::CryptoUser).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                assert_eq!(
                    status(check(&users, "app", b"the old password", NOW)),
                    Some(Status::LoginFailed)
                )
            });
        }
    });
    assert_eq!(info(&users, "app").failed_logins, 1);
    // Another one counts, and the right one forgets all.
    check(&users, "app", b"yet another one", NOW).unwrap_err();
    assert_eq!(info(&users, "app").failed_logins, 2);
    check(&users, "app", RIGHT, NOW).unwrap();
    assert_eq!(info(&users, "app").failed_logins, 0);
}

#[test]
fn an_attempt_counts_before_it_is_checked() {
    let mut store = TestStore::new();
    create(
        &Users::load(store.barrier.clone()).unwrap(),
        "app",
        Role::CryptoUser,
    )
    .unwrap();
    for n in 1..=FAILURES_MAX {
        let users = Users::load(store.barrier.clone()).unwrap();
        let path = users.path(&UserName::parse("app").unwrap());
        users.admit(&path, &users.gate.slot(&path), NOW).unwrap();
        // The process dies here.
        drop(users);
        store.restart();
        assert_eq!(
            info(&Users::load(store.barrier.clone()).unwrap(), "app").failed_logins,
            n
        );
    }
    let users = Users::load(store.barrier.clone()).unwrap();
    assert_eq!(
        status(check(&users, "app", RIGHT, NOW)),
        Some(Status::UserLocked)
    );
}

#[test]
fn a_crypto_officer_is_slowed_down_and_never_locked() {
    let store = TestStore::new();
    let users = Users::load(store.barrier.clone()).unwrap();
    create(&users, "admin", Role::CryptoOfficer).unwrap();
    for n in 0..FAILURES_MAX {
        assert_eq!(
            status(check(&users, "admin", format!("wrong {n}").as_bytes(), NOW)),
            Some(Status::LoginFailed)
        );
    }
    assert_eq!(
        status(check(&users, "admin", RIGHT, NOW + 999)),
        Some(Status::UserLocked)
    );
    assert_eq!(
        status(check(&users, "admin", b"wrong again", NOW + 1000)),
        Some(Status::LoginFailed)
    );
    let error = check(&users, "admin", RIGHT, NOW + 1001).unwrap_err();
    assert!(error.message.contains("wait 2 s"), "{error}");
    assert!(!info(&users, "admin").locked);
    check(&users, "admin", RIGHT, NOW + 3000).unwrap();
    // The delay never passes 15 minutes.
    for n in 0..20 {
        check(
            &users,
            "admin",
            format!("wrong {n}").as_bytes(),
            NOW + (n + 10) * 1_000_000,
        )
        .unwrap_err();
    }
    let last = NOW + 29 * 1_000_000;
    assert_eq!(
        status(check(&users, "admin", RIGHT, last + 899_999)),
        Some(Status::UserLocked)
    );
    check(&users, "admin", RIGHT, last + 900_000).unwrap();
}

#[test]
fn unknown_users_get_the_answer_of_a_wrong_password() {
    let store = TestStore::new();
    let users = Users::load(store.barrier.clone()).unwrap();
    create(&users, "app", Role::CryptoUser).unwrap();
    let wrong = check(&users, "app", b"wrong password", NOW).unwrap_err();
    for n in 0..2 * FAILURES_MAX {
        for name in ["nobody", "", "no body", &"x".repeat(5000)] {
            let before = store.barrier.revision();
            assert_eq!(
                check(&users, name, format!("guess {n}").as_bytes(), NOW).unwrap_err(),
                wrong
            );
            // The same writes too, so that the disk does not tell: one before the check, one after.
            assert!(store.barrier.revision() - before >= 2);
        }
    }
    assert_eq!(users.list().unwrap().len(), 1);
}

#[test]
fn a_new_password_unlocks_and_replaces_the_old_one() {
    let store = TestStore::new();
    let users = Users::load(store.barrier.clone()).unwrap();
    create(&users, "app", Role::CryptoUser).unwrap();
    for n in 0..FAILURES_MAX {
        check(&users, "app", format!("wrong {n}").as_bytes(), NOW).unwrap_err();
    }
    let commit = |transaction| Ok(users.barrier.commit(&transaction)?);
    assert_eq!(
        users
            .set_password("app", b"short", &commit)
            .unwrap_err()
            .status,
        Status::PasswordRefused
    );
    assert_eq!(
        users
            .set_password("nobody", b"long enough", &commit)
            .unwrap_err()
            .status,
        Status::UserNotFound
    );
    let generation = users.generations().unwrap()[0].1;
    users
        .set_password("APP", b"a new password", &commit)
        .unwrap();
    assert_eq!(users.generations().unwrap()[0].1, generation + 1);
    assert_eq!(
        status(check(&users, "app", RIGHT, NOW)),
        Some(Status::LoginFailed)
    );
    check(&users, "app", b"a new password", NOW).unwrap();
}
