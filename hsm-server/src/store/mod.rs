//! Where sealed records are kept.
