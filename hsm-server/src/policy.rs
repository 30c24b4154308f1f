//! Decides whether a key may be used in a way. Who may call which operation is decided in [`crate::dispatch`], whose key
//! it is in [`crate::keys::Keys::get`]; nothing else decides.

use crate::error::OpError;
use crate::keys::Key;
use crate::keys::attributes::{AttributeSet, Lineage};
use ferrohsm_protocol::attributes::{find, find_flag};
use ferrohsm_protocol::mechanisms::{self, MECHANISMS, MechanismRow, Use};
use ferrohsm_protocol::messages::attribute_value::Value;
use ferrohsm_protocol::messages::{AttributeValue, Curve, KeyType};
use ferrohsm_protocol::{Attribute, Mechanism, Status};

/// Shortest RSA modulus that may wrap a key, in bits.
pub const RSA_WRAPPING_BITS_MIN: u32 = 2048;
/// Smallest secret key that others are derived from, in bits (SP 800-131A).
pub const DERIVING_BITS_MIN: u32 = 112;
/// Strength of a symmetric key counts up to this many bits: HMAC secrets may be longer than any AES key.
const STRENGTH_BITS_MAX: u32 = 256;
/// What triple DES with three keys is worth (SP 800-57, table 2).
const DES3_STRENGTH_BITS: u32 = 112;

/// The cluster's mode, chosen once. In FIPS mode the mechanisms table's `fips` column decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only what the FIPS column permits.
    Fips,
    /// Everything in the table but triple DES.
    NonFips,
    /// Everything in the table: an HSM of a cluster in NON_FIPS mode whose operator turned triple DES on.
    NonFipsLegacy,
}

impl Mode {
    /// Its name in ClusterInfo, as in CloudHSM.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Fips => "FIPS",
            Mode::NonFips | Mode::NonFipsLegacy => "NON_FIPS",
        }
    }
}

/// Which half of a key pair does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The private key of a pair, or a secret key.
    Secret,
    /// The public key of a pair.
    Public,
}

/// The mechanism of a wire code, if it has this use in this mode.
///
/// # Errors
/// [`Status::MechanismInvalid`], [`Status::NotInFipsMode`], [`Status::MechanismNotAllowed`].
pub fn mechanism(mode: Mode, code: u32, wanted: Use) -> Result<Mechanism, OpError> {
    let mechanism = Mechanism::from_code(code).ok_or_else(|| {
        let message = format!("this HSM does not know mechanism {code:#x}: upgrade it");
        OpError::new(Status::MechanismInvalid, message)
    })?;
    let row = mechanism.row();
    if !row.has_use(wanted) {
        let message = format!("{} cannot be used to {}", row.name, use_name(wanted));
        return Err(OpError::new(Status::MechanismInvalid, message));
    }
    offered(mode, row)?;
    Ok(mechanism)
}

/// Whether a row of the table is there in this mode.
fn offered(mode: Mode, row: &MechanismRow) -> Result<(), OpError> {
    if mode == Mode::Fips && !row.fips {
        let message = format!("the cluster is in FIPS mode, which excludes {}", row.name);
        return Err(OpError::new(Status::NotInFipsMode, message));
    }
    if mode == Mode::NonFips && row.key_type == Some(KeyType::Des3) {
        let message = format!(
            "triple DES ({}) is off: use AES, or start the HSM with --legacy-des3",
            row.name
        );
        return Err(OpError::new(Status::MechanismNotAllowed, message));
    }
    Ok(())
}

/// Whether keys of this type are made, or taken in, in this mode: as the row says that generates them.
///
/// # Errors
/// [`Status::NotInFipsMode`], [`Status::MechanismNotAllowed`].
pub fn key_type(mode: Mode, key_type: KeyType) -> Result<(), OpError> {
    let made = |row: &&MechanismRow| row.key_type == Some(key_type) && row.has_use(Use::Generate);
    match MECHANISMS.iter().find(made) {
        Some(row) => offered(mode, row),
        None => Ok(()),
    }
}

/// Whether keys on this curve are used in this mode.
///
/// # Errors
/// [`Status::NotInFipsMode`].
pub fn curve(mode: Mode, curve: Curve) -> Result<(), OpError> {
    if mode == Mode::Fips && curve == Curve::Secp256k1 {
        let message = "the cluster is in FIPS mode, which excludes secp256k1: use P-256";
        return Err(OpError::new(Status::NotInFipsMode, message));
    }
    Ok(())
}

