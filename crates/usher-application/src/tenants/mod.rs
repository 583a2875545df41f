//! Use cases of a tenant as a whole.

pub(crate) mod bootstrap;
pub(crate) mod read_audit;
pub(crate) mod redirects;
