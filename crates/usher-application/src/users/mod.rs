//! Use cases of the users of a tenant.

pub(crate) mod add;
pub(crate) mod read;
pub(crate) mod reset;
