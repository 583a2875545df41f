//! Who asks: keys, passwords, pins and sessions.

pub(crate) mod authenticate;
pub(crate) mod candidate;
pub(crate) mod credentials;
pub(crate) mod pin_sign_in;
pub(crate) mod session;
pub(crate) mod sign_in;
