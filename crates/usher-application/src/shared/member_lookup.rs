//! Finds the people whom a client names, and their memberships in an organization.

use std::sync::Arc;

use futures_util::future::try_join;
use usher_domain::{
    Caller, Membership, Organization, OrganizationId, Permission, TenantId, User, UserRef,
    UserStatus,
};

use crate::{ports::error::StoreError, shared::core::Core};

/// How a client names one person: whoever bears the first of these names that anyone bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRefs(pub Vec<UserRef>);

impl From<UserRef> for UserRefs {
    fn from(it: UserRef) -> Self {
        Self(vec![it])
    }
}

/// Why nothing was done for anybody.
#[derive(Debug, thiserror::Error)]
pub enum MembersError {
    #[error("the caller may not do this in the organization")]
    Forbidden,
    /// Or the caller may not see it.
    #[error("there is no organization with this id")]
    UnknownOrganization,
    #[error("at most {limit} people can be named at once")]
    TooMany { limit: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The people of an organization.
#[derive(Clone)]
pub(crate) struct MemberLookup {
    core: Arc<Core>,
}

/// An active user, and their memberships.
#[derive(Clone)]
pub(crate) struct LocatedMember {
    pub user: User,
    /// In the organization asked about.
    pub membership: Option<Membership>,
    /// In the one that they belong to first of all.
    pub at_home: Option<Membership>,
}

impl MemberLookup {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The organization, if the caller may do this there, and those named, in their order: `None`
    /// for whoever is not known, or not active.
    pub(crate) async fn find(
        &self,
        caller: &Caller,
        what: Permission,
        organization: &OrganizationId,
        names: &[UserRefs],
    ) -> Result<(Organization, Vec<Option<LocatedMember>>), MembersError> {
        if !caller.may(what) {
            return Err(MembersError::Forbidden);
        }
        let tenant = caller.tenant;
        let (found, people) = try_join(
            self.core.ports.organizations.find_many(tenant, std::slice::from_ref(organization)),
            self.people(tenant, names),
        )
        .await?;
        let found = found.into_iter().flatten().find(|it| caller.oversees(it));
        let found = found.ok_or(MembersError::UnknownOrganization)?;
        Ok((found, self.locate(tenant, organization, people).await?))
    }

    pub(crate) async fn people(
        &self,
        tenant: TenantId,
        names: &[UserRefs],
    ) -> Result<Vec<Option<User>>, StoreError> {
        let all: Vec<_> = names.iter().flat_map(|it| it.0.iter().cloned()).collect();
        let mut found = self.core.ports.users.find_many(tenant, &all).await?.into_iter();
        let first = |it: &UserRefs| found.by_ref().take(it.0.len()).flatten().reduce(|it, _| it);
        let people = names.iter().map(first);
        Ok(people.map(|it| it.filter(|it| it.status == UserStatus::Active)).collect())
    }

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
                [organization, home].map(|at| (it.id.clone(), at.clone()))
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
