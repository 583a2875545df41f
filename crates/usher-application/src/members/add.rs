//! Make users members of an organization at once.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{
    Action, Actor, Caller, Entry, EntryId, Membership, MembershipId, OrganizationId, Permission,
    Pin, Refusal, Subject, Timestamp, UserRef, check_roles,
};

use crate::{
    ports::{
        entropy::Entropy,
        error::StoreError,
        ledger::{Changes, CommitError},
    },
    shared::{
        admission::{Admission, OpenSeats},
        core::Core,
        letter_jobs::welcome,
        member_lookup::{LocatedMember, MemberLookup, MembersError, UserRefs},
        pins::Pins,
    },
};

/// Makes users members whom nobody asks: the membership holds from the commit on, and a letter
/// tells them.
pub struct AddMembers {
    core: Arc<Core>,
    roll: MemberLookup,
    porter: Admission,
    pins: Pins,
}

/// One person to add, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMember {
    pub who: UserRefs,
    /// At most 50, 100 characters each. Kept as they are.
    pub roles: Vec<String>,
    /// Whether they get a pin.
    pub pin: Option<PinGrant>,
}

/// A pin for a new member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinGrant {
    /// [`Membership::pin_allowed`]. Where it is granted, it is at their home as well.
    pub allowed: bool,
}

