//! Memberships: users in organizations, with roles and maybe a pin.

use std::fmt;

use crate::{
    gift::{Gift, Gifts, Given},
    id::{MembershipId, OrganizationId, TenantId, UserId},
    pin::Pin,
    role::merge_roles,
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
    /// Who gave it, and what it consists of.
    pub gifts: Gifts,
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
            gifts: Gifts::default(),
            letters: 0,
            mailed_at: now,
            version: 1,
        }
    }

    /// The same membership, as one that was given so.
    #[must_use]
    pub fn given(self, gift: &Gift) -> Self {
        Self { gifts: self.gifts.with(Given::Itself, gift), ..self }
    }

    /// The same membership, when its member is known to be whom all of it was for.
    #[must_use]
    pub fn with_invitee_in(self) -> Self {
        Self { gifts: self.gifts.with_invitee_in(), ..self }
    }

    /// The same membership with these roles instead of those there are. What is new among them is
    /// given so; who gave what stays, they gave.
    #[must_use]
    pub fn with_roles(self, roles: Vec<String>, gift: &Gift) -> Self {
        let (gifts, held) = (self.gifts, self.roles);
        Self { gifts: gifts.with_roles(&held, &roles, gift), roles, ..self }
    }

    /// The same membership with these roles and those there are. Each of them is given so, also
    /// where it was held before.
    #[must_use]
    pub fn with_more_roles(self, more: &[String], gift: &Gift) -> Self {
        let gifts = self.gifts.with_more_roles(more, gift);
        Self { gifts, roles: merge_roles(self.roles, more), ..self }
    }

    /// The same membership with this pin, which is given so.
    #[must_use]
    pub fn with_pin(self, pin: Pin, gift: &Gift) -> Self {
        let gifts = self.gifts.forgetting(|it| *it == Given::Pin).with(Given::Pin, gift);
        Self { pin: Some(pin), gifts, ..self }
    }

    /// The same membership, whose member may open a terminal or may not. What is new is given so.
    #[must_use]
    pub fn with_pin_allowed(self, allowed: bool, gift: &Gift) -> Self {
        let gifts = match (self.pin_allowed, allowed) {
            (false, true) => self.gifts.with(Given::PinAllowed, gift),
            (true, false) => self.gifts.forgetting(|it| *it == Given::PinAllowed),
            _ => self.gifts,
        };
        Self { pin_allowed: allowed, gifts, ..self }
    }

    /// What is left of it when gifts are taken back: it has no role, no pin and no right to
    /// open a terminal that nobody else gave, and it ends (`None`) if somebody whose gifts are taken made it and nobody else gave any of it.
    #[must_use]
    pub fn without(&self, is_taken: &dyn Fn(&Gift) -> bool) -> Option<Self> {
        let gone = self.gifts.gone(is_taken);
        if gone.contains(&&Given::Itself) && self.gifts.left(is_taken).next().is_none() {
            return None;
        }
        let mut left = self.clone();
        left.roles = self.gifts.roles_left(left.roles, is_taken);
        let is_gone = |it: Given| gone.contains(&&it);
        let is_allowed = self.gifts.left(is_taken).any(|it| *it == Given::PinAllowed);
        if is_gone(Given::Pin) {
            left.pin = None;
        }
        left.pin_allowed &= is_allowed || !(is_gone(Given::Pin) || is_gone(Given::PinAllowed));
        Some(left)
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
