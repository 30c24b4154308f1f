//! kill -9 of the server, again and again, while a client makes and deletes token keys through all of it.
//!
//! `FERROHSM_KILLS` is how often (default 50). A process that dies leaves its writes to the kernel; what a power cut may
//! take is the matter of the server's tests of the store on disk images.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ferrohsm_client::{Client, Config, ConfigFileCredentials, Error, request_id};
use ferrohsm_e2e::server::{PATIENCE, Server};
use ferrohsm_protocol::attributes::find_text;
use ferrohsm_protocol::messages::{
    DeleteKeyRequest, FindKeysRequest, GenerateKeyRequest, GetKeyRequest, KeyInfo, KeyType,
};
use ferrohsm_protocol::{Attribute, Request, Status};

const THREADS: u64 = 8;
/// Each thread deletes one in so many of its keys.
const DELETED_ONE_IN: u64 = 4;
/// Keys made between two kills at most: every one is looked at after each kill, so the work grows with the square.
const KEYS_PER_KILL: u64 = 150;

/// What the HSM has acknowledged. A key is in one place at a time.
#[derive(Default)]
struct Acknowledged {
    /// Label of every key that was ever made, by handle.
    made: HashMap<u64, String>,
    /// Made, and nobody has asked to delete them.
    live: HashSet<u64>,
    deleted: HashSet<u64>,
}

struct Work {
    client: Client,
    acknowledged: Mutex<Acknowledged>,
    /// Number of the next key.
    next: AtomicU64,
    /// Threads wait when `next` gets here.
    allowed: AtomicU64,
    /// Calls that the client gave up on, which were then made again with the same request id.
    given_up: AtomicU64,
    stop: AtomicBool,
}