/// Whether the caller's key may be used so.
///
/// # Errors
/// [`Status::KeyTypeInconsistent`], [`Status::KeyFunctionNotPermitted`], [`Status::MechanismNotAllowed`],
/// [`Status::NotInFipsMode`].
pub fn key_use(
    mode: Mode,
    key: &Key,
    half: Half,
    mechanism: Mechanism,
    wanted: Use,
) -> Result<(), OpError> {
    let row = mechanism.row();
    if row.key_type != Some(key.key_type) {
        let message = format!("{} does not work with this type of key", row.name);
        return Err(OpError::new(Status::KeyTypeInconsistent, message));
    }
    curve(mode, key.curve)?;
    let (attributes, allowed) = match (half, &key.public) {
        (Half::Secret, _) => (&key.attributes, key.allowed),
        (Half::Public, Some(public)) => (public, key.public_allowed),
        (Half::Public, None) => return Err(Status::KeyTypeInconsistent.into()),
    };
    if !permits(attributes, wanted) {
        let message = format!("the key's attribute {} is false", use_name(wanted));
        return Err(OpError::new(Status::KeyFunctionNotPermitted, message));
    }
    if !allowed.contains(mechanism) {
        let message = format!(
            "the key may not be used with {0}: make the key with {0} in allowed-mechanisms",
            row.name
        );
        return Err(OpError::new(Status::MechanismNotAllowed, message));
    }
    Ok(())
}

/// Whether a public key that the caller brought may be used so. It is nobody's and vouched for by nothing.
///
/// # Errors
/// As [`key_use`].
pub fn foreign_key_use(mechanism: Mechanism, wanted: Use) -> Result<(), OpError> {
    let row = mechanism.row();
    if wanted == Use::Wrap && !row.default_allowed {
        let message = format!("keys are not wrapped with {}: use rsa-oaep", row.name);
        return Err(OpError::new(Status::MechanismNotAllowed, message));
    }
    Ok(())
}

/// What wraps a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wrapper<'a> {
    /// Its type.
    pub key_type: KeyType,
    /// Its size in bits.
    pub size_bits: u32,
    /// Whether a crypto officer marked it as trusted; never so for a key from the caller.
    pub trusted: bool,
    /// What the wrapped key must have; empty for nothing.
    pub template: &'a [AttributeValue],
    /// The form that was asked for.
    pub mechanism: Mechanism,
    /// Whether the wrapping key's own allowed-mechanisms name that form.
    pub named: bool,
}

/// Whether `target` may leave the HSM wrapped by `wrapper`.
///
/// # Errors
/// [`Status::KeyNotExtractable`], [`Status::KeyFunctionNotPermitted`].
pub fn wrapping(target: &Key, wrapper: Wrapper<'_>) -> Result<(), OpError> {
    if !target.attributes.flag(Attribute::Extractable) {
        return Err(Status::KeyNotExtractable.into());
    }
    if target.attributes.flag(Attribute::WrapWithTrusted) && !wrapper.trusted {
        let message = "the key is wrap-with-trusted, and the wrapping key is not trusted";
        return Err(OpError::new(Status::KeyFunctionNotPermitted, message));
    }
    if target.attributes.flag(Attribute::WrapWithTrusted)
        && wrapper.mechanism != Mechanism::AesAttributeWrap
        && !wrapper.named
    {
        // Without its attributes a key could come back able to do what it never could, or as another type.
        let message = "the key is wrap-with-trusted: use aes-attribute-wrap, or a trusted key whose allowed-mechanisms name this form";
        return Err(OpError::new(Status::KeyFunctionNotPermitted, message));
    }
    let missing = wrapper
        .template
        .iter()
        .find(|wanted| !target.attributes.matches(wanted));
    if let Some(missing) = missing {
        let name = Attribute::from_id(missing.id).map_or("", |attribute| attribute.row().name);
        let message = format!("the wrapping key's wrap-template asks for another value of {name}");
        return Err(OpError::new(Status::KeyFunctionNotPermitted, message));
    }
    if wrapper.key_type == KeyType::Rsa && wrapper.size_bits < RSA_WRAPPING_BITS_MIN {
        let message = format!("RSA keys wrap from {RSA_WRAPPING_BITS_MIN} bits on");
        return Err(OpError::new(Status::KeyFunctionNotPermitted, message));
    }
    let strength = secret_strength(target.key_type, target.size_bits);
    if wrapper.key_type == KeyType::Aes && wrapper.size_bits < strength {
        let message = format!(
            "the wrapping key is weaker ({} bits) than the key to wrap ({strength} bits)",
            wrapper.size_bits
        );
        return Err(OpError::new(Status::KeyFunctionNotPermitted, message));
    }
    Ok(())
}

/// How strong a secret key is, in bits; 0 for a pair: strength is compared between symmetric keys only.
fn secret_strength(key_type: KeyType, size_bits: u32) -> u32 {
    match key_type {
        KeyType::Aes | KeyType::GenericSecret | KeyType::Chacha20 => {
            size_bits.min(STRENGTH_BITS_MAX)
        }
        KeyType::Des3 => DES3_STRENGTH_BITS,
        KeyType::Unspecified
        | KeyType::Rsa
        | KeyType::Ec
        | KeyType::EcEdwards
        | KeyType::EcMontgomery
        | KeyType::MlDsa
        | KeyType::MlKem
        | KeyType::Certificate => 0,
    }
}

