//! Finds the people whom a client names, and their memberships in an organization.

use std::sync::Arc;

use futures_util::future::try_join;
use usher_domain::{
    Caller, Membership, Organization, OrganizationId, Permission, TenantId, User, UserRef,
    UserStatus,
};

use crate::{
    ports::error::StoreError,
    shared::{bounds::OutOfBounds, core::Core},
};

/// Why nothing was done for any of the people named.
#[derive(Debug, thiserror::Error)]
pub enum MembersError {
    #[error("the caller may not do this in the organization")]
    Forbidden,
    /// Also if the caller may not see it.
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("at most {limit} people can be named at once")]
    TooMany { limit: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutOfBounds> for MembersError {
    fn from(_: OutOfBounds) -> Self {
        Self::Forbidden
    }
}

/// Finds people and their memberships.
#[derive(Clone)]
pub(crate) struct MemberLookup {
    core: Arc<Core>,
}

/// An active user, and their memberships.
#[derive(Clone)]
pub(crate) struct LocatedMember {
    pub user: User,
    /// Their membership in the organization asked about.
    pub membership: Option<Membership>,
    /// Their membership in the organization that is their home.
    pub at_home: Option<Membership>,
}

impl LocatedMember {
    /// Whether they are a member of the organization asked about, as whoever is at home there is.
    pub(crate) fn belongs_to(&self, organization: &OrganizationId) -> bool {
        self.membership.is_some() || self.user.home.as_ref() == Some(organization)
    }
}

impl MemberLookup {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The organization, if the caller may do this there, and the people named, in the order of
    /// `names`: `None` for whoever is unknown or not active.
    ///
    /// # Errors
    /// [`MembersError::Forbidden`], and [`MembersError::UnknownOrganization`] also for one that the
    /// caller may not see.
    pub(crate) async fn find(
        &self,
        caller: &Caller,
        what: Permission,
        organization: &OrganizationId,
        names: &[Option<UserRef>],
    ) -> Result<(Organization, Vec<Option<LocatedMember>>), MembersError> {
        if !caller.may(what) {
            return Err(MembersError::Forbidden);
        }
        let tenant = caller.tenant;
        let organizations = &self.core.ports.organizations;
        let found = organizations.find(tenant, organization);
        let (found, people) = try_join(found, self.people(tenant, names)).await?;
        let found = found.filter(|it| caller.oversees(it));
        let found = found.ok_or(MembersError::UnknownOrganization)?;
        Ok((found, self.locate(tenant, organization, people).await?))
    }

    /// The people named, in the order of `names`: `None` for whoever is not named, unknown or not
    /// active.
    pub(crate) async fn people(
        &self,
        tenant: TenantId,
        names: &[Option<UserRef>],
    ) -> Result<Vec<Option<User>>, StoreError> {
        let all: Vec<_> = names.iter().flatten().cloned().collect();
        let mut found = self.core.ports.users.find_many(tenant, &all).await?.into_iter();
        let people = names.iter().map(|it| it.as_ref().and_then(|_| found.next().flatten()));
        Ok(people.map(|it| it.filter(|it| it.status == UserStatus::Active)).collect())
    }

    /// The memberships of these people, in their order.
    async fn locate(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
        people: Vec<Option<User>>,
    ) -> Result<Vec<Option<LocatedMember>>, StoreError> {
        let seats: Vec<_> = people
            .iter()
            .flatten()
            .flat_map(|it| {
                let home = it.home.as_ref().unwrap_or(organization);
                [organization, home].map(|id| (it.id.clone(), id.clone()))
            })
            .collect();
        if seats.is_empty() {
            return Ok(people.iter().map(|_| None).collect());
        }
        let mut held = self.core.ports.organizations.seats(tenant, &seats).await?.into_iter();
        let mut found = |user: User| {
            let (membership, at_home) = (held.next().flatten(), held.next().flatten());
            let at_home = at_home.filter(|_| user.home.is_some());
            LocatedMember { user, membership, at_home }
        };
        Ok(people.into_iter().map(|it| it.map(&mut found)).collect())
    }
}

#[cfg(test)]
mod tests;
