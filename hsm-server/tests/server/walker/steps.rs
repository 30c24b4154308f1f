//! What the walk does at random, and what it checks after each step.

use super::random::Random;
use super::secrets::Secrets;
use crate::harness::*;
use ferrohsm_protocol::attributes::{find, find_flag};
use ferrohsm_protocol::mechanisms::Use;
use ferrohsm_protocol::messages::attribute_value::Value;
use ferrohsm_protocol::messages::*;
use ferrohsm_protocol::{Attribute, Mechanism, Operation, Request, Status};
use hsm_server::keys::record::{self, KeyRecord};
use prost::Message;
use std::collections::BTreeMap;

/// Most keys at a time; then some are deleted.
const KEYS_MAX: usize = 60;
/// Most wrapped keys, ciphertexts and MACs that are remembered.
const POOL_MAX: usize = 80;

/// Bytes that came out of the HSM and may go in again anywhere.
#[derive(Clone)]
struct Scrap {
    bytes: Vec<u8>,
    iv: Vec<u8>,
    key_type: KeyType,
    /// What made it.
    handle: u64,
    mechanism: Mechanism,
}

pub struct Walk<'a> {
    test: &'a TestHsm,
    app: Connection,
    login_id: Vec<u8>,
    officer: Connection,
    pub(super) random: Random,
    pub(super) keys: Vec<KeyInfo>,
    pool: Vec<Scrap>,
    secrets: Secrets,
    /// Calls and successes, by operation.
    counts: BTreeMap<&'static str, (u64, u64)>,
}

