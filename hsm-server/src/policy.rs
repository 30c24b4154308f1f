//! Decides whether a key may be used in a way. Who may call which operation is decided in [`crate::dispatch`], whose key
//! it is in [`crate::keys::Keys::get`]; nothing else decides.

use crate::error::OpError;
use crate::keys::Key;
use crate::keys::attributes::AttributeSet;
use ferrohsm_protocol::mechanisms::{MECHANISMS, MechanismRow, Use};
use ferrohsm_protocol::messages::{Curve, KeyType};
use ferrohsm_protocol::{Attribute, Mechanism, Status};

/// Shortest RSA modulus that may wrap a key, in bits.
pub const RSA_WRAPPING_BITS_MIN: u32 = 2048;
/// Strength of a symmetric key counts up to this many bits: HMAC secrets may be longer than any AES key.
const STRENGTH_BITS_MAX: u32 = 256;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrapper {
    /// Its type.
    pub key_type: KeyType,
    /// Its size in bits.
    pub size_bits: u32,
    /// Whether a crypto officer marked it as trusted; never so for a key from the caller.
    pub trusted: bool,
}

/// Whether `target` may leave the HSM wrapped by `wrapper`.
///
/// # Errors
/// [`Status::KeyNotExtractable`], [`Status::KeyFunctionNotPermitted`].
pub fn wrapping(target: &Key, wrapper: Wrapper) -> Result<(), OpError> {
    if !target.attributes.flag(Attribute::Extractable) {
        return Err(Status::KeyNotExtractable.into());
    }
    if target.attributes.flag(Attribute::WrapWithTrusted) && !wrapper.trusted {
        let message = "the key is wrap-with-trusted, and the wrapping key is not trusted";
        return Err(OpError::new(Status::KeyFunctionNotPermitted, message));
    }
    match (wrapper.key_type, target.key_type) {
        (KeyType::Rsa, _) if wrapper.size_bits < RSA_WRAPPING_BITS_MIN => {
            let message = format!("RSA keys wrap from {RSA_WRAPPING_BITS_MIN} bits on");
            Err(OpError::new(Status::KeyFunctionNotPermitted, message))
        }
        (KeyType::Aes, KeyType::Aes | KeyType::GenericSecret)
            if wrapper.size_bits < target.size_bits.min(STRENGTH_BITS_MAX) =>
        {
            let message = format!(
                "the wrapping key is weaker ({} bits) than the key to wrap ({} bits)",
                wrapper.size_bits, target.size_bits
            );
            Err(OpError::new(Status::KeyFunctionNotPermitted, message))
        }
        _ => Ok(()),
    }
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
        Use::Generate | Use::Random => None,
    }
}

fn use_name(wanted: Use) -> &'static str {
    match wanted {
        Use::Generate => "generate",
        Use::Random => "make random bytes",
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
