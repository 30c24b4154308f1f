//! AES key wrap: KW (RFC 3394) and KWP (RFC 5649), as in SP 800-38F.

use super::{Failed, failed, sys};
use std::ffi::c_uint;
use std::mem::MaybeUninit;
use std::ptr::null;
use zeroize::{Zeroize, Zeroizing};

/// An expanded key, wiped when dropped.
struct Schedule(Box<sys::AES_KEY>);

impl Drop for Schedule {
    fn drop(&mut self) {
        self.0.rd_key.zeroize();
    }
}

impl Schedule {
    fn new(
        key: &[u8],
        expand: unsafe extern "C" fn(*const u8, c_uint, *mut sys::AES_KEY) -> i32,
    ) -> Result<Self, Failed> {
        let bits = match key.len() {
            16 => 128,
            24 => 192,
            32 => 256,
            _ => return Err(Failed),
        };
        let mut schedule = Box::new(MaybeUninit::<sys::AES_KEY>::zeroed());
        // SAFETY: `key` has `bits` bits; the schedule is ours. These two functions return 0 for success.
        if unsafe { expand(key.as_ptr(), bits, schedule.as_mut_ptr()) } != 0 {
            return Err(failed());
        }
        // SAFETY: plain integers, zeroed and then filled.
        Ok(Self(unsafe { schedule.assume_init() }))
    }
}

/// KW; `input` is a multiple of 8 and at least 16 bytes.
pub(in crate::crypto) fn wrap(key: &[u8], input: &[u8]) -> Result<Vec<u8>, Failed> {
    if input.len() < 16 || !input.len().is_multiple_of(8) {
        return Err(Failed);
    }
    let schedule = Schedule::new(key, sys::AES_set_encrypt_key)?;
    let mut output = vec![0u8; input.len() + 8];
    // SAFETY: AES_wrap_key writes exactly input + 8 bytes; a null iv means the standard's.
    let written = unsafe {
        sys::AES_wrap_key(
            &*schedule.0,
            null(),
            output.as_mut_ptr(),
            input.as_ptr(),
            input.len(),
        )
    };
    if usize::try_from(written) == Ok(output.len()) {
        Ok(output)
    } else {
        Err(failed())
    }
}

/// KW backwards; fails as one when the integrity check does.
pub(in crate::crypto) fn unwrap(key: &[u8], input: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failed> {
    if input.len() < 24 || !input.len().is_multiple_of(8) {
        return Err(Failed);
    }
    let schedule = Schedule::new(key, sys::AES_set_decrypt_key)?;
    let mut output = Zeroizing::new(vec![0u8; input.len() - 8]);
    // SAFETY: AES_unwrap_key writes exactly input - 8 bytes; a null iv means the standard's.
    let written = unsafe {
        sys::AES_unwrap_key(
            &*schedule.0,
            null(),
            output.as_mut_ptr(),
            input.as_ptr(),
            input.len(),
        )
    };
    if usize::try_from(written) == Ok(output.len()) {
        Ok(output)
    } else {
        Err(failed())
    }
}

/// KWP; any length from 1 byte.
pub(in crate::crypto) fn wrap_padded(key: &[u8], input: &[u8]) -> Result<Vec<u8>, Failed> {
    let schedule = Schedule::new(key, sys::AES_set_encrypt_key)?;
    let mut output = vec![0u8; input.len().next_multiple_of(8) + 8];
    let mut written = 0;
    // SAFETY: `output.len()` is given as the limit.
    super::done(unsafe {
        sys::AES_wrap_key_padded(
            &*schedule.0,
            output.as_mut_ptr(),
            &mut written,
            output.len(),
            input.as_ptr(),
            input.len(),
        )
    })?;
    output.truncate(written);
    Ok(output)
}

/// KWP backwards; fails as one when the integrity check or the padding does.
pub(in crate::crypto) fn unwrap_padded(
    key: &[u8],
    input: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let schedule = Schedule::new(key, sys::AES_set_decrypt_key)?;
    let mut output = Zeroizing::new(vec![0u8; input.len()]);
    let mut written = 0;
    // SAFETY: `output.len()` is given as the limit.
    super::done(unsafe {
        sys::AES_unwrap_key_padded(
            &*schedule.0,
            output.as_mut_ptr(),
            &mut written,
            output.len(),
            input.as_ptr(),
            input.len(),
        )
    })?;
    output.truncate(written);
    Ok(output)
}
