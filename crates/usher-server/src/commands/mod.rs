//! The commands that do one thing and end.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod invite;
pub(crate) mod key;
mod meter;
pub(crate) mod migrate;
pub(crate) mod reset;
pub(crate) mod task;
pub(crate) mod tenant;
mod told;
