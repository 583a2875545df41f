//! Read who belongs where.

use std::{collections::HashMap, sync::Arc};

use usher_domain::{Caller, Membership, Organization, OrganizationId, User, UserId};

use crate::{
    ports::Ports,
    shared::{core::Core, member_lookup::MembersError, sight},
    users::read::{ReadUsers, ReadUsersError},
};

/// Reads memberships, and the organizations that they are of.
pub struct ReadMembers {
    core: Arc<Core>,
}

/// Organizations by their ids.
pub type OrganizationsById = HashMap<OrganizationId, Organization>;

impl ReadMembers {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// Up to `limit` of those who belong to an organization that the caller oversees, by user: of the
    /// users with ids after `after`, without their documents. Fewer only at the end.
    pub async fn of(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<(Membership, Option<User>)>, MembersError> {
        ReadUsers::allowed(caller).map_err(|_| MembersError::Forbidden)?;
        let Ports { organizations, users, .. } = &self.core.ports;
        let tenant = caller.tenant;
        let found = organizations.find(tenant, organization).await?;
        if !found.is_some_and(|it| caller.oversees(&it)) {
            return Err(MembersError::UnknownOrganization);
        }
        let members = organizations.members(tenant, organization, after, limit).await?;
        if members.is_empty() {
            return Ok(Vec::new());
        }
        let who: Vec<_> = members.iter().map(|it| it.user.clone()).collect();
        let there = users.without_documents(tenant, &who).await?;
        let seen = sight::as_seen_by(&self.core, caller, there).await?;
        let mut seen: HashMap<_, _> = seen.into_iter().map(|it| (it.id.clone(), it)).collect();
        Ok(members
            .into_iter()
            .map(|it| (seen.remove(&it.user), it))
            .map(|(user, it)| (it, user))
            .collect())
    }

    /// What each of these users belongs to, as far as the caller may see it: a bound key sees its
    /// organization and those right below. By user, then by organization.
    pub async fn run(
        &self,
        caller: &Caller,
        users: &[UserId],
    ) -> Result<(Vec<Membership>, OrganizationsById), ReadUsersError> {
        ReadUsers::allowed(caller)?;
        let mut memberships =
            self.core.ports.organizations.memberships(caller.tenant, users).await?;
        let ids = memberships.iter().map(|it| it.organization.clone()).collect();
        let mut organizations = self.organizations(caller, ids).await?;
        organizations.retain(|_, it| caller.oversees(it));
        memberships.retain(|it| organizations.contains_key(&it.organization));
        Ok((memberships, organizations))
    }

    /// These organizations, whichever they are: what they are called is no secret within a tenant.
    pub async fn organizations(
        &self,
        caller: &Caller,
        mut ids: Vec<OrganizationId>,
    ) -> Result<OrganizationsById, ReadUsersError> {
        ReadUsers::allowed(caller)?;
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(OrganizationsById::new());
        }
        let found = self.core.ports.organizations.find_many(caller.tenant, &ids).await?;
        Ok(found.into_iter().flatten().map(|it| (it.id.clone(), it)).collect())
    }
}

#[cfg(test)]
mod tests;
