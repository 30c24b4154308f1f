//! What an HSM can be asked, one function per operation, called by [`crate::dispatch`] after it has checked that the
//! caller may. Handlers block; they never see a socket.

mod bound;
mod certificate;
pub mod cluster;
pub mod copy;
pub mod crypto;
pub mod derive;
pub mod kem;
pub mod key;
pub mod login;
pub mod stream;
pub mod trust;
pub mod user;
pub mod wrap;
