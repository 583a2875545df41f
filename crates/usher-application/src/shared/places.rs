//! What somebody belongs to, by the names that people read.

use std::sync::Arc;

use usher_domain::{Membership, Organization, OrganizationId, TenantId, User, UserId};

use crate::{
    ports::{Ports, error::StoreError},
    shared::{core::Core, role_names::RoleNames},
};

/// Looks up what somebody belongs to.
#[derive(Clone)]
pub(crate) struct Places {
    core: Arc<Core>,
    names: RoleNames,
}

impl Places {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), names: RoleNames::new(core) }
    }

    /// The organizations that a user belongs to, in the order of their titles, each with the
    /// membership and its roles by name; if `only` is given, that one alone.
    pub(crate) async fn of(
        &self,
        tenant: TenantId,
        user: &UserId,
        only: Option<&OrganizationId>,
    ) -> Result<Vec<(Organization, Membership)>, StoreError> {
        let Ports { organizations, .. } = &self.core.ports;
        let mut memberships = organizations.memberships_of(tenant, user).await?;
        memberships.retain(|it| only.is_none_or(|only| it.organization == *only));
        let ids: Vec<_> = memberships.iter().map(|it| it.organization.clone()).collect();
        let found = organizations.find_many(tenant, &ids).await?;
        let roles = memberships.iter().flat_map(|it| &it.roles);
        let names = self.names.of(tenant, roles).await?;
        let with_names = |it: Membership| Membership { roles: names.read(&it.roles), ..it };
        let mut all: Vec<_> = found
            .into_iter()
            .zip(memberships)
            .filter_map(|(organization, membership)| Some((organization?, with_names(membership))))
            .collect();
        all.sort_by(|(a, _), (b, _)| a.title().cmp(b.title()));
        Ok(all)
    }

    /// The roles that a user has in the tenant itself, by name.
    pub(crate) async fn roles_of(
        &self,
        tenant: TenantId,
        user: &User,
    ) -> Result<Vec<String>, StoreError> {
        Ok(self.names.of(tenant, user.roles.iter()).await?.read(&user.roles))
    }
}
