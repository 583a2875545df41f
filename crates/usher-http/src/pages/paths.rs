//! The paths of the pages. Links in letters lead to the first three.

use usher_application::Links;

pub(crate) const ACCEPT: &str = Links::ACCEPT;
pub(crate) const SIGN_IN: &str = Links::SIGN_IN;
pub(crate) const PIN: &str = Links::PIN;
pub(crate) const SIGN_OUT: &str = "/signout";
pub(crate) const ME: &str = "/me";
