//! What protects the copy of the master key that an HSM keeps at rest.
