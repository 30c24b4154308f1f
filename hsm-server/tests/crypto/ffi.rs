//! Digests that the safe crate lacks, for what a client computes.
#![allow(unsafe_code)]

#[cfg(feature = "fips")]
use aws_lc_fips_sys as sys;
#[cfg(all(feature = "non-fips", not(feature = "fips")))]
use aws_lc_sys as sys;

pub fn sha512_224(data: &[u8]) -> Vec<u8> {
    // SAFETY: gives a static.
    of(unsafe { sys::EVP_sha512_224() }, data)
}

pub fn sha3_224(data: &[u8]) -> Vec<u8> {
    // SAFETY: gives a static.
    of(unsafe { sys::EVP_sha3_224() }, data)
}

fn of(algorithm: *const sys::EVP_MD, data: &[u8]) -> Vec<u8> {
    let mut digest = vec![0; 28];
    let mut written = 0;
    // SAFETY: reads the slice and writes a digest, which has 28 bytes for both algorithms.
    let result = unsafe {
        sys::EVP_Digest(
            data.as_ptr().cast(),
            data.len(),
            digest.as_mut_ptr(),
            &mut written,
            algorithm,
            std::ptr::null_mut(),
        )
    };
    assert_eq!((result, written), (1, 28));
    digest
}
