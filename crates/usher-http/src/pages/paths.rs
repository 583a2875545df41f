//! The paths of the pages. `usher_application::Links` writes the first three of them into letters.

pub(crate) const ACCEPT: &str = "/accept";
pub(crate) const SIGN_IN: &str = "/signin";
pub(crate) const PIN: &str = "/pin";
pub(crate) const SIGN_OUT: &str = "/signout";
pub(crate) const ME: &str = "/me";
