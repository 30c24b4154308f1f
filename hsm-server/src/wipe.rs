//! Wiping plaintext that may be long.

/// Empties a buffer and overwrites what it held. `zeroize` writes byte by byte, which costs more than encrypting does.
pub fn wipe(bytes: &mut Vec<u8>) {
    bytes.fill(0);
    // Keeps the compiler from leaving the writes out because nobody reads them.
    std::hint::black_box(&mut *bytes);
    bytes.clear();
}
