//! The real openssl, and what documents tell people to type.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Runs shell text in a folder, answering every question with its default. Panics with the output if it fails.
pub fn shell(directory: &Path, script: &str) {
    let mut child = Command::new("sh")
        .args(["-e", "-c", script])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh");
    // openssl asks for the parts of a name; a closed pipe means that it asked for less.
    let _ = child.stdin.take().expect("piped").write_all(&[b'\n'; 16]);
    let output = child.wait_with_output().expect("output");
    assert!(
        output.status.success(),
        "{script}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
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

/// The project's top folder.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parent = manifest.parent().expect("e2e is in it");
    parent.canonicalize().expect("it is there")
}

/// The command `mvn` for a build that gets FerroHSM from what `make publish` left. It has a local repository of its own, so that
/// nothing is left in the user's, and none of FerroHSM's in it from earlier. One test at a time may use it.
pub fn maven() -> String {
    let published = root().join("build/repository");
    assert!(
        published.join("org/ferrohsm").exists(),
        "nothing is published: run make publish"
    );
    let local = root().join("target/m2");
    match std::fs::remove_dir_all(local.join("org/ferrohsm")) {
        Err(error) if error.kind() != ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
    format!(
        "mvn -B -Dmaven.repo.local={} -Dferrohsm.repository=file://{}",
        local.display(),
        published.display()
    )
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
