//! Export users, organizations, roles and profiles.

use std::{collections::HashMap, sync::Arc};

use usher_domain::{
    Action, Caller, Membership, Organization, OrganizationId, Profile, Role, User, UserId,
};

use crate::{
    ports::{Ports, error::StoreError, users::Documents},
    shared::{core::Core, counted_acts::CountedAct},
};

/// Reads what a tenant has, page by page where it may be long.
pub struct Export {
    core: Arc<Core>,
}

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the caller may not export")]
    Forbidden,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Export {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// All profiles of the tenant, in the order of their ids.
    pub async fn profiles(&self, caller: &Caller) -> Result<Vec<Profile>, ExportError> {
        allowed(caller)?;
        self.note(caller, "profiles");
        Ok(self.core.ports.profiles.list(caller.tenant).await?)
    }

    /// Up to `limit` organizations with ids after `after`, in the order of their ids.
    pub async fn organizations(
        &self,
        caller: &Caller,
        after: Option<OrganizationId>,
        limit: u64,
    ) -> Result<Vec<Organization>, ExportError> {
        allowed(caller)?;
        if after.is_none() {
            self.note(caller, "organizations");
        }
        Ok(self.core.ports.organizations.list(caller.tenant, after, limit).await?)
    }

    /// All roles of the tenant, in the order of their ids.
    pub async fn roles(&self, caller: &Caller) -> Result<Vec<Role>, ExportError> {
        allowed(caller)?;
        self.note(caller, "roles");
        Ok(self.core.ports.roles.list(caller.tenant).await?)
    }

    /// Up to `limit` users with ids after `after`, in the order of their ids, each with their
    /// memberships.
    pub async fn users(
        &self,
        caller: &Caller,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<(User, Vec<Membership>)>, ExportError> {
        allowed(caller)?;
        if after.is_none() {
            self.note(caller, "users");
        }
        let Ports { organizations, users, .. } = &self.core.ports;
        let users = users.list(caller.tenant, after, limit, Documents::With).await?;
        let ids: Vec<_> = users.iter().map(|it| it.id.clone()).collect();
        let mut of: HashMap<_, Vec<_>> = HashMap::new();
        for it in organizations.memberships(caller.tenant, &ids).await? {
            of.entry(it.user.clone()).or_default().push(it);
        }
        let with = |it: User| {
            let memberships = of.remove(&it.id).unwrap_or_default();
            (it, memberships)
        };
        Ok(users.into_iter().map(with).collect())
    }

    /// Tells the audit, once for each export and not for each of its pages.
    fn note(&self, caller: &Caller, what: &str) {
        self.core.acts.count(CountedAct::of(caller, Action::Exported, Some(what.to_owned())));
    }
}

/// Only an administrator of the whole tenant may export.
fn allowed(caller: &Caller) -> Result<(), ExportError> {
    caller.administers_tenant().then_some(()).ok_or(ExportError::Forbidden)
}

#[cfg(test)]
mod tests;