/// Why someone did not add themselves.
#[derive(Debug, thiserror::Error)]
pub enum AddMyselfError {
    /// The caller is no person, or not in any more.
    #[error("the caller is no user who is in")]
    NoPerson,
    /// The caller's own organization stands below another one.
    #[error("only who comes from the topmost organization can add themselves")]
    Below,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Members(#[from] MembersError),
}

const ROUNDS: usize = 8;

impl AddMembers {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            roll: MemberLookup::new(core),
            porter: Admission::new(core),
            pins: Pins::new(core),
        }
    }

    /// Adds those who are in; each is added or refused for a reason of their own, in the order
    /// asked. Whoever is named twice is added once.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, batch = members.len()))]
    pub async fn run(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        members: &[NewMember],
    ) -> Result<Vec<Result<Membership, Refusal>>, MembersError> {
        if members.len() > self.core.policy.batch {
            return Err(MembersError::TooMany { limit: self.core.policy.batch });
        }
        let names: Vec<_> = members.iter().map(|it| it.who.clone()).collect();
        for _ in 0..ROUNDS {
            let (place, found) =
                self.roll.call(caller, Permission::Invite, organization, &names).await?;
            let now = self.core.ports.clock.now();
            let mut doors = self.porter.doors(caller.tenant, vec![place], now).await?;
            let decided =
                self.decide(caller, organization, members, found, &mut doors, now).await?;
            let seated = doors.seated(caller.tenant, now);
            let changes = Changes { seated, ..self.changes(caller, &decided) };
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => {
                    return Ok(decided.into_iter().map(|it| it.map(|it| it.membership)).collect());
                }
                // What others wrote meanwhile decides.
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same memberships").into())
    }

    /// The caller, a person of the topmost organization, adds themselves to it or to one right
    /// below it. The answer holds the pin in the clear, where they asked for one.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn myself(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        roles: &[String],
        pin: Option<PinGrant>,
    ) -> Result<(Membership, Option<String>), AddMyselfError> {
        if let Some(own) = &caller.organization {
            let (own, _) = self.roll.call(caller, Permission::Invite, own, &[]).await?;
            if own.parent.is_some() {
                return Err(AddMyselfError::Below);
            }
        }
        let Actor::User(me) = &caller.actor else { return Err(AddMyselfError::NoPerson) };
        let who = UserRef::Id(me.clone()).into();
        let member = NewMember { who, roles: roles.to_vec(), pin };
        let outcome = self.run(caller, organization, &[member]).await?.into_iter().next();
        let membership = match outcome {
            Some(Err(Refusal::UnknownUser)) | None => return Err(AddMyselfError::NoPerson),
            Some(outcome) => outcome?,
        };
        let pin = membership.pin.as_ref().and_then(|it| self.pins.reveal(organization, it));
        Ok((membership, pin))
    }

    async fn decide(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        members: &[NewMember],
        found: Vec<Option<LocatedMember>>,
        doors: &mut OpenSeats,
        now: Timestamp,
    ) -> Result<Vec<Result<Added, Refusal>>, StoreError> {
        let judged = members.iter().zip(found).map(|(member, found)| {
            let found = eligible(found, organization)?;
            doors.admit(organization, found.user.mailbox.as_ref())?;
            check_roles(&member.roles)?;
            Ok((member, found))
        });
        let judged: Vec<Result<_, Refusal>> = judged.collect();
        let wanted = judged.iter().flatten().filter(|(it, _)| it.pin.is_some()).count();
        let mut pins = match wanted {
            0 => Vec::new(),
            _ => self.pins.draw(caller.tenant, organization, wanted).await?,
        }
        .into_iter();
        let mut added = HashSet::new();
        let mut add = |(member, found): (&NewMember, LocatedMember)| {
            let id = &found.user.id;
            if added.contains(id) {
                return Err(Refusal::AlreadyMember(id.clone()));
            }
            let pin = match member.pin {
                None => None,
                Some(grant) => Some((pins.next().flatten().ok_or(Refusal::NoPin)?, grant)),
            };
            doors.seat(organization)?;
            added.insert(id.clone());
            Ok(self.added(caller, organization, member, found, pin, now))
        };
        Ok(judged.into_iter().map(|it| it.and_then(&mut add)).collect())
    }

    fn added(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        member: &NewMember,
        LocatedMember { user, at_home, .. }: LocatedMember,
        pin: Option<(Pin, PinGrant)>,
        now: Timestamp,
    ) -> Added {
        let id = || MembershipId(self.core.ports.entropy.id());
        let new = Membership::new(id(), caller.tenant, user.id.clone(), organization.clone(), now);
        let (pin, allowed) = pin.map_or((None, false), |(pin, it)| (Some(pin), it.allowed));
        let membership =
            Membership { roles: member.roles.clone(), pin, pin_allowed: allowed, ..new };
        let is_told = self.core.ports.postman.delivers() && user.mailbox.is_some();
        let membership = if is_told { membership.with_next_letter(now) } else { membership };
        let at_home = match (user.home, at_home) {
            (Some(_), Some(held)) if allowed && !held.pin_allowed => {
                Some(Membership { pin_allowed: true, ..held.touched() })
            }
            (Some(home), None) if allowed => {
                let new = Membership::new(id(), caller.tenant, user.id, home, now);
                Some(Membership { pin_allowed: true, ..new })
            }
            _ => None,
        };
        Added { membership, at_home }
    }

    fn changes(&self, caller: &Caller, decided: &[Result<Added, Refusal>]) -> Changes {
        let mut changes = Changes::default();
        for Added { membership, at_home } in decided.iter().flatten() {
            changes.jobs.extend(welcome(&*self.core.ports.entropy, membership));
            changes.audit.push(entry(
                &*self.core.ports.entropy,
                caller,
                Action::MemberAdded,
                membership,
                membership.joined_at,
            ));
            changes.memberships.push(membership.clone());
            changes.memberships.extend(at_home.clone());
        }
        changes
    }
}

/// A new membership, and what it brings along.
struct Added {
    membership: Membership,
    /// That of the home, where it changes with it.
    at_home: Option<Membership>,
}

/// Someone who can become a member, unless they are one.
fn eligible(
    found: Option<LocatedMember>,
    organization: &OrganizationId,
) -> Result<LocatedMember, Refusal> {
    let found = found.ok_or(Refusal::UnknownUser)?;
    let id = || found.user.id.clone();
    if found.user.home.as_ref() == Some(organization) {
        return Err(Refusal::AtHome(id()));
    }
    if found.membership.is_some() {
        return Err(Refusal::AlreadyMember(id()));
    }
    Ok(found)
}

pub(crate) fn entry(
    entropy: &dyn Entropy,
    caller: &Caller,
    action: Action,
    about: &Membership,
    now: Timestamp,
) -> Entry {
    Entry {
        id: EntryId(entropy.id()),
        tenant: caller.tenant,
        at: now,
        actor: caller.actor.clone(),
        action,
        subject: Subject::User(about.user.clone()),
        detail: Some(about.organization.to_string()),
    }
}

#[cfg(test)]
mod tests;
