//! The layer that seals every stored record under a data key.
