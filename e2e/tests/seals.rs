//! The ways to start an HSM that its seal offers, and what the command says of itself.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use ferrohsm_e2e::frames::Frames;
use ferrohsm_e2e::server::{PATIENCE, binary};
use ferrohsm_protocol::messages::ClusterInfoRequest;

fn command(arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(binary("hsm-server"));
    command.args(arguments).arg("--dir").arg(directory);
    command
}

fn with_input(mut command: Command, input: &str) -> Child {
    let streams = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = streams.spawn().unwrap();
    // A command that needs no passphrase does not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child
}

fn cluster_id(directory: &Path, mut server: Child) -> Vec<u8> {
    let end = Instant::now() + PATIENCE;
    while UnixStream::connect(directory.join("hsm.sock")).is_err() {
        assert!(server.try_wait().unwrap().is_none() && Instant::now() < end);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let id = Frames::local(directory)
        .call(&ClusterInfoRequest {})
        .unwrap()
        .cluster_id;
    server.kill().unwrap();
    server.wait().unwrap();
    id
}

fn refused(output: &Output, reason: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains(reason), "{text}");
}

#[test]
fn passphrase_from_standard_input() {
    let work = tempfile::tempdir().unwrap();
    let directory = work.path().join("hsm");
    let init = || command(&["init", "--seal", "passphrase"], &directory);
    refused(
        &with_input(init(), "short\n").wait_with_output().unwrap(),
        "12 characters",
    );
    let made = with_input(init(), "correct horse battery\n")
        .wait_with_output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let run = |input| with_input(command(&["run"], &directory), input);
    refused(
        &run("wrong horse battery\n").wait_with_output().unwrap(),
        "passphrase",
    );
    let first = cluster_id(&directory, run("correct horse battery\n"));
    // A line end more or less makes no difference.
    assert_eq!(cluster_id(&directory, run("correct horse battery")), first);
}

#[test]
fn systemd_credential() {
    let work = tempfile::tempdir().unwrap();
    let (directory, credentials) = (work.path().join("hsm"), work.path().join("credentials"));
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("hsm-key"), "0123456789abcdef".repeat(4)).unwrap();
    let with = |arguments: &[&str]| {
        let mut command = command(arguments, &directory);
        command.env("CREDENTIALS_DIRECTORY", &credentials);
        command
    };
    assert!(
        with(&["init", "--seal", "systemd:hsm-key"])
            .output()
            .unwrap()
            .status
            .success()
    );
    cluster_id(
        &directory,
        with(&["run"]).stderr(Stdio::null()).spawn().unwrap(),
    );
    std::fs::write(credentials.join("hsm-key"), "fedcba9876543210".repeat(4)).unwrap();
    refused(
        &with(&["run"]).output().unwrap(),
        "does not open this data directory",
    );
    refused(
        &command(&["run"], &directory)
            .env_remove("CREDENTIALS_DIRECTORY")
            .output()
            .unwrap(),
        "CREDENTIALS_DIRECTORY",
    );
}

#[test]
fn key_file_outside_the_data_directory() {
    let work = tempfile::tempdir().unwrap();
    let directory = work.path().join("hsm");
    let seal = |path: &Path| format!("key-file:{}", path.display());
    let inside = seal(&directory.join("seal.key"));
    refused(
        &command(&["init", "--seal", &inside], &directory)
            .output()
            .unwrap(),
        "inside the data directory",
    );
    refused(
        &command(&["run"], &directory).output().unwrap(),
        "not been set up",
    );
    let key = work.path().join("seal.key");
    let outside = seal(&key);
    assert!(
        command(&["init", "--seal", &outside], &directory)
            .output()
            .unwrap()
            .status
            .success()
    );
    refused(
        &command(&["init", "--seal", &outside], &work.path().join("second"))
            .output()
            .unwrap(),
        "exists already",
    );
    std::fs::remove_file(&key).unwrap();
    refused(&command(&["run"], &directory).output().unwrap(), "seal.key");
}

#[test]
fn version_names_the_module() {
    let output = Command::new(binary("hsm-server"))
        .arg("--version")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("hsm-server ") && text.contains("AWS-LC"),
        "{text}"
    );
    assert_eq!(
        text.contains("AWS-LC FIPS"),
        !text.contains("not in FIPS mode")
    );
}
