//! `client.toml`: what is read, and what every mistake is called.
#![allow(clippy::unwrap_used)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use ferrohsm_client::{Config, ConfigFileCredentials, CredentialSource, Defaults};
use ferrohsm_protocol::messages::KeyType;
use ferrohsm_protocol::{Attribute, Mechanism, Status};
use support::Fixture;

fn addresses() -> [std::net::SocketAddr; 1] {
    ["127.0.0.1:40123".parse().unwrap()]
}

fn load(more: &str) -> Result<Config, String> {
    let fixture = Fixture::new();
    Config::load(&fixture.config_file(&addresses(), more)).map_err(|error| {
        assert_eq!(error.status, Status::ConfigurationInvalid);
        error.message
    })
}

#[test]
fn defaults_and_values() {
    let config = load("").unwrap();
    assert_eq!(config.timeout, Duration::from_secs(10));
    assert!(!config.dev && !config.pkcs11_keystore);
    assert_eq!(config.defaults, Defaults::default());
    assert!(config.defaults.attributes(KeyType::Rsa).is_empty());
    let config =
        load("dev = true\ntimeout-ms = 250\nconnections = 3\npkcs11-keystore = true").unwrap();
    assert_eq!(
        (config.timeout, config.connections),
        (Duration::from_millis(250), 3)
    );
    assert!(config.dev && config.pkcs11_keystore);
}

#[test]
fn key_defaults() {
    let config = load("defaults = \"cloudhsm\"").unwrap();
    assert_eq!(
        config.defaults.attributes(KeyType::Aes),
        [Attribute::Extractable.flag(true)]
    );
    let config = load(
        "[defaults]\nprofile = \"cloudhsm\"\n[defaults.rsa]\ndecrypt = false\nextractable = false\n\
         allowed-mechanisms = [\"sha256-rsa-pkcs\"]",
    )
    .unwrap();
    let rsa = config.defaults.attributes(KeyType::Rsa);
    assert!(rsa.contains(&Attribute::Decrypt.flag(false)));
    assert!(rsa.contains(&Attribute::Extractable.flag(false)));
    assert!(!rsa.contains(&Attribute::Extractable.flag(true)));
    assert!(rsa.contains(&Attribute::AllowedMechanisms.mechanisms([Mechanism::Sha256RsaPkcs])));
    assert_eq!(
        config.defaults.attributes(KeyType::Ec),
        [Attribute::Extractable.flag(true)]
    );
}

#[test]
fn mistakes_are_named_with_file_and_key() {
    for (more, expected) in [
        ("colour = 1", "unknown field `colour`"),
        ("timeout-ms = 0", "`timeout-ms` is not between"),
        ("timeout-ms = 600001", "`timeout-ms` is not between"),
        ("timeout-ms = \"x\"", "line 6"),
        ("connections = 0", "`connections`"),
        ("defaults = \"other\"", "unknown defaults profile"),
        ("[defaults.dsa]\nsign = true", "unknown key type"),
        ("[defaults.rsa]\nsing = true", "unknown attribute `sing`"),
        ("[defaults.rsa]\nsign = 1", "true or false"),
        ("[defaults.rsa]\nlabel = \"x\"", "one key"),
        ("dev = ", "line 6"),
    ] {
        let message = load(more).err().unwrap();
        assert!(
            message.contains(expected) && message.contains("client.toml"),
            "{more}: {message}"
        );
    }
}

#[test]
fn no_mistake_shows_the_password() {
    for more in [
        "user = \"app\"\npassword = 271828",
        "user = \"app\"\npassword = 271828 x",
        "password = \"271828\"\ncolour = 1",
    ] {
        let fixture = Fixture::new();
        let path = fixture.config_file(&addresses(), more);
        let message = ConfigFileCredentials(path).read().err().unwrap().message;
        assert!(!message.contains("271828"), "{message}");
    }
}

#[test]
fn files_that_are_missing_or_wrong() {
    let fixture = Fixture::new();
    let path = fixture.config_file(&addresses(), "");
    let directory = fixture.directory.path();
    let message = |what: &str| {
        let error = Config::load(&path).err().unwrap();
        assert!(error.message.contains(what), "{error}");
    };
    let key = directory.join("client.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    message("chmod 600");
    support::write_private(&key, "nothing");
    message("no unencrypted PEM private key");
    // A key that belongs to another certificate.
    support::Pki::new(&support::CLUSTER_ID).write_to(directory);
    fixture.pki.write_to(directory);
    Config::load(&path).unwrap();
    let other = Fixture::new();
    std::fs::copy(other.directory.path().join("client.key"), &key).unwrap();
    message("does not fit");
    std::fs::remove_file(directory.join("root.crt")).unwrap();
    message("`root`");
}

#[test]
fn a_password_that_others_can_read_is_refused() {
    let fixture = Fixture::new();
    let path = fixture.config_file(
        &addresses(),
        "user = \"app\"\npassword = \"secret password\"",
    );
    let source = ConfigFileCredentials(path.clone());
    assert_eq!(source.read().unwrap().unwrap().user, "app");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = source.read().err().unwrap();
    assert!(error.message.contains("chmod 600"), "{error}");
    assert!(Config::load(&path).is_err());
}

#[test]
fn without_any_configuration_the_message_says_where_it_is_looked_for() {
    // Neither the variable nor the system file exists where tests run.
    if std::env::var_os("FERROHSM_CONFIG").is_none()
        && !std::path::Path::new(ferrohsm_client::SYSTEM_CONFIG).exists()
    {
        let error = Config::find(None).err().unwrap();
        assert!(error.message.contains("FERROHSM_CONFIG"), "{error}");
    }
}

#[test]
fn the_example_in_the_documentation_is_read() {
    let text = include_str!("../../../docs/client.md");
    let example = text.split("```toml\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let fixture = Fixture::new();
    let path = fixture.config_file(&addresses(), "");
    support::write_private(&path, example);
    let config = Config::load(&path).unwrap();
    assert_eq!(config.addresses.len(), 2);
    let rsa = config.defaults.attributes(KeyType::Rsa);
    assert!(rsa.contains(&Attribute::Decrypt.flag(false)));
    let credentials = ConfigFileCredentials(path).read().unwrap().unwrap();
    assert_eq!(*credentials.password, b"a long password");
}
