//! Who asks: keys, passwords, pins and sessions.

pub(crate) mod authenticate;
pub(crate) mod pin_sign_in;
pub(crate) mod sign_in;
