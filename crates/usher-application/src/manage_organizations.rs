//! Make organizations, change them, and take them away.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Document, Domain, Entry, EntryId, Invitation, Organization, OrganizationId,
    Orphans, Permission, Policies, Subject, Timestamp, line,
};

use crate::{
    Changes, Clock, CommitError, Credentials, Entropy, Filter, Ledger, Organizations, Policy,
    Ports, StoreError, Test, orphans::Estate,
};

/// Makes, changes and removes organizations.
pub struct ManageOrganizations {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    organizations: Arc<dyn Organizations>,
    credentials: Arc<dyn Credentials>,
    ledger: Arc<dyn Ledger>,
    estate: Estate,
    orphans: Orphans,
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
    #[must_use]
    pub fn new(ports: &Ports, policy: &Policy) -> Self {
        let Ports { clock, entropy, organizations, credentials, ledger, .. } = ports.clone();
        let (estate, orphans) = (Estate::new(ports), policy.orphans);
        Self { clock, entropy, organizations, credentials, ledger, estate, orphans }
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
        let now = self.clock.now();
        let name = draft.name.as_deref().ok_or(OrganizationError::Nameless)?;
        let new = Organization::new(id, caller.tenant, name.to_owned(), now);
        let made = changed(new, draft)?;
        let changes = Changes {
            audit: vec![self.entry(caller, Action::OrganizationCreated, &made.id, now)],
            organizations: vec![made.clone()],
            ..Changes::default()
        };
        match self.ledger.commit(&changes).await {
            Ok(()) => Ok(made),
            Err(CommitError::Lost(_)) => Err(OrganizationError::Exists),
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
        let found = self.organizations.find_many(caller.tenant, std::slice::from_ref(id)).await?;
        let found = found.into_iter().flatten().find(|it| caller.oversees(it));
        found.ok_or(OrganizationError::Unknown)
    }

    /// All that the caller sees, in the order of their ids.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Organization>, OrganizationError> {
        if !caller.may(Permission::Read) {
            return Err(OrganizationError::Forbidden);
        }
        let mut all = self.organizations.list(caller.tenant, None, ALL).await?;
        all.retain(|it| caller.oversees(it));
        Ok(all)
    }

    /// Changes what the draft names.
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
            let now = self.clock.now();
            let draft = draft(&held);
            let after = changed(held, &draft)?.touched(now);
            let changes = Changes {
                audit: vec![self.entry(caller, Action::OrganizationChanged, id, now)],
                organizations: vec![after.clone()],
                ..Changes::default()
            };
            match self.ledger.commit(&changes).await {
                Ok(()) => return Ok(after),
                Err(CommitError::Lost(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same organization").into())
    }

    /// Removes an organization for good, with its memberships and roles; keys that are bound to it
    /// are revoked. Invitations to it go to the organization above, where the operator's policy is
    /// to transfer them and there is one, and are revoked otherwise.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, organization = %id))]
    pub async fn remove(
        &self,
        caller: &Caller,
        id: &OrganizationId,
    ) -> Result<Organization, OrganizationError> {
        if !caller.may(Permission::Administer) || caller.organization.is_some() {
            return Err(OrganizationError::Forbidden);
        }
        let mut orphans = self.orphans;
        for _ in 0..ROUNDS {
            let gone = self.find(caller, id).await?;
            let now = self.clock.now();
            let keys = self.credentials.list(caller.tenant).await?.into_iter();
            let bound = keys.filter(|it| it.organization.as_ref() == Some(id));
            let live = bound.filter(|it| it.revoked_at.is_none());
            let mut changes = Changes {
                audit: vec![self.entry(caller, Action::OrganizationRemoved, id, now)],
                credentials: live.map(|it| it.revoked(now)).collect(),
                removed_organizations: vec![gone.clone()],
                ..Changes::default()
            };
            let to_it = Filter::Is(Test::Organization(id.clone()));
            let left = self.estate.left_by(caller, to_it, now).await?;
            let policy = match (orphans, &gone.parent) {
                (Orphans::Transfer, Some(_)) => Orphans::Transfer,
                _ => Orphans::Revoke,
            };
            let moved = |mut it: Invitation| {
                it.offer.organization.clone_from(&gone.parent);
                it
            };
            self.estate.settle(caller, policy, left, now, &mut changes, moved);
            match self.ledger.commit(&changes).await {
                Ok(()) => return Ok(gone),
                // Someone may have an invitation to the one above already.
                Err(CommitError::Lost(_)) => orphans = Orphans::Revoke,
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same organization").into())
    }

    fn entry(&self, caller: &Caller, action: Action, id: &OrganizationId, now: Timestamp) -> Entry {
        Entry {
            id: EntryId(self.entropy.id()),
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
