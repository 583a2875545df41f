//! Make organizations, change them, and take them away.

use std::{collections::HashSet, sync::Arc};

use usher_domain::{
    Action, Caller, Document, Domain, Entry, EntryId, Invitation, Organization, OrganizationId,
    OrphanPolicy, Permission, Policies, Subject, Timestamp, line,
};

use crate::{
    ports::{
        error::StoreError,
        invitations::{Filter, InvitationCondition},
        ledger::{Changes, CommitError, Conflict, Seated},
    },
    shared::{
        core::Core,
        orphans::{OrphanedInvitations, Transfer},
    },
};

/// Makes, changes and removes organizations.
pub struct ManageOrganizations {
    core: Arc<Core>,
    estate: OrphanedInvitations,
}

/// What becomes different about an organization. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct OrganizationDraft {
    /// 1 to 120 characters; a new one must have it.
    pub name: Option<String>,
    /// `Some(None)`: none of its own.
    pub display_name: Option<Option<String>>,
    /// At most 500 characters; an https address, or `Some(None)`.
    pub logo_url: Option<Option<String>>,
    /// At most 100.
    pub domains: Option<Vec<Domain>>,
    pub policies: Option<Policies>,
    /// A JSON object of at most 64 KiB.
    pub metadata: Option<Document>,
    pub active: Option<bool>,
    /// `Some(None)`: any number.
    pub seats: Option<Option<u32>>,
}

