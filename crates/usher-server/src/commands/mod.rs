//! The commands that do one thing and end, one command a file, and what they print.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod confirm;
mod describe;
pub(crate) mod export;
mod files;
pub(crate) mod import;
pub(crate) mod invitation;
pub(crate) mod invite;
pub(crate) mod key;
pub(crate) mod migrate;
mod progress_bar;
pub(crate) mod reset;
mod results;
pub(crate) mod task;
mod task_text;
pub(crate) mod tenant;
