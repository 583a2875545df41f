//! Take users, organizations, roles and profiles out.

use std::{collections::HashMap, sync::Arc};

use usher_domain::{
    Caller, Membership, Organization, OrganizationId, Permission, Profile, Role, User, UserId,
};

use crate::{shared::core::Core, transfer::import::ImportError};

/// Takes profiles and users out.
pub struct Export {
    core: Arc<Core>,
}

impl Export {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// All profiles of the tenant, in the order of their ids.
    pub async fn profiles(&self, caller: &Caller) -> Result<Vec<Profile>, ImportError> {
        if !caller.may(Permission::Administer) {
            return Err(ImportError::Forbidden);
        }
        Ok(self.core.ports.profiles.list(caller.tenant).await?)
    }

    /// Up to `limit` organizations with ids after `after`.
    pub async fn organizations(
        &self,
        caller: &Caller,
        after: Option<OrganizationId>,
        limit: u64,
    ) -> Result<Vec<Organization>, ImportError> {
        if !caller.administers_tenant() {
            return Err(ImportError::Forbidden);
        }
        Ok(self.core.ports.organizations.list(caller.tenant, after, limit).await?)
    }

    /// All roles of the tenant, in the order of their ids.
    pub async fn roles(&self, caller: &Caller) -> Result<Vec<Role>, ImportError> {
        if !caller.administers_tenant() {
            return Err(ImportError::Forbidden);
        }
        Ok(self.core.ports.roles.list(caller.tenant).await?)
    }

    /// Up to `limit` users with ids after `after`, each with their memberships.
    pub async fn run(
        &self,
        caller: &Caller,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<(User, Vec<Membership>)>, ImportError> {
        if !caller.administers_tenant() {
            return Err(ImportError::Forbidden);
        }
        let users = self.core.ports.users.list(caller.tenant, after, limit).await?;
        let ids: Vec<_> = users.iter().map(|it| it.id.clone()).collect();
        let mut of: HashMap<_, Vec<_>> = HashMap::new();
        for it in self.core.ports.organizations.memberships(caller.tenant, &ids).await? {
            of.entry(it.user.clone()).or_default().push(it);
        }
        let with = |it: User| {
            let memberships = of.remove(&it.id).unwrap_or_default();
            (it, memberships)
        };
        Ok(users.into_iter().map(with).collect())
    }
}
