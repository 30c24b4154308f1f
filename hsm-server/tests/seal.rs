//! Seals: how the master key is kept, and what is refused.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use hsm_server::barrier::{Barrier, BarrierError};
use hsm_server::seal::{MasterKey, SealConfig, SealContext, SealError};
use hsm_server::store::redb::RedbStore;

const PASSPHRASE: &str = "correct horse battery staple";

fn context(data_directory: &Path) -> SealContext<'_> {
    SealContext {
        data_directory,
        dev: false,
        passphrase: None,
        credentials_directory: None,
    }
}

fn error(result: Result<MasterKey, SealError>) -> SealError {
    result.err().unwrap()
}

/// Two master keys are the same if one opens what the other made.
fn assert_opens(data: &Path, made: &MasterKey, opened: &MasterKey) {
    let store = Arc::new(RedbStore::open(data).unwrap());
    Barrier::create(store.clone(), made, [7; 16]).unwrap();
    Barrier::open(store, opened).map(drop).unwrap();
}

#[test]
fn a_key_file_round_trips_and_is_private() {
    let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = keys.path().join("master.key");
    let seal = SealConfig::KeyFile { path: path.clone() };
    let context = context(data.path());
    let made = seal.create(&context).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    assert_opens(data.path(), &made, &seal.open(&context).unwrap());
    let before = fs::read(&path).unwrap();
    assert_eq!(
        error(seal.create(&context)),
        SealError::Exists { path: path.clone() }
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_key_file_that_others_may_read_is_refused() {
    let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = keys.path().join("master.key");
    let seal = SealConfig::KeyFile { path: path.clone() };
    seal.create(&context(data.path())).unwrap();
    for mode in [0o640, 0o604, 0o666, 0o4600] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = error(seal.open(&context(data.path())));
        assert_eq!(
            found,
            SealError::Mode {
                path: path.clone(),
                mode
            }
        );
        assert!(found.to_string().contains("chmod 600"));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    seal.open(&context(data.path())).map(drop).unwrap();
}

#[test]
fn a_key_file_of_another_user_is_refused() {
    let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = keys.path().join("master.key");
    let seal = SealConfig::KeyFile { path: path.clone() };
    seal.create(&context(data.path())).unwrap();
    // Only root can give a file away, and only root can then still read it.
    if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
        assert!(
            std::env::var("CI").is_err(),
            "this test needs root, and CI runs as root"
        );
        eprintln!("skipped: only root can give a file to another user");
        return;
    }
    let found = error(seal.open(&context(data.path())));
    assert_eq!(
        found,
        SealError::Owner {
            path,
            owner: 12345,
            user: 0
        }
    );
}

#[test]
fn a_key_file_in_the_data_directory_is_for_dev_only() {
    let data = tempfile::tempdir().unwrap();
    let inside = data.path().join("keys");
    fs::create_dir(&inside).unwrap();
    let path = inside.join("master.key");
    let seal = SealConfig::KeyFile { path: path.clone() };
    let refused = SealError::InsideDataDirectory { path: path.clone() };
    assert_eq!(error(seal.create(&context(data.path()))), refused);
    assert!(!path.exists());
    let dev = SealContext {
        dev: true,
        ..context(data.path())
    };
    seal.create(&dev).map(drop).unwrap();
    seal.open(&dev).map(drop).unwrap();
    assert_eq!(error(seal.open(&context(data.path()))), refused);
    // Neither a link nor a roundabout path hides where it is.
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.key");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let linked = SealConfig::KeyFile { path: link.clone() };
    let refused = SealError::InsideDataDirectory { path: link };
    assert_eq!(error(linked.open(&context(data.path()))), refused);
}

#[test]
fn a_malformed_key_file_says_what_it_should_be() {
    let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = keys.path().join("master.key");
    let seal = SealConfig::KeyFile { path: path.clone() };
    let digits = "ab".repeat(32);
    let bad = [
        String::new(),
        digits[1..].into(),
        format!("{digits}00"),
        digits.replace('a', "g"),
        digits.replacen("ab", "+b", 1),
        "a".repeat(1 << 20),
    ];
    for text in bad {
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let found = error(seal.open(&context(data.path())));
        assert!(matches!(found, SealError::Malformed { .. }), "{found}");
        assert!(
            !found.to_string().contains("abab"),
            "an error must not show the key"
        );
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        error(seal.open(&context(data.path()))),
        SealError::Io { .. }
    ));
}

#[test]
fn a_passphrase_round_trips_and_a_wrong_one_does_not() {
    let data = tempfile::tempdir().unwrap();
    let seal = SealConfig::Passphrase {};
    let with = |passphrase| SealContext {
        passphrase: Some(passphrase),
        ..context(data.path())
    };
    assert_eq!(
        error(seal.create(&context(data.path()))),
        SealError::PassphraseMissing
    );
    let short = error(seal.create(&with("too short")));
    assert_eq!(short, SealError::PassphraseTooShort { min: 12 });
    let made = seal.create(&with(PASSPHRASE)).unwrap();
    let path = data.path().join("seal.json");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("\"memory_kib\": 65536")
    );
    assert_opens(data.path(), &made, &seal.open(&with(PASSPHRASE)).unwrap());
    let wrong = error(seal.open(&with("correct horse battery stable")));
    assert_eq!(wrong, SealError::WrongPassphrase { path: path.clone() });
    assert_eq!(
        error(seal.create(&with(PASSPHRASE))),
        SealError::Exists { path }
    );
    assert_eq!(
        error(seal.open(&context(data.path()))),
        SealError::PassphraseMissing
    );
}

