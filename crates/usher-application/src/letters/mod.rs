//! What is mailed, and when.

pub(crate) mod deliver;
