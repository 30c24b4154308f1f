//! The built command: arguments, messages, exit codes and JSON, without an HSM.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

use serde_json::Value;

fn ferrohsm(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ferrohsm"))
        .args(arguments)
        .env_remove("FERROHSM_CONFIG")
        .env_remove("FERROHSM_USER")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_names_exit_codes_and_examples() {
    let output = ferrohsm(&["--help"]);
    assert!(output.status.success());
    let help = text(&output.stdout);
    for word in [
        "Exit codes",
        "Examples",
        "cluster",
        "user",
        "key",
        "barrier",
        "login",
    ] {
        assert!(help.contains(word), "{word}");
    }
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in [
        &["sing"][..],
        &["cluster", "initialize"],
        &["--config", "a", "--dir", "b", "cluster", "hsm-info"],
        &["user", "create", "--username", "a", "--role", "king"],
        &["--password-file", "a", "--password-stdin", "login"],
    ] {
        assert_eq!(ferrohsm(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_password_is_never_an_argument() {
    let output = ferrohsm(&["--password", "secret", "login"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_missing_hsm_is_named_with_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path().to_str().unwrap();
    let output = ferrohsm(&["--dir", dir, "cluster", "hsm-info"]);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(
        message.contains("hsm.sock") && message.contains("data directory"),
        "{message}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn errors_are_json_for_programs() {
    let output = ferrohsm(&[
        "--json",
        "--config",
        "/nonexistent/client.toml",
        "cluster",
        "hsm-info",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["error_code"], 195);
    assert_eq!(value["data"]["status"], "CONFIGURATION_INVALID");
    assert!(
        value["data"]["message"]
            .as_str()
            .unwrap()
            .contains("client.toml")
    );
}
