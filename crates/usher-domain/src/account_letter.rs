//! The letters that users get about their own accounts.

use chrono::TimeDelta;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{id::AccountLetterId, keyring::Purpose, timestamp::Timestamp};

/// The latest letter to a user about their account. Another one takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountLetter {
    pub id: AccountLetterId,
    pub kind: AccountLetterKind,
    /// When it was decided on.
    pub at: Timestamp,
}

/// What such a letter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum AccountLetterKind {
    /// Its link proves that they read their mailbox.
    Confirmation,
    /// Its link lets them choose another password.
    Reset,
    /// Tells them that their password is another one.
    PasswordChanged,
}

impl AccountLetterKind {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The purpose of the token in its link, and how long the link is good; none if its link needs
    /// no token.
    #[must_use]
    pub fn link(self) -> Option<(Purpose, TimeDelta)> {
        match self {
            Self::Confirmation => Some((Purpose::Confirmation, TimeDelta::hours(24))),
            Self::Reset => Some((Purpose::Reset, TimeDelta::hours(1))),
            Self::PasswordChanged => None,
        }
    }
}

impl AccountLetter {
    /// How long nobody is sent another letter of these on request.
    pub const PAUSE: TimeDelta = TimeDelta::minutes(5);

    /// When the link in it ends; none for a letter whose link does not.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.kind.link().map(|(_, life)| self.at + life)
    }
}
