//! A master key wrapped under a passphrase, in `seal.json` in the data directory.

use std::path::Path;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{MASTER_KEY_BYTES, MasterKey, SealContext, SealError, files, hex};

/// Name of the seal file in the data directory.
pub const FILE_NAME: &str = "seal.json";
/// A passphrase protects against one who has the disk and all the time in the world.
const PASSPHRASE_MIN_CHARACTERS: usize = 12;
const DOMAIN: &[u8] = b"ferrohsm-passphrase-seal-v1";
const VERSION: u32 = 1;
const KDF: &str = "argon2id";
const SALT_BYTES: usize = 16;
const TAG_BYTES: usize = 16;
const WRAPPED_BYTES: usize = MASTER_KEY_BYTES + TAG_BYTES;

/// Cost of Argon2id (RFC 9106).
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

const COST: Cost = Cost {
    memory_kib: 64 * 1024,
    passes: 3,
    lanes: 1,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealFile {
    version: u32,
    kdf: String,
    cost: Cost,
    salt: String,
    nonce: String,
    wrapped: String,
}

/// Makes a new master key and its seal file.
pub fn create(context: &SealContext) -> Result<MasterKey, SealError> {
    let passphrase = context.passphrase.ok_or(SealError::PassphraseMissing)?;
    if passphrase.chars().count() < PASSPHRASE_MIN_CHARACTERS {
        return Err(SealError::PassphraseTooShort {
            min: PASSPHRASE_MIN_CHARACTERS,
        });
    }
    let mut salt = [0; SALT_BYTES];
    rand::fill(&mut salt).map_err(|_| SealError::Crypto("random bytes"))?;
    let key = MasterKey::generate()?;
    let mut wrapped = Zeroizing::new([0; MASTER_KEY_BYTES]);
    wrapped.copy_from_slice(key.expose());
    let (nonce, tag) = wrapping_key(passphrase, &salt, COST)?
        .seal_in_place_separate_tag(
            Aad::from(associated_data(&salt, COST)),
            wrapped.as_mut_slice(),
        )
        .map_err(|_| SealError::Crypto("wrapping the master key"))?;
    let file = SealFile {
        version: VERSION,
        kdf: KDF.into(),
        cost: COST,
        salt: hex::encode(&salt).to_string(),
        nonce: hex::encode(nonce.as_ref()).to_string(),
        wrapped: hex::encode(&[wrapped.as_slice(), tag.as_ref()].concat()).to_string(),
    };
    let mut text =
        serde_json::to_vec_pretty(&file).map_err(|_| SealError::Crypto("writing the seal file"))?;
    text.push(b'\n');
    files::create(&context.data_directory.join(FILE_NAME), &text)?;
    Ok(key)
}

/// Opens the seal file. Takes as long as Argon2id does, about 0.2 s.
pub fn open(context: &SealContext) -> Result<MasterKey, SealError> {
    let path = context.data_directory.join(FILE_NAME);
    let passphrase = context.passphrase.ok_or(SealError::PassphraseMissing)?;
    let text = files::read(&path, files::open(&path)?)?;
    let file: SealFile = serde_json::from_slice(&text)
        .map_err(|_| SealError::malformed(&path, "it is not a seal file; restore it"))?;
    if file.version != VERSION || file.kdf != KDF {
        let reason = "it has an unknown version; use the release that wrote it";
        return Err(SealError::malformed(&path, reason));
    }
    check_cost(&path, file.cost)?;
    let mut salt = [0; SALT_BYTES];
    let mut nonce = [0; NONCE_LEN];
    let mut wrapped = Zeroizing::new([0; WRAPPED_BYTES]);
    hex::decode(file.salt.as_bytes(), &mut salt)
        .and_then(|()| hex::decode(file.nonce.as_bytes(), &mut nonce))
        .and_then(|()| hex::decode(file.wrapped.as_bytes(), wrapped.as_mut_slice()))
        .ok_or(SealError::malformed(
            &path,
            "it is not a seal file; restore it",
        ))?;
    let aad = Aad::from(associated_data(&salt, file.cost));
    let nonce = Nonce::assume_unique_for_key(nonce);
    let opened = wrapping_key(passphrase, &salt, file.cost)?
        .open_in_place(nonce, aad, wrapped.as_mut_slice())
        .map_err(|_| SealError::WrongPassphrase { path: path.clone() })?;
    MasterKey::fill_with(|bytes| {
        bytes.copy_from_slice(opened);
        Ok(())
    })
}

/// A changed file must make the HSM neither weak nor run out of memory.
fn check_cost(path: &Path, cost: Cost) -> Result<(), SealError> {
    let memory = 19 * 1024..=1024 * 1024;
    if memory.contains(&cost.memory_kib)
        && (1..=20).contains(&cost.passes)
        && (1..=8).contains(&cost.lanes)
    {
        return Ok(());
    }
    Err(SealError::malformed(
        path,
        "its cost is out of bounds (19 MiB to 1 GiB, 1-20 passes)",
    ))
}

fn associated_data(salt: &[u8; SALT_BYTES], cost: Cost) -> Vec<u8> {
    // All parts have a fixed length, so their concatenation is unambiguous.
    let cost = [cost.memory_kib, cost.passes, cost.lanes]
        .map(u32::to_be_bytes)
        .concat();
    [DOMAIN, salt.as_slice(), &cost].concat()
}

fn wrapping_key(
    passphrase: &str,
    salt: &[u8; SALT_BYTES],
    cost: Cost,
) -> Result<RandomizedNonceKey, SealError> {
    let failed = |_| SealError::Crypto("Argon2id");
    let mut key = Zeroizing::new([0; 32]);
    let params =
        Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(key.len())).map_err(failed)?;
    // The last blocks give the key away, and the crate does not wipe memory that it allocates.
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(
            passphrase.as_bytes(),
            salt,
            key.as_mut_slice(),
            memory.as_mut_slice(),
        )
        .map_err(failed)?;
    RandomizedNonceKey::new(&AES_256_GCM, key.as_slice())
        .map_err(|_| SealError::Crypto("an AES key"))
}
