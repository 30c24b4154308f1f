//! The built `hsm-server`, started and stopped.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::tools::root;

/// How long a step may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A built binary or library.
pub fn binary(name: &str) -> PathBuf {
    let path = root().join("target/release").join(name);
    assert!(
        path.exists(),
        "{} is missing: build first (make build)",
        path.display()
    );
    path
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    lines: Mutex<Receiver<String>>,
}

impl Server {
    /// Starts `hsm-server` with these arguments.
    pub fn start(arguments: &[&str]) -> Server {
        Server::start_with(arguments, Stdio::null())
    }

    /// Starts `hsm-server` and keeps its standard input open, until what is given is dropped.
    pub fn start_held(arguments: &[&str]) -> (Server, ChildStdin) {
        let mut server = Server::start_with(arguments, Stdio::piped());
        let input = server.child.stdin.take().expect("piped");
        (server, input)
    }

    fn start_with(arguments: &[&str], input: Stdio) -> Server {
        let mut child = Command::new(binary("hsm-server"))
            .args(arguments)
            .stdin(input)
            .stdout(Stdio::piped())
            .spawn()
            .expect("hsm-server starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Server {
            child,
            lines: Mutex::new(lines),
        }
    }

    /// Serves a set-up data directory, once its socket answers. Clients' address is a free port.
    pub fn run(directory: &Path, options: &[&str]) -> Server {
        let text = directory.to_str().expect("a plain path");
        let mut server =
            Server::start(&[&["run", "--dir", text, "--listen", "127.0.0.1:0"], options].concat());
        let end = Instant::now() + PATIENCE;
        while UnixStream::connect(directory.join("hsm.sock")).is_err() {
            assert!(
                server.child.try_wait().expect("a child").is_none(),
                "hsm-server ended at start"
            );
            assert!(Instant::now() < end, "no socket");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// A dev HSM and its one line.
    pub fn dev(directory: &Path, options: &[&str]) -> (Server, Value) {
        let text = directory.to_str().expect("a plain path");
        let server = Server::start(&[&["dev", "--dir", text], options].concat());
        let ready = server.line();
        (server, ready)
    }

    /// The next line on standard output, which is JSON.
    pub fn line(&self) -> Value {
        let lines = self.lines.lock().expect("nobody panicked with it");
        let line = lines
            .recv_timeout(PATIENCE)
            .expect("a line on standard output");
        serde_json::from_str(&line).expect("JSON")
    }

    /// Where clients connect, once the listener is open.
    pub fn listening(&self) -> SocketAddr {
        self.line()["listening"]
            .as_str()
            .expect("listening")
            .parse()
            .expect("an address")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM; gives the exit status.
    pub fn stop(self) -> ExitStatus {
        let id = self.id().to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .expect("kill");
        assert!(sent.success());
        self.wait()
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(Instant::now() < end, "hsm-server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGKILL: nothing is flushed.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
