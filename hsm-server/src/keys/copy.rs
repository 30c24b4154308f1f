//! Copying a key.

use super::Keys;
use super::changes::{LabelRule, NewKey};
use super::key::Key;
use super::record::{self, KeyRecord};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::requests::Change;
use ferrohsm_protocol::messages::KeyInfo;
use ferrohsm_protocol::{Attribute, Status, attributes};
use prost::Message;

impl Keys {
    /// Makes a key of the caller's once more, under a new handle. `edit` sets the attributes of the copy's record; it sees
    /// the key as it is while nobody can change it.
    pub fn copy<R: Message>(
        &self,
        hsm: &Hsm,
        change: &Change<'_>,
        handle: u64,
        edit: impl FnOnce(&Key, &mut KeyRecord) -> Result<(), OpError>,
        respond: impl FnOnce(KeyInfo) -> R,
    ) -> Result<R, OpError> {
        let login = change.caller.login()?;
        self.settle_doubtful()?;
        let _lock = self.lock(handle);
        let key = self.visible(login, handle)?;
        let path = record::path(key.handle, key.login);
        let opened = self.barrier.get(&path)?.ok_or(Status::KeyNotFound)?;
        let mut record = KeyRecord::read(&opened.plaintext)?;
        edit(&key, &mut record)?;
        let new = NewKey {
            token: attributes::find_flag(&record.attributes, Attribute::Token) == Some(true),
            label: attributes::find_text(&record.attributes, Attribute::Label).map(str::to_owned),
            material: None,
            shares: key.material.clone(),
            record,
        };
        self.create_settled(hsm, change, new, LabelRule::Any, respond)
    }
}
