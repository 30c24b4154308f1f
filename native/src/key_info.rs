//! Key descriptions in the layout that Java's `KeyInfo` reads.

use crate::bytes::Bytes;
use crate::codec::Writer;
use ferrohsm_protocol::messages::KeyInfo;

/// One description; nothing where the reply had none.
pub fn one(key: Option<KeyInfo>) -> Bytes {
    let mut writer = Writer::default();
    if let Some(key) = key {
        write(&mut writer, &key);
    }
    writer.finish()
}

/// Several descriptions and whether there are more.
pub fn list(keys: &[KeyInfo], more: bool) -> Bytes {
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
