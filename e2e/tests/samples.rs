//! The commands in the samples' READMEs, run as a reader runs them, by `samples/run`. After them a README shows output, in a block of
//! the language `text`: its lines must come, in this order. `…` in a line stands for anything.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ferrohsm_e2e::tools::{attempt, path_with, root, shell};

fn readme(sample: &str) -> String {
    std::fs::read_to_string(root().join("samples").join(sample).join("README.md")).unwrap()
}

/// The lines that the README says come out.
fn expected(sample: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in readme(sample).lines() {
        match line {
            "```text" => inside = true,
            "```" => inside = false,
            _ if inside => lines.push(line.trim().to_owned()),
            _ => {}
        }
    }
    assert!(!lines.is_empty(), "{sample} says nothing of its output");
    lines
}

/// Whether a line is as the README has it.
fn matches(line: &str, wanted: &str) -> bool {
    let mut rest = line.trim();
    let mut parts = wanted.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn lines_match_as_the_readme_has_them() {
    assert!(matches("  Verified OK", "Verified OK"));
    assert!(!matches("echo Verified OK", "Verified OK"));
    assert!(matches("moved \"a\", 56 bytes", "moved \"a\", … bytes"));
    assert!(!matches("moved \"a\", 56 bits", "moved \"a\", … bytes"));
    assert!(matches("a b c d", "a…c…"));
    assert!(!matches("a b d", "a…c…"));
}

/// Runs a sample, or a command in it, with this folder for temporary files, and this path: whether it succeeded, and what it printed.
fn run(sample: &str, temporary: &Path, path: &str) -> (bool, String) {
    let folder = temporary.display();
    let text = format!("unset JAVA_HOME; TMPDIR='{folder}' PATH='{path}' samples/run {sample}");
    attempt(&root(), &text)
}

/// Runs a sample, compares, and looks for what it left.
fn sample(name: &str) {
    let temporary = tempfile::tempdir().unwrap();
    // PostgreSQL's user must get to its own folder in it.
    std::fs::set_permissions(temporary.path(), Permissions::from_mode(0o711)).unwrap();
    let (success, text) = run(name, temporary.path(), &std::env::var("PATH").unwrap());
    assert!(success, "{text}");
    let mut lines = text.lines();
    for wanted in expected(name) {
        assert!(
            lines.any(|line| matches(line, &wanted)),
            "{wanted:?} did not come, or not in its place:\n{text}"
        );
    }
    let left: Vec<_> = std::fs::read_dir(temporary.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.is_empty(),
        "{left:?} in the folder for temporary files"
    );
    let running = running_in(temporary.path());
    assert!(running.is_empty(), "still running: {running:?}");
}

/// Command lines of processes that work in a folder or name it.
fn running_in(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc").unwrap() {
        let process = process.unwrap().path();
        // Processes end while we look.
        let Ok(command) = std::fs::read(process.join("cmdline")) else {
            continue;
        };
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let within =
            std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        if within || command.contains(folder.to_str().unwrap()) {
            found.push(command);
        }
    }
    found
}

macro_rules! samples {
    ($($test:ident $name:literal)*) => {
        $(#[test]
        fn $test() {
            sample($name);
        })*

        /// A sample that no test runs is one that stops working.
        #[test]
        fn every_sample_has_its_test() {
            let tested = [$($name),*];
            for entry in std::fs::read_dir(root().join("samples")).unwrap() {
                let folder = entry.unwrap();
                let name = folder.file_name().into_string().unwrap();
                let ours = std::fs::read_to_string(folder.path().join("README.md"))
                    .is_ok_and(|text| text.contains(&format!("`samples/run {name}`")));
                assert_eq!(ours, tested.contains(&name.as_str()), "{name}");
            }
        }
    };
}

samples! {
    sign_and_verify "sign-and-verify"
    spring_boot_https "spring-boot-https"
    mutual_tls "mutual-tls"
    jwt "jwt"
    certificate_authority "certificate-authority"
    jarsigner "jarsigner"
    pdf_signing "pdf-signing"
    xml_signing "xml-signing"
    database_encryption "database-encryption"
    from_cloudhsm "from-cloudhsm"
    from_pkcs12 "from-pkcs12"
    from_softhsm "from-softhsm"
}

#[test]
fn a_step_that_fails_fails_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    // An openssl that says no to everything stands first in the path.
    shell(folder.path(), "echo 'exit 22' >openssl; chmod +x openssl");
    let path = path_with(folder.path());
    let (success, text) = run("sign-and-verify", folder.path(), &path);
    assert!(!success);
    assert!(
        text.contains("FAILED: samples/run sign-and-verify"),
        "{text}"
    );
    assert!(!text.contains("BAD signature"), "it went on: {text}");
    assert!(running_in(folder.path()).is_empty());
}

#[test]
fn what_was_started_by_hand_ends_too() {
    let folder = tempfile::tempdir().unwrap();
    let typed = "setsid sleep 1000 >sleep.log 2>&1 & cd /; echo left";
    let (success, text) = run(
        &format!("jwt bash -c '{typed}'"),
        folder.path(),
        &std::env::var("PATH").unwrap(),
    );
    assert!(success && text.ends_with("left\n"), "{text}");
    assert!(running_in(folder.path()).is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn only_a_sample_is_run() {
    for wrong in ["", "''", "jw", "junit"] {
        let (success, text) = attempt(&root(), &format!("samples/run {wrong}"));
        assert!(!success && text.contains("usage: "), "{wrong}: {text}");
    }
}

/// The move is documented in two places, and is one command.
#[test]
fn the_sed_is_the_documented_one() {
    let sed = |text: &str| {
        let from = text.find("find src -name").unwrap();
        text[from..]
            .split("\n```")
            .next()
            .unwrap()
            .split("{} +")
            .next()
            .unwrap()
            .to_owned()
    };
    let document = std::fs::read_to_string(root().join("docs/cloudhsm.md")).unwrap();
    assert_eq!(sed(&readme("from-cloudhsm")), sed(&document));
}