/// What a key derived from `base` inherits, if it may have this size.
///
/// # Errors
/// [`Status::KeyFunctionNotPermitted`] for a base key that is weak, or weaker than the key that is wanted.
pub fn derivation(base: &Key, size_bits: u32, derives_only: bool) -> Result<Lineage, OpError> {
    // Strength is compared between symmetric keys only. Whoever knows the private key of the other side of a key
    // agreement, which is the caller's to choose, knows its result.
    let agreed = mechanisms::is_pair(base.key_type);
    if !agreed && base.size_bits < DERIVING_BITS_MIN {
        let message = format!("secret keys derive from {DERIVING_BITS_MIN} bits on");
        return Err(OpError::new(Status::KeyFunctionNotPermitted, message));
    }
    if !agreed && base.size_bits < size_bits.min(STRENGTH_BITS_MAX) {
        let message = format!(
            "the base key is weaker ({} bits) than the key to derive ({size_bits} bits)",
            base.size_bits
        );
        return Err(OpError::new(Status::KeyFunctionNotPermitted, message));
    }
    let flag = |attribute| base.attributes.flag(attribute);
    Ok(Lineage {
        extractable: flag(Attribute::Extractable),
        wrap_with_trusted: flag(Attribute::WrapWithTrusted),
        always_sensitive: !agreed && flag(Attribute::AlwaysSensitive),
        never_extractable: !agreed && flag(Attribute::NeverExtractable),
        derives_only,
    })
}

/// Whether a crypto officer may mark the key as trusted: it was made in the HSM, has never been able to do anything but
/// wrap and unwrap, and what it unwraps never gets free.
///
/// # Errors
/// [`Status::TemplateInconsistent`], with what is missing.
pub fn trustable(key: &Key) -> Result<(), OpError> {
    let refused = |message: String| Err(OpError::new(Status::TemplateInconsistent, message));
    if key.key_type != KeyType::Aes {
        return refused("only AES keys can be trusted".to_owned());
    }
    for attribute in [
        Attribute::WrappingOnly,
        Attribute::Local,
        Attribute::AlwaysSensitive,
        Attribute::NeverExtractable,
    ] {
        if !key.attributes.flag(attribute) {
            let name = attribute.row().name;
            return refused(format!(
                "a trusted key must be {name}: generate one that wraps and unwraps and does nothing else"
            ));
        }
    }
    if key.attributes.flag(Attribute::AllowCallerIv) {
        // Two keys wrapped with one IV: who knows one of them knows the other.
        return refused("a trusted key makes its IVs itself: allow-caller-iv is true".to_owned());
    }
    let template = key.attributes.unwrap_template();
    if find_flag(template, Attribute::WrapWithTrusted) != Some(true)
        && find_flag(template, Attribute::Extractable) != Some(false)
    {
        return refused(
            "a trusted key needs an unwrap-template with wrap-with-trusted=true or extractable=false"
                .to_owned(),
        );
    }
    Ok(())
}

/// Forms without attributes that a trusted key with these attributes may wrap wrap-with-trusted keys in; wire codes.
pub fn bytes_alone(attributes: &[AttributeValue]) -> Vec<u32> {
    let Some(Value::Mechanisms(named)) = find(attributes, Attribute::AllowedMechanisms) else {
        return Vec::new();
    };
    let wraps = |code: &u32| {
        Mechanism::from_code(*code).is_some_and(|mechanism| {
            mechanism.row().has_use(Use::Wrap) && mechanism != Mechanism::AesAttributeWrap
        })
    };
    named.mechanisms.iter().copied().filter(wraps).collect()
}

/// Whether what this key unwraps with its attributes is what an HSM wrapped: nobody outside has ever had the key.
pub fn vouches(key: &Key) -> bool {
    [
        Attribute::Local,
        Attribute::AlwaysSensitive,
        Attribute::NeverExtractable,
    ]
    .into_iter()
    .all(|attribute| key.attributes.flag(attribute))
}

fn permits(attributes: &AttributeSet, wanted: Use) -> bool {
    attribute_of(wanted).is_some_and(|attribute| attributes.flag(attribute))
}

/// The attribute that permits a use; `None` for what is done without a key.
pub fn attribute_of(wanted: Use) -> Option<Attribute> {
    match wanted {
        Use::Sign => Some(Attribute::Sign),
        Use::Verify => Some(Attribute::Verify),
        Use::Encrypt => Some(Attribute::Encrypt),
        Use::Decrypt => Some(Attribute::Decrypt),
        Use::Wrap => Some(Attribute::Wrap),
        Use::Unwrap => Some(Attribute::Unwrap),
        Use::Derive => Some(Attribute::Derive),
        Use::Encapsulate => Some(Attribute::Encapsulate),
        Use::Decapsulate => Some(Attribute::Decapsulate),
        Use::Generate | Use::Random | Use::Digest => None,
    }
}

fn use_name(wanted: Use) -> &'static str {
    match wanted {
        Use::Generate => "generate",
        Use::Random => "make random bytes",
        Use::Digest => "digest",
        Use::Sign
        | Use::Verify
        | Use::Encrypt
        | Use::Decrypt
        | Use::Wrap
        | Use::Unwrap
        | Use::Derive
        | Use::Encapsulate
        | Use::Decapsulate => attribute_of(wanted).map_or("", |attribute| attribute.row().name),
    }
}
