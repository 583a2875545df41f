//! Letters into words: subject, text and page.

pub(crate) mod built_in;
pub(crate) mod content;
pub(crate) mod custom;
pub(crate) mod custom_check;
pub(crate) mod language;
pub(crate) mod sanitize;
