//! Profiles: how users of one kind are invited.

use chrono::TimeDelta;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{
    id::{ProfileId, TenantId},
    locale::Locale,
    mailbox::Mailbox,
    timestamp::Timestamp,
    user::User,
};

/// Invitation options for users of one kind. What an invitation says itself takes precedence.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub id: ProfileId,
    pub tenant: TenantId,
    /// Which of their addresses the invitation goes to.
    pub address: Address,
    /// None: the lifetime of the operator's policy.
    pub lifetime: Option<TimeDelta>,
    /// The name of a custom template; none: the built-in one.
    pub template: Option<String>,
    pub locale: Option<Locale>,
    /// Since when users are invited automatically as soon as they are imported.
    pub automatic_since: Option<Timestamp>,
    /// Whether only users who were created after `automatic_since` are invited automatically.
    pub new_only: bool,
    /// Whether a user whose invitation expired gets another one.
    pub repeat: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

/// One of a user's addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[strum(parse_err_ty = UnknownAddress, parse_err_fn = unknown_address)]
pub enum Address {
    #[default]
    Work,
    Personal,
}

/// The text is not the word of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of work, personal")]
pub struct UnknownAddress;

fn unknown_address(_: &str) -> UnknownAddress {
    UnknownAddress
}

impl Address {
    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    #[must_use]
    pub fn of(self, user: &User) -> Option<&Mailbox> {
        match self {
            Self::Work => user.mailbox.as_ref(),
            Self::Personal => user.personal_mailbox.as_ref(),
        }
    }
}

impl Profile {
    /// The defaults: to the work address, and not automatically.
    #[must_use]
    pub fn new(id: ProfileId, tenant: TenantId, now: Timestamp) -> Self {
        Self {
            id,
            tenant,
            address: Address::default(),
            lifetime: None,
            template: None,
            locale: None,
            automatic_since: None,
            new_only: false,
            repeat: false,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Whether a user is invited automatically.
    #[must_use]
    pub fn invites(&self, user: &User) -> bool {
        self.automatic_since.is_some_and(|since| !self.new_only || user.created_at >= since)
    }
}
