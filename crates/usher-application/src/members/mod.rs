//! Use cases of the members of an organization.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod give_roles;
pub(crate) mod read;
pub(crate) mod remove;
