//! Invitations and their states: pending, then accepted, declined, revoked or expired.

use std::fmt;

use chrono::TimeDelta;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{
    authority::Actor,
    gift::Gift,
    id::{InvitationId, TenantId, UserId},
    mailbox::Mailbox,
    offer::Offer,
    policies::ResendPolicy,
    timestamp::Timestamp,
};

/// An invitation: an offer to whoever reads a mailbox.
#[derive(Clone, PartialEq)]
pub struct Invitation {
    pub id: InvitationId,
    pub tenant: TenantId,
    pub mailbox: Mailbox,
    /// The user who is invited, or who accepted.
    pub user: Option<UserId>,
    /// The invitee's name, where known.
    pub name: Option<String>,
    pub offer: Offer,
    /// Who made it; nothing changes that.
    pub creator: Actor,
    /// When the creator last had a hand in it.
    pub creator_at: Timestamp,
    /// Who answers for it instead of the creator, since it was transferred to them.
    pub taken_over_by: Option<Actor>,
    pub updater: Actor,
    /// Who chose the roles, and when they last had a hand in it; none if the creator did before it was
    /// transferred.
    pub roles_by: Option<Gift>,
    pub issued_at: Timestamp,
    pub updated_at: Timestamp,
    pub expires_at: Timestamp,
    /// How many letters were decided on.
    pub letters: u32,
    /// When the last of them was decided on.
    pub mailed_at: Timestamp,
    /// Which link is valid: a token is made for one generation.
    pub generation: u32,
    /// Until when the generation before is valid as well.
    pub previous_until: Option<Timestamp>,
    pub status: Status,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The status that is stored. It does not change when an invitation expires: see [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    Pending,
    Accepted,
    Declined,
    Revoked,
    /// Expired, and replaced by a new invitation.
    Lapsed,
}

impl Status {
    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The state at a moment: it follows from the status and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum State {
    Pending,
    Expired,
    Accepted,
    Declined,
    Revoked,
}

impl State {
    /// The word that is stored and shown for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Why an invitation, or a link to it, is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Closed {
    #[error("the invitation has expired")]
    Expired,
    #[error("the invitation was accepted already")]
    Accepted,
    #[error("the invitation was declined")]
    Declined,
    #[error("the invitation was revoked")]
    Revoked,
    /// The invitation may be open, but a newer link to it was sent.
    #[error("a newer link to this invitation was sent")]
    Superseded,
    /// It was sent to an address that the invitee does not have any more.
    #[error("the invitation was sent to another address than the invitee has now")]
    Readdressed,
}

impl Invitation {
    /// How long the link before is still valid under [`ResendPolicy::Grace`].
    pub const GRACE: TimeDelta = TimeDelta::days(1);

    /// A new invitation. It does not check whether the mailbox may be invited.
    #[must_use]
    pub fn issue(
        id: InvitationId,
        tenant: TenantId,
        mailbox: Mailbox,
        offer: Offer,
        creator: Actor,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant,
            mailbox,
            user: None,
            name: None,
            creator: creator.clone(),
            creator_at: now,
            taken_over_by: None,
            roles_by: None,
            updater: creator,
            issued_at: now,
            updated_at: now,
            expires_at: now + offer.lifetime,
            letters: u32::from(!offer.quiet),
            mailed_at: now,
            generation: 1,
            previous_until: None,
            status: Status::Pending,
            version: 1,
            offer,
        }
    }

    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        match self.status {
            Status::Pending if now < self.expires_at => State::Pending,
            Status::Pending | Status::Lapsed => State::Expired,
            Status::Accepted => State::Accepted,
            Status::Declined => State::Declined,
            Status::Revoked => State::Revoked,
        }
    }

    /// Fails unless it can still be accepted or declined.
    pub fn open(&self, now: Timestamp) -> Result<(), Closed> {
        self.ensure_pending()?;
        if now < self.expires_at { Ok(()) } else { Err(Closed::Expired) }
    }

    /// Fails unless the stored status is pending. A pending invitation may have expired.
    fn ensure_pending(&self) -> Result<(), Closed> {
        match self.status {
            Status::Pending => Ok(()),
            Status::Lapsed => Err(Closed::Expired),
            Status::Accepted => Err(Closed::Accepted),
            Status::Declined => Err(Closed::Declined),
            Status::Revoked => Err(Closed::Revoked),
        }
    }

    /// Who answers for it: they must be able to give what it offers.
    #[must_use]
    pub fn answers(&self) -> &Actor {
        self.taken_over_by.as_ref().unwrap_or(&self.creator)
    }

