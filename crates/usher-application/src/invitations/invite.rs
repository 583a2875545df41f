//! Invite people to a tenant or an organization.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use tokio::sync::Mutex;
use usher_domain::{
    Action, Actor, Caller, Invitation, InvitationId, Invite, Invitee, Inviter, InviterRef, Offer,
    Organization, OrganizationId, Permission, Profile, RedirectRule, Refusal, RowOutcome, Slice,
    Subject, User, UserId, UserRef, UserStatus, line, paragraphs, parse_labels, parse_roles,
    redirect,
};

use crate::{
    invitations::batch::{Batch, Holder, Issued, Outcomes, Slot, claimed, holder, query, slot},
    ports::{
        Ports,
        directory::{InviteeQuery, InviteeState},
        error::StoreError,
        ledger::{Changes, Conflict},
    },
    shared::{
        admission::{Admission, OpenSeats},
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        budget::{Budget, Item, Reading},
        commit::Decision,
        core::Core,
        defined_roles::{Defined, check_gift_to},
        letter_jobs::letter_job,
    },
};

/// Invites a batch of people. Each of them is invited, or refused for a reason of their own.
pub struct InviteUsers {
    core: Arc<Core>,
    admission: Admission,
}

/// Why nobody in a batch was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error("the caller may not invite there")]
    Forbidden,
    #[error("at most {limit} can be invited at once")]
    TooMany { limit: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for InviteError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}

