//! Make users members of an organization at once.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use usher_domain::{
    Action, Actor, Caller, Gift, Membership, MembershipId, Organization, OrganizationId,
    Permission, Pin, Refusal, Timestamp, User, UserId, UserRef, parse_roles,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        admission::{Admission, Newcomer, OpenSeats},
        audit_trail::Trail,
        bounds::commit_for,
        budget::{Budget, Item},
        commit::Decision,
        core::Core,
        defined_roles::{Defined, check_gift_to},
        letter_jobs::welcome,
        member_lookup::{LocatedMember, MemberLookup, MembersError},
        pins::{PinGrant, Pins},
        powers::Powers,
        sight,
    },
};

/// Makes users members without asking them: the membership holds from the commit on, and a letter
/// tells them.
pub struct AddMembers {
    core: Arc<Core>,
    lookup: MemberLookup,
    admission: Admission,
    pins: Pins,
}

/// One person to add, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMember {
    /// Nobody is found by `None`. Whoever is named by their address alone must have proven it.
    pub who: Option<UserRef>,
    /// At most 50, of 100 characters each; see [`roles`].
    pub roles: Vec<String>,
    /// Whether they get a pin.
    pub pin: Option<PinGrant>,
}

/// Why someone did not add themselves.
#[derive(Debug, thiserror::Error)]
pub enum AddMyselfError {
    /// The caller is no person, or not an active user any more.
    #[error("the caller is not an active user")]
    NoPerson,
    /// The caller's own organization stands below another one.
    #[error("only people of an organization that stands below no other can add themselves")]
    Below,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Members(#[from] MembersError),
}

/// Someone who can be added, unless they are named twice or no seat or pin is left.
struct Candidate<'a> {
    member: &'a NewMember,
    /// As they are stored.
    roles: Vec<String>,
    found: LocatedMember,
}

/// How many there may be, and who may be allowed something at home.
struct Limits<'a> {
    seats: &'a mut OpenSeats,
    budget: &'a mut Budget,
    homes: &'a HashMap<UserId, Organization>,
}

/// A new membership, and what it brings along.
struct Added {
    membership: Membership,
    /// That of the home, where it changes with it.
    at_home: Option<Membership>,
}

