//! Mails to where they go.

pub(crate) mod folder;
pub(crate) mod reply;
pub(crate) mod smtp;
