//! The request to invite somebody, as a caller makes it.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::{
    authority::Authority,
    id::{OrganizationId, UserId},
    locale::Locale,
    mailbox::Mailbox,
    text::{InvalidText, TextRule},
    user::UserRef,
};

/// One person to invite, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Invite {
    pub who: Invitee,
    /// None: into the tenant itself.
    pub organization: Option<OrganizationId>,
    /// At most 50, 100 characters each.
    pub roles: Vec<String>,
    /// Whether each of them must be defined, and fit the organization: see
    /// [`Role::fits`](crate::role::Role::fits).
    pub defined_roles: bool,
    pub authority: Option<Authority>,
    /// None: the lifetime of the user's profile, or else of the operator's policy.
    pub lifetime: Option<TimeDelta>,
    /// At most 64; keys up to 63 characters, values up to 255.
    pub labels: BTreeMap<String, String>,
    /// At most 2 000 characters; may have several lines.
    pub message: Option<String>,
    pub locale: Option<Locale>,
    pub redirect: Option<String>,
    /// None: the person whose key or session the caller uses, if it is one.
    pub inviter: Option<InviterRef>,
    /// No letter is sent: the caller hands the link over.
    pub quiet: bool,
}

impl Invite {
    /// An invitation into the tenant itself, with the defaults for everything.
    #[must_use]
    pub fn new(who: Invitee) -> Self {
        Self {
            who,
            organization: None,
            roles: Vec::new(),
            defined_roles: false,
            authority: None,
            lifetime: None,
            labels: BTreeMap::new(),
            message: None,
            locale: None,
            redirect: None,
            inviter: None,
            quiet: false,
        }
    }
}

/// Who is invited.
#[derive(Clone, Debug, PartialEq)]
pub enum Invitee {
    /// A user, who must exist.
    User(UserRef),
    /// Whoever reads this mailbox, known or not.
    Mailbox { mailbox: Mailbox, name: Option<String> },
}

/// In whose name an invitation is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InviterRef {
    User(UserId),
    /// At most 120 characters.
    Name(String),
}

/// The labels as given, unless one breaks the bounds: at most 64, keys of 1 to 63 characters without
/// control characters, values of up to 255 without NUL.
pub fn parse_labels(
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, InvalidText> {
    let broken = |rule| Err(InvalidText { field: "labels", rule });
    if given.len() > 64 {
        return broken(TextRule::TooMany(64));
    }
    for (key, value) in given {
        if key.is_empty() {
            return broken(TextRule::Empty);
        }
        if key.chars().count() > 63 {
            return broken(TextRule::TooLong(63));
        }
        if value.chars().count() > 255 {
            return broken(TextRule::TooLong(255));
        }
        if key.contains(char::is_control) || value.contains('\0') {
            return broken(TextRule::Control);
        }
    }
    Ok(given.clone())
}