impl AddMembers {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            lookup: MemberLookup::new(core),
            admission: Admission::new(core),
            pins: Pins::new(core),
        }
    }

    /// Adds active users; each is added or refused for a reason of their own, in the order asked.
    /// Whoever is named twice is added once. Only who manages members gives roles to themselves, and nobody
    /// whom a pin signed in adds themselves: what they got would outlive the pin. Whom a bound caller may
    /// add is decided by [`sight::addable`]; others do not exist for it.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, batch = members.len()))]
    pub async fn run(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        members: &[NewMember],
    ) -> Result<Vec<Result<Membership, Refusal>>, MembersError> {
        let limit = self.core.policy.batch;
        if members.len() > limit {
            return Err(MembersError::TooMany { limit });
        }
        let names: Vec<_> = members.iter().map(|it| it.who.clone()).collect();
        let (names, Ports { clock, .. }) = (&names, &self.core.ports);
        commit_for(&self.core, caller, "add members", |_| async move {
            let what = Permission::Invite;
            let (within, found) = self.lookup.find(caller, what, organization, names).await?;
            let found = self.addable(caller, names, found).await?;
            let now = clock.now();
            let homes = &self.homes(caller, members, &found).await?;
            let doors = homes.values().cloned().chain([within]).collect();
            let mut seats = self.admission.doors(caller.tenant, doors, now).await?;
            let letters = self.core.ports.postman.delivers();
            let mailboxes = found.iter().flatten().filter_map(|it| it.user.mailbox.as_ref());
            let mailboxes = mailboxes.filter(|_| letters);
            let mut budget = Budget::of_caller(&self.core, caller, now, mailboxes).await?;
            let mut limits = Limits { seats: &mut seats, budget: &mut budget, homes };
            let decided =
                self.decide(caller, organization, members, found, &mut limits, now).await?;
            let (seated, spent) = (seats.seated(caller.tenant, now), budget.spent());
            let changes = Changes { seated, spent, ..self.changes(caller, &decided, now) };
            let answer = decided.into_iter().map(|it| it.map(|it| it.membership)).collect();
            Ok(Decision::Commit(changes, answer))
        })
        .await
    }

    /// The caller, a person of an organization that stands below no other, adds themselves to it or
    /// to one right below it. The answer holds the pin in the clear, where they asked for one.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant))]
    pub async fn myself(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        roles: &[String],
        pin: Option<PinGrant>,
    ) -> Result<(Membership, Option<String>), AddMyselfError> {
        if let Some(own) = &caller.organization {
            let (own, _) = self.lookup.find(caller, Permission::Invite, own, &[]).await?;
            if own.parent.is_some() {
                return Err(AddMyselfError::Below);
            }
        }
        let Actor::User(me) = &caller.actor else { return Err(AddMyselfError::NoPerson) };
        let who = Some(UserRef::Id(me.clone()));
        let member = NewMember { who, roles: roles.to_vec(), pin };
        let outcome = self.run(caller, organization, &[member]).await?.into_iter().next();
        let membership = match outcome {
            Some(Err(Refusal::UnknownUser)) | None => return Err(AddMyselfError::NoPerson),
            Some(outcome) => outcome?,
        };
        let pin = membership.pin.as_ref().and_then(|it| self.pins.reveal(organization, it));
        Ok((membership, pin))
    }

    /// The people found, without those whom the caller may not add.
    async fn addable(
        &self,
        caller: &Caller,
        names: &[Option<UserRef>],
        found: Vec<Option<LocatedMember>>,
    ) -> Result<Vec<Option<LocatedMember>>, StoreError> {
        let come = |it: &'_ LocatedMember| it.membership.is_none();
        let people = names.iter().zip(&found).filter_map(|(who, it)| {
            Some((who.as_ref()?, &it.as_ref().filter(|it| come(it))?.user))
        });
        let addable = sight::addable(&self.core, caller, &people.collect::<Vec<_>>()).await?;
        let is_addable = |it: &LocatedMember| !come(it) || addable.contains(&it.user.id);
        Ok(found.into_iter().map(|it| it.filter(is_addable)).collect())
    }

    async fn decide(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        members: &[NewMember],
        found: Vec<Option<LocatedMember>>,
        limits: &mut Limits<'_>,
        now: Timestamp,
    ) -> Result<Vec<Result<Added, Refusal>>, StoreError> {
        let roles: Vec<_> = members.iter().map(|it| parse_roles(&it.roles)).collect();
        let named = roles.iter().flatten().flatten();
        let defined = Defined::of_words(&*self.core.ports.roles, caller.tenant, named).await?;
        let judged = members.iter().zip(roles).zip(found).map(|((member, roles), found)| {
            let found = eligible(caller, found, organization)?;
            if !caller.may_add(&found.user.id) {
                return Err(Refusal::SelfByPin);
            }
            if !member.who.as_ref().is_some_and(|it| it.surely_means(&found.user)) {
                return Err(Refusal::UnprovenMailbox);
            }
            limits.seats.admit(organization, found.user.mailbox.as_ref())?;
            let roles = roles?;
            defined.fit_words(caller, &roles, Some(organization))?;
            check_gift_to(caller, &found.user.id, &roles)?;
            Ok(Candidate { member, roles, found })
        });
        let judged: Vec<Result<_, Refusal>> = judged.collect();
        let wanted = judged.iter().flatten().filter(|it| it.member.pin.is_some()).count();
        let mut pins = match wanted {
            0 => Vec::new(),
            _ => self.pins.draw(caller.tenant, organization, wanted).await?,
        }
        .into_iter();
        let (mut added, gift) = (HashSet::new(), caller.gift(now));
        let mut add = |it: Candidate| {
            let id = &it.found.user.id;
            if added.contains(id) {
                return Err(Refusal::AlreadyMember(caller.told(id)));
            }
            let pin = match it.member.pin {
                None => None,
                Some(grant) => Some((pins.next().flatten().ok_or(Refusal::NoPin)?, grant)),
            };
            let added_now = self.added(organization, &it, pin, limits, &gift)?;
            added.insert(id.clone());
            Ok(added_now)
        };
        Ok(judged.into_iter().map(|it| it.and_then(&mut add)).collect())
    }

    /// The homes of those who are to be allowed to open terminals, which is a right at home too, as far
    /// as the caller may give it there: they oversee the home, manage members, and may change this one.
    async fn homes(
        &self,
        caller: &Caller,
        members: &[NewMember],
        found: &[Option<LocatedMember>],
    ) -> Result<HashMap<UserId, Organization>, StoreError> {
        let is_allowed = |it: &NewMember| it.pin.is_some_and(|it| it.allowed);
        let allowed = members.iter().zip(found).filter(|(it, _)| is_allowed(it));
        let users = allowed.filter_map(|(_, it)| Some(&it.as_ref()?.user));
        let users: Vec<_> = users.filter(|it| it.home.is_some()).collect();
        if users.is_empty() || !caller.may(Permission::ManageMembers) {
            return Ok(HashMap::new());
        }
        let homes: HashSet<_> = users.iter().filter_map(|it| it.home.clone()).collect();
        let homes: Vec<_> = homes.into_iter().collect();
        let known = self.core.ports.organizations.find_many(caller.tenant, &homes).await?;
        let powers = Powers::of(&self.core, caller, users.iter().copied()).await?;
        let home = |it: &User| {
            let home = known.iter().flatten().find(|home| Some(&home.id) == it.home.as_ref())?;
            let may = caller.oversees(home) && powers.let_change(caller, it, Some(home));
            may.then(|| (it.id.clone(), home.clone()))
        };
        Ok(users.into_iter().filter_map(home).collect())
    }

    fn added(
        &self,
        organization: &OrganizationId,
        Candidate { roles, found, .. }: &Candidate<'_>,
        pin: Option<(Pin, PinGrant)>,
        Limits { seats, budget, homes }: &mut Limits<'_>,
        gift: &Gift,
    ) -> Result<Added, Refusal> {
        let Ports { entropy, postman, .. } = &self.core.ports;
        let LocatedMember { user, at_home, .. } = found;
        let id = || MembershipId(entropy.id());
        let mailbox = user.mailbox.as_ref();
        let letter = mailbox.filter(|_| postman.delivers()).map(Item::letter);
        letter.map_or(Ok(()), |it| budget.has_room(it))?;
        let new = Newcomer { id: id(), user: &user.id, mailbox, organization };
        let new = seats.join(new, gift)?;
        let new = new.with_roles(roles.clone(), gift);
        let allowed = pin.as_ref().is_some_and(|(_, it)| it.allowed);
        let membership = match pin {
            Some((pin, _)) => new.with_pin(pin, gift).with_pin_allowed(allowed, gift),
            None => new,
        };
        let membership = match letter {
            Some(letter) => {
                budget.keep(letter);
                membership.with_next_letter(gift.at)
            }
            None => membership,
        };
        let home = homes.get(&user.id).filter(|_| allowed);
        let at_home = match (home, at_home) {
            (Some(_), Some(held)) if !held.pin_allowed => Some(held.clone().touched()),
            // Where there is no seat at home, they are allowed here alone.
            (Some(Organization { id: organization, .. }), None) => {
                seats.join(Newcomer { id: id(), user: &user.id, mailbox, organization }, gift).ok()
            }
            _ => None,
        };
        let at_home = at_home.map(|it| it.with_pin_allowed(true, gift));
        Ok(Added { membership, at_home })
    }

    fn changes(
        &self,
        caller: &Caller,
        decided: &[Result<Added, Refusal>],
        now: Timestamp,
    ) -> Changes {
        let entropy = &*self.core.ports.entropy;
        let trail = Trail::of(caller, now, entropy);
        let mut changes = Changes::default();
        for Added { membership, at_home } in decided.iter().flatten() {
            changes.jobs.extend(welcome(entropy, membership));
            changes.audit.push(trail.note_membership(Action::MemberAdded, membership));
            changes.memberships.push(membership.clone());
            changes.memberships.extend(at_home.clone());
        }
        changes
    }
}

/// Someone who can become a member, unless they are one.
fn eligible(
    caller: &Caller,
    found: Option<LocatedMember>,
    organization: &OrganizationId,
) -> Result<LocatedMember, Refusal> {
    let found = found.ok_or(Refusal::UnknownUser)?;
    let id = || caller.told(&found.user.id);
    if found.user.home.as_ref() == Some(organization) {
        return Err(Refusal::AtHome(id()));
    }
    if found.membership.is_some() {
        return Err(Refusal::AlreadyMember(id()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
