//! Where mails go: to a mail server or into a folder.

pub(crate) mod connection;
pub(crate) mod folder;
pub(crate) mod pool;
pub(crate) mod reply;
pub(crate) mod server;
pub(crate) mod smtp;
