//! Mails to where they go.

pub(crate) mod connection;
pub(crate) mod folder;
pub(crate) mod pool;
pub(crate) mod reply;
pub(crate) mod server;
pub(crate) mod smtp;
