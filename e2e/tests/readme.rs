//! What the README tells a newcomer to type, and the sample that `make demo` runs.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::path::Path;
use std::process::Command;

use ferrohsm_e2e::server::Server;
use ferrohsm_e2e::tools::shell;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The indented command of the README that starts with this word, with its continuation lines.
fn command(word: &str) -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut lines = readme
        .lines()
        .skip_while(|line| !line.starts_with(&format!("    {word} ")));
    let mut command = String::new();
    for line in lines.by_ref() {
        command += line.trim_start();
        command += "\n";
        if !line.ends_with('\\') {
            break;
        }
    }
    assert!(!command.is_empty(), "the README has no {word} command");
    command
}

#[test]
fn keytool_makes_a_permanent_key() {
    let folder = tempfile::tempdir().unwrap();
    let hsm = folder.path().join("hsm");
    let (server, _) = Server::dev(&hsm, &[]);
    shell(
        root(),
        &command("keytool").replace("/tmp/hsm", hsm.to_str().unwrap()),
    );
    let list = Command::new(ferrohsm_e2e::server::binary("ferrohsm"))
        .args(["key", "list", "--config"])
        .arg(hsm.join("client.toml"))
        .output()
        .unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("web"), "{list}");
    assert!(server.stop().success());
}

#[test]
fn the_demo_runs() {
    let output = Command::new(root().join("samples/hello-hsm/run"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    for sign_of_success in [
        "rsa: Verified OK",
        "ec: Verified OK",
        "My private key is not in this JVM",
        "web, ",
    ] {
        assert!(
            text.contains(sign_of_success),
            "{sign_of_success:?} is missing: {text}"
        );
    }
}

#[test]
fn the_demo_fails_when_a_step_fails() {
    let folder = tempfile::tempdir().unwrap();
    // A curl that finds nothing stands first in the path.
    std::fs::write(folder.path().join("curl"), "#!/bin/sh\nexit 22\n").unwrap();
    shell(folder.path(), "chmod +x curl");
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );
    let output = Command::new(root().join("samples/hello-hsm/run"))
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("FAILED at: curl asks for a page"),
        "{errors}"
    );
}
