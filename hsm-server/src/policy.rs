//! Decides whether a caller may use a key in a way.

/// The cluster's mode, chosen once. In FIPS mode the mechanisms table's `fips` column decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only what the FIPS column permits.
    Fips,
    /// Everything in the table.
    NonFips,
}

impl Mode {
    /// Its name in ClusterInfo, as in CloudHSM.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Fips => "FIPS",
            Mode::NonFips => "NON_FIPS",
        }
    }
}
