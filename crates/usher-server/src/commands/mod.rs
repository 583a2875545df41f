//! The commands that do one thing and end.

pub(crate) mod audit;
pub(crate) mod check;
mod describe;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod invite;
pub(crate) mod key;
pub(crate) mod migrate;
mod progress_bar;
pub(crate) mod reset;
pub(crate) mod task;
pub(crate) mod tenant;
