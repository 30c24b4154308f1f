//! What the fuzz targets do with their bytes. A test of the server (tests/fuzz.rs) runs the same functions on stable
//! with random input, so that they keep working.
#![allow(dead_code)] // each target uses one of them

pub mod certificates;
pub mod frames;
pub mod prelogin;

use ferrohsm_protocol::Operation;

/// What a peer can ask without a login.
pub const PRE_LOGIN: [Operation; 7] = [
    Operation::Hello,
    Operation::ClusterInfo,
    Operation::ClusterCsr,
    Operation::ClusterInitialize,
    Operation::ClusterActivate,
    Operation::Login,
    Operation::Resume,
];

/// Takes bytes off the front; fewer when there are no more.
fn take<'a>(data: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (head, rest) = data.split_at(count.min(data.len()));
    *data = rest;
    head
}

fn take_u8(data: &mut &[u8]) -> u8 {
    take(data, 1).first().copied().unwrap_or(0)
}

fn take_u16(data: &mut &[u8]) -> u16 {
    u16::from_be_bytes([take_u8(data), take_u8(data)])
}
