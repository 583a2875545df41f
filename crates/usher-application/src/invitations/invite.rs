//! Invite people into a tenant or an organization.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use tokio::sync::Mutex;
use usher_domain::{
    Action, Caller, Invitation, InvitationId, Invite, Invitee, Inviter, InviterRef, Offer,
    Organization, OrganizationId, Permission, Profile, RedirectRule, Refusal, RowOutcome, Slice,
    Subject, User, UserId, UserRef, UserStatus, labels, line, paragraphs, redirect, roles,
};

use crate::{
    invitations::batch::{Batch, Held, Issued, Outcomes, Place, held, place, question, taken},
    ports::{directory::InviteeState, error::StoreError, ledger::Changes},
    shared::{
        admission::{Admission, OpenSeats},
        audit_trail::Trail,
        commit::{Decision, commit},
        core::Core,
        defined_roles::Defined,
        letter_jobs::letter_job,
    },
};

/// Invites a batch of people: each is invited or refused for a reason of their own.
pub struct InviteUsers {
    core: Arc<Core>,
    porter: Admission,
}

/// Why nobody of a batch was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error("the caller may not invite there")]
    Forbidden,
    #[error("at most {limit} can be invited at once")]
    TooMany { limit: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl InviteUsers {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), porter: Admission::new(core) }
    }

    /// Invites, and commits each invitation together with its letter. The answers are in the
    /// order of `invites`.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, batch = invites.len()))]
    pub async fn run(&self, caller: &Caller, invites: &[Invite]) -> Result<Outcomes, InviteError> {
        self.carry_out(caller, invites, false).await
    }

    /// As [`Self::run`], but all or nobody: when one is refused nothing is written, and the answer
    /// is the number of the first of them, and why.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, batch = invites.len()))]
    pub async fn run_all(
        &self,
        caller: &Caller,
        invites: &[Invite],
    ) -> Result<Result<Vec<Invitation>, (usize, Refusal)>, InviteError> {
        let outcomes = self.carry_out(caller, invites, true).await?.into_iter().enumerate();
        Ok(outcomes.map(|(number, it)| it.map_err(|refusal| (number, refusal))).collect())
    }

    async fn carry_out(
        &self,
        caller: &Caller,
        invites: &[Invite],
        all_or_nobody: bool,
    ) -> Result<Outcomes, InviteError> {
        let batch = Mutex::new(self.batch(caller, invites, self.core.policy.batch).await?);
        let held = &batch;
        commit(&*self.core.ports.ledger, "invite", |conflicts| async move {
            let mut batch = held.lock().await;
            let open = batch.reopened(&conflicts);
            self.decide(&mut batch, &open).await?;
            if all_or_nobody && batch.decided.iter().flatten().any(Result::is_err) {
                return Ok::<_, InviteError>(Decision::Done(()));
            }
            Ok(Decision::Commit(self.changes(&batch), ()))
        })
        .await?;
        Ok(batch.into_inner().outcomes())
    }

    /// As [`Self::run`] for a slice of a task: commits together with the invitations what `along`
    /// adds to them. `false` when some of that was lost: then nothing is written.
    pub(crate) async fn run_along(
        &self,
        caller: &Caller,
        invites: &[Invite],
        along: impl Fn(Vec<RowOutcome>, &mut Changes) + Send + Sync,
    ) -> Result<bool, InviteError> {
        let batch = &Mutex::new(self.batch(caller, invites, Slice::ROWS).await?);
        let along = &along;
        commit(&*self.core.ports.ledger, "invite in a task", |conflicts| async move {
            let mut batch = batch.lock().await;
            let open = batch.reopened(&conflicts);
            if open.is_empty() && !conflicts.is_empty() {
                // What was lost is none of the invitations.
                return Ok(Decision::Done(false));
            }
            self.decide(&mut batch, &open).await?;
            let mut changes = self.changes(&batch);
            along(batch.row_outcomes(), &mut changes);
            Ok(Decision::Commit(changes, true))
        })
        .await
    }

    /// Says what [`Self::run`] would, and writes nothing. The ids of the invitations are not kept.
    pub async fn rehearse(
        &self,
        caller: &Caller,
        invites: &[Invite],
    ) -> Result<Outcomes, InviteError> {
        self.foretell(caller, invites, self.core.policy.batch).await
    }

    /// As [`Self::rehearse`], for so many at the most.
    pub(crate) async fn foretell(
        &self,
        caller: &Caller,
        invites: &[Invite],
        most: usize,
    ) -> Result<Outcomes, InviteError> {
        let mut batch = self.batch(caller, invites, most).await?;
        let all = batch.reopened(&[]);
        self.decide(&mut batch, &all).await?;
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
        let bound = invites.iter().filter(|it| it.defined_roles).flat_map(|it| &it.roles);
        let defined = Defined::of(&*self.core.ports.roles, caller.tenant, bound).await?;
        let rules = self.redirect_rules(caller, invites).await?;
        let names = self.inviters(caller, invites).await?;
        let offers = invites
            .iter()
            .map(|it| {
                if let Some(id) = &it.organization
                    && !organizations.contains_key(id)
                {
                    return Err(Refusal::UnknownOrganization);
                }
                if it.defined_roles {
                    defined.fit(caller, &it.roles, it.organization.as_ref())?;
                }
                let offer = self.offer(caller, it, &names)?;
                let there = it.redirect.as_deref().map(|it| redirect(it, &rules)).transpose()?;
                Ok(Offer { redirect: there, ..offer })
            })
            .collect();
        let now = self.core.ports.clock.now();
        let decided = invites.iter().map(|_| None).collect();
        let organizations = organizations.into_values().collect();
        let doors = OpenSeats::default();
        Ok(Batch { caller, invites, organizations, doors, offers, decided, now })
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
            roles: roles(&invite.roles)?,
            authority: invite.authority,
            labels: labels(&invite.labels)?,
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

    /// Decides over those invitees whose numbers are open, from where they stand now.
    async fn decide(&self, batch: &mut Batch<'_>, open: &[usize]) -> Result<(), StoreError> {
        let asked: Vec<_> = open.iter().copied().filter(|it| batch.offers[*it].is_ok()).collect();
        let questions: Vec<_> = asked.iter().map(|it| question(&batch.invites[*it])).collect();
        let mut standings =
            self.core.ports.directory.resolve(batch.caller.tenant, &questions).await?.into_iter();
        let mut places: HashMap<_, _> = batch.places().collect();
        let organizations = batch.organizations.clone();
        let mut doors = self.porter.doors(batch.caller.tenant, organizations, batch.now).await?;
        for it in batch.decided.iter().flatten().flatten() {
            if let Some(id) = &it.invitation.offer.organization {
                doors.keep(id);
            }
        }
        for number in open.iter().copied() {
            let decided = match &batch.offers[number] {
                Err(refusal) => Err(refusal.clone()),
                Ok(offer) => {
                    let standing = standings.next().unwrap_or_default();
                    let issued = self.issue(batch, number, offer, standing, &places, &doors);
                    issued.and_then(|it| match &it.invitation.offer.organization {
                        Some(id) => doors.seat(id).map(|()| it),
                        None => Ok(it),
                    })
                }
            };
            if let Ok(it) = &decided {
                let (place, held) = held(&it.invitation);
                places.insert(place, held);
            }
            batch.decided[number] = Some(decided);
        }
        batch.doors = doors;
        Ok(())
    }

    fn issue(
        &self,
        batch: &Batch<'_>,
        number: usize,
        offer: &Offer,
        standing: InviteeState,
        places: &HashMap<Place, Held>,
        doors: &OpenSeats,
    ) -> Result<Issued, Refusal> {
        let (invite, caller, now) = (&batch.invites[number], batch.caller, batch.now);
        let asked = question(invite).who;
        if standing.user.is_none() && matches!(invite.who, Invitee::User(_)) {
            return Err(Refusal::UnknownUser);
        }
        let mailbox = standing.mailbox(&asked).ok_or(Refusal::NoMailbox)?;
        if let Some(user) = &standing.user {
            let in_already = match offer.organization {
                Some(_) => standing.member,
                None => user.status == UserStatus::Active,
            };
            if in_already {
                return Err(Refusal::AlreadyMember(user.id.clone()));
            }
            if user.status == UserStatus::Disabled {
                return Err(Refusal::Disabled);
            }
        }
        if let Some(organization) = &offer.organization {
            doors.admit(organization, Some(&mailbox))?;
        }
        let lapsed = match standing.pending {
            None => None,
            Some(held) => match held.lapse(now) {
                Some(lapsed) => Some(lapsed),
                None => return Err(taken(held.id, held.user.as_ref(), standing.user.as_ref())),
            },
        };
        let offer = match &standing.profile {
            Some(profile) => self.profiled(offer, invite, profile),
            None => offer.clone(),
        };
        let id = InvitationId(self.core.ports.entropy.id());
        let actor = caller.actor.clone();
        let issued = Invitation::issue(id, caller.tenant, mailbox, offer, actor, now);
        if let Some((same, holder)) = places.get(&place(&issued)) {
            return Err(taken(*same, holder.as_ref(), standing.user.as_ref()));
        }
        let name = match &invite.who {
            Invitee::Mailbox { name: Some(name), .. } => Some(line("name", name, 120)?),
            _ => standing.user.as_ref().and_then(User::called),
        };
        let invitation =
            Invitation { user: standing.user.as_ref().map(|it| it.id.clone()), name, ..issued };
        let invited = standing.user.filter(|it| it.status == UserStatus::Unregistered);
        let user = invited.map(|it| User { status: UserStatus::Pending, ..it.touched(now) });
        Ok(Issued { invitation, lapsed, user })
    }

    /// The offer as the profile has it, where the invitation does not say otherwise. The operator's
    /// bounds come before both.
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

    /// Each invitation travels with its letter and its audit entry: none is ever written alone.
    fn changes(&self, batch: &Batch<'_>) -> Changes {
        let seated = batch.doors.seated(batch.caller.tenant, batch.now);
        let mut changes = Changes { seated, ..Changes::default() };
        let mut touched = HashSet::new();
        let entropy = &*self.core.ports.entropy;
        let trail = Trail::of(batch.caller, batch.now, entropy);
        let note = |action, it: &Invitation| trail.note(action, Subject::Invitation(it.id));
        for it in batch.decided.iter().flatten().flatten() {
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

    /// Where invitations may lead; asked for only if one leads anywhere.
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

    async fn inviters(
        &self,
        caller: &Caller,
        invites: &[Invite],
    ) -> Result<HashMap<UserId, String>, StoreError> {
        let asked: HashSet<_> = invites
            .iter()
            .filter_map(|it| match &it.inviter {
                Some(InviterRef::User(id)) => Some(UserRef::Id(id.clone())),
                _ => None,
            })
            .collect();
        if asked.is_empty() {
            return Ok(HashMap::new());
        }
        let asked: Vec<_> = asked.into_iter().collect();
        let found = self.core.ports.users.find_many(caller.tenant, &asked).await?;
        Ok(found.into_iter().flatten().map(|it| (it.id.clone(), it.full_name())).collect())
    }
}

#[cfg(test)]
mod tests;
