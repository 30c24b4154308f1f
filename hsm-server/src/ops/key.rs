//! Making, finding, changing and deleting keys and certificates.

use super::certificate;
use crate::crypto::{KeyMaterial, KeySpec, KeyType as CryptoKeyType};
use crate::error::OpError;
use crate::hsm::Hsm;
use crate::keys::attributes::{AttributeSet, Origin};
use crate::keys::part::Part;
use crate::keys::record::KeyRecord;
use crate::keys::{Key, LabelRule, NewKey};
use crate::policy::{self, Mode};
use crate::requests::Change;
use crate::session::Caller;
use ferrohsm_protocol::messages::{
    AttributeValue, Curve, DeleteKeyRequest, DeleteKeyResponse, FindKeysRequest, FindKeysResponse,
    GenerateKeyPairRequest, GenerateKeyPairResponse, GenerateKeyRequest, GenerateKeyResponse,
    GetKeyRequest, GetKeyResponse, ImportCertificateRequest, ImportCertificateResponse,
    ImportKeyRequest, ImportKeyResponse, KeyType, UpdateKeyRequest, UpdateKeyResponse,
};
use ferrohsm_protocol::{Attribute, MAX_FOUND_KEYS, Status, attributes, mechanisms};
use prost::Message;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A FindKeys reply is cut here, in bytes: the rest comes with the next page.
pub const FOUND_BYTES_MAX: usize = 512 * 1024;

