//! `hsm-server dev` as test frameworks use it: throwaway, with further users.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::collections::HashSet;
use std::path::Path;
use std::process::{ChildStdin, Command, Output};

use ferrohsm_e2e::server::{Server, binary};
use serde_json::Value;

fn start(directory: &Path, options: &[&str]) -> (Server, ChildStdin, Value) {
    let text = directory.to_str().unwrap();
    let (server, input) =
        Server::start_held(&[&["dev", "--throwaway", "--dir", text], options].concat());
    let ready = server.line();
    (server, input, ready)
}

/// Runs it until it ends by itself.
fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = Command::new(binary("hsm-server"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
}

fn ferrohsm(config: &Path, arguments: &[&str]) -> String {
    let output = Command::new(binary("ferrohsm"))
        .args(arguments)
        .arg("--config")
        .arg(config)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_throwaway_hsm_ends_with_its_input_and_takes_its_directory_along() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for directory in [folder.path().join("new/below"), empty] {
        let (server, input, ready) = start(&directory, &[]);
        assert_eq!(ready["ready"], true);
        assert!(directory.join("client.toml").exists());
        drop(input);
        assert!(server.wait().success());
        assert!(!directory.exists());
    }
    assert!(folder.path().exists());
}

#[test]
fn a_throwaway_hsm_that_is_stopped_can_be_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("hsm");
    let (server, input, ready) = start(&directory, &[]);
    let config = directory.join("client.toml");
    ferrohsm(
        &config,
        &[
            "key",
            "generate-symmetric",
            "aes",
            "--label",
            "kept",
            "--key-length-bytes",
            "32",
        ],
    );
    assert!(server.stop().success());
    drop(input);
    assert!(directory.exists());

    let address = ready["address"].as_str().unwrap();
    let (server, input, again) = start(&directory, &["--listen", address]);
    assert_eq!(again["address"], address);
    assert!(ferrohsm(&config, &["key", "list"]).contains("kept"));
    drop(input);
    assert!(server.wait().success());
    assert!(!directory.exists());
}

#[test]
fn a_throwaway_hsm_does_not_take_a_directory_with_something_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let precious = folder.path().join("precious");
    std::fs::write(&precious, "do not delete").unwrap();
    let text = folder.path().to_str().unwrap();
    let said = refused(&["dev", "--throwaway", "--dir", text]);
    assert!(said.contains("name a new or an empty one"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    // Nor that of a dev HSM that somebody wants to keep.
    let kept = folder.path().join("kept");
    let (server, _) = Server::dev(&kept, &[]);
    assert!(server.stop().success());
    let said = refused(&["dev", "--throwaway", "--dir", kept.to_str().unwrap()]);
    assert!(said.contains("name a new or an empty one"), "{said}");
    assert!(kept.join("store.redb").exists());
}

#[test]
fn further_users_have_their_own_keys_and_configurations() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("hsm");
    let (server, input, _) = start(&directory, &["--user", "alice", "--user", "Bob"]);
    let alice = directory.join("users/alice.toml");
    let bob = directory.join("users/bob.toml");
    ferrohsm(
        &alice,
        &[
            "key",
            "generate-symmetric",
            "aes",
            "--label",
            "of-alice",
            "--key-length-bytes",
            "32",
        ],
    );
    assert!(ferrohsm(&alice, &["key", "list"]).contains("of-alice"));
    assert!(!ferrohsm(&bob, &["key", "list"]).contains("of-alice"));
    assert!(server.stop().success());
    drop(input);

    // Users stay, and more can be added.
    let (server, input, _) = start(&directory, &["--user", "carol"]);
    assert!(ferrohsm(&alice, &["key", "list"]).contains("of-alice"));
    assert!(!ferrohsm(&directory.join("users/carol.toml"), &["key", "list"]).contains("of-alice"));
    drop(input);
    assert!(server.wait().success());
}

#[test]
fn users_that_there_are_already_are_not_added() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("hsm");
    let text = directory.to_str().unwrap();
    for (name, says) in [
        ("app", "there is a user app already"),
        ("Admin", "there is a user admin already"),
        ("a/b", "a user name has 1 to 64 characters"),
    ] {
        let said = refused(&["dev", "--dir", text, "--user", name]);
        assert!(said.contains(says), "{said}");
        assert!(!directory.exists(), "a wrong name leaves nothing behind");
    }

    // One that an officer made has a password that is not known here.
    let (server, _) = Server::dev(&directory, &[]);
    let password = folder.path().join("password");
    std::fs::write(&password, "known to dave").unwrap();
    ferrohsm(
        &directory.join("admin.toml"),
        &[
            "user",
            "create",
            "--username",
            "dave",
            "--role",
            "crypto-user",
            "--new-password-file",
            password.to_str().unwrap(),
        ],
    );
    assert!(server.stop().success());
    let said = refused(&["dev", "--dir", text, "--user", "dave"]);
    assert!(said.contains("there is a user dave already"), "{said}");
    assert!(!directory.join("users/dave.toml").exists());
}

/// One that shares a processor waits while another is idle.
#[test]
fn each_worker_has_a_processor_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (server, _) = Server::dev(&folder.path().join("hsm"), &[]);
    let allowed = |thread: &Path| {
        let text = std::fs::read_to_string(thread.join("status")).unwrap();
        let mask = text
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed:"));
        mask.unwrap().trim().to_owned()
    };
    let count = |mask: &str| -> u32 {
        let digits = mask.chars().filter_map(|digit| digit.to_digit(16));
        digits.map(u32::count_ones).sum()
    };
    let threads = std::fs::read_dir(format!("/proc/{}/task", server.id())).unwrap();
    let bound: HashSet<String> = threads
        .map(|thread| allowed(&thread.unwrap().path()))
        .filter(|mask| count(mask) == 1)
        .collect();
    let all = count(&allowed(Path::new("/proc/self")));
    let usable = std::thread::available_parallelism().unwrap().get();
    // A container may have less time than its processors: then none is bound.
    let expected = if usable == all as usize { usable } else { 0 };
    assert_eq!(bound.len(), expected, "{bound:?} of {all}");
}
