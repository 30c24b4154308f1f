use ferrohsm_protocol::messages::Role;

use super::*;
use crate::testing::TestStore;

const NOW: u64 = 1_800_000_000_000;
const LIFETIME: Duration = Duration::from_secs(3600);
const HOUR_MS: u64 = 3_600_000;
const PASSWORD: &[u8] = b"right password";

struct Fixture {
    store: TestStore,
    users: Users,
    logins: Logins,
}

impl Fixture {
    fn new() -> Fixture {
        let store = TestStore::new();
        let users = Users::load(store.barrier.clone()).unwrap();
        let create = |name, role| {
            users
                .create(name, role, PASSWORD, NOW, |_, transaction| {
                    Ok(store.barrier.commit(&transaction)?)
                })
                .unwrap()
        };
        create("admin", Role::CryptoOfficer);
        create("app", Role::CryptoUser);
        create("other", Role::CryptoUser);
        let logins = Logins::load(store.barrier.clone(), &users, LIFETIME, NOW).unwrap();
        Fixture {
            store,
            users,
            logins,
        }
    }

    fn restart(mut self, now: u64) -> Fixture {
        drop((self.logins, self.users));
        self.store.restart();
        let users = Users::load(self.store.barrier.clone()).unwrap();
        let logins = Logins::load(self.store.barrier.clone(), &users, LIFETIME, now).unwrap();
        Fixture {
            store: self.store,
            users,
            logins,
        }
    }

    fn login(
        &self,
        peer: &Peer,
        user: &str,
        previous: &[u8],
        now: u64,
    ) -> Result<(Arc<Login>, Token), OpError> {
        self.logins
            .login(&self.users, peer, user, PASSWORD, previous, now)
    }

    fn resume(&self, peer: &Peer, token: &Token, now: u64) -> Result<Arc<Login>, Status> {
        self.logins
            .resume(peer, token.as_slice(), now)
            .map_err(|error| error.status)
    }

    fn stored(&self) -> usize {
        self.store
            .barrier
            .scan(LOGIN_PREFIX, None, 1000)
            .unwrap()
            .len()
    }
}

fn client(key: u8) -> Peer {
    Peer::Certificate {
        key_hash: [key; 32],
        users: None,
    }
}

#[test]
fn a_token_is_good_after_a_restart_and_for_its_key_only() {
    let fixture = Fixture::new();
    let (login, token) = fixture.login(&client(1), "App", &[], NOW).unwrap();
    assert_eq!((login.user.as_str(), login.role), ("app", Role::CryptoUser));
    let fixture = fixture.restart(NOW + 1);
    assert!(fixture.logins.knows(&login.id));
    let resumed = fixture
        .resume(&client(1), &token, NOW + HOUR_MS - 1)
        .unwrap();
    assert_eq!((resumed.id, resumed.user_id), (login.id, login.user_id));
    assert_eq!(
        fixture.resume(&client(2), &token, NOW).unwrap_err(),
        Status::TokenInvalid
    );
    assert_eq!(
        fixture.resume(&Peer::Socket, &token, NOW).unwrap_err(),
        Status::TokenInvalid
    );
    assert_eq!(
        fixture
            .resume(&client(1), &Zeroizing::new([0; 32]), NOW)
            .unwrap_err(),
        Status::TokenInvalid
    );
    assert_eq!(
        fixture
            .resume(&client(1), &token, NOW + HOUR_MS)
            .unwrap_err(),
        Status::TokenExpired
    );
}

#[test]
fn the_store_holds_no_token() {
    let fixture = Fixture::new();
    let (_, token) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    for (_, record) in fixture.store.barrier.scan(LOGIN_PREFIX, None, 10).unwrap() {
        let record = record.unwrap().plaintext;
        assert!(
            !record
                .windows(TOKEN_BYTES)
                .any(|window| window == token.as_slice())
        );
    }
}

#[test]
fn a_renewal_stays_the_same_login() {
    let fixture = Fixture::new();
    let (login, first) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    // Within validity.
    let (same, second) = fixture
        .login(&client(1), "app", first.as_slice(), NOW + 1000)
        .unwrap();
    assert_eq!(same.id, login.id);
    assert_ne!(*first, *second);
    // Connections that hold the login go on past the first token's end; the first token itself does not.
    login.check(NOW + HOUR_MS + 500).unwrap();
    assert_eq!(
        fixture
            .resume(&client(1), &first, NOW + HOUR_MS)
            .unwrap_err(),
        Status::TokenExpired
    );
    // Up to 24 hours after expiry, also after a restart.
    let fixture = fixture.restart(NOW + 20 * HOUR_MS);
    let late = NOW + 1000 + HOUR_MS + CONTINUED_MS - 1;
    let (same, third) = fixture
        .login(&client(1), "app", second.as_slice(), late)
        .unwrap();
    assert_eq!(same.id, login.id);
    fixture.resume(&client(1), &third, late).unwrap();
    assert_eq!(fixture.stored(), 1);
    // Later it is a new login.
    let (new, _) = fixture
        .login(
            &client(1),
            "app",
            third.as_slice(),
            late + HOUR_MS + CONTINUED_MS,
        )
        .unwrap();
    assert_ne!(new.id, login.id);
}