    /// The same invitation, for which somebody else answers from now on. It is still a gift of whoever
    /// made it.
    #[must_use]
    pub fn taken_over(self, by: &Actor) -> Self {
        let taken_over_by = Some(by).filter(|it| **it != self.creator).cloned();
        Self { taken_over_by, ..self }
    }

    /// The same invitation with these roles, which somebody chose.
    #[must_use]
    pub fn with_roles(mut self, roles: Vec<String>, by: &Gift) -> Self {
        self.offer.roles = roles;
        let is_whole = self.taken_over_by.is_none() && by.by == self.creator;
        self.roles_by = (!is_whole).then(|| by.clone());
        self
    }

    /// What it gives, but for the roles, to whoever accepts it as it is now.
    #[must_use]
    pub fn gift(&self) -> Gift {
        Gift::new(self.creator.clone(), self.creator_at)
    }

    /// The roles that it gives.
    #[must_use]
    pub fn gift_of_roles(&self) -> Gift {
        self.roles_by.clone().unwrap_or_else(|| self.gift())
    }

    /// Accepted by this user.
    pub fn accept(&self, user: UserId, now: Timestamp) -> Result<Self, Closed> {
        self.open(now)?;
        let actor = Actor::User(user.clone());
        Ok(Self { user: Some(user), ..self.closed(Status::Accepted, actor, now) })
    }

    /// Declined by the invitee.
    pub fn decline(&self, now: Timestamp) -> Result<Self, Closed> {
        self.open(now)?;
        Ok(self.closed(Status::Declined, self.updater.clone(), now))
    }

    /// Revoked by the inviting side. An expired invitation can be revoked too, which removes it from
    /// lists.
    pub fn revoke(&self, by: Actor, now: Timestamp) -> Result<Self, Closed> {
        self.ensure_pending()?;
        Ok(self.closed(Status::Revoked, by, now))
    }

    /// Lapsed, so that a new invitation to the same organization can be issued; `None` unless it is
    /// pending and expired.
    #[must_use]
    pub fn lapse(&self, now: Timestamp) -> Option<Self> {
        let lapsed = self.status == Status::Pending && now >= self.expires_at;
        lapsed.then(|| self.closed(Status::Lapsed, Actor::System, now))
    }

    /// Sent once more: it has another letter, and the policy decides which links are valid. An
    /// expired invitation is valid for its full lifetime again; an open one keeps its expiry.
    pub fn resend(&self, policy: ResendPolicy, by: Actor, now: Timestamp) -> Result<Self, Closed> {
        self.ensure_pending()?;
        let expired = now >= self.expires_at;
        let previous_until = match policy {
            ResendPolicy::Rotate => None,
            ResendPolicy::Keep => self.previous_until,
            ResendPolicy::Grace => Some(now + Self::GRACE),
        };
        Ok(Self {
            expires_at: if expired { now + self.offer.lifetime } else { self.expires_at },
            letters: self.letters + 1,
            mailed_at: now,
            generation: self.generation + u32::from(policy != ResendPolicy::Keep),
            previous_until,
            ..self.touched(by, now)
        })
    }

    /// Whether a link is valid, given which generations its token proves: `Ok` if it is, `Superseded`
    /// if a newer link was sent, and `None` if it never was a link to this invitation.
    #[must_use]
    pub fn admits(
        &self,
        proves: impl Fn(u32) -> bool,
        now: Timestamp,
    ) -> Option<Result<(), Closed>> {
        /// How many generations back a link is recognized.
        const MEMORY: u32 = 16;
        if proves(self.generation) {
            return Some(Ok(()));
        }
        let first = self.generation.saturating_sub(MEMORY).max(1);
        let past = (first..self.generation).rev().find(|it| proves(*it))?;
        let graced = past + 1 == self.generation && self.previous_until.is_some_and(|it| now < it);
        Some(if graced { Ok(()) } else { Err(Closed::Superseded) })
    }

    fn closed(&self, status: Status, by: Actor, now: Timestamp) -> Self {
        Self { status, ..self.touched(by, now) }
    }

    /// The same invitation, changed once more.
    #[must_use]
    pub fn touched(&self, by: Actor, now: Timestamp) -> Self {
        let latest = |who: &Actor, at| if *who == by { now } else { at };
        let chose = |it: &Gift| Gift::new(it.by.clone(), latest(&it.by, it.at));
        Self {
            creator_at: latest(&self.creator, self.creator_at),
            roles_by: self.roles_by.as_ref().map(chose),
            updater: by,
            updated_at: now,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests;
