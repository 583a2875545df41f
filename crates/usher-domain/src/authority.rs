//! What callers may do, and who did something.

use std::{fmt, str::FromStr};

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::id::{CredentialId, InvalidId, UserId};

/// What a caller may do, from most to least.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[strum(parse_err_ty = UnknownAuthority, parse_err_fn = unknown_authority)]
pub enum Authority {
    /// Everything within the tenant.
    OrgAdmin,
    /// Invites, resends, revokes and reads.
    Helpdesk,
    /// Invites; resends, revokes and reads what it issued itself.
    Inviter,
    /// Reads.
    Reader,
}

/// The text is not an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of ORG_ADMIN, HELPDESK, INVITER, READER")]
pub struct UnknownAuthority;

fn unknown_authority(_: &str) -> UnknownAuthority {
    UnknownAuthority
}

impl Authority {
    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    Invite,
    Resend,
    Revoke,
    Read,
    /// Adds and removes members, gives them roles and pins.
    ManageMembers,
    /// Imports and exports, manages API keys, changes settings.
    Administer,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    User(UserId),
    Client(CredentialId),
    /// The operator at the command line, or usher itself.
    System,
    /// Somebody of whom nothing is known: what they showed was wrong.
    Nobody,
}

/// One short text for each actor: `u` and the user's id, `c` and the key's id, `s` or `n`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "u{id}"),
            Self::Client(id) => write!(f, "c{id}"),
            Self::System => f.write_str("s"),
            Self::Nobody => f.write_str("n"),
        }
    }
}

impl FromStr for Actor {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_at_checked(1) {
            Some(("u", id)) => Ok(Self::User(UserId::parse(id)?)),
            Some(("c", id)) => Ok(Self::Client(id.parse()?)),
            Some(("s", "")) => Ok(Self::System),
            Some(("n", "")) => Ok(Self::Nobody),
            _ => Err(InvalidId),
        }
    }
}
