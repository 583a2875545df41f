//! Define roles, change them, and take them away.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Entry, EntryId, Invitation, Membership, OrganizationId, OrphanPolicy,
    Permission, Role, RoleId, Subject, Timestamp, User, is_permitted, line,
};

use crate::{
    ports::{
        error::StoreError,
        invitations::{Filter, InvitationCondition},
        ledger::{Changes, CommitError},
        users::UserCondition,
    },
    shared::{
        core::Core,
        orphans::{OrphanedInvitations, Transfer},
    },
};

/// Defines roles.
pub struct ManageRoles {
    core: Arc<Core>,
    estate: OrphanedInvitations,
}

/// What a role is made of.
#[derive(Clone, Debug, Default)]
pub struct RoleDraft {
    /// None: all of the tenant.
    pub organization: Option<OrganizationId>,
    /// 1 to 120 characters.
    pub name: String,
    /// At most 500 characters.
    pub description: Option<String>,
    /// At most 500, 200 characters each.
    pub permissions: Vec<String>,
}

/// Why a role is not as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    #[error("the caller may not do that with roles")]
    Forbidden,
    #[error("there is no such role")]
    Unknown,
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("there is a role of that name already")]
    Exists,
    #[error(transparent)]
    Text(#[from] usher_domain::InvalidText),
    #[error(transparent)]
    Store(#[from] StoreError),
}

const ROUNDS: usize = 8;
/// The most users that are read at once.
const PAGE: u64 = 1_000;

impl ManageRoles {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), estate: OrphanedInvitations::new(core) }
    }

    /// Defines a role under this id.
    pub async fn create(
        &self,
        caller: &Caller,
        id: RoleId,
        draft: RoleDraft,
    ) -> Result<Role, RoleError> {
        let within = caller.reaches(draft.organization.as_ref());
        if !caller.may(Permission::Administer) || !within {
            return Err(RoleError::Forbidden);
        }
        if let Some(id) = &draft.organization {
            let found = self
                .core
                .ports
                .organizations
                .find_many(caller.tenant, std::slice::from_ref(id))
                .await?;
            if found.iter().all(Option::is_none) {
                return Err(RoleError::UnknownOrganization);
            }
        }
        is_permitted(&draft.permissions)?;
        let now = self.core.ports.clock.now();
        let name = line("name", &draft.name, 120)?;
        let description = draft.description.as_deref().filter(|it| !it.trim().is_empty());
        let role = Role {
            organization: draft.organization,
            description: description.map(|it| line("description", it, 500)).transpose()?,
            permissions: draft.permissions,
            ..Role::new(id, caller.tenant, name, now)
        };
        let changes = Changes {
            audit: vec![self.entry(caller, Action::RoleCreated, &role, now)],
            roles: vec![role.clone()],
            ..Changes::default()
        };
        match self.core.ports.ledger.commit(&changes).await {
            Ok(()) => Ok(role),
            Err(CommitError::Conflict(_)) => Err(RoleError::Exists),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    /// What the caller may not see does not exist for them: a bound key sees the tenant's roles and
    /// those of its organization.
    pub async fn find(&self, caller: &Caller, id: &RoleId) -> Result<Role, RoleError> {
        if !caller.may(Permission::Read) {
            return Err(RoleError::Forbidden);
        }
        let found =
            self.core.ports.roles.find_many(caller.tenant, std::slice::from_ref(id)).await?;
        let found = found.into_iter().flatten().find(|it| sees(caller, it));
        found.ok_or(RoleError::Unknown)
    }

    /// All that the caller sees, in the order of their ids.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Role>, RoleError> {
        if !caller.may(Permission::Read) {
            return Err(RoleError::Forbidden);
        }
        let mut roles = self.core.ports.roles.list(caller.tenant).await?;
        roles.retain(|it| sees(caller, it));
        Ok(roles)
    }

    /// Takes a role away: its definition, from all who have it, and by the operator's policy from the
    /// invitations that offer it.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, role = %id))]
    pub async fn remove(&self, caller: &Caller, id: &RoleId) -> Result<Role, RoleError> {
        if !caller.may(Permission::Administer) {
            return Err(RoleError::Forbidden);
        }
        for _ in 0..ROUNDS {
            let role = self.find(caller, id).await?;
            if !caller.reaches(role.organization.as_ref()) {
                return Err(RoleError::Forbidden);
            }
            let now = self.core.ports.clock.now();
            let bearers = self.core.ports.organizations.bearers(caller.tenant, id.as_str()).await?;
            let without = |mut it: Membership| {
                it.roles.retain(|role| role != id.as_str());
                it.touched()
            };
            let mut changes = Changes {
                users: self.without(&role, now).await?,
                memberships: bearers.into_iter().map(without).collect(),
                audit: vec![self.entry(caller, Action::RoleRemoved, &role, now)],
                removed_roles: vec![role.clone()],
                ..Changes::default()
            };
            let offers = Filter::Is(InvitationCondition::Role(id.to_string()));
            let policy = self.core.policy.orphans;
            if policy != OrphanPolicy::Keep {
                let without = |mut it: Invitation| {
                    it.offer.roles.retain(|role| role != id.as_str());
                    Some(it)
                };
                let transfer = Transfer { policy, to: None, how: without };
                self.estate.settle_excess(caller, offers.clone(), &transfer).await?;
                let left = self.estate.left_by(caller, offers, now).await?;
                self.estate.settle(caller, policy, left, now, &mut changes, without);
            }
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => return Ok(role),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same role").into())
    }

    /// Those who had it in the tenant itself.
    async fn without(&self, role: &Role, now: Timestamp) -> Result<Vec<User>, StoreError> {
        let id = role.id.as_str();
        let filter = Filter::Is(UserCondition::Role(id.to_owned()));
        let mut all = Vec::new();
        loop {
            let skip = all.len() as u64;
            let found =
                self.core.ports.users.search(role.tenant, &filter, &[], skip, PAGE, now).await?;
            let is_last = (found.len() as u64) < PAGE;
            all.extend(found.into_iter().map(|it| {
                let mut user = it.user.touched(now);
                user.roles.retain(|it| it != id);
                user
            }));
            if is_last {
                return Ok(all);
            }
        }
    }

    fn entry(&self, caller: &Caller, action: Action, role: &Role, now: Timestamp) -> Entry {
        Entry {
            id: EntryId(self.core.ports.entropy.id()),
            tenant: caller.tenant,
            at: now,
            actor: caller.actor.clone(),
            action,
            subject: Subject::Role(role.id.clone()),
            detail: None,
        }
    }
}

fn sees(caller: &Caller, role: &Role) -> bool {
    role.organization.is_none() || caller.reaches(role.organization.as_ref())
}

#[cfg(test)]
mod tests;
