//! Renders letters: their subject, text and HTML.

pub(crate) mod built_in;
pub(crate) mod content;
pub(crate) mod custom;
pub(crate) mod custom_check;
pub(crate) mod custom_fault;
pub(crate) mod engine;
pub(crate) mod language;
pub(crate) mod rendered;
pub(crate) mod sanitize;