#[test]
fn a_changed_seal_file_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let seal = SealConfig::Passphrase {};
    let context = SealContext {
        passphrase: Some(PASSPHRASE),
        ..context(data.path())
    };
    seal.create(&context).map(drop).unwrap();
    let path = data.path().join("seal.json");
    let good = fs::read_to_string(&path).unwrap();
    let open_with = |text: String| {
        fs::write(&path, text).unwrap();
        error(seal.open(&context))
    };
    // Costs outside the bounds are refused before they are paid.
    for cost in ["4294967295", "8", "1"] {
        let found = open_with(good.replace("65536", cost));
        assert!(matches!(found, SealError::Malformed { .. }), "{found}");
    }
    assert!(matches!(
        open_with(good[..50].into()),
        SealError::Malformed { .. }
    ));
    assert!(matches!(
        open_with(good.replace("argon2id", "scrypt")),
        SealError::Malformed { .. }
    ));
    // The cost is authenticated.
    let cheaper = open_with(good.replace("\"passes\": 3", "\"passes\": 2"));
    assert!(matches!(cheaper, SealError::WrongPassphrase { .. }));
    let at = good.find("\"wrapped\": \"").unwrap() + "\"wrapped\": \"".len();
    let flipped = if good.as_bytes()[at] == b'0' {
        "1"
    } else {
        "0"
    };
    let mut changed = good.clone();
    changed.replace_range(at..=at, flipped);
    assert!(matches!(
        open_with(changed),
        SealError::WrongPassphrase { .. }
    ));
}

#[test]
fn a_credential_is_read_from_where_systemd_puts_it() {
    let (data, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let seal = SealConfig::SystemdCredential {
        name: "master-key".into(),
    };
    let found = error(seal.open(&context(data.path())));
    assert_eq!(
        found,
        SealError::NoCredentials {
            name: "master-key".into()
        }
    );
    let context = SealContext {
        credentials_directory: Some(credentials.path()),
        ..context(data.path())
    };
    assert!(matches!(error(seal.open(&context)), SealError::Io { .. }));
    fs::write(
        credentials.path().join("master-key"),
        "0f".repeat(32) + "\n",
    )
    .unwrap();
    let made = seal.create(&context).unwrap();
    assert_opens(data.path(), &made, &seal.open(&context).unwrap());
    for name in ["", "../master-key", "/etc/passwd", ".hidden", "a b"] {
        let found = error(SealConfig::SystemdCredential { name: name.into() }.open(&context));
        assert_eq!(found, SealError::CredentialName { name: name.into() });
    }
}

#[test]
fn another_master_key_does_not_open_the_data_directory() {
    let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Arc::new(RedbStore::open(data.path()).unwrap());
    let mut made = ["one.key", "two.key"].into_iter().map(|name| {
        SealConfig::KeyFile {
            path: keys.path().join(name),
        }
        .create(&context(data.path()))
        .unwrap()
    });
    let (one, two) = (made.next().unwrap(), made.next().unwrap());
    assert_eq!(
        Barrier::open(store.clone(), &one).err(),
        Some(BarrierError::NotCreated)
    );
    Barrier::create(store.clone(), &one, [7; 16])
        .map(drop)
        .unwrap();
    let found = Barrier::open(store.clone(), &two).err().unwrap();
    assert_eq!(found, BarrierError::WrongMasterKey);
    assert!(
        found
            .to_string()
            .starts_with("this seal does not open this data directory")
    );
    let again = Barrier::create(store, &two, [8; 16]).err();
    assert_eq!(again, Some(BarrierError::AlreadyCreated));
}

#[test]
fn the_configuration_is_strict() {
    let parse = toml::from_str::<SealConfig>;
    assert_eq!(
        parse("kind = \"key-file\"\npath = \"/etc/ferrohsm/master.key\"").unwrap(),
        SealConfig::KeyFile {
            path: "/etc/ferrohsm/master.key".into()
        }
    );
    assert_eq!(
        parse("kind = \"passphrase\"").unwrap(),
        SealConfig::Passphrase {}
    );
    assert_eq!(
        parse("kind = \"systemd-credential\"\nname = \"master-key\"").unwrap(),
        SealConfig::SystemdCredential {
            name: "master-key".into()
        }
    );
    for bad in [
        "kind = \"tpm\"",
        "kind = \"passphrase\"\npath = \"x\"",
        "path = \"x\"",
        "",
    ] {
        parse(bad).unwrap_err();
    }
}
