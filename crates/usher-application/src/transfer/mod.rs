//! Users, organizations, roles and profiles in and out of usher as records.

pub(crate) mod import;