/// Generates a secret key.
pub fn handle_generate_key(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: GenerateKeyRequest,
) -> Result<GenerateKeyResponse, OpError> {
    let key_type = request.key_type();
    if mechanisms::is_pair(key_type) {
        let message = "GenerateKey makes secret keys: GenerateKeyPair makes pairs";
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    let spec = KeySpec::from_request(key_type, request.size_bits, Curve::Unspecified)?;
    policy::key_type(hsm.mode, key_type)?;
    let draft = Draft::check(key_type, Origin::Generated, &request.attributes, &[])?;
    let new = draft.finish(hsm.mode, KeyMaterial::generate(&spec)?)?;
    hsm.keys.create(hsm, change, new, LabelRule::Any, |key| {
        GenerateKeyResponse { key: Some(key) }
    })
}

/// Generates a key pair.
pub fn handle_generate_key_pair(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: GenerateKeyPairRequest,
) -> Result<GenerateKeyPairResponse, OpError> {
    let key_type = request.key_type();
    if !mechanisms::is_pair(key_type) {
        let message = "GenerateKeyPair makes key pairs: GenerateKey makes secret keys";
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    let spec = KeySpec::from_request(key_type, request.size_bits, request.curve())?;
    policy::key_type(hsm.mode, key_type)?;
    policy::curve(hsm.mode, request.curve())?;
    let draft = Draft::check(
        key_type,
        Origin::Generated,
        &request.private_attributes,
        &request.public_attributes,
    )?;
    let new = draft.finish(hsm.mode, KeyMaterial::generate(&spec)?)?;
    let respond = |key| GenerateKeyPairResponse { key: Some(key) };
    hsm.keys.create(hsm, change, new, LabelRule::Any, respond)
}

/// Imports a key in clear.
pub fn handle_import_key(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    mut request: ImportKeyRequest,
) -> Result<ImportKeyResponse, OpError> {
    let material = Zeroizing::new(std::mem::take(&mut request.material));
    let key_type = request.key_type();
    let crypto_type = CryptoKeyType::try_from(key_type)?;
    policy::key_type(hsm.mode, key_type)?;
    let draft = Draft::check(
        key_type,
        Origin::Imported,
        &request.attributes,
        &request.public_attributes,
    )?;
    let mut new = draft.finish(hsm.mode, KeyMaterial::from_import(crypto_type, &material)?)?;
    certificate::check_chain(&request.certificate_chain, &new.record.public_key_info)?;
    new.record.certificate_chain = std::mem::take(&mut request.certificate_chain);
    let respond = |key| ImportKeyResponse { key: Some(key) };
    hsm.keys
        .create(hsm, change, new, label_rule(request.unique_label), respond)
}

/// Stores a certificate on its own.
pub fn handle_import_certificate(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: ImportCertificateRequest,
) -> Result<ImportCertificateResponse, OpError> {
    let attributes =
        AttributeSet::create(Part::Certificate, Origin::Imported, &request.attributes)?;
    let mut record = KeyRecord::default();
    record.set_key_type(KeyType::Certificate);
    record.attributes = attributes.to_values(Part::Certificate);
    record.public_key_info = certificate::public_key_info(&request.certificate)?;
    record.certificate_chain = vec![request.certificate];
    let new = NewKey {
        token: attributes.flag(Attribute::Token),
        label: attributes.label().map(str::to_owned),
        material: None,
        shares: None,
        record,
    };
    let respond = |key| ImportCertificateResponse { key: Some(key) };
    hsm.keys
        .create(hsm, change, new, label_rule(request.unique_label), respond)
}

/// One key by its handle, or by that of its public key.
pub fn handle_get_key(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: GetKeyRequest,
) -> Result<GetKeyResponse, OpError> {
    let login = caller.login()?;
    let key = hsm.keys.get(login, request.handle)?;
    if request.handle != key.handle {
        key.check_has_public()?;
    }
    Ok(GetKeyResponse {
        key: Some(key.info(&login.user)),
    })
}

/// The caller's keys, a page at a time.
pub fn handle_find_keys(
    hsm: &Arc<Hsm>,
    caller: &Caller,
    request: FindKeysRequest,
) -> Result<FindKeysResponse, OpError> {
    let login = caller.login()?;
    if request.attributes.len() > attributes::ATTRIBUTES.len() {
        let message = "more attributes are wanted than there are: name each one once";
        return Err(OpError::new(Status::TemplateInconsistent, message));
    }
    let limit = match request.limit as usize {
        0 => MAX_FOUND_KEYS,
        limit => limit.min(MAX_FOUND_KEYS),
    };
    let key_type = request.key_type();
    let label = attributes::find_text(&request.attributes, Attribute::Label);
    let mut response = FindKeysResponse::default();
    let mut bytes = 0;
    hsm.keys.find(login, label, request.after_handle, |key| {
        if (key_type != KeyType::Unspecified && key.key_type != key_type)
            || !request
                .attributes
                .iter()
                .all(|wanted| key.attributes.matches(wanted))
        {
            return true;
        }
        let info = key.info(&login.user);
        bytes += info.encoded_len();
        if response.keys.len() == limit || (bytes > FOUND_BYTES_MAX && !response.keys.is_empty()) {
            response.more = true;
            return false;
        }
        response.keys.push(info);
        true
    })?;
    Ok(response)
}

/// Changes attributes and certificate chain, all or nothing.
pub fn handle_update_key(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: UpdateKeyRequest,
) -> Result<UpdateKeyResponse, OpError> {
    let respond = |key| UpdateKeyResponse { key: Some(key) };
    let rule = label_rule(request.unique_label);
    let edit = |key: &Key, record: &mut KeyRecord| edit_record(&request, key, record);
    hsm.keys
        .update(hsm, change, request.handle, rule, edit, respond)
}

/// Deletes a key, key pair or certificate for good.
pub fn handle_delete_key(
    hsm: &Arc<Hsm>,
    change: &Change<'_>,
    request: DeleteKeyRequest,
) -> Result<DeleteKeyResponse, OpError> {
    if request.handle % 2 == 1 {
        let key = hsm.keys.get(change.caller.login()?, request.handle)?;
        key.check_has_public()?;
        let message = format!("this is the public key of a pair: delete {:#x}", key.handle);
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    hsm.keys.delete(
        hsm,
        change,
        request.handle,
        request.only_session_key,
        DeleteKeyResponse {},
    )
}

fn edit_record(
    request: &UpdateKeyRequest,
    key: &Key,
    record: &mut KeyRecord,
) -> Result<AttributeSet, OpError> {
    let mut attributes = key.attributes.clone();
    let public_part = Part::Public(key.key_type);
    match (&key.public, request.handle == key.handle) {
        (_, true) => attributes = attributes.update(key.part, &request.attributes)?,
        (None, false) => return Err(Status::KeyNotFound.into()),
        (Some(public), false) => {
            let public = public.update(public_part, &request.attributes)?;
            if public.flag(Attribute::Token) != attributes.flag(Attribute::Token) {
                let message = format!("set token on the private key, {:#x}", key.handle);
                return Err(OpError::new(Status::TemplateInconsistent, message));
            }
            record.public_attributes = public.to_values(public_part);
        }
    }
    if let (Some(public), true) = (&key.public, request.handle == key.handle) {
        // Both halves of a pair live as long.
        let public = public.with_token(attributes.flag(Attribute::Token));
        record.public_attributes = public.to_values(public_part);
    }
    record.attributes = attributes.to_values(key.part);
    if request.set_certificate_chain {
        if !key.attributes.flag(Attribute::Modifiable) {
            let message = "the key's certificates cannot change: modifiable is false";
            return Err(OpError::new(Status::AttributeReadOnly, message));
        }
        if key.part == Part::Certificate {
            let message = "this is a certificate on its own: import another one instead";
            return Err(OpError::new(Status::CertificateInvalid, message));
        }
        certificate::check_chain(&request.certificate_chain, &key.public_key_info)?;
        record
            .certificate_chain
            .clone_from(&request.certificate_chain);
    }
    Ok(attributes)
}

fn label_rule(unique_label: bool) -> LabelRule {
    match unique_label {
        true => LabelRule::Unique,
        false => LabelRule::Any,
    }
}

/// The checked attributes of a key that is about to be made: checked first, since making may take seconds.
pub struct Draft {
    key_type: KeyType,
    attributes: AttributeSet,
    public: Option<AttributeSet>,
}

impl Draft {
    /// Checks the templates.
    pub fn check(
        key_type: KeyType,
        origin: Origin,
        template: &[AttributeValue],
        public_template: &[AttributeValue],
    ) -> Result<Draft, OpError> {
        let attributes = AttributeSet::create(Part::Secret(key_type), origin, template)?;
        let public = match mechanisms::is_pair(key_type) {
            true => {
                let part = Part::Public(key_type);
                let public = AttributeSet::create(part, origin, public_template)?;
                let token = attributes.flag(Attribute::Token);
                if attributes::find_flag(public_template, Attribute::Token)
                    .is_some_and(|public_token| public_token != token)
                {
                    let message = "token must be the same for both keys of a pair";
                    return Err(OpError::new(Status::TemplateInconsistent, message));
                }
                Some(public.with_token(token))
            }
            false if !public_template.is_empty() => {
                let message = "a secret key has no public attributes: leave them out";
                return Err(OpError::new(Status::TemplateInconsistent, message));
            }
            false => None,
        };
        Ok(Draft {
            key_type,
            attributes,
            public,
        })
    }

    /// Attributes that a wrapped key brought along.
    pub fn restored(
        key_type: KeyType,
        attributes: AttributeSet,
        public: Option<AttributeSet>,
    ) -> Draft {
        Draft {
            key_type,
            attributes,
            public,
        }
    }

    /// Puts the attributes and the key together.
    pub fn finish(self, mode: Mode, material: KeyMaterial) -> Result<NewKey, OpError> {
        let curve = material.curve();
        policy::key_type(mode, self.key_type)?;
        policy::curve(mode, curve)?;
        let public_key_info = match &self.public {
            Some(_) => material.public_key_info()?,
            None => Vec::new(),
        };
        let public = self
            .public
            .map(|public| public.to_values(Part::Public(self.key_type)));
        let mut stored = material.to_stored()?;
        let mut record = KeyRecord::default();
        record.set_key_type(self.key_type);
        record.size_bits = material.bits();
        record.set_curve(curve);
        record.attributes = self.attributes.to_values(Part::Secret(self.key_type));
        record.public_attributes = public.unwrap_or_default();
        record.material = std::mem::take(&mut *stored);
        record.public_key_info = public_key_info;
        Ok(NewKey {
            token: self.attributes.flag(Attribute::Token),
            label: self.attributes.label().map(str::to_owned),
            material: Some(material),
            shares: None,
            record,
        })
    }
}
