//! Measures calls per second: `load CLIENT.TOML THREADS SECONDS [HANDLE]`. Without a handle it generates a P-256 pair.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ferrohsm_client::protocol::messages::{
    Curve, GenerateKeyPairRequest, KeyType, MechanismParameters, SignRequest,
};
use ferrohsm_client::protocol::{Attribute, Mechanism};
use ferrohsm_client::{Client, Config, ConfigFileCredentials, request_id};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = Path::new(&arguments[0]);
    let threads: usize = arguments[1].parse().unwrap();
    let seconds: u64 = arguments[2].parse().unwrap();
    let rsa = arguments.get(3).is_some_and(|kind| kind == "rsa");
    let config = Config::load(path).unwrap();
    let client = Client::new(&config, Arc::new(ConfigFileCredentials(path.to_owned())));
    let pair = GenerateKeyPairRequest {
        request_id: request_id(),
        key_type: if rsa { KeyType::Rsa } else { KeyType::Ec }.into(),
        size_bits: if rsa { 2048 } else { 0 },
        curve: if rsa { Curve::Unspecified } else { Curve::P256 }.into(),
        private_attributes: vec![Attribute::Sign.flag(true)],
        public_attributes: vec![Attribute::Verify.flag(true)],
    };
    let key = client.call(&pair).unwrap().key.unwrap();
    let request = SignRequest {
        handle: key.handle,
        mechanism: if rsa {
            Mechanism::Sha256RsaPkcs
        } else {
            Mechanism::EcdsaSha256
        }
        .code(),
        parameters: None::<MechanismParameters>,
        data: vec![7; 32],
    };
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    client.call(&request).unwrap();
                    count += 1;
                }
                done.fetch_add(count, Ordering::Relaxed);
            });
        }
        std::thread::sleep(Duration::from_secs(seconds));
        stop.store(true, Ordering::Relaxed);
    });
    let elapsed = started.elapsed();
    let count = done.load(Ordering::Relaxed);
    let rate = count as f64 / elapsed.as_secs_f64();
    let latency = elapsed.as_secs_f64() * 1e6 * threads as f64 / count as f64;
    println!("{threads} threads: {rate:.0} calls/s, {latency:.0} us each");
}
