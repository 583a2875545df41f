//! Use cases of organizations and of the roles that they define.

pub(crate) mod manage;
pub(crate) mod roles;
