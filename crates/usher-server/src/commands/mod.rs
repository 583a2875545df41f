//! The commands that do one thing and end.

pub(crate) mod check;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod invite;
pub(crate) mod key;
pub(crate) mod migrate;
