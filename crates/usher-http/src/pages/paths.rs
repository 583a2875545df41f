//! The paths of the pages. Links in letters lead to those of [`Links`].

use usher_application::Links;

pub(crate) const ACCEPT: &str = Links::ACCEPT;
pub(crate) const SIGN_IN: &str = Links::SIGN_IN;
pub(crate) const PIN: &str = Links::PIN;
pub(crate) const FORGOT: &str = Links::FORGOT;
pub(crate) const RESET: &str = Links::RESET;
pub(crate) const CONFIRM: &str = Links::CONFIRM;
pub(crate) const SIGN_OUT: &str = "/signout";
pub(crate) const ME: &str = "/me";
pub(crate) const ME_PASSWORD: &str = "/me/password";
pub(crate) const ME_SESSIONS: &str = "/me/sessions";
pub(crate) const ME_CONFIRM: &str = "/me/confirm";
/// Leads to [`ME`].
pub(crate) const ROOT: &str = "/";

/// Those that links in letters lead to, with what the link says.
pub(crate) const MAILED: [&str; 3] = [ACCEPT, RESET, CONFIRM];

/// All of them.
pub(crate) const ALL: [&str; 12] = [
    ROOT,
    ACCEPT,
    SIGN_IN,
    PIN,
    FORGOT,
    RESET,
    CONFIRM,
    SIGN_OUT,
    ME,
    ME_PASSWORD,
    ME_SESSIONS,
    ME_CONFIRM,
];
