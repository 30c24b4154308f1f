use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use aws_lc_rs::rand;

use crate::error::OpError;
use crate::files;

/// Length of an HSM's id, in bytes.
pub const HSM_ID_BYTES: usize = 16;
const DIRECTORY: &str = "identity";
const FILE_NAME: &str = "hsm-id";

/// This HSM's id, in hex in `identity/hsm-id` of its data directory; drawn at random the first time. It is public: the
/// HSM's private key is drawn at each start and never stored.
pub fn load_or_create(data_dir: &Path) -> Result<[u8; HSM_ID_BYTES], OpError> {
    let path = data_dir.join(DIRECTORY).join(FILE_NAME);
    let failed = |error: std::io::Error| OpError::internal(format!("{}: {error}", path.display()));
    match fs::read_to_string(&path) {
        Ok(text) => parse(text.trim()).ok_or_else(|| {
            OpError::internal(format!(
                "{} is damaged: it needs {} hex digits",
                path.display(),
                2 * HSM_ID_BYTES
            ))
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut id = [0; HSM_ID_BYTES];
            rand::fill(&mut id).map_err(OpError::internal)?;
            files::create_private_directory(&data_dir.join(DIRECTORY)).map_err(failed)?;
            files::write_private(&path, super::hex(&id).as_bytes()).map_err(failed)?;
            Ok(id)
        }
        Err(error) => Err(failed(error)),
    }
}

fn parse(text: &str) -> Option<[u8; HSM_ID_BYTES]> {
    let mut id = [0; HSM_ID_BYTES];
    if text.len() != 2 * HSM_ID_BYTES || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(id)
}