/// Why an organization is not as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    #[error("the caller may not do that with organizations")]
    Forbidden,
    #[error("there is no such organization")]
    Unknown,
    /// There is an organization of that id.
    #[error("there is such an organization already")]
    Exists,
    #[error("`name` is missing")]
    Nameless,
    #[error("`{0}` is not sound")]
    Unsound(&'static str),
    #[error(transparent)]
    Text(#[from] usher_domain::InvalidText),
    #[error(transparent)]
    Store(#[from] StoreError),
}

const ROUNDS: usize = 8;
/// The most organizations in one answer.
const ALL: u64 = 10_000;

impl ManageOrganizations {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), estate: OrphanedInvitations::new(core) }
    }

    /// Makes an organization under this id.
    pub async fn create(
        &self,
        caller: &Caller,
        id: OrganizationId,
        draft: &OrganizationDraft,
    ) -> Result<Organization, OrganizationError> {
        if !caller.may(Permission::Administer) || caller.organization.is_some() {
            return Err(OrganizationError::Forbidden);
        }
        let now = self.core.ports.clock.now();
        let name = draft.name.as_deref().ok_or(OrganizationError::Nameless)?;
        let new = Organization::new(id, caller.tenant, name.to_owned(), now);
        let made = changed(new, draft)?;
        let changes = Changes {
            audit: vec![self.entry(caller, Action::OrganizationCreated, &made.id, now)],
            organizations: vec![made.clone()],
            ..Changes::default()
        };
        match self.core.ports.ledger.commit(&changes).await {
            Ok(()) => Ok(made),
            Err(CommitError::Conflict(_)) => Err(OrganizationError::Exists),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    /// What the caller may not see does not exist for them.
    pub async fn find(
        &self,
        caller: &Caller,
        id: &OrganizationId,
    ) -> Result<Organization, OrganizationError> {
        if !caller.may(Permission::Read) {
            return Err(OrganizationError::Forbidden);
        }
        let found = self
            .core
            .ports
            .organizations
            .find_many(caller.tenant, std::slice::from_ref(id))
            .await?;
        let found = found.into_iter().flatten().find(|it| caller.oversees(it));
        found.ok_or(OrganizationError::Unknown)
    }

    /// What the caller sees of the first 10 000 organizations, in the order of their ids.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Organization>, OrganizationError> {
        if !caller.may(Permission::Read) {
            return Err(OrganizationError::Forbidden);
        }
        let mut all = self.core.ports.organizations.list(caller.tenant, None, ALL).await?;
        all.retain(|it| caller.oversees(it));
        Ok(all)
    }

    /// Changes what the draft names. Seats, domains and being active are for the tenant to give: a
    /// bound key cannot change them.
    pub async fn update(
        &self,
        caller: &Caller,
        id: &OrganizationId,
        draft: &OrganizationDraft,
    ) -> Result<Organization, OrganizationError> {
        self.revise(caller, id, |_| draft.clone()).await
    }

    /// As [`Self::update`], with a draft that depends on what is there.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, organization = %id))]
    pub async fn revise(
        &self,
        caller: &Caller,
        id: &OrganizationId,
        draft: impl Fn(&Organization) -> OrganizationDraft + Send + Sync,
    ) -> Result<Organization, OrganizationError> {
        if !caller.may(Permission::Administer) {
            return Err(OrganizationError::Forbidden);
        }
        for _ in 0..ROUNDS {
            let held = self.find(caller, id).await?;
            let now = self.core.ports.clock.now();
            let draft = draft(&held);
            let gives = draft.seats.is_some() || draft.domains.is_some() || draft.active.is_some();
            if gives && caller.organization.is_some() {
                return Err(OrganizationError::Forbidden);
            }
            let after = changed(held, &draft)?.touched(now);
            let changes = Changes {
                audit: vec![self.entry(caller, Action::OrganizationChanged, id, now)],
                organizations: vec![after.clone()],
                ..Changes::default()
            };
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => return Ok(after),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same organization").into())
    }

    /// Removes an organization for good, with its memberships and roles; nothing stands below it any
    /// more, and nobody is at home there. Keys that are bound to it are revoked.
    ///
    /// Invitations to it go to the organization above, without roles that are only its own, where
    /// the operator's policy is to transfer them, and there is one with a seat for each of them.
    /// Others are revoked, and so is one for someone who has one to the organization above.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, organization = %id))]
    pub async fn remove(
        &self,
        caller: &Caller,
        id: &OrganizationId,
    ) -> Result<Organization, OrganizationError> {
        if !caller.may(Permission::Administer) || caller.organization.is_some() {
            return Err(OrganizationError::Forbidden);
        }
        let (mut has_seats, mut lost) = (true, HashSet::new());
        for _ in 0..ROUNDS {
            let gone = self.find(caller, id).await?;
            let above = self.above(&gone).await?.filter(|_| has_seats);
            let now = self.core.ports.clock.now();
            let keys = self.core.ports.credentials.list(caller.tenant).await?.into_iter();
            let bound = keys.filter(|it| it.organization.as_ref() == Some(id));
            let live = bound.filter(|it| it.revoked_at.is_none());
            let mut changes = Changes {
                audit: vec![self.entry(caller, Action::OrganizationRemoved, id, now)],
                credentials: live.map(|it| it.revoked(now)).collect(),
                removed_organizations: vec![gone.clone()],
                ..Changes::default()
            };
            let to_it = Filter::Is(InvitationCondition::Organization(id.clone()));
            let policy = match &above {
                Some(_) if self.core.policy.orphans == OrphanPolicy::Transfer => {
                    OrphanPolicy::Transfer
                }
                _ => OrphanPolicy::Revoke,
            };
            let own = self.own_roles(&gone).await?;
            let moved = |mut it: Invitation| {
                it.offer.organization.clone_from(&above);
                it.offer.roles.retain(|it| !own.contains(it));
                (!lost.contains(&it.id)).then_some(it)
            };
            let transfer = Transfer { policy, to: above.as_ref(), how: &moved };
            self.estate.settle_excess(caller, to_it.clone(), &transfer).await?;
            let left = self.estate.left_by(caller, to_it, now).await?;
            self.estate.settle(caller, policy, left, now, &mut changes, moved);
            let is_moved = |it: &Invitation| it.offer.organization == above;
            if let Some(above) = above.clone().filter(|_| changes.invitations.iter().any(is_moved))
            {
                changes.seated.push(Seated { tenant: caller.tenant, organization: above, now });
            }
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => return Ok(gone),
                Err(CommitError::Conflict(losses)) => {
                    has_seats &= !losses.iter().any(|it| matches!(it, Conflict::Seat(_)));
                    lost.extend(losses.iter().filter_map(|it| match it {
                        Conflict::Invitation(id) => Some(*id),
                        _ => None,
                    }));
                }
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same organization").into())
    }

    /// The organization above, if it is there.
    async fn above(&self, it: &Organization) -> Result<Option<OrganizationId>, StoreError> {
        let Some(above) = &it.parent else { return Ok(None) };
        let found =
            self.core.ports.organizations.find_many(it.tenant, std::slice::from_ref(above)).await?;
        Ok(found.into_iter().flatten().map(|it| it.id).next())
    }

    /// The roles that are for this organization alone.
    async fn own_roles(&self, organization: &Organization) -> Result<HashSet<String>, StoreError> {
        let all = self.core.ports.roles.list(organization.tenant).await?.into_iter();
        let own = all.filter(|it| it.organization.as_ref() == Some(&organization.id));
        Ok(own.map(|it| it.id.to_string()).collect())
    }

    fn entry(&self, caller: &Caller, action: Action, id: &OrganizationId, now: Timestamp) -> Entry {
        Entry {
            id: EntryId(self.core.ports.entropy.id()),
            tenant: caller.tenant,
            at: now,
            actor: caller.actor.clone(),
            action,
            subject: Subject::Organization(id.clone()),
            detail: None,
        }
    }
}

fn changed(
    held: Organization,
    draft: &OrganizationDraft,
) -> Result<Organization, OrganizationError> {
    let OrganizationDraft {
        name,
        display_name,
        logo_url,
        domains,
        policies,
        metadata,
        active,
        seats,
    } = draft.clone();
    let lined = |field, it: Option<Option<String>>, held| match it {
        None => Ok(held),
        Some(it) => it.map(|it| line(field, &it, 120)).transpose(),
    };
    let is_web = |it: &str| it.starts_with("https://") && it.len() <= 500 && !it.contains(is_odd);
    if logo_url.iter().flatten().any(|it| !is_web(it)) {
        return Err(OrganizationError::Unsound("logo"));
    }
    if domains.as_ref().is_some_and(|it| it.len() > 100) {
        return Err(OrganizationError::Unsound("domains"));
    }
    if metadata.as_ref().is_some_and(|it| it.0.len() > 1 << 16) {
        return Err(OrganizationError::Unsound("metadata"));
    }
    if policies.as_ref().is_some_and(|it| {
        it.only.len() > 1_000 || it.deny.len() > 1_000 || it.foreign.0.len() > 1 << 16
    }) {
        return Err(OrganizationError::Unsound("policies"));
    }
    Ok(Organization {
        name: name.map_or(Ok(held.name), |it| line("name", &it, 120))?,
        display_name: lined("displayName", display_name, held.display_name)?,
        logo_url: logo_url.unwrap_or(held.logo_url),
        domains: domains.unwrap_or(held.domains),
        policies: policies.unwrap_or(held.policies),
        metadata: metadata.unwrap_or(held.metadata),
        active: active.unwrap_or(held.active),
        seats: seats.unwrap_or(held.seats),
        ..held
    })
}

fn is_odd(it: char) -> bool {
    it.is_whitespace() || it.is_control() || "\"'<>\\".contains(it)
}

#[cfg(test)]
mod tests;
