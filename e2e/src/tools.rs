//! The real openssl, and what documents tell people to type.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Runs shell text in a folder, answering every question with its default, and gives what it printed. Panics with that if it fails.
pub fn shell(directory: &Path, script: &str) -> String {
    let (success, printed) = attempt(directory, script);
    assert!(success, "{script}\n{printed}");
    printed
}

/// Runs shell text in a folder, answering every question with its default: whether it succeeded, and what it printed, errors too.
pub fn attempt(directory: &Path, script: &str) -> (bool, String) {
    let mut child = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{script}")])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("bash");
    // openssl asks for the parts of a name; a closed pipe means that it asked for less.
    let _ = child.stdin.take().expect("piped").write_all(&[b'\n'; 16]);
    let output = child.wait_with_output().expect("output");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), printed)
}

/// The value of `PATH` with this folder first.
pub fn path_with(folder: &Path) -> String {
    let path = std::env::var("PATH").expect("a PATH");
    format!("{}:{path}", folder.display())
}

/// The shell commands in a document under the heading `section`.
pub fn commands(document: &str, section: &str) -> String {
    block(document, section, "sh")
}

/// All blocks in this language in a document under the heading `section`, as one text.
pub fn block(document: &str, section: &str, language: &str) -> String {
    blocks(document, section, language).concat()
}

/// The blocks in this language in a document under the heading `section`; at least one.
pub fn blocks(document: &str, section: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(document)).expect("the document");
    let heading = format!("## {section}\n");
    let after = text.split_once(&heading).expect("the section").1;
    let section = after.split("\n## ").next().expect("text");
    let blocks: Vec<String> = section
        .split(&format!("```{language}\n"))
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .map(str::to_owned)
        .collect();
    assert!(!blocks.is_empty(), "no {language} block");
    blocks
}

/// Panics unless each block in this language under the heading `section` stands in the file (from the top folder) as it is.
pub fn assert_shown(document: &str, section: &str, language: &str, file: &str) {
    let text = std::fs::read_to_string(root().join(file)).expect("the file");
    for block in blocks(document, section, language) {
        assert!(
            format!("\n{text}").contains(&format!("\n{block}")),
            "{document}, {section}: this is not in {file}:\n{block}"
        );
    }
}

/// The files that git tracks and that are there, by patterns in which `*` stands for folders too. At least one.
pub fn tracked(patterns: &[&str]) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--"])
        .args(patterns)
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git ls-files failed");
    let names = String::from_utf8(output.stdout).expect("names are UTF-8");
    let mut files: Vec<PathBuf> = names.lines().map(|name| root().join(name)).collect();
    files.retain(|file| file.exists());
    assert!(!files.is_empty(), "no {patterns:?} tracked");
    files
}

/// The project's top folder.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parent = manifest.parent().expect("e2e is in it");
    parent.canonicalize().expect("it is there")
}

/// The provider's jar, as `make build` leaves it.
pub fn provider_jar() -> PathBuf {
    root().join("java/provider/build/libs/ferrohsm-provider.jar")
}

/// The Maven repository that `make publish` left.
pub fn published() -> PathBuf {
    let repository = root().join("build/repository");
    assert!(
        repository.join("org/ferrohsm").exists(),
        "nothing is published: run make publish"
    );
    repository
}

/// The command `mvn` for a build that gets FerroHSM from what `make publish` left. It has a local repository of its own, so that
/// nothing is left in the user's, and none of FerroHSM's in it from earlier, nor an HSM's binary that a test extracted. One
/// test at a time may use it: the one that holds the guard.
pub fn maven() -> (String, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (local, cache) = (root().join("target/m2"), root().join("target/m2-cache"));
    for earlier in [&local.join("org/ferrohsm"), &cache] {
        match std::fs::remove_dir_all(earlier) {
            Err(error) if error.kind() != ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }
    let command = format!(
        "XDG_CACHE_HOME={} mvn -B -Dmaven.repo.local={} -Dferrohsm.repository=file://{}",
        cache.display(),
        local.display(),
        published().display()
    );
    (command, alone)
}

/// A TLS connection that openssl holds.
pub struct OpensslClient {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl OpensslClient {
    /// `openssl s_client` with these arguments, in a folder.
    pub fn connect(directory: &Path, address: SocketAddr, arguments: &str) -> OpensslClient {
        let mut child = Command::new("openssl")
            .args(["s_client", "-quiet", "-connect", &address.to_string()])
            .args(arguments.split_whitespace())
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl");
        let (input, output) = (
            child.stdin.take().expect("piped"),
            child.stdout.take().expect("piped"),
        );
        OpensslClient {
            child,
            input,
            output,
        }
    }
}

impl Read for OpensslClient {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.output.read(buffer)
    }
}

impl Write for OpensslClient {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.input.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.input.flush()
    }
}

impl Drop for OpensslClient {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