impl<'a> Walk<'a> {
    pub fn new(test: &'a TestHsm, seed: u64) -> Walk<'a> {
        let mut app = test.connect();
        let login_id = app.log_in("app").login_id;
        Walk {
            test,
            app,
            login_id,
            officer: test.log_in("admin"),
            random: Random::new(seed),
            keys: Vec::new(),
            pool: Vec::new(),
            secrets: Secrets::default(),
            counts: BTreeMap::new(),
        }
    }

    pub fn step(&mut self) {
        if self.keys.len() > KEYS_MAX {
            return self.delete();
        }
        match self.random.below(32) {
            0..=3 => self.generate(),
            4 => self.generate_pair(),
            5 => self.import(),
            6..=9 => self.wrap(),
            10..=14 => self.unwrap(),
            15..=18 => self.derive(),
            19 => self.derive_secret(),
            20..=21 => self.copy(),
            22 => self.set(),
            23 => self.set_trusted(),
            24..=25 => self.sign(),
            26..=27 => self.encrypt(),
            28..=30 => self.decrypt(),
            _ if self.random.chance(40) => self.log_in_again(),
            _ => self.look(),
        }
    }

    pub fn summary(&self) -> String {
        let counts: Vec<_> = self
            .counts
            .iter()
            .map(|(name, (calls, done))| format!("{name} {done} of {calls}"))
            .collect();
        format!(
            "{} protected keys, none seen; succeeded: {}",
            self.secrets.len(),
            counts.join(", ")
        )
    }

    /// A walk in which nothing ever succeeds would find nothing.
    pub fn check_variety(&self) {
        assert!(self.secrets.len() > 50);
        for operation in [
            Operation::GenerateKey,
            Operation::GenerateKeyPair,
            Operation::ImportKey,
            Operation::WrapKey,
            Operation::UnwrapKey,
            Operation::DeriveKey,
            Operation::DeriveSecret,
            Operation::CopyKey,
            Operation::UpdateKey,
            Operation::DeleteKey,
            Operation::SetTrusted,
            Operation::Sign,
            Operation::Encrypt,
            Operation::Decrypt,
        ] {
            let done = self.counts.get(operation.row().name).map(|(_, done)| *done);
            assert!(done > Some(3), "{}: {done:?}", self.summary());
        }
    }

    /// Makes a call and looks at every byte of its reply.
    fn call<R: Request>(&mut self, request: &R) -> Option<R::Response> {
        let officer = R::OPERATION == Operation::SetTrusted;
        let connection = match officer {
            true => &mut self.officer,
            false => &mut self.app,
        };
        let name = R::OPERATION.row().name;
        let body = request.encode_to_vec();
        let (header, reply) = connection.exchange(R::OPERATION.code(), &body).unwrap();
        assert!(
            !self.secrets.found_in(&reply),
            "{name} gives a protected key away: {body:02x?} -> {reply:02x?}"
        );
        let status = Status::from_code(header.status).unwrap();
        assert_ne!(status, Status::Internal, "{name}: {body:02x?}");
        let count = self.counts.entry(name).or_default();
        count.0 += 1;
        if status != Status::Ok {
            return None;
        }
        count.1 += 1;
        Some(R::Response::decode(reply.as_slice()).unwrap())
    }

    /// Takes a new key into the walk. `guarded`: what it was made from is protected.
    fn made(&mut self, key: Option<KeyInfo>, guarded: bool) {
        let Some(key) = key else { return };
        let secret = self.secret_of(&key);
        let protected = is_protected(&key);
        if self.secrets.has(&secret) {
            assert!(protected, "a protected key became free: {key:?}");
        }
        assert!(!is(&key, Attribute::Trusted), "born trusted: {key:?}");
        if protected && guarded && secret.len() >= 16 {
            self.secrets.add(&secret);
        }
        self.keys.push(key);
    }

    /// The part of a key that no reply may have; read from the store.
    fn secret_of(&self, key: &KeyInfo) -> Vec<u8> {
        let token = is(key, Attribute::Token);
        let login = (!token).then(|| self.login_id.as_slice().try_into().unwrap());
        let path = record::path(key.handle, login);
        let opened = self.test.hsm.barrier.get(&path).unwrap().unwrap();
        let material = KeyRecord::read(&opened.plaintext).unwrap().material.clone();
        if key.key_type() != KeyType::Ec {
            return material;
        }
        // SEC 1's ECPrivateKey: version 1, then the scalar.
        let at = material
            .windows(4)
            .position(|bytes| bytes[..3] == [2, 1, 1] && bytes[3] == 4)
            .unwrap();
        let length = usize::from(material[at + 4]);
        material[at + 5..at + 5 + length].to_vec()
    }

    fn generate(&mut self) {
        let attributes = match self.random.chance(4) {
            true => self.wrapping_attributes(),
            false => self.attributes(),
        };
        let request = GenerateKeyRequest {
            request_id: request_id(),
            key_type: self.secret_type().into(),
            size_bits: *self.random.pick(&[128, 192, 256, 256, 256]).unwrap(),
            attributes,
        };
        let reply = self.call(&request);
        self.made(reply.and_then(|reply| reply.key), true);
    }

    fn generate_pair(&mut self) {
        let request = ec_request(Curve::P256, self.attributes());
        let reply = self.call(&request);
        self.made(reply.and_then(|reply| reply.key), true);
    }

    fn import(&mut self) {
        let request = ImportKeyRequest {
            request_id: request_id(),
            key_type: self.secret_type().into(),
            material: self.random.bytes(32),
            attributes: self.attributes(),
            ..Default::default()
        };
        let reply = self.call(&request);
        self.made(reply.and_then(|reply| reply.key), true);
    }

    fn wrap(&mut self) {
        let Some(target) = self.key_for(Attribute::Extractable) else {
            return;
        };
        let wrapping = match is(&target, Attribute::WrapWithTrusted) {
            true => self.key_for(Attribute::Trusted),
            false => self.key_for(Attribute::Wrap),
        };
        let Some(wrapping) = wrapping else { return };
        let mechanism = self.mechanism(Use::Wrap, Some(&wrapping)).mechanism;
        let request = WrapKeyRequest {
            wrapping_key: Some(KeyReference {
                handle: wrapping.handle,
                public_key_info: Vec::new(),
            }),
            mechanism: mechanism.code(),
            parameters: None,
            handle: target.handle,
        };
        if let Some(reply) = self.call(&request) {
            self.keep(Scrap {
                bytes: reply.wrapped,
                iv: reply.iv,
                key_type: target.key_type(),
                handle: wrapping.handle,
                mechanism,
            });
        }
    }

    fn keep(&mut self, scrap: Scrap) {
        match self.pool.len() < POOL_MAX {
            true => self.pool.push(scrap),
            false => {
                let at = self.random.below(POOL_MAX);
                self.pool[at] = scrap;
            }
        }
    }

    fn unwrap(&mut self) {
        let (Some(key), Some(scrap)) = (
            self.key_for(Attribute::Unwrap),
            self.random.pick(&self.pool).cloned(),
        ) else {
            return;
        };
        let (key, mechanism) = self.what_made(&scrap, key, Use::Unwrap);
        let key_type = match self.random.chance(4) {
            true => self.secret_type(),
            false => scrap.key_type,
        };
        let request = UnwrapKeyRequest {
            request_id: request_id(),
            unwrapping_handle: key.handle,
            mechanism: mechanism.code(),
            parameters: (mechanism != Mechanism::AesAttributeWrap).then(|| MechanismParameters {
                iv: scrap.iv.clone(),
                ..Default::default()
            }),
            wrapped: scrap.bytes,
            key_type: key_type.into(),
            attributes: match self.random.chance(2) {
                true => Vec::new(),
                false => self.attributes(),
            },
            public_attributes: Vec::new(),
        };
        let reply = self.call(&request);
        // Where it was wrapped it was extractable, unless it was protected: then `made` knows its bytes.
        self.made(reply.and_then(|reply| reply.key), false);
    }

    /// Mostly the key and mechanism that a scrap came from; else this key and any of its mechanisms.
    fn what_made(&mut self, scrap: &Scrap, key: KeyInfo, wanted: Use) -> (KeyInfo, Mechanism) {
        let maker = self.keys.iter().find(|key| key.handle == scrap.handle);
        match maker.cloned() {
            Some(maker) if !self.random.chance(3) => (maker, scrap.mechanism),
            _ => {
                let mechanism = self.mechanism(wanted, Some(&key)).mechanism;
                (key, mechanism)
            }
        }
    }

    fn derive(&mut self) {
        let Some(base) = self.key_for(Attribute::Derive) else {
            return;
        };
        let mechanism = self.mechanism(Use::Derive, Some(&base)).mechanism;
        let peer = self.peer();
        let parameters = self.derivation(peer);
        let request = DeriveKeyRequest {
            request_id: request_id(),
            handle: base.handle,
            mechanism: mechanism.code(),
            parameters: Some(parameters),
            password: Vec::new(),
            key_type: self.secret_type().into(),
            size_bits: *self.random.pick(&[128, 192, 256, 256, 320, 64]).unwrap(),
            attributes: self.attributes(),
        };
        // The other side of an agreement may be extractable, and derives the same key.
        let guarded = base.key_type() != KeyType::Ec && self.secrets.has(&self.secret_of(&base));
        let reply = self.call(&request);
        self.made(reply.and_then(|reply| reply.key), guarded);
    }

    fn derive_secret(&mut self) {
        let Some(key) = self.key_for(Attribute::Derive) else {
            return;
        };
        let request = DeriveSecretRequest {
            handle: key.handle,
            mechanism: Mechanism::Ecdh.code(),
            peer_public_key_info: self.peer(),
        };
        if let Some(reply) = self.call(&request) {
            self.keep(Scrap {
                bytes: reply.secret,
                iv: Vec::new(),
                key_type: KeyType::GenericSecret,
                handle: key.handle,
                mechanism: Mechanism::Ecdh,
            });
        }
    }

    fn copy(&mut self) {
        let Some(key) = self.any_key() else { return };
        let attributes = match self.random.chance(2) {
            true => Vec::new(),
            false => self.attributes(),
        };
        let request = CopyKeyRequest {
            request_id: request_id(),
            handle: key.handle,
            attributes,
            public_attributes: Vec::new(),
        };
        let reply = self.call(&request);
        self.made(reply.and_then(|reply| reply.key), false);
    }

    fn set(&mut self) {
        let Some(key) = self.any_key() else { return };
        let request = UpdateKeyRequest {
            request_id: request_id(),
            handle: key.handle,
            attributes: self.attributes(),
            ..Default::default()
        };
        if let Some(changed) = self.call(&request).and_then(|reply| reply.key) {
            self.replace(changed);
        }
    }

    fn replace(&mut self, changed: KeyInfo) {
        let protected = is_protected(&changed);
        let known = self.secrets.has(&self.secret_of(&changed));
        assert!(
            protected || !known,
            "a protected key became free: {changed:?}"
        );
        for key in &mut self.keys {
            if key.handle == changed.handle {
                *key = changed.clone();
            }
        }
    }

    fn set_trusted(&mut self) {
        let Some(key) = self.key_for(Attribute::WrappingOnly) else {
            return;
        };
        let trusted = !self.random.chance(4);
        let request = SetTrustedRequest {
            request_id: request_id(),
            handle: key.handle,
            trusted,
        };
        if self.call(&request).is_some() {
            let get = GetKeyRequest { handle: key.handle };
            if let Some(changed) = self.call(&get).and_then(|reply| reply.key) {
                assert_eq!(is(&changed, Attribute::Trusted), trusted);
                self.replace(changed);
            }
        }
    }

    fn sign(&mut self) {
        let Some(key) = self.key_for(Attribute::Sign) else {
            return;
        };
        let mechanism = self.mechanism(Use::Sign, Some(&key));
        let length = mechanism
            .hash
            .and_then(ferrohsm_protocol::mechanisms::digest_bytes);
        // What the counter KDF and HKDF-Expand compute their first block over.
        let data = match (length, self.random.below(3)) {
            (Some(length), _) => self.random.bytes(length),
            (None, 0) => b"\x01x".to_vec(),
            (None, 1) => b"x\x01".to_vec(),
            (None, _) => self.data(),
        };
        let request = SignRequest {
            handle: key.handle,
            mechanism: mechanism.mechanism.code(),
            parameters: None,
            data,
        };
        if let Some(reply) = self.call(&request) {
            self.keep(Scrap {
                bytes: reply.signature,
                iv: Vec::new(),
                key_type: KeyType::GenericSecret,
                handle: key.handle,
                mechanism: mechanism.mechanism,
            });
        }
    }

    /// Something that came out before, or random blocks.
    fn data(&mut self) -> Vec<u8> {
        match (self.random.chance(2), self.random.pick(&self.pool)) {
            (true, Some(scrap)) => scrap.bytes.clone(),
            _ => self.random.bytes(32),
        }
    }

    fn encrypt(&mut self) {
        let Some(key) = self.key_for(Attribute::Encrypt) else {
            return;
        };
        let mechanism = self.mechanism(Use::Encrypt, Some(&key)).mechanism;
        let request = EncryptRequest {
            key: Some(KeyReference {
                handle: key.handle,
                public_key_info: Vec::new(),
            }),
            mechanism: mechanism.code(),
            parameters: None,
            data: self.data(),
        };
        if let Some(reply) = self.call(&request) {
            let key_type = self.secret_type();
            self.keep(Scrap {
                bytes: reply.data,
                iv: reply.iv,
                key_type,
                handle: key.handle,
                mechanism,
            });
        }
    }

    fn decrypt(&mut self) {
        let (Some(key), Some(scrap)) = (
            self.key_for(Attribute::Decrypt),
            self.random.pick(&self.pool).cloned(),
        ) else {
            return;
        };
        let (key, mechanism) = self.what_made(&scrap, key, Use::Decrypt);
        let mut iv = scrap.iv;
        if matches!(
            mechanism,
            Mechanism::AesCbc | Mechanism::AesCbcPad | Mechanism::AesCtr
        ) {
            // CTR with GCM's counter decrypts what GCM encrypted.
            if iv.len() == 12 {
                iv.extend([0, 0, 0, 2]);
            }
            iv.resize(16, 0);
        }
        let request = DecryptRequest {
            handle: key.handle,
            mechanism: mechanism.code(),
            parameters: Some(MechanismParameters {
                iv,
                ..Default::default()
            }),
            data: scrap.bytes,
        };
        self.call(&request);
    }

    fn delete(&mut self) {
        let at = self.random.below(self.keys.len());
        let request = DeleteKeyRequest {
            request_id: request_id(),
            handle: self.keys.swap_remove(at).handle,
            only_session_key: false,
        };
        self.call(&request).expect("a key cannot be deleted");
    }

    fn look(&mut self) {
        let find = FindKeysRequest::default();
        if let Some(found) = self.call(&find) {
            assert!(found.keys.len() >= self.keys.len() || found.more);
            for key in &found.keys {
                if let Some(Value::Octets(value)) = find_value(key) {
                    assert_eq!(value.len(), 3);
                }
            }
        }
    }

    /// Session keys go with their login; what came out of them stays known.
    fn log_in_again(&mut self) {
        let logout = LogoutRequest {};
        self.call(&logout);
        self.login_id = self.app.log_in("app").login_id;
        self.keys.clear();
    }
}

fn find_value(key: &KeyInfo) -> Option<&Value> {
    find(&key.attributes, Attribute::CheckValue)
}

pub(super) fn is(key: &KeyInfo, attribute: Attribute) -> bool {
    find_flag(&key.attributes, attribute).unwrap_or_default()
}

fn is_protected(key: &KeyInfo) -> bool {
    !is(key, Attribute::Extractable) || is(key, Attribute::WrapWithTrusted)
}
