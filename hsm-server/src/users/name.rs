//! User names.

use std::fmt;

use ferrohsm_protocol::Status;

use crate::error::OpError;

/// Longest user name, in characters.
pub const NAME_MAX: usize = 64;

/// A user's name: 1 to [`NAME_MAX`] characters of `[a-z0-9._@-]`. Upper case is folded here and nowhere else, so that
/// `Admin` and `admin` are one user with one count of wrong passwords.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName(String);

impl UserName {
    /// Reads a name as it came in.
    ///
    /// # Errors
    /// [`Status::UserNameInvalid`] if it is empty, too long, or has other characters.
    pub fn parse(raw: &str) -> Result<UserName, OpError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'@' | b'-');
        if raw.is_empty() || raw.len() > NAME_MAX || !raw.bytes().all(allowed) {
            return Err(Status::UserNameInvalid.into());
        }
        Ok(UserName(raw.to_ascii_lowercase()))
    }

    /// The folded name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_case_once() {
        assert_eq!(
            UserName::parse("AdMin@Example.org").unwrap().as_str(),
            "admin@example.org"
        );
    }

    #[test]
    fn refuses_what_could_be_a_second_spelling() {
        for raw in [
            "",
            " admin",
            "admin ",
            "ad\0min",
            "admin\n",
            "ädmin",
            "ADMİN",
            "a/b",
            "a:b",
            &"x".repeat(65),
        ] {
            assert_eq!(
                UserName::parse(raw).unwrap_err().status,
                Status::UserNameInvalid,
                "{raw:?}"
            );
        }
        assert!(UserName::parse(&"x".repeat(64)).is_ok());
    }
}
