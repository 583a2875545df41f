//! Memberships: users in organizations, with roles and maybe a pin.

use std::fmt;

use crate::{
    id::{MembershipId, OrganizationId, TenantId, UserId},
    pin::Pin,
    session::Session,
    timestamp::Timestamp,
};

/// A membership: one for each user and organization. It is in force as soon as it is stored: a user
/// who has to agree first is invited instead.
#[derive(Clone, PartialEq)]
pub struct Membership {
    pub id: MembershipId,
    pub tenant: TenantId,
    pub user: UserId,
    pub organization: OrganizationId,
    pub roles: Vec<String>,
    /// The pin that signs them in to this organization alone; unique within it.
    pub pin: Option<Pin>,
    /// Whether they may open a terminal where others sign in with their pins.
    pub pin_allowed: bool,
    pub joined_at: Timestamp,
    /// How many letters were decided on.
    pub letters: u32,
    /// When the last of them was decided on.
    pub mailed_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

impl Membership {
    /// A membership without roles, and without a letter about it.
    #[must_use]
    pub fn new(
        id: MembershipId,
        tenant: TenantId,
        user: UserId,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant,
            user,
            organization,
            roles: Vec::new(),
            pin: None,
            pin_allowed: false,
            joined_at: now,
            letters: 0,
            mailed_at: now,
            version: 1,
        }
    }

    /// The same membership, with one more letter about it.
    #[must_use]
    pub fn with_next_letter(self, now: Timestamp) -> Self {
        Self { letters: self.letters + 1, mailed_at: now, ..self }
    }

    /// Whether a session that was opened with a pin is still valid: not if the member left since
    /// then, even if they came back, and not if the pin was removed or replaced. Ids sort by age: a
    /// pin whose seed is younger than the session replaced the one that opened it.
    #[must_use]
    pub fn honours(&self, session: &Session) -> bool {
        let is_older = |it: &Pin| it.seed.is_none_or(|it| it.id <= session.id.0);
        self.joined_at <= session.created_at && self.pin.as_ref().is_some_and(is_older)
    }

    /// The same membership, changed once more.
    #[must_use]
    pub fn touched(self) -> Self {
        Self { version: self.version + 1, ..self }
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership")
            .field("user", &self.user)
            .field("organization", &self.organization)
            .field("roles", &self.roles)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
