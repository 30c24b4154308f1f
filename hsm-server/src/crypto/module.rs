//! What module does the cryptography, told truthfully.

/// The facts that `--version` and `cluster hsm-info` show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Module {
    /// The library's name.
    pub name: &'static str,
    /// The library's version, from the library that is linked.
    pub version: &'static str,
    /// Major number of the AWS-LC-FIPS module it is a build of, where it is one.
    pub fips_module_version: Option<u32>,
    /// True when the library reports that it runs as its FIPS module (its self-tests have passed).
    pub fips: bool,
}

/// Asks the linked library.
pub fn module() -> Module {
    let fips = aws_lc_rs::try_fips_mode().is_ok();
    Module {
        name: if fips { "AWS-LC FIPS" } else { "AWS-LC" },
        version: aws_lc_rs::awslc_version(),
        fips_module_version: aws_lc_rs::fips_version(),
        fips,
    }
}

impl std::fmt::Display for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_built() {
        let module = module();
        println!("{module:?}");
        assert_eq!(module.fips, cfg!(feature = "fips"));
        assert_eq!(module.fips_module_version.is_some(), cfg!(feature = "fips"));
        assert!(module.version.starts_with(|c: char| c.is_ascii_digit()));
    }
}