#[test]
fn a_login_is_not_continued_by_others() {
    let fixture = Fixture::new();
    let (login, token) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    for (peer, user) in [
        (client(2), "app"),
        (Peer::Socket, "app"),
        (client(1), "other"),
    ] {
        let (new, _) = fixture.login(&peer, user, token.as_slice(), NOW).unwrap();
        assert_ne!(new.id, login.id);
    }
    let wrong = fixture.logins.login(
        &fixture.users,
        &client(1),
        "app",
        b"wrong password",
        token.as_slice(),
        NOW,
    );
    assert_eq!(wrong.unwrap_err().status, Status::LoginFailed);
    fixture.resume(&client(1), &token, NOW).unwrap();
}

#[test]
fn old_tokens_of_a_login_are_bounded() {
    let fixture = Fixture::new();
    let (login, mut token) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    let first = token.clone();
    for n in 0..20 {
        let (same, next) = fixture
            .login(&client(1), "app", token.as_slice(), NOW + n)
            .unwrap();
        assert_eq!(same.id, login.id);
        token = next;
    }
    assert_eq!(
        fixture.resume(&client(1), &first, NOW).unwrap_err(),
        Status::TokenInvalid
    );
    assert_eq!(fixture.logins.read().tokens.len(), TOKENS_MAX + 1);
}

#[test]
fn logout_is_final() {
    let fixture = Fixture::new();
    let (login, token) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    let (_, other) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    fixture.logins.end(&login.id).unwrap();
    assert_eq!(login.check(NOW).unwrap_err().status, Status::TokenInvalid);
    assert_eq!(
        fixture.resume(&client(1), &token, NOW).unwrap_err(),
        Status::TokenInvalid
    );
    let fixture = fixture.restart(NOW);
    assert_eq!(
        fixture.resume(&client(1), &token, NOW).unwrap_err(),
        Status::TokenInvalid
    );
    let (new, _) = fixture
        .login(&client(1), "app", token.as_slice(), NOW)
        .unwrap();
    assert_ne!(new.id, login.id);
    fixture.resume(&client(1), &other, NOW).unwrap();
}

#[test]
fn a_new_password_voids_logins_even_if_the_process_dies_before_it_ends_them() {
    let fixture = Fixture::new();
    let (login, token) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    let (_, other) = fixture.login(&client(1), "other", &[], NOW).unwrap();
    let barrier = fixture.store.barrier.clone();
    fixture
        .users
        .set_password("app", b"a new password", &|transaction| {
            Ok(barrier.commit(&transaction)?)
        })
        .unwrap();
    drop(barrier);
    let fixture = fixture.restart(NOW);
    assert!(!fixture.logins.knows(&login.id));
    assert_eq!(
        fixture.resume(&client(1), &token, NOW).unwrap_err(),
        Status::TokenInvalid
    );
    fixture.resume(&client(1), &other, NOW).unwrap();
    assert_eq!(fixture.stored(), 1);
}

#[test]
fn ending_a_user_ends_its_logins() {
    let fixture = Fixture::new();
    let (first, token) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    let (second, _) = fixture.login(&Peer::Socket, "app", &[], NOW).unwrap();
    let (other, _) = fixture.login(&client(1), "other", &[], NOW).unwrap();
    let mut ended = fixture.logins.end_user(first.user_id);
    ended.sort_unstable();
    let mut expected = [first.id, second.id];
    expected.sort_unstable();
    assert_eq!(ended, expected);
    assert_eq!(
        fixture.resume(&client(1), &token, NOW).unwrap_err(),
        Status::TokenInvalid
    );
    other.check(NOW).unwrap();
    // Their records are void already, and go later.
    assert_eq!(fixture.stored(), 3);
    fixture.logins.purge(NOW).unwrap();
    assert_eq!(fixture.stored(), 1);
}

#[test]
fn logins_are_forgotten_a_day_after_they_expire() {
    let fixture = Fixture::new();
    let (login, _) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    let end = NOW + HOUR_MS + CONTINUED_MS;
    fixture.logins.purge(end - 1).unwrap();
    assert!(fixture.logins.knows(&login.id));
    fixture.logins.purge(end).unwrap();
    assert!(!fixture.logins.knows(&login.id));
    assert_eq!(fixture.stored(), 0);
    let (login, _) = fixture.login(&client(1), "app", &[], NOW).unwrap();
    let fixture = fixture.restart(end);
    assert!(!fixture.logins.knows(&login.id));
    assert_eq!(fixture.stored(), 0);
}

#[test]
fn a_restricted_certificate_admits_its_users_and_locks_no_others() {
    let fixture = Fixture::new();
    let restricted = Peer::Certificate {
        key_hash: [1; 32],
        users: Some(vec!["app".into()]),
    };
    let (_, token) = fixture.login(&restricted, "App", &[], NOW).unwrap();
    for _ in 0..10 {
        let refused = fixture.logins.login(
            &fixture.users,
            &restricted,
            "other",
            b"wrong password",
            &[],
            NOW,
        );
        assert_eq!(refused.unwrap_err().status, Status::PermissionDenied);
    }
    fixture.login(&client(1), "other", &[], NOW).unwrap();
    // The restriction also holds for a token from before it.
    let now_other = Peer::Certificate {
        key_hash: [1; 32],
        users: Some(vec!["other".into()]),
    };
    assert_eq!(
        fixture.resume(&now_other, &token, NOW).unwrap_err(),
        Status::PermissionDenied
    );
}

#[test]
fn parallel_logins_of_one_user_are_all_kept() {
    let fixture = Fixture::new();
    let tokens: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..12)
            .map(|_| scope.spawn(|| fixture.login(&client(1), "app", &[], NOW).unwrap().1))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let fixture = fixture.restart(NOW);
    for token in &tokens {
        fixture.resume(&client(1), token, NOW).unwrap();
    }
    assert_eq!(fixture.stored(), tokens.len());
}
