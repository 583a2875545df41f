//! Reads organizations and who is in them.

use std::slice;

use async_trait::async_trait;
use usher_domain::{
    Actor, Membership, MembershipId, Organization, OrganizationId, TenantId, Timestamp, UserId,
};

use crate::ports::error::StoreError;

/// The organizations of a tenant, and their memberships.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Organizations: Send + Sync {
    /// The organizations with these ids. The answers are in the order of `ids`, `None` for unknown
    /// ones. One round trip.
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[OrganizationId],
    ) -> Result<Vec<Option<Organization>>, StoreError>;

    /// The organization that a person names at the command line or signs in to: the one with this id,
    /// else the one with this code, else the first one with exactly this name, else the first one whose
    /// code differs by case alone.
    async fn named(&self, tenant: TenantId, text: &str)
    -> Result<Option<Organization>, StoreError>;

    /// Up to `limit` organizations with ids after `after`, in the order of ids.
    async fn list(
        &self,
        tenant: TenantId,
        after: Option<OrganizationId>,
        limit: u64,
    ) -> Result<Vec<Organization>, StoreError>;

    /// All memberships of these users, in the order of users and then of organizations. One round
    /// trip.
    async fn memberships(
        &self,
        tenant: TenantId,
        users: &[UserId],
    ) -> Result<Vec<Membership>, StoreError>;

    /// The membership of each user in the organization next to them. The answers are in the order of
    /// `seats`, `None` for users who are not members. One round trip.
    async fn seats(
        &self,
        tenant: TenantId,
        seats: &[(UserId, OrganizationId)],
    ) -> Result<Vec<Option<Membership>>, StoreError>;

    /// The members of an organization whose pins have these digests, in any order. One round trip.
    async fn holders(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
        digests: &[Vec<u8>],
    ) -> Result<Vec<Membership>, StoreError>;

    /// Up to `limit` members of an organization, of users with ids after `after`, in the order of
    /// users.
    async fn members(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<Membership>, StoreError>;

    /// All memberships of the tenant with this role, in the order of users and then of
    /// organizations.
    async fn bearers(&self, tenant: TenantId, role: &str) -> Result<Vec<Membership>, StoreError>;

    /// Up to `limit` memberships of the tenant of which this actor gave anything, or was shown the link
    /// by which it was accepted, whether it is still there or not, after that of `after`, in the order of
    /// users and then of organizations. No index serves it, and all pages together read each membership
    /// once: it is asked when a key was stolen, and an index would be paid for by every membership that
    /// is written.
    async fn given_by(
        &self,
        tenant: TenantId,
        actor: &Actor,
        after: Option<(UserId, OrganizationId)>,
        limit: u64,
    ) -> Result<Vec<Membership>, StoreError>;

    /// How many seats of these organizations are in use: by members, and by invitations that are
    /// pending and have not expired at `now`, but for those of users who are members. The answers are in the order of `ids`, 0 for unknown
    /// organizations. One round trip.
    async fn seats_used(
        &self,
        tenant: TenantId,
        ids: &[OrganizationId],
        now: Timestamp,
    ) -> Result<Vec<u64>, StoreError>;

    /// The active organizations that have verified this domain (in lower case) and let everybody who
    /// proves an address of it join.
    async fn joined_by(
        &self,
        tenant: TenantId,
        domain: &str,
    ) -> Result<Vec<Organization>, StoreError>;

    /// Memberships of several tenants. Only for tenants and ids that come from jobs of the outbox: no
    /// caller names them. The answers are in the order of `ids`, `None` for unknown ones. One round trip.
    async fn proven(
        &self,
        ids: &[(TenantId, MembershipId)],
    ) -> Result<Vec<Option<Membership>>, StoreError>;
}

// Not methods of the trait: a mock would want an answer of its own for each of them.
impl dyn Organizations + '_ {
    /// As [`Organizations::find_many`], for one.
    pub async fn find(
        &self,
        tenant: TenantId,
        id: &OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        let found = self.find_many(tenant, slice::from_ref(id)).await?;
        Ok(found.into_iter().flatten().next())
    }

    /// As [`Organizations::seats`], for one user in one organization.
    pub async fn membership(
        &self,
        tenant: TenantId,
        user: &UserId,
        organization: &OrganizationId,
    ) -> Result<Option<Membership>, StoreError> {
        let found = self.seats(tenant, &[(user.clone(), organization.clone())]).await?;
        Ok(found.into_iter().flatten().next())
    }

    /// As [`Organizations::memberships`], for one user.
    pub async fn memberships_of(
        &self,
        tenant: TenantId,
        user: &UserId,
    ) -> Result<Vec<Membership>, StoreError> {
        self.memberships(tenant, slice::from_ref(user)).await
    }
}
