//! What an HSM can be asked, one function per operation, called by [`crate::dispatch`] after it has checked that the
//! caller may. Handlers block; they never see a socket.

mod certificate;
pub mod cluster;
pub mod crypto;
pub mod kem;
pub mod key;
pub mod login;
pub mod user;
