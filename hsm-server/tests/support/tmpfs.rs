//! A really full disk: a small tmpfs, mounted in a mount namespace of its own.

use std::process::Command;

const SCRIPT: &str = "mount -t tmpfs -o size=$1 tmpfs \"$0\" && shift && exec \"$@\"";

/// Runs an ignored test of this binary again, as the only one, with its temporary files on a tmpfs of this size.
pub fn run(test: &str, size: &str) {
    let directory = tempfile::tempdir().unwrap();
    let binary = std::env::current_exe().unwrap();
    let in_namespace = |flags: &[&str], command: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare
            .args(flags)
            .args(["sh", "-c", SCRIPT])
            .arg(directory.path())
            .arg(size)
            .args(command);
        unshare.env("TMPDIR", directory.path()).output()
    };
    let as_root = ["--mount"].as_slice();
    let as_user = ["--user", "--map-root-user", "--mount"].as_slice();
    let possible =
        |flags: &[&str]| in_namespace(flags, &["true"]).is_ok_and(|o| o.status.success());
    let Some(flags) = [as_root, as_user].into_iter().find(|flags| possible(flags)) else {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(
            !ci,
            "no tmpfs can be mounted here (unshare --mount): CI must test a full disk"
        );
        eprintln!("skipped: no tmpfs can be mounted here (unshare --mount)");
        return;
    };
    let inner = [test, "--exact", "--ignored", "--nocapture"];
    let command: Vec<&str> = [binary.to_str().unwrap()]
        .into_iter()
        .chain(inner)
        .collect();
    let output = in_namespace(flags, &command).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"));
}