impl InviteUsers {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), admission: Admission::new(core) }
    }

    /// Invites everybody who can be invited, in one commit with the letters and the audit entries.
    /// The answers are in the order of `invites`.
    ///
    /// # Errors
    /// [`InviteError::Forbidden`] if the caller may not invite to one of the organizations,
    /// [`InviteError::TooMany`] for more entries than the operator allows, [`InviteError::Store`] if
    /// the store fails or others keep changing the same data. Then nobody is invited.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, batch = invites.len()))]
    pub async fn run(&self, caller: &Caller, invites: &[Invite]) -> Result<Outcomes, InviteError> {
        self.carry_out(caller, invites, false).await
    }

    /// As [`Self::run`], but everybody or nobody: if one is refused, nothing is written, and the
    /// answer is the index of the first one who is refused, and why.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, batch = invites.len()))]
    pub async fn run_all(
        &self,
        caller: &Caller,
        invites: &[Invite],
    ) -> Result<Result<Vec<Invitation>, (usize, Refusal)>, InviteError> {
        let outcomes = self.carry_out(caller, invites, true).await?.into_iter().enumerate();
        Ok(outcomes.map(|(index, it)| it.map_err(|refusal| (index, refusal))).collect())
    }

    async fn carry_out(
        &self,
        caller: &Caller,
        invites: &[Invite],
        all_or_nobody: bool,
    ) -> Result<Outcomes, InviteError> {
        let batch = Mutex::new(self.batch(caller, invites, self.core.policy.batch).await?);
        let held = &batch;
        commit_for(&self.core, caller, "invite", |conflicts| async move {
            let mut batch = held.lock().await;
            let open = batch.reopened(&conflicts);
            self.decide(&mut batch, &open, reading(&conflicts)).await?;
            if all_or_nobody && batch.decided.iter().flatten().any(Result::is_err) {
                return Ok::<_, InviteError>(Decision::Done(()));
            }
            Ok(Decision::Commit(self.changes(&batch), ()))
        })
        .await?;
        Ok(batch.into_inner().outcomes())
    }

    /// As [`Self::run`] for a slice of a task: commits the invitations together with what `along`
    /// adds to them. `false` if a conflict was about what `along` added: then nothing is written.
    pub(crate) async fn run_along(
        &self,
        caller: &Caller,
        invites: &[Invite],
        along: impl Fn(Vec<RowOutcome>, &mut Changes) + Send + Sync,
    ) -> Result<bool, InviteError> {
        let batch = &Mutex::new(self.batch(caller, invites, Slice::ROWS).await?);
        let along = &along;
        commit_for(&self.core, caller, "invite in a task", |conflicts| async move {
            let mut batch = batch.lock().await;
            let open = batch.reopened(&conflicts);
            if open.is_empty() && !conflicts.is_empty() {
                // None of the invitations met with a conflict.
                return Ok(Decision::Done(false));
            }
            self.decide(&mut batch, &open, reading(&conflicts)).await?;
            let mut changes = self.changes(&batch);
            along(batch.row_outcomes(), &mut changes);
            Ok(Decision::Commit(changes, true))
        })
        .await
    }

    /// Answers what [`Self::run`] would, and writes nothing: no invitation with these ids will exist.
    pub async fn rehearse(
        &self,
        caller: &Caller,
        invites: &[Invite],
    ) -> Result<Outcomes, InviteError> {
        self.foretell(caller, invites, self.core.policy.batch).await
    }

    /// As [`Self::rehearse`], for up to `most` invitees.
    pub(crate) async fn foretell(
        &self,
        caller: &Caller,
        invites: &[Invite],
        most: usize,
    ) -> Result<Outcomes, InviteError> {
        let mut batch = self.batch(caller, invites, most).await?;
        let all = batch.reopened(&[]);
        self.decide(&mut batch, &all, Reading::Now).await?;
        Ok(batch.outcomes())
    }

    async fn batch<'a>(
        &self,
        caller: &'a Caller,
        invites: &'a [Invite],
        most: usize,
    ) -> Result<Batch<'a>, InviteError> {
        let within = invites.iter().all(|it| caller.reaches(it.organization.as_ref()));
        if !caller.may(Permission::Invite) || !within {
            return Err(InviteError::Forbidden);
        }
        if invites.len() > most {
            return Err(InviteError::TooMany { limit: most });
        }
        let organizations = self.known_organizations(caller, invites).await?;
        let given: Vec<_> = invites.iter().map(|it| parse_roles(&it.roles)).collect();
        let words = given.iter().flatten().flatten();
        let ports = &self.core.ports;
        // Where roles must be defined, none is a word.
        let defined = if invites.iter().all(|it| it.defined_roles) {
            Defined::of(&*ports.roles, caller.tenant, words).await?
        } else {
            Defined::of_words(&*ports.roles, caller.tenant, words).await?
        };
        let rules = self.redirect_rules(caller, invites).await?;
        let names = self.inviters(caller, invites).await?;
        let offers = invites
            .iter()
            .zip(given)
            .map(|(it, given)| {
                if let Some(id) = &it.organization
                    && !organizations.contains_key(id)
                {
                    return Err(Refusal::UnknownOrganization);
                }
                let (given, place) = (given?, it.organization.as_ref());
                if it.defined_roles {
                    defined.fit(caller, &given, place)?;
                } else {
                    defined.fit_words(caller, &given, place)?;
                }
                let offer = Offer { roles: given, ..self.offer(caller, it, &names)? };
                let there = it.redirect.as_deref().map(|it| redirect(it, &rules)).transpose()?;
                Ok(Offer { redirect: there, ..offer })
            })
            .collect();
        let now = self.core.ports.clock.now();
        let decided = invites.iter().map(|_| None).collect();
        let organizations = organizations.into_values().collect();
        let open_seats = OpenSeats::default();
        let spent = Vec::new();
        Ok(Batch { caller, invites, organizations, open_seats, spent, offers, decided, now })
    }

    /// What is offered, or the rule that forbids it.
    fn offer(
        &self,
        caller: &Caller,
        invite: &Invite,
        inviters: &HashMap<UserId, String>,
    ) -> Result<Offer, Refusal> {
        let lifetime = invite.lifetime.unwrap_or(self.core.policy.lifetime);
        let (min, max) = self.core.policy.lifetimes;
        if !(min..=max).contains(&lifetime) {
            return Err(Refusal::Lifetime { min, max });
        }
        if invite.authority.is_some_and(|it| !caller.may_grant(it)) {
            return Err(Refusal::Authority);
        }
        let inviter = match &invite.inviter {
            Some(InviterRef::User(id)) => {
                let name = inviters.get(id).ok_or(Refusal::UnknownInviter)?;
                Some(Inviter { user: Some(id.clone()), name: name.clone() })
            }
            Some(InviterRef::Name(name)) => {
                Some(Inviter { user: None, name: line("inviter", name, 120)? })
            }
            None => caller.name.clone().map(|name| Inviter { user: None, name }),
        };
        Ok(Offer {
            organization: invite.organization.clone(),
            authority: invite.authority,
            labels: parse_labels(&invite.labels)?,
            redirect: None,
            message: invite
                .message
                .as_deref()
                .filter(|it| !it.trim().is_empty())
                .map(|it| paragraphs("message", it, 2000))
                .transpose()?,
            locale: invite.locale.clone(),
            inviter,
            quiet: invite.quiet,
            ..Offer::new(lifetime)
        })
    }

    /// Decides about the invitees with these indices, from what is known about them now.
    async fn decide(
        &self,
        batch: &mut Batch<'_>,
        open: &[usize],
        reading: Reading,
    ) -> Result<(), StoreError> {
        let tenant = batch.caller.tenant;
        let asked = open.iter().copied().filter(|it| batch.offers[*it].is_ok());
        let queries: Vec<_> = asked.map(|it| query(&batch.invites[it])).collect();
        let states = self.core.ports.directory.resolve(tenant, &queries).await?;
        let mut slots = batch.slots();
        let organizations = batch.organizations.clone();
        let mut open_seats = self.admission.doors(tenant, organizations, batch.now).await?;
        for id in batch.issued().filter_map(|it| it.invitation.offer.organization.as_ref()) {
            open_seats.keep(id);
        }
        let mut budget = self.budget(batch, &queries, &states, reading).await?;
        let mut states = states.into_iter();
        for index in open.iter().copied() {
            let decided = match &batch.offers[index] {
                Err(refusal) => Err(refusal.clone()),
                Ok(offer) => {
                    let state = states.next().unwrap_or_default();
                    let issued = self.issue(batch, index, offer, state, &slots, &open_seats);
                    issued.and_then(|it| {
                        let item = Item::invitation(&it.invitation);
                        budget.has_room(item)?;
                        if let Some(id) = &it.invitation.offer.organization {
                            open_seats.seat(id)?;
                        }
                        budget.keep(item);
                        Ok(it)
                    })
                }
            };
            if let Ok(Issued { invitation, .. }) = &decided {
                slots.insert(slot(invitation), holder(invitation));
            }
            batch.decided[index] = Some(decided);
        }
        batch.open_seats = open_seats;
        batch.spent = budget.spent();
        Ok(())
    }

    /// What may be spent on those who are open, after what was decided about the others.
    async fn budget(
        &self,
        batch: &Batch<'_>,
        queries: &[InviteeQuery],
        states: &[InviteeState],
        reading: Reading,
    ) -> Result<Budget, StoreError> {
        let asked = queries.iter().zip(states).filter_map(|(it, state)| state.mailbox(&it.who));
        let asked: Vec<_> = asked.collect();
        let issued = batch.issued().map(|it| &it.invitation.mailbox);
        let all = asked.iter().chain(issued);
        let (caller, now) = (batch.caller, batch.now);
        let mut budget = Budget::of_callers_batch(&self.core, caller, now, all, reading).await?;
        for it in batch.issued() {
            budget.keep(Item::invitation(&it.invitation));
        }
        Ok(budget)
    }

    fn issue(
        &self,
        batch: &Batch<'_>,
        index: usize,
        offer: &Offer,
        state: InviteeState,
        slots: &HashMap<Slot, Holder>,
        open_seats: &OpenSeats,
    ) -> Result<Issued, Refusal> {
        let (invite, caller, now) = (&batch.invites[index], batch.caller, batch.now);
        let asked = query(invite).who;
        if state.user.is_none() && matches!(invite.who, Invitee::User(_)) {
            return Err(Refusal::UnknownUser);
        }
        let mailbox = state.mailbox(&asked).ok_or(Refusal::NoMailbox)?;
        if let Some(user) = &state.user {
            // Whoever may not read users, or is bound to an organization, is told of a disabled account
            // what they would be told if it were active.
            let is_disabled = user.status == UserStatus::Disabled;
            let is_told = caller.organization.is_none() && caller.may_read_users();
            let in_already = match offer.organization {
                Some(_) => state.member,
                None => user.status == UserStatus::Active || is_disabled && !is_told,
            };
            if in_already {
                return Err(Refusal::AlreadyMember(caller.told(&user.id)));
            }
            if is_disabled && is_told {
                return Err(Refusal::Disabled);
            }
        }
        if let Some(user) = &state.user {
            check_gift_to(caller, &user.id, &offer.roles)?;
        }
        if let Some(organization) = &offer.organization {
            open_seats.admit(organization, Some(&mailbox))?;
        }
        let lapsed = match state.pending {
            None => None,
            Some(held) => match held.lapse(now) {
                Some(lapsed) => Some(lapsed),
                None => return Err(claimed(held.id, held.user.as_ref(), state.user.as_ref())),
            },
        };
        let offer = match &state.profile {
            Some(profile) => self.profiled(offer, invite, profile),
            None => offer.clone(),
        };
        let id = InvitationId(self.core.ports.entropy.id());
        let actor = caller.actor.clone();
        let issued = Invitation::issue(id, caller.tenant, mailbox, offer, actor, now);
        if let Some((other, holder)) = slots.get(&slot(&issued)) {
            return Err(claimed(*other, holder.as_ref(), state.user.as_ref()));
        }
        let name = match &invite.who {
            Invitee::Mailbox { name: Some(name), .. } => Some(line("name", name, 120)?),
            _ => state.user.as_ref().and_then(User::called),
        };
        let invitation =
            Invitation { user: state.user.as_ref().map(|it| it.id.clone()), name, ..issued };
        let invited = state.user.filter(|it| it.status == UserStatus::Unregistered);
        let user = invited.map(|it| User { status: UserStatus::Pending, ..it.touched(now) });
        Ok(Issued { invitation, lapsed, user })
    }

    /// The offer with what the profile says, where the invitation says nothing else. A lifetime is
    /// kept within the operator's bounds.
    fn profiled(&self, offer: &Offer, invite: &Invite, profile: &Profile) -> Offer {
        let (min, max) = self.core.policy.lifetimes;
        let lifetime = invite.lifetime.or(profile.lifetime.map(|it| it.clamp(min, max)));
        Offer {
            lifetime: lifetime.unwrap_or(offer.lifetime),
            locale: offer.locale.clone().or_else(|| profile.locale.clone()),
            template: profile.template.clone(),
            ..offer.clone()
        }
    }

    /// What to commit: each invitation with its letter and its audit entry.
    fn changes(&self, batch: &Batch<'_>) -> Changes {
        let seated = batch.open_seats.seated(batch.caller.tenant, batch.now);
        let spent = batch.spent.clone();
        let mut changes = Changes { seated, spent, ..Changes::default() };
        let mut touched = HashSet::new();
        let entropy = &*self.core.ports.entropy;
        let trail = Trail::of(batch.caller, batch.now, entropy);
        let note = |action, it: &Invitation| trail.note(action, Subject::Invitation(it.id));
        for it in batch.issued() {
            let invitation = &it.invitation;
            if let Some(lapsed) = &it.lapsed {
                changes.audit.push(note(Action::Lapsed, lapsed));
                changes.invitations.push(lapsed.clone());
            }
            if let Some(user) = &it.user
                && touched.insert(&user.id)
            {
                changes.users.push(user.clone());
            }
            changes.audit.push(note(Action::Invited, invitation));
            changes.jobs.extend(letter_job(entropy, invitation));
            changes.invitations.push(invitation.clone());
        }
        changes
    }

    /// The organizations that somebody is invited to, as far as they exist.
    async fn known_organizations(
        &self,
        caller: &Caller,
        invites: &[Invite],
    ) -> Result<HashMap<OrganizationId, Organization>, StoreError> {
        let asked: HashSet<_> = invites.iter().filter_map(|it| it.organization.clone()).collect();
        if asked.is_empty() {
            return Ok(HashMap::new());
        }
        let asked: Vec<_> = asked.into_iter().collect();
        let found = self.core.ports.organizations.find_many(caller.tenant, &asked).await?;
        Ok(found.into_iter().flatten().map(|it| (it.id.clone(), it)).collect())
    }

    /// Where invitations may redirect to; read only if one of them redirects.
    async fn redirect_rules(
        &self,
        caller: &Caller,
        invites: &[Invite],
    ) -> Result<Vec<RedirectRule>, StoreError> {
        if invites.iter().all(|it| it.redirect.is_none()) {
            return Ok(Vec::new());
        }
        let tenant = self.core.ports.tenants.find(caller.tenant).await?;
        Ok(tenant.map(|it| it.redirects).unwrap_or_default())
    }

    /// The names of the users in whose names invitations are made. An inviter invites in their own name
    /// alone, and whoever is bound to an organization in those of its members: nobody is told what others
    /// are called.
    async fn inviters(
        &self,
        caller: &Caller,
        invites: &[Invite],
    ) -> Result<HashMap<UserId, String>, StoreError> {
        let asked: HashSet<_> = invites
            .iter()
            .filter_map(|it| match &it.inviter {
                Some(InviterRef::User(id)) if caller.may_speak_for(id) => {
                    Some(UserRef::Id(id.clone()))
                }
                _ => None,
            })
            .collect();
        if asked.is_empty() {
            return Ok(HashMap::new());
        }
        let asked: Vec<_> = asked.into_iter().collect();
        let Ports { organizations, users, .. } = &self.core.ports;
        let mut found: Vec<_> =
            users.find_many(caller.tenant, &asked).await?.into_iter().flatten().collect();
        if let Some(bound) = &caller.organization {
            let seats: Vec<_> = found.iter().map(|it| (it.id.clone(), bound.clone())).collect();
            let held = organizations.seats(caller.tenant, &seats).await?;
            let members: HashSet<_> = held.into_iter().flatten().map(|it| it.user).collect();
            let is_caller = |it: &User| caller.actor == Actor::User(it.id.clone());
            found.retain(|it| members.contains(&it.id) || is_caller(it));
        }
        Ok(found.into_iter().map(|it| (it.id.clone(), it.full_name())).collect())
    }
}

/// Quotas are seldom used up: what is left of them is read once a commit has met with a conflict.
fn reading(conflicts: &[Conflict]) -> Reading {
    if conflicts.is_empty() { Reading::IfUsedUp } else { Reading::Now }
}

#[cfg(test)]
mod tests;
