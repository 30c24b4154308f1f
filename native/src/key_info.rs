//! Key descriptions in the layout that Java's `KeyInfo` reads.

use crate::codec::Writer;
use ferrohsm_protocol::messages::KeyInfo;
use zeroize::Zeroizing;

/// One description; nothing where the reply had none.
pub fn one(key: Option<KeyInfo>) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::default();
    if let Some(key) = key {
        write(&mut writer, &key);
    }
    writer.finish()
}

/// Several descriptions and whether there are more.
pub fn list(keys: &[KeyInfo], more: bool) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::default();
    writer.flag(more);
    writer.count(keys.len());
    for key in keys {
        write(&mut writer, key);
    }
    writer.finish()
}

fn write(writer: &mut Writer, key: &KeyInfo) {
    writer.u64(key.handle);
    writer.u32(key.key_type.cast_unsigned());
    writer.u32(key.size_bits);
    writer.u32(key.curve.cast_unsigned());
    writer.attributes(&key.attributes);
    writer.attributes(&key.public_attributes);
    writer.bytes(&key.public_key_info);
    writer.count(key.certificate_chain.len());
    for certificate in &key.certificate_chain {
        writer.bytes(certificate);
    }
    writer.text(&key.owner);
    writer.u64(key.created_unix_ms);
}
