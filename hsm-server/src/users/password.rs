//! Password hashes: Argon2id (RFC 9106), with their parameters beside them so that later ones may cost more.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand;
use ferrohsm_protocol::Status;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::name::UserName;
use crate::error::OpError;

/// Shortest password, in bytes.
pub const PASSWORD_MIN_BYTES: usize = 8;
/// Longest password, in bytes.
pub const PASSWORD_MAX_BYTES: usize = 256;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// What a check costs.
#[derive(Clone, Copy)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// RFC 9106 section 4, second recommended option, with one lane: checks run side by side already.
#[cfg(not(test))]
const COST: Cost = Cost {
    memory_kib: 64 * 1024,
    passes: 3,
    lanes: 1,
};
#[cfg(test)]
const COST: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

/// A stored password hash.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct PasswordHash {
    #[prost(uint32, tag = "1")]
    memory_kib: u32,
    #[prost(uint32, tag = "2")]
    passes: u32,
    #[prost(uint32, tag = "3")]
    lanes: u32,
    #[prost(bytes = "vec", tag = "4")]
    salt: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    hash: Vec<u8>,
}

// prost's Message asks for Debug; this one shows nothing.
impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// What Argon2id made of a password that someone presented.
pub type Output = Zeroizing<[u8; HASH_BYTES]>;

impl PasswordHash {
    /// Hashes a new password. Takes [`COST`]: tens to hundreds of milliseconds and 64 MiB.
    pub fn new(password: &[u8]) -> Result<PasswordHash, OpError> {
        let mut this = PasswordHash::with_random_hash()?;
        this.hash = this.apply(password)?.to_vec();
        Ok(this)
    }

    /// A hash that belongs to no password, and costs as much to check against.
    pub fn with_random_hash() -> Result<PasswordHash, OpError> {
        let mut salt = vec![0; SALT_BYTES];
        let mut hash = vec![0; HASH_BYTES];
        rand::fill(&mut salt)
            .and_then(|()| rand::fill(&mut hash))
            .map_err(OpError::internal)?;
        let Cost {
            memory_kib,
            passes,
            lanes,
        } = COST;
        Ok(PasswordHash {
            memory_kib,
            passes,
            lanes,
            salt,
            hash,
        })
    }

    /// Argon2id of `password` with this hash's salt and parameters.
    pub fn apply(&self, password: &[u8]) -> Result<Output, OpError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(HASH_BYTES))
            .map_err(OpError::internal)?;
        let mut output = Zeroizing::new([0; HASH_BYTES]);
        // The last blocks give the output away, and the crate does not wipe memory that it allocates.
        let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                password,
                &self.salt,
                output.as_mut_slice(),
                memory.as_mut_slice(),
            )
            .map_err(OpError::internal)?;
        Ok(output)
    }

    /// Whether `output` came from the right password. Constant time.
    pub fn is(&self, output: &Output) -> bool {
        self.hash.as_slice().ct_eq(output.as_slice()).into()
    }
}

/// Checks a new password against the rules.
///
/// # Errors
/// [`Status::PasswordRefused`] with the rule that it breaks.
pub fn check_new(name: &UserName, password: &[u8]) -> Result<(), OpError> {
    if !(PASSWORD_MIN_BYTES..=PASSWORD_MAX_BYTES).contains(&password.len()) {
        let message = format!("a password has {PASSWORD_MIN_BYTES} to {PASSWORD_MAX_BYTES} bytes");
        return Err(OpError::new(Status::PasswordRefused, message));
    }
    if password.eq_ignore_ascii_case(name.as_str().as_bytes()) {
        return Err(OpError::new(
            Status::PasswordRefused,
            "the password is the user's name: choose another one",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_knows_its_password_only() {
        let hash = PasswordHash::new(b"correct horse").unwrap();
        assert!(hash.is(&hash.apply(b"correct horse").unwrap()));
        assert!(!hash.is(&hash.apply(b"correct horsf").unwrap()));
        assert_ne!(hash.salt, PasswordHash::new(b"correct horse").unwrap().salt);
    }

    #[test]
    fn rules_for_new_passwords() {
        let name = UserName::parse("Alice.Jones").unwrap();
        for refused in [
            &b"short77"[..],
            &[b'x'; 257],
            b"alice.jones",
            b"ALICE.JONES",
        ] {
            assert_eq!(
                check_new(&name, refused).unwrap_err().status,
                Status::PasswordRefused
            );
        }
        check_new(&name, &[0; 8]).unwrap();
        check_new(&name, &[b'x'; 256]).unwrap();
    }
}