impl Work {
    /// Until the HSM answers. The request is the same each time, so whatever it asks for happens once.
    fn insist<R: Request>(&self, request: &R) -> Result<R::Response, Error> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.client.call(request) {
                Err(error) if lost(&error) => assert!(Instant::now() < end, "{error}"),
                result => return result,
            }
            self.given_up.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn make_and_delete(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            if self.next.load(Ordering::Relaxed) >= self.allowed.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let handle = self.make(format!("n-{number}"));
            if number.is_multiple_of(DELETED_ONE_IN) {
                self.acknowledged.lock().unwrap().live.remove(&handle);
                let request = DeleteKeyRequest {
                    request_id: request_id(),
                    handle,
                    only_session_key: false,
                };
                self.insist(&request).expect("deleted");
                self.acknowledged.lock().unwrap().deleted.insert(handle);
            }
        }
    }

    fn make(&self, label: String) -> u64 {
        let request = GenerateKeyRequest {
            request_id: request_id(),
            key_type: KeyType::Aes.into(),
            size_bits: 256,
            attributes: vec![
                Attribute::Token.flag(true),
                Attribute::Label.text(label.as_str()),
            ],
        };
        let key = self.insist(&request).expect("made").key.expect("a key");
        let mut acknowledged = self.acknowledged.lock().unwrap();
        let other = acknowledged.made.insert(key.handle, label);
        assert_eq!(other, None, "handle {:#x} given twice", key.handle);
        acknowledged.live.insert(key.handle);
        key.handle
    }

    fn get(&self, handle: u64) -> Result<KeyInfo, Error> {
        let reply = self.insist(&GetKeyRequest { handle })?;
        Ok(reply.key.expect("a key"))
    }

    /// Everything that was acknowledged when the server died is as it was.
    fn check(&self, live: &HashSet<u64>, deleted: &HashSet<u64>) {
        for handle in live {
            match self.get(*handle) {
                Ok(key) => {
                    let label = find_text(&key.attributes, Attribute::Label).map(str::to_owned);
                    let made = self.acknowledged.lock().unwrap().made.get(handle).cloned();
                    assert_eq!(label, made);
                }
                // It may have been asked for since.
                Err(error) => {
                    let lost = self.acknowledged.lock().unwrap().live.contains(handle);
                    assert!(!lost, "key {handle:#x} is lost: {error}");
                }
            }
        }
        for handle in deleted {
            let status = self.get(*handle).map_err(|error| error.status).err();
            assert_eq!(
                status,
                Some(Status::KeyNotFound),
                "deleted key {handle:#x} is back"
            );
        }
    }

    fn all_keys(&self) -> Vec<KeyInfo> {
        let mut keys: Vec<KeyInfo> = Vec::new();
        loop {
            let request = FindKeysRequest {
                attributes: Vec::new(),
                key_type: 0,
                after_handle: keys.last().map_or(0, |key| key.handle),
                limit: 0,
            };
            let page = self.insist(&request).expect("a page");
            keys.extend(page.keys);
            if !page.more {
                return keys;
            }
        }
    }

    /// Waits until so many more keys are acknowledged.
    fn await_keys(&self, more: usize) {
        let count = || self.acknowledged.lock().unwrap().made.len();
        let (wanted, end) = (count() + more, Instant::now() + PATIENCE);
        while count() < wanted {
            assert!(Instant::now() < end, "no keys are made");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// What a call may end with while there is no server.
fn lost(error: &Error) -> bool {
    matches!(
        error.status,
        Status::Unreachable | Status::ConnectionLost | Status::Timeout
    )
}

fn start(directory: &Path, address: SocketAddr) -> (Server, SocketAddr) {
    let (server, ready) = Server::dev(directory, &["--listen", &address.to_string()]);
    let address = ready["address"].as_str().expect("address");
    (server, address.parse().expect("an address"))
}

#[test]
fn kill_9_loses_no_acknowledged_key() {
    let kills: usize = std::env::var("FERROHSM_KILLS").map_or(50, |kills| {
        kills.parse().expect("FERROHSM_KILLS is a number")
    });
    let work = tempfile::tempdir().unwrap();
    let directory = work.path().join("hsm");
    let (mut server, address) = start(&directory, "127.0.0.1:0".parse().unwrap());
    let file = directory.join("client.toml");
    let config = Config::load(&file).expect("the configuration");
    let work = Work {
        client: Client::new(&config, Arc::new(ConfigFileCredentials(file))),
        acknowledged: Mutex::default(),
        next: AtomicU64::new(0),
        allowed: AtomicU64::new(0),
        given_up: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    };
    let server = std::thread::scope(|scope| {
        // However the checks end, the threads must.
        struct Stop<'a>(&'a AtomicBool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _stop = Stop(&work.stop);
        for _ in 0..THREADS {
            scope.spawn(|| work.make_and_delete());
        }
        for kill in 0..kills {
            // Another number each time, so that kills fall at different points of what is under way.
            let allowed = work.next.load(Ordering::Relaxed) + KEYS_PER_KILL;
            work.allowed.store(allowed, Ordering::Relaxed);
            work.await_keys(1 + kill * 37 % 100);
            server.kill();
            let (live, deleted) = {
                let acknowledged = work.acknowledged.lock().unwrap();
                (acknowledged.live.clone(), acknowledged.deleted.clone())
            };
            server = start(&directory, address).0;
            work.check(&live, &deleted);
        }
        server
    });
    let acknowledged = work.acknowledged.lock().unwrap();
    let keys = work.all_keys();
    let handles: HashSet<u64> = keys.iter().map(|key| key.handle).collect();
    assert_eq!(handles, acknowledged.live, "keys that nobody was given");
    let labels: HashSet<_> = keys
        .iter()
        .map(|key| find_text(&key.attributes, Attribute::Label).expect("a label"))
        .collect();
    assert_eq!(labels.len(), keys.len(), "a request took effect twice");
    assert_eq!(
        acknowledged.made.len() as u64,
        work.next.load(Ordering::Relaxed)
    );
    // Not print!, which the harness swallows: the figures belong in the log.
    let _ = writeln!(
        std::io::stdout(),
        "{kills} kills: {} keys made, {} of them deleted; the client gave up on {} calls, which were repeated here",
        acknowledged.made.len(),
        acknowledged.deleted.len(),
        work.given_up.load(Ordering::Relaxed),
    );
    drop(server);
}
